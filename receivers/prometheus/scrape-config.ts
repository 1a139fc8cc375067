// One job of `scrape_configs` as the receiver works with it: everything decided, the defaults of `global` applied.

import type { DiscoveryConfig } from './discovery/discovery.ts';
import type { HttpSettings } from './http-settings.ts';
import type { ValidationScheme } from './label-names.ts';
import type { RelabelConfig } from './relabel-config.ts';

/** How a target may answer, best first in a list; the names are Prometheus'. */
export type ScrapeProtocol =
  | 'PrometheusProto'
  | 'OpenMetricsText1.0.0'
  | 'OpenMetricsText0.0.1'
  | 'PrometheusText1.0.0'
  | 'PrometheusText0.0.4';

/** How names that are not of the old character set are asked for; the `escaping=` of the Accept header. */
export type EscapingScheme = 'allow-utf-8' | 'underscores' | 'dots' | 'values';

/** All limits: 0 means none. */
export interface ScrapeConfig {
  readonly jobName: string;
  readonly scrapeIntervalMs: number;
  readonly scrapeTimeoutMs: number;
  readonly metricsPath: string;
  readonly scheme: string;
  /** Query parameters, each with its values. */
  readonly params: ReadonlyMap<string, readonly string[]>;
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  readonly trackTimestampsStaleness: boolean;
  readonly scrapeProtocols: readonly ScrapeProtocol[];
  /** For an answer without a content type that is known. */
  readonly fallbackScrapeProtocol: ScrapeProtocol;
  readonly scrapeNativeHistograms: boolean;
  readonly alwaysScrapeClassicHistograms: boolean;
  readonly convertClassicHistogramsToNhcb: boolean;
  readonly extraScrapeMetrics: boolean;
  /** The file that scrape failures are written to; empty where none is. */
  readonly scrapeFailureLogFile: string;
  readonly enableCompression: boolean;
  readonly bodySizeLimitBytes: number;
  /** Samples after metric relabelling. */
  readonly sampleLimit: number;
  /** Targets after relabelling. */
  readonly targetLimit: number;
  readonly labelLimit: number;
  readonly labelNameLengthLimit: number;
  readonly labelValueLengthLimit: number;
  readonly nativeHistogramBucketLimit: number;
  readonly nativeHistogramMinBucketFactor: number;
  readonly keepDroppedTargets: number;
  readonly metricNameValidationScheme: ValidationScheme;
  readonly metricNameEscapingScheme: EscapingScheme;
  readonly http: HttpSettings;
  readonly relabelConfigs: readonly RelabelConfig[];
  readonly metricRelabelConfigs: readonly RelabelConfig[];
  readonly discoveries: readonly DiscoveryConfig[];
}
