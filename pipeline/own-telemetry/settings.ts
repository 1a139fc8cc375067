// The part of `service.telemetry` that the agent's own telemetry reads: the keys of the collector's v0.161 (otelconf 0.3),
// defaults included where the configuration leaves them out.

import type { InstrumentType } from './instruments.ts';
import type { TlsServerSettings } from '../settings/tls.ts';
import type { TelemetryLevel } from './metric-store.ts';

type Maybe<T> = T | undefined;

export interface OtlpSettings {
  /** `http/protobuf` or `grpc`. */
  readonly protocol: string;
  /** `http://host:4318[/path]`; without a scheme https, or http where `insecure` is set. */
  readonly endpoint: string;
  readonly insecure?: Maybe<boolean>;
  /** `gzip` or `none`. */
  readonly compression?: Maybe<string>;
  readonly headers?: Maybe<readonly { readonly name: string; readonly value: string | null }[]>;
  /** `name=value,name=value`, percent-encoded; `headers` wins. */
  readonly headers_list?: Maybe<string>;
  /** Milliseconds; default 10,000. */
  readonly timeout?: Maybe<number>;
  readonly certificate?: Maybe<string>;
  readonly client_certificate?: Maybe<string>;
  readonly client_key?: Maybe<string>;
}

export interface PrometheusSettings {
  readonly host: string;
  readonly port: number;
  readonly auth?: Maybe<{ readonly authenticator: string }>;
  readonly tls?: Maybe<TlsServerSettings>;
  /** All default to true, as the collector sets them. */
  readonly without_scope_info?: Maybe<boolean>;
  readonly without_type_suffix?: Maybe<boolean>;
  readonly without_units?: Maybe<boolean>;
  /** Resource attributes put on every series. */
  readonly with_resource_constant_labels?: Maybe<{
    readonly included?: Maybe<readonly string[]>;
    readonly excluded?: Maybe<readonly string[]>;
  }>;
}

export interface MetricReaderSettings {
  readonly pull?: Maybe<{ readonly exporter: { readonly prometheus?: Maybe<PrometheusSettings> } }>;
  readonly periodic?: Maybe<{
    /** Milliseconds; default 60,000. */
    readonly interval?: Maybe<number>;
    /** Milliseconds; default 30,000. */
    readonly timeout?: Maybe<number>;
    readonly exporter: { readonly otlp?: Maybe<OtlpSettings>; readonly console?: unknown };
  }>;
}

export interface ViewSettings {
  /** What is given must match; `*` and `?` stand for any characters and for one in `instrument_name`. */
  readonly selector?: Maybe<{
    readonly instrument_name?: Maybe<string>;
    readonly instrument_type?: Maybe<InstrumentType>;
    readonly meter_name?: Maybe<string>;
    readonly meter_version?: Maybe<string>;
    readonly meter_schema_url?: Maybe<string>;
    readonly unit?: Maybe<string>;
  }>;
  readonly stream?: Maybe<{
    readonly name?: Maybe<string>;
    readonly description?: Maybe<string>;
    readonly attribute_keys?: Maybe<{
      readonly included?: Maybe<readonly string[]>;
      readonly excluded?: Maybe<readonly string[]>;
    }>;
    /** Where several are given, the first of: base2…, default, drop, explicit…, last_value, sum. */
    readonly aggregation?: Maybe<{
      readonly default?: unknown;
      readonly drop?: unknown;
      readonly last_value?: unknown;
      readonly sum?: unknown;
      readonly explicit_bucket_histogram?: Maybe<{ readonly boundaries?: Maybe<readonly number[]> }>;
      readonly base2_exponential_bucket_histogram?: unknown;
    }>;
  }>;
}

export interface MetricsSettings {
  readonly level?: Maybe<TelemetryLevel>;
  readonly readers?: Maybe<readonly MetricReaderSettings[]>;
  readonly views?: Maybe<readonly ViewSettings[]>;
}

/** Where a processor sends to. */
export interface OwnExporterSettings {
  readonly otlp?: Maybe<OtlpSettings>;
  readonly console?: unknown;
}

/** A processor of logs or spans. */
export interface ProcessorSettings<Exporter> {
  readonly batch?: Maybe<{
    /** Milliseconds; default 1,000 for logs and 5,000 for spans. */
    readonly schedule_delay?: Maybe<number>;
    /** Milliseconds; default 30,000. */
    readonly export_timeout?: Maybe<number>;
    /** Default 2,048 and 512. */
    readonly max_queue_size?: Maybe<number>;
    readonly max_export_batch_size?: Maybe<number>;
    readonly exporter: Exporter;
  }>;
  readonly simple?: Maybe<{ readonly exporter: Exporter }>;
}

export type LogProcessorSettings = ProcessorSettings<OwnExporterSettings>;
/** `zipkin` is known, and refused as the collector refuses it. */
export type SpanProcessorSettings = ProcessorSettings<OwnExporterSettings & { readonly zipkin?: unknown }>;

export interface SamplerSettings {
  readonly parent_based?: Maybe<{
    /** Default always_on. */
    readonly root?: Maybe<SamplerSettings>;
    /** Default always_on. */
    readonly remote_parent_sampled?: Maybe<SamplerSettings>;
    /** Default always_off. */
    readonly remote_parent_not_sampled?: Maybe<SamplerSettings>;
    /** Default always_on. */
    readonly local_parent_sampled?: Maybe<SamplerSettings>;
    /** Default always_off. */
    readonly local_parent_not_sampled?: Maybe<SamplerSettings>;
  }>;
  readonly always_on?: unknown;
  readonly always_off?: unknown;
  readonly trace_id_ratio_based?: Maybe<{ readonly ratio?: Maybe<number> }>;
}

/** Which spans are recorded, and how others hear of them. */
export interface TraceRules {
  /** `tracecontext`, `b3`; default none. */
  readonly propagators?: Maybe<readonly string[]>;
  /** Default parent_based. */
  readonly sampler?: Maybe<SamplerSettings>;
}

export interface TracesSettings extends TraceRules {
  /** Anything but none records spans, where there is a processor. */
  readonly level?: Maybe<TelemetryLevel>;
  readonly processors?: Maybe<readonly SpanProcessorSettings[]>;
}

export interface LogsSettings {
  /** debug, info, warn, error, dpanic, panic or fatal, in any case. Default info. */
  readonly level?: Maybe<string>;
  /** Default console. */
  readonly encoding?: Maybe<'console' | 'json'>;
  /** `stdout`, `stderr`, paths, `file:` URLs. Default stderr. */
  readonly output_paths?: Maybe<readonly string[]>;
  /** Where failures to write the log go. Default stderr. */
  readonly error_output_paths?: Maybe<readonly string[]>;
  /** `tick` in milliseconds. Default 10 per message and 10 s, then every 100th. `null` turns it off. */
  readonly sampling?: Maybe<{
    readonly enabled?: Maybe<boolean>;
    readonly tick?: Maybe<number>;
    readonly initial?: Maybe<number>;
    readonly thereafter?: Maybe<number>;
  } | null>;
  readonly initial_fields?: Maybe<Readonly<Record<string, unknown>>>;
  /** Leave the resource out of the JSON lines. */
  readonly disable_zap_resource?: Maybe<boolean>;
  readonly processors?: Maybe<readonly LogProcessorSettings[]>;
}

export interface OwnTelemetrySettings {
  readonly metrics?: Maybe<MetricsSettings>;
  readonly logs?: Maybe<LogsSettings>;
  readonly traces?: Maybe<TracesSettings>;
}

/** Attributes that say who is speaking. */
export type OwnResource = Readonly<Record<string, string>>;

export const DEFAULT_READERS: readonly MetricReaderSettings[] = [
  { pull: { exporter: { prometheus: { host: 'localhost', port: 8888 } } } },
];

/**
 * The agent's resource: `service.name`, `service.version` and `service.instance.id`, replaced or added to by the
 * configuration; null takes one away.
 */
export function ownResource(
  identity: { readonly version: string; readonly instanceId: string },
  configured: Readonly<Record<string, string | null>> = {},
): OwnResource {
  const resource: Record<string, string> = {
    'service.name': 'genesis-agent',
    'service.version': identity.version,
    'service.instance.id': identity.instanceId,
  };
  for (const [name, value] of Object.entries(configured)) {
    if (value === null) delete resource[name];
    else resource[name] = value;
  }
  return resource;
}
