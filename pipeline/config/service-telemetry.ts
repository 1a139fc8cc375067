// `service.telemetry`: what the agent says about itself. The keys are those of the collector v0.161, which takes most of
// them from OpenTelemetry's declarative configuration, version 0.3.

import { z } from 'zod';
import { count, duration, nullableSection, opaque } from '../schema.ts';
import { authSettings } from '../settings/shared.ts';
import { tlsServerSettings } from '../settings/tls.ts';

const level = z
  .string()
  .transform((text) => text.toLowerCase())
  .pipe(z.enum(['none', 'basic', 'normal', 'detailed']));

const names = z.array(z.string());
const milliseconds = z.int().min(0);

/** A list of `{name, value}`, or a map as in version 0.2 of the declarative configuration. */
const headers = z
  .union([
    z.array(
      z.strictObject({
        name: z.string().describe('The name.'),
        value: opaque().nullable().default(null).describe('The value; a secret.'),
      }),
    ),
    z.record(z.string(), opaque()),
  ])
  .transform((value) =>
    Array.isArray(value) ? value : Object.entries(value).map(([name, text]) => ({ name, value: text })),
  );

const otlp = z.strictObject({
  protocol: z.string().describe('grpc or http/protobuf.'),
  endpoint: z.string().describe('Where to send; without a scheme https, or http where insecure is set.'),
  insecure: z.boolean().optional().describe('Do not use TLS.'),
  compression: z.string().optional().describe('gzip or none.'),
  headers: headers.optional().describe('Headers sent with every request.'),
  headers_list: opaque().optional().describe('Headers as name=value,name=value; headers wins.'),
  timeout: milliseconds.optional().describe('For one request, in ms; 10000 where unset.'),
  certificate: z.string().optional().describe('Path of the CA certificates that verify the server.'),
  client_certificate: z.string().optional().describe('Path of the own certificate.'),
  client_key: z.string().optional().describe('Path of the own private key.'),
});

const otlpMetric = otlp.extend({
  temporality_preference: z.string().optional().describe('cumulative, delta or lowmemory.'),
  default_histogram_aggregation: z
    .enum(['base2_exponential_bucket_histogram', 'explicit_bucket_histogram'])
    .optional()
    .describe('How histograms are sent.'),
});

/** An exporter for people to read: on where it is written, even when empty. */
const console = z.record(z.string(), z.unknown()).optional().describe('Write to the standard output.');

const includeExclude = z.strictObject({
  included: names.optional().describe('Names to keep; all where unset.'),
  excluded: names.optional().describe('Names to leave out.'),
});

const prometheus = z.strictObject({
  host: z.string().default('localhost').describe('The address to listen on.'),
  port: z.int().min(0).max(65_535).default(8888).describe('The port to listen on; 0 takes a free one.'),
  auth: nullableSection(authSettings).describe('Authentication of whoever asks. Not in the collector.'),
  tls: nullableSection(tlsServerSettings).describe('Turns TLS on. Not in the collector.'),
  with_resource_constant_labels: includeExclude.optional().describe('Resource attributes put on every series.'),
  without_scope_info: z.boolean().default(true).describe('Leave out the labels of the instrumentation scope.'),
  without_type_suffix: z.boolean().default(true).describe('Leave out _total and the like.'),
  without_units: z.boolean().default(true).describe('Leave out the unit in names.'),
});

const reader = z.strictObject({
  pull: z
    .strictObject({
      exporter: z
        .looseObject({ prometheus: prometheus.optional().describe('Serve metrics to a Prometheus server.') })
        .describe('Who is served.'),
    })
    .optional()
    .describe('Metrics that are asked for.'),
  periodic: z
    .strictObject({
      interval: milliseconds.optional().describe('How often, in ms; 60000 where unset.'),
      timeout: milliseconds.optional().describe('For one export, in ms; 30000 where unset.'),
      exporter: z
        .looseObject({ otlp: otlpMetric.optional().describe('Send by OTLP.'), console })
        .describe('Where to send.'),
    })
    .optional()
    .describe('Metrics that are sent again and again.'),
  producers: z.array(z.looseObject({})).optional().describe('Accepted for compatibility.'),
});

function aggregation(description: string) {
  return z.record(z.string(), z.unknown()).optional().describe(description);
}

const recordMinMax = z.boolean().optional().describe('Also keep the least and the greatest value.');

const view = z.strictObject({
  selector: z
    .strictObject({
      instrument_name: z.string().optional().describe('The name of the metric; * and ? stand for any.'),
      instrument_type: z
        .enum([
          'counter',
          'histogram',
          'observable_counter',
          'observable_gauge',
          'observable_up_down_counter',
          'up_down_counter',
        ])
        .optional()
        .describe('The kind of metric.'),
      meter_name: z.string().optional().describe('The name of the instrumentation scope.'),
      meter_version: z.string().optional().describe('The version of the instrumentation scope.'),
      meter_schema_url: z.string().optional().describe('The schema URL of the instrumentation scope.'),
      unit: z.string().optional().describe('The unit of the metric.'),
    })
    .optional()
    .describe('Which instruments are meant.'),
  stream: z
    .strictObject({
      name: z.string().optional().describe('The new name.'),
      description: z.string().optional().describe('The new description.'),
      attribute_keys: includeExclude.optional().describe('The labels that stay.'),
      aggregation: z
        .strictObject({
          default: aggregation('The usual one for the kind of metric.'),
          drop: aggregation('Leave the metric out.'),
          last_value: aggregation('The last value.'),
          sum: aggregation('The sum.'),
          explicit_bucket_histogram: z
            .strictObject({
              boundaries: z.array(z.number()).optional().describe('The upper bounds of the buckets.'),
              record_min_max: recordMinMax,
            })
            .optional()
            .describe('A histogram with these buckets.'),
          base2_exponential_bucket_histogram: z
            .strictObject({
              max_scale: z.int().optional().describe('The finest resolution.'),
              max_size: z.int().optional().describe('The most buckets.'),
              record_min_max: recordMinMax,
            })
            .optional()
            .describe('A histogram whose buckets grow exponentially.'),
        })
        .optional()
        .describe('How values become a series.'),
    })
    .optional()
    .describe('What becomes of them.'),
});

const DEFAULT_READERS = [{ pull: { exporter: { prometheus: {} } } }];

const metrics = z
  .strictObject({
    level: level.prefault('normal').describe('How much: none, basic, normal or detailed.'),
    readers: z
      .array(reader)
      .prefault(DEFAULT_READERS)
      .describe('Who gets the metrics; a Prometheus endpoint on :8888 where unset.'),
    views: z.array(view).optional().describe('Which metrics are shown, and how; needs level detailed.'),
  })
  .superRefine((settings, context) => {
    if (settings.level !== 'none' && settings.readers.length === 0) {
      context.addIssue({
        code: 'custom',
        path: ['readers'],
        message: 'at least one reader is needed unless level is none',
      });
    }
    if (settings.views && settings.level !== 'detailed') {
      context.addIssue({ code: 'custom', path: ['views'], message: 'views need level: detailed' });
    }
  });

function batchProcessor<S extends z.ZodType>(exporter: S) {
  return z.strictObject({
    schedule_delay: milliseconds.optional().describe('The wait between two exports, in ms.'),
    export_timeout: milliseconds.optional().describe('For one export, in ms.'),
    max_queue_size: count().optional().describe('The most items waiting.'),
    max_export_batch_size: count().optional().describe('The most items in one export.'),
    exporter: exporter.describe('Where to send.'),
  });
}

function processors<S extends z.ZodType>(exporter: S) {
  return z
    .array(
      z.looseObject({
        batch: batchProcessor(exporter).optional().describe('Send several items together.'),
        simple: z
          .strictObject({ exporter: exporter.describe('Where to send.') })
          .optional()
          .describe('Send each item at once.'),
      }),
    )
    .optional()
    .describe('Where the items go besides.');
}

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'dpanic', 'panic', 'fatal'] as const;

const logs = z.strictObject({
  level: z
    .string()
    .transform((text) => (text === '' ? 'info' : text.toLowerCase() === 'warning' ? 'warn' : text.toLowerCase()))
    .pipe(z.enum(LOG_LEVELS))
    .prefault('info')
    .describe('The least severe lines to write: debug, info, warn, error.'),
  development: z.boolean().default(false).describe('Accepted for compatibility.'),
  encoding: z.enum(['console', 'json']).default('console').describe('How lines look.'),
  disable_caller: z.boolean().default(false).describe('Accepted for compatibility.'),
  disable_stacktrace: z.boolean().default(false).describe('Accepted for compatibility.'),
  sampling: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Set to false to write every line.'),
      tick: duration().prefault('10s').describe('The time over which equal lines are counted.'),
      initial: z.int().default(10).describe('How many equal lines are written in each tick.'),
      thereafter: z.int().default(100).describe('After that, every n-th one; 0 means none.'),
    })
    .prefault({})
    .describe('Limits how often the same line is written.'),
  output_paths: names.default(['stderr']).describe('stdout, stderr, paths or file: URLs.'),
  error_output_paths: names.default(['stderr']).describe('Where failures to write the log go.'),
  initial_fields: z.record(z.string(), z.unknown()).optional().describe('Fields on every line.'),
  disable_zap_resource: z.boolean().default(false).describe('Leave the resource out of the lines.'),
  processors: processors(z.looseObject({ otlp: otlp.optional().describe('Send by OTLP.'), console })),
});

const zipkin = z.strictObject({
  endpoint: z.string().describe('The URL of Zipkin.'),
  timeout: milliseconds.optional().describe('For one request, in ms.'),
});

const anything = z.record(z.string(), z.unknown()).optional();

/** `inner` is the form of parent_based: inside another one it has its defaults, more would say nothing new. */
function sampler<Inner extends z.ZodType>(inner: Inner) {
  return z.looseObject({
    always_on: anything.describe('Every trace.'),
    always_off: anything.describe('No trace.'),
    trace_id_ratio_based: z
      .strictObject({ ratio: z.number().optional().describe('From 0 to 1; 1 where unset.') })
      .optional()
      .describe('A share of the traces.'),
    parent_based: inner.optional().describe('What the calling side decided.'),
    jaeger_remote: anything.describe('Refused when the agent starts, as by the collector.'),
  });
}

function parentBased<Inner extends z.ZodType>(inner: Inner) {
  return z.strictObject({
    root: inner.optional().describe('For traces that begin here; always_on where unset.'),
    remote_parent_sampled: inner.optional().describe('Where a client records its span; always_on where unset.'),
    remote_parent_not_sampled: inner.optional().describe('Where a client does not; always_off where unset.'),
    local_parent_sampled: inner.optional().describe('Where the span above is recorded; always_on where unset.'),
    local_parent_not_sampled: inner.optional().describe('Where it is not; always_off where unset.'),
  });
}

const traces = z.strictObject({
  level: level.prefault('basic').describe('none, or anything else for spans.'),
  propagators: names.optional().describe('How requests tell of their spans: tracecontext, b3; none where unset.'),
  processors: processors(
    z.looseObject({
      otlp: otlp.optional().describe('Send by OTLP.'),
      zipkin: zipkin.optional().describe('Refused when the agent starts, as by the collector.'),
      console,
    }),
  ),
  sampler: sampler(parentBased(sampler(z.strictObject({}))))
    .optional()
    .describe('Which of the own traces are kept; parent_based where unset.'),
  limits: z
    .strictObject({
      attribute_count_limit: count().optional().describe('The most attributes of a span.'),
      attribute_value_length_limit: count().optional().describe('The most characters of an attribute.'),
      event_attribute_count_limit: count().optional().describe('The most attributes of an event.'),
      event_count_limit: count().optional().describe('The most events of a span.'),
      link_attribute_count_limit: count().optional().describe('The most attributes of a link.'),
      link_count_limit: count().optional().describe('The most links of a span.'),
    })
    .optional()
    .describe('Accepted for compatibility; as in the collector, without effect.'),
});

/** The keys with a meaning; every other key is an attribute in the older inline form. */
const resource = z
  .object({
    attributes: z
      .array(
        z.strictObject({
          name: z.string().describe('The name.'),
          value: z.unknown().describe('The value.'),
          type: z.unknown().optional().describe('The type of the value; what it looks like where unset.'),
        }),
      )
      .optional()
      .describe('Attributes of everything the agent says about itself.'),
    attributes_list: z.string().optional().describe('Not supported; use attributes.'),
    schema_url: z.string().optional().describe('The schema of the attributes.'),
    detectors: z
      .strictObject({ attributes: includeExclude.optional().describe('Accepted for compatibility.') })
      .optional()
      .describe('Accepted for compatibility.'),
    'detection/development': z
      .strictObject({
        attributes: includeExclude.optional().describe('Accepted for compatibility.'),
        detectors: z.array(z.looseObject({})).optional().describe('Accepted for compatibility.'),
      })
      .optional()
      .describe('Accepted for compatibility.'),
  })
  .catchall(z.string().nullable())
  .superRefine((value, context) => {
    if (value.attributes_list !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['attributes_list'],
        message: 'attributes_list is not supported; use attributes',
      });
    }
    if (value.attributes && value.attributes.length > 0 && Object.keys(inlineAttributes(value)).length > 0) {
      context.addIssue({
        code: 'custom',
        path: ['attributes'],
        message: 'attributes and inline attributes exclude each other',
      });
    }
  })
  .transform(resourceAttributes);

const RESOURCE_KEYS = new Set(['attributes', 'attributes_list', 'schema_url', 'detectors', 'detection/development']);

function inlineAttributes(value: object): Record<string, string | null> {
  const inline: Record<string, string | null> = {};
  for (const [key, text] of Object.entries(value)) {
    if (!RESOURCE_KEYS.has(key) && (text === null || typeof text === 'string')) inline[key] = text;
  }
  return inline;
}

function resourceAttributes(value: {
  attributes?: { name: string; value?: unknown }[] | undefined;
}): Record<string, string | null> {
  const attributes = inlineAttributes(value);
  for (const { name, value: given } of value.attributes ?? []) {
    attributes[name] =
      given === null || given === undefined ? null : typeof given === 'string' ? given : JSON.stringify(given);
  }
  return attributes;
}

export const serviceTelemetrySettings = z.strictObject({
  logs: logs.prefault({}).describe('The log.'),
  metrics: metrics.prefault({}).describe('The metrics.'),
  traces: traces.prefault({}).describe('The traces.'),
  resource: resource.prefault({}).describe('Attributes that say who is speaking; null takes a default one away.'),
});

export type ServiceTelemetrySettings = z.output<typeof serviceTelemetrySettings>;
