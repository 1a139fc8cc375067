// The sections of a Prometheus configuration that are about a server rather than about scraping. They are checked as
// Prometheus v3.14 checks them; which of them the receiver refuses is decided in config.ts.

import { z } from 'zod';
import { unbuiltDiscoveryShape } from './discovery/unbuilt.ts';
import { dnsDiscovery, fileDiscovery, httpDiscovery, targetGroupKeys } from './discovery/config.ts';
import { prometheusDuration } from './durations.ts';
import { checkHttp, httpShape, isReservedHeader } from './http-settings.ts';
import { relabelKeys } from './relabel-config.ts';
import { inherited } from './scrape-config-keys.ts';
import { prometheusBytes } from './sizes.ts';
import { decimal, flag, section, sections, text, textMap, texts } from './yaml-values.ts';

/** A section whose keys the reference does not list, because nothing comes of them. */
function unlisted<S extends z.ZodType>(schema: S, empty: unknown) {
  return z.unknown().transform((value, context): z.output<S> => {
    const result = schema.safeParse(value ?? empty);
    if (result.success) return result.data;
    for (const issue of result.error.issues) {
      // Safe: an issue as zod has finished it, with its input, is one as zod takes it.
      context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    }
    return z.NEVER;
  });
}

/** Headers of requests to other servers; those of the request itself can not be set. */
function headers() {
  return textMap()
    .prefault({})
    .superRefine((map, context) => {
      for (const name of Object.keys(map)) {
        if (isReservedHeader(name)) {
          context.addIssue({ code: 'custom', path: [name], message: `the header ${name} can not be set here` });
        }
      }
    })
    .meta({ writeOnly: true });
}

function whole(fallback: number) {
  return z.preprocess((value) => (value === null ? 0 : value), z.int()).prefault(fallback);
}

const rules = (what: string) => sections(relabelKeys, `this entry of ${what}`).prefault([]);

const queueConfig = z
  .strictObject({
    capacity: whole(10_000),
    max_shards: whole(50),
    min_shards: whole(1),
    max_samples_per_send: whole(2_000),
    batch_send_deadline: prometheusDuration().prefault('5s'),
    min_backoff: prometheusDuration().prefault('30ms'),
    max_backoff: prometheusDuration().prefault('5s'),
    retry_on_http_429: flag().prefault(false),
    sample_age_limit: prometheusDuration().prefault('0'),
  })
  .superRefine((queue, context) => {
    for (const key of ['max_shards', 'min_shards', 'max_samples_per_send', 'capacity'] as const) {
      if (queue[key] <= 0) context.addIssue({ code: 'custom', path: [key], message: 'must be more than 0' });
    }
    if (queue.min_shards > queue.max_shards) {
      context.addIssue({ code: 'custom', path: ['min_shards'], message: 'must not be more than max_shards' });
    }
    if (queue.max_backoff < queue.min_backoff) {
      context.addIssue({ code: 'custom', path: ['max_backoff'], message: 'must not be less than min_backoff' });
    }
  });

const remoteWriteEntry = z
  .strictObject({
    url: inherited(text()),
    remote_timeout: prometheusDuration().prefault('30s'),
    headers: headers(),
    write_relabel_configs: rules('write_relabel_configs'),
    name: text().prefault(''),
    send_exemplars: flag().prefault(false),
    send_native_histograms: flag().prefault(false),
    round_robin_dns: flag().prefault(false),
    protobuf_message: z
      .enum(['prometheus.WriteRequest', 'io.prometheus.write.v2.Request'])
      .prefault('prometheus.WriteRequest'),
    queue_config: section(queueConfig).prefault({}),
    metadata_config: z.record(z.string(), z.unknown()).nullish(),
    sigv4: z.record(z.string(), z.unknown()).nullish(),
    azuread: z.record(z.string(), z.unknown()).nullish(),
    google_iam: z.record(z.string(), z.unknown()).nullish(),
    ...httpShape,
  })
  .superRefine((entry, context) => {
    if (entry.url === undefined)
      context.addIssue({ code: 'custom', path: ['url'], message: 'the url has to be given' });
    checkHttp(entry, context);
    const ways = (['basic_auth', 'authorization', 'oauth2', 'sigv4', 'azuread', 'google_iam'] as const).filter(
      (key) => entry[key] !== undefined && entry[key] !== null,
    );
    if (ways.length > 1) {
      context.addIssue({ code: 'custom', path: [ways[1] ?? ''], message: `give at most one of ${ways.join(', ')}` });
    }
  });

const remoteReadEntry = z
  .strictObject({
    url: inherited(text()),
    remote_timeout: prometheusDuration().prefault('1m'),
    chunked_read_limit: whole(5e7),
    headers: headers(),
    read_recent: flag().prefault(false),
    name: text().prefault(''),
    required_matchers: textMap().prefault({}),
    filter_external_labels: flag().prefault(true),
    ...httpShape,
  })
  .superRefine((entry, context) => {
    if (entry.url === undefined)
      context.addIssue({ code: 'custom', path: ['url'], message: 'the url has to be given' });
    checkHttp(entry, context);
  });

function refuseTwice(entries: readonly { readonly name: string }[], context: z.RefinementCtx): void {
  const names = new Set<string>();
  for (const [index, { name }] of entries.entries()) {
    if (name !== '' && names.has(name)) {
      context.addIssue({
        code: 'custom',
        path: [index, 'name'],
        message: `the name ${JSON.stringify(name)} is there twice`,
      });
    }
    names.add(name);
  }
}

const alertmanager = z
  .strictObject({
    scheme: text().prefault('http'),
    path_prefix: text().prefault(''),
    timeout: prometheusDuration().prefault('10s'),
    api_version: z.enum(['v2'], 'only the version v2 of the API exists').prefault('v2'),
    relabel_configs: rules('relabel_configs'),
    alert_relabel_configs: rules('alert_relabel_configs'),
    sigv4: z.record(z.string(), z.unknown()).nullish(),
    ...httpShape,
    static_configs: sections(targetGroupKeys, 'this entry of static_configs').prefault([]),
    file_sd_configs: sections(fileDiscovery, 'this entry of file_sd_configs').prefault([]),
    http_sd_configs: sections(httpDiscovery, 'this entry of http_sd_configs').prefault([]),
    dns_sd_configs: sections(dnsDiscovery, 'this entry of dns_sd_configs').prefault([]),
    ...unbuiltDiscoveryShape,
  })
  .superRefine(checkHttp);

const alerting = z.strictObject({
  alert_relabel_configs: rules('alert_relabel_configs'),
  alertmanagers: sections(alertmanager, 'this entry of alertmanagers').prefault([]),
});

const tracing = z.strictObject({
  client_type: z.enum(['grpc', 'http']).prefault('grpc'),
  endpoint: text()
    .refine((endpoint) => endpoint !== '', 'the endpoint has to be given')
    .prefault(''),
  sampling_fraction: decimal().prefault(0),
  insecure: flag().prefault(false),
  tls_config: z.record(z.string(), z.unknown()).nullish(),
  headers: headers(),
  compression: z.enum(['', 'gzip']).prefault(''),
  timeout: prometheusDuration().prefault('0'),
});

const storage = z.strictObject({
  tsdb: inherited(
    z.strictObject({
      out_of_order_time_window: prometheusDuration().prefault('0'),
      stale_series_compaction_threshold: decimal().prefault(0),
      chunk_encoding: section(z.strictObject({ floats: z.enum(['', 'xor', 'xor2']).prefault('') })).prefault({}),
      retention: section(
        z.strictObject({
          time: prometheusDuration().prefault('0'),
          size: prometheusBytes()
            .prefault(0)
            .refine((bytes) => bytes >= 0, 'must not be negative'),
          percentage: decimal()
            .prefault(0)
            .refine((share) => share >= 0 && share <= 100, 'must be from 0 to 100'),
        }),
      ).prefault({}),
    }),
  ),
  exemplars: inherited(z.strictObject({ max_exemplars: whole(100_000) })),
});

const TRANSLATIONS = [
  'UnderscoreEscapingWithSuffixes',
  'UnderscoreEscapingWithoutSuffixes',
  'NoUTF8EscapingWithSuffixes',
  'NoTranslation',
  '',
] as const;

const otlp = z
  .strictObject({
    promote_all_resource_attributes: flag().prefault(false),
    promote_resource_attributes: texts().prefault([]),
    ignore_resource_attributes: texts().prefault([]),
    translation_strategy: z.enum(TRANSLATIONS).prefault('UnderscoreEscapingWithSuffixes'),
    keep_identifying_resource_attributes: flag().prefault(false),
    convert_histograms_to_nhcb: flag().prefault(false),
    promote_scope_metadata: flag().prefault(false),
    label_name_underscore_sanitization: flag().prefault(true),
    label_name_preserve_multiple_underscores: flag().prefault(true),
  })
  .superRefine((keys, context) => {
    const refuse = (key: string, message: string): void => context.addIssue({ code: 'custom', path: [key], message });
    const { promote_all_resource_attributes: all, promote_resource_attributes: some } = keys;
    if (all && some.length > 0) {
      refuse('promote_resource_attributes', 'this does not go with promote_all_resource_attributes');
    }
    if (!all && keys.ignore_resource_attributes.length > 0) {
      refuse('ignore_resource_attributes', 'this goes with promote_all_resource_attributes only');
    }
    for (const key of ['promote_resource_attributes', 'ignore_resource_attributes'] as const) {
      const names = keys[key].map((name) => name.trim());
      if (names.includes('')) refuse(key, 'an attribute has no name');
      if (new Set(names).size < names.length) refuse(key, 'an attribute is there twice');
    }
  });

const RULE_PATH = /^[^*]*(?:\*[^/]*)?$/;

/** Paths in which a `*` may stand in the last part. */
export function pathPatterns() {
  return texts()
    .prefault([])
    .superRefine((paths, context) => {
      for (const [index, path] of paths.entries()) {
        if (RULE_PATH.test(path)) continue;
        context.addIssue({
          code: 'custom',
          path: [index],
          message: `${JSON.stringify(path)} can not be used: a * may stand in the last part of a path only`,
        });
      }
    });
}

export const serverShape = {
  runtime: unlisted(z.strictObject({ gogc: whole(75) }), {})
    .prefault({})
    .describe("Accepted, without effect: Prometheus' runtime."),
  storage: unlisted(section(storage), {}).prefault({}).describe('Accepted, without effect: nothing is stored.'),
  tracing: unlisted(inherited(tracing), undefined)
    .optional()
    .meta({ writeOnly: true })
    .describe("Accepted, without effect: Prometheus' own spans."),
  otlp: unlisted(section(otlp), {}).prefault({}).describe("Accepted, without effect: Prometheus' receiver of OTLP."),
  rule_files: pathPatterns().describe('Refused: the receiver evaluates no rules.'),
  alerting: unlisted(section(alerting), {})
    .prefault({})
    .meta({ writeOnly: true })
    .describe('Refused: the receiver sends no alerts.'),
  remote_write: unlisted(sections(remoteWriteEntry, 'this entry of remote_write').superRefine(refuseTwice), [])
    .prefault([])
    .meta({ writeOnly: true })
    .describe('Refused: use the exporter prometheus_remote_write.'),
  remote_read: unlisted(sections(remoteReadEntry, 'this entry of remote_read').superRefine(refuseTwice), [])
    .prefault([])
    .meta({ writeOnly: true })
    .describe('Refused: the receiver stores nothing.'),
};
