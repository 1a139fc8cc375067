// The keys of one entry of `scrape_configs`, as Prometheus v3.14 has them, before the defaults of `global` are applied.

import { z } from 'zod';
import { dnsDiscovery, fileDiscovery, httpDiscovery, targetGroupKeys } from './discovery/config.ts';
import { unbuiltDiscoveryShape } from './discovery/unbuilt.ts';
import { prometheusDuration } from './durations.ts';
import { checkHttp, httpShape } from './http-settings.ts';
import { relabelKeys } from './relabel-config.ts';
import type { ScrapeProtocol } from './scrape-config.ts';
import { prometheusBytes } from './sizes.ts';
import { decimal, flag, limit, sections, text, texts } from './yaml-values.ts';

export const SCRAPE_PROTOCOLS = [
  'PrometheusProto',
  'OpenMetricsText1.0.0',
  'OpenMetricsText0.0.1',
  'PrometheusText1.0.0',
  'PrometheusText0.0.4',
] as const satisfies readonly ScrapeProtocol[];

/** Absent and a key without a value are the same: what `global` says. */
export function inherited<S extends z.ZodType>(schema: S) {
  return z.preprocess((value) => (value === null ? undefined : value), schema.optional()).optional();
}

export const scrapeProtocols = z
  .array(z.enum(SCRAPE_PROTOCOLS))
  .min(1, 'needs at least one protocol')
  .superRefine((protocols, context) => {
    const twice = protocols.findIndex((protocol, index) => protocols.indexOf(protocol) !== index);
    if (twice !== -1) {
      context.addIssue({ code: 'custom', path: [twice], message: `${String(protocols[twice])} is there twice` });
    }
  });

export const validationScheme = z.enum(['utf8', 'legacy', '']);
export const escapingScheme = z.enum(['allow-utf-8', 'underscores', 'dots', 'values', '']);

/** Limits that a job takes from `global` where it has none. */
export const limitShape = {
  body_size_limit: prometheusBytes().prefault(0).describe('The largest answer, uncompressed; 0 means no limit.'),
  sample_limit: limit().prefault(0).describe('The most samples after metric relabelling; 0 means no limit.'),
  target_limit: limit().prefault(0).describe('The most targets after relabelling; 0 means no limit.'),
  label_limit: limit().prefault(0).describe('The most labels of a series; 0 means no limit.'),
  label_name_length_limit: limit().prefault(0).describe('The longest label name, in bytes; 0 means no limit.'),
  label_value_length_limit: limit().prefault(0).describe('The longest label value, in bytes; 0 means no limit.'),
  keep_dropped_targets: limit()
    .prefault(0)
    .describe('Accepted, without effect: targets dropped by relabelling are not kept.'),
};

const scrapeConfigShape = {
  job_name: text().prefault('').describe('Names the job; becomes the label job and service.name.'),
  scrape_interval: prometheusDuration().prefault('0').describe('How often; global.scrape_interval where 0.'),
  scrape_timeout: prometheusDuration()
    .prefault('0')
    .describe('How long a scrape may take; global.scrape_timeout, at most the interval, where 0.'),
  metrics_path: text().prefault('/metrics').describe('The path of the page.'),
  scheme: text().prefault('http').describe('http or https.'),
  params: z
    .preprocess((value) => (value === null ? {} : value), z.record(z.string(), texts()))
    .prefault({})
    .describe('Query parameters, each a list of values.'),
  honor_labels: flag().prefault(false).describe("Keep the target's labels where they collide with those of the job."),
  honor_timestamps: flag().prefault(true).describe("Keep the target's timestamps."),
  track_timestamps_staleness: flag()
    .prefault(false)
    .describe('Mark also series with timestamps of their own as stale when they disappear.'),
  scrape_protocols: inherited(scrapeProtocols).describe('What is asked for, best first.'),
  fallback_scrape_protocol: inherited(z.enum([...SCRAPE_PROTOCOLS, ''])).describe(
    'How an answer without a known content type is read; PrometheusText0.0.4 where empty.',
  ),
  scrape_native_histograms: inherited(flag()).describe('Take native histograms.'),
  always_scrape_classic_histograms: inherited(flag()).describe('Take classic histograms beside native ones.'),
  convert_classic_histograms_to_nhcb: inherited(flag()).describe(
    'Make native histograms with custom buckets of classic ones.',
  ),
  extra_scrape_metrics: inherited(flag()).describe(
    'Also report scrape_timeout_seconds, scrape_sample_limit and scrape_body_size_bytes.',
  ),
  scrape_failure_log_file: text().prefault('').describe('A file to which failed scrapes are written.'),
  enable_compression: flag().prefault(true).describe('Ask for compressed answers.'),
  ...limitShape,
  native_histogram_bucket_limit: limit()
    .prefault(0)
    .describe('The most buckets of a native histogram; 0 means no limit.'),
  native_histogram_min_bucket_factor: decimal()
    .prefault(0)
    .describe('The least growth from one bucket of a native histogram to the next; 0 means any.'),
  metric_name_validation_scheme: inherited(validationScheme).describe('Which names are valid: utf8 or legacy.'),
  metric_name_escaping_scheme: inherited(escapingScheme).describe('How other names are asked for.'),
  ...httpShape,
  static_configs: sections(targetGroupKeys, 'this entry of static_configs')
    .prefault([])
    .describe('Targets by address.'),
  file_sd_configs: sections(fileDiscovery, 'this entry of file_sd_configs')
    .prefault([])
    .describe('Targets from files.'),
  http_sd_configs: sections(httpDiscovery, 'this entry of http_sd_configs').prefault([]).describe('Targets from URLs.'),
  dns_sd_configs: sections(dnsDiscovery, 'this entry of dns_sd_configs').prefault([]).describe('Targets from DNS.'),
  ...unbuiltDiscoveryShape,
  relabel_configs: sections(relabelKeys, 'this entry of relabel_configs')
    .prefault([])
    .describe('Relabelling of targets.'),
  metric_relabel_configs: sections(relabelKeys, 'this entry of metric_relabel_configs')
    .prefault([])
    .describe('Relabelling of series.'),
};

export const scrapeConfigKeys = z.strictObject(scrapeConfigShape).superRefine((job, context) => {
  if (job.job_name === '') {
    context.addIssue({ code: 'custom', path: ['job_name'], message: 'job_name is empty; every job needs a name' });
  }
  checkHttp(job, context);
  // With relabelling, a URL may be cut to an address later.
  if (job.relabel_configs.length > 0) return;
  for (const [group, { targets }] of job.static_configs.entries()) {
    for (const [index, target] of targets.entries()) {
      if (!target.includes('/')) continue;
      context.addIssue({
        code: 'custom',
        path: ['static_configs', group, 'targets', index],
        message: `${JSON.stringify(target)} is not an address; expected host:port, with the scheme and path in the keys scheme and metrics_path`,
      });
    }
  }
});

export type ScrapeConfigKeys = z.output<typeof scrapeConfigKeys>;
