// From what stands in `global` and `scrape_configs` to jobs: defaults applied, what depends on both checked.

import { dnsDiscoveryConfig, fileDiscoveryConfig, httpDiscoveryConfig, targetGroup } from './discovery/config.ts';
import type { DiscoveryConfig } from './discovery/discovery.ts';
import { DEFAULT_INTERVAL_MS, DEFAULT_TIMEOUT_MS, type GlobalKeys } from './global-config.ts';
import { httpSettings } from './http-settings.ts';
import type { ValidationScheme } from './label-names.ts';
import { relabelConfig, relabelProblem } from './relabel-config.ts';
import type { EscapingScheme, ScrapeConfig, ScrapeProtocol } from './scrape-config.ts';
import { SCRAPE_PROTOCOLS, type ScrapeConfigKeys } from './scrape-config-keys.ts';

/** Where a job goes wrong: a path from the job, and why. */
export interface JobProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What of a job depends on `global` and does not fit. */
export function jobProblems(job: ScrapeConfigKeys, global: GlobalKeys): JobProblem[] {
  const problems: JobProblem[] = [];
  if (job.scrape_timeout > intervalOf(job, global)) {
    problems.push({
      path: ['scrape_timeout'],
      message: `the scrape timeout of the job "${job.job_name}" is longer than its scrape interval`,
    });
  }
  const { validation, escaping } = schemesOf(job, global);
  if (escaping === 'allow-utf-8' && validation === 'legacy') {
    problems.push({
      path: ['metric_name_escaping_scheme'],
      message: 'allow-utf-8 does not go with metric_name_validation_scheme: legacy',
    });
  }
  for (const list of ['relabel_configs', 'metric_relabel_configs'] as const) {
    for (const [index, rule] of job[list].entries()) {
      const problem = relabelProblem(rule, validation);
      if (problem) problems.push({ path: [list, index, problem.key], message: problem.message });
    }
  }
  return problems;
}

/** The job as it is used. Job and `global` have no problems. */
export function jobOf(job: ScrapeConfigKeys, global: GlobalKeys): ScrapeConfig {
  const scrapeIntervalMs = intervalOf(job, global);
  const globalTimeoutMs =
    global.scrape_timeout || Math.min(DEFAULT_TIMEOUT_MS, global.scrape_interval || DEFAULT_INTERVAL_MS);
  const { validation, escaping } = schemesOf(job, global);
  const scrapeNativeHistograms = job.scrape_native_histograms ?? global.scrape_native_histograms ?? false;
  return {
    jobName: job.job_name,
    scrapeIntervalMs,
    scrapeTimeoutMs: job.scrape_timeout || Math.min(globalTimeoutMs, scrapeIntervalMs),
    metricsPath: job.metrics_path,
    scheme: job.scheme,
    params: new Map(Object.entries(job.params)),
    honorLabels: job.honor_labels,
    honorTimestamps: job.honor_timestamps,
    trackTimestampsStaleness: job.track_timestamps_staleness,
    scrapeProtocols: job.scrape_protocols ?? global.scrape_protocols ?? defaultProtocols(scrapeNativeHistograms),
    fallbackScrapeProtocol: job.fallback_scrape_protocol || 'PrometheusText0.0.4',
    scrapeNativeHistograms,
    alwaysScrapeClassicHistograms: job.always_scrape_classic_histograms ?? global.always_scrape_classic_histograms,
    convertClassicHistogramsToNhcb: job.convert_classic_histograms_to_nhcb ?? global.convert_classic_histograms_to_nhcb,
    extraScrapeMetrics: job.extra_scrape_metrics ?? global.extra_scrape_metrics ?? false,
    scrapeFailureLogFile: job.scrape_failure_log_file || global.scrape_failure_log_file,
    enableCompression: job.enable_compression,
    bodySizeLimitBytes: Math.max(0, job.body_size_limit || global.body_size_limit),
    sampleLimit: job.sample_limit || global.sample_limit,
    targetLimit: job.target_limit || global.target_limit,
    labelLimit: job.label_limit || global.label_limit,
    labelNameLengthLimit: job.label_name_length_limit || global.label_name_length_limit,
    labelValueLengthLimit: job.label_value_length_limit || global.label_value_length_limit,
    nativeHistogramBucketLimit: job.native_histogram_bucket_limit,
    nativeHistogramMinBucketFactor: job.native_histogram_min_bucket_factor,
    keepDroppedTargets: job.keep_dropped_targets || global.keep_dropped_targets,
    metricNameValidationScheme: validation,
    metricNameEscapingScheme: escaping,
    http: httpSettings(job),
    relabelConfigs: job.relabel_configs.map((rule) => relabelConfig(rule, validation)),
    metricRelabelConfigs: job.metric_relabel_configs.map((rule) => relabelConfig(rule, validation)),
    discoveries: discoveriesOf(job),
  };
}

function intervalOf(job: ScrapeConfigKeys, global: GlobalKeys): number {
  return job.scrape_interval || global.scrape_interval || DEFAULT_INTERVAL_MS;
}

/** What is asked for where nobody says: protobuf first only where native histograms are wanted, which text has not. */
function defaultProtocols(scrapeNativeHistograms: boolean): readonly ScrapeProtocol[] {
  return scrapeNativeHistograms ? SCRAPE_PROTOCOLS : SCRAPE_PROTOCOLS.filter((one) => one !== 'PrometheusProto');
}

function schemesOf(
  job: ScrapeConfigKeys,
  global: GlobalKeys,
): { readonly validation: ValidationScheme; readonly escaping: EscapingScheme } {
  const globalValidation = global.metric_name_validation_scheme || 'utf8';
  const globalEscaping = global.metric_name_escaping_scheme || defaultEscaping(globalValidation);
  const own = job.metric_name_validation_scheme || undefined;
  return {
    validation: own ?? globalValidation,
    // A job that only says legacy does not take over allow-utf-8, which would not fit.
    escaping: job.metric_name_escaping_scheme || (own ? defaultEscaping(own) : globalEscaping),
  };
}

function defaultEscaping(validation: ValidationScheme): EscapingScheme {
  return validation === 'legacy' ? 'underscores' : 'allow-utf-8';
}

function discoveriesOf(job: ScrapeConfigKeys): DiscoveryConfig[] {
  const groups = job.static_configs.map((group, index) => targetGroup(group, String(index)));
  return [
    ...job.file_sd_configs.map(fileDiscoveryConfig),
    ...job.http_sd_configs.map(httpDiscoveryConfig),
    ...job.dns_sd_configs.map(dnsDiscoveryConfig),
    ...(groups.length > 0 ? [{ kind: 'static', groups } as const] : []),
  ];
}
