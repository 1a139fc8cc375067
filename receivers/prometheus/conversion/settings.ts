// What decides how a target's pages become OTLP.

import type { PageFormat } from '../../../proto/prometheus/page-reader.ts';
import type { Labels } from '../discovery/discovery.ts';
import { compileRelabelling, type Relabelling } from '../relabel.ts';
import type { ValidationScheme } from '../label-names.ts';
import type { ScrapeConfig, ScrapeProtocol } from '../scrape-config.ts';

/** Limits of 0 mean none. */
export interface ConversionSettings {
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  readonly trackTimestampsStaleness: boolean;
  readonly sampleLimit: number;
  readonly labelLimit: number;
  readonly labelNameLengthLimit: number;
  readonly labelValueLengthLimit: number;
  readonly nativeHistogramBucketLimit: number;
  readonly nativeHistogramMinBucketFactor: number;
  readonly nameValidation: ValidationScheme;
  readonly hasExtraMetrics: boolean;
  readonly fallbackFormat: PageFormat;
  /** Of series; undefined where there is none. Shared by the targets of a job. */
  readonly relabelling: Relabelling | undefined;
  readonly externalLabels: Labels;
}

const FORMATS: Readonly<Record<ScrapeProtocol, PageFormat>> = {
  PrometheusProto: 'protobuf',
  'OpenMetricsText1.0.0': 'openmetrics',
  'OpenMetricsText0.0.1': 'openmetrics',
  'PrometheusText1.0.0': 'text',
  'PrometheusText0.0.4': 'text',
};

export function conversionSettings(job: ScrapeConfig, externalLabels: Labels): ConversionSettings {
  return {
    honorLabels: job.honorLabels,
    honorTimestamps: job.honorTimestamps,
    trackTimestampsStaleness: job.trackTimestampsStaleness,
    sampleLimit: job.sampleLimit,
    labelLimit: job.labelLimit,
    labelNameLengthLimit: job.labelNameLengthLimit,
    labelValueLengthLimit: job.labelValueLengthLimit,
    nativeHistogramBucketLimit: job.nativeHistogramBucketLimit,
    nativeHistogramMinBucketFactor: job.nativeHistogramMinBucketFactor,
    nameValidation: job.metricNameValidationScheme,
    hasExtraMetrics: job.extraScrapeMetrics,
    fallbackFormat: FORMATS[job.fallbackScrapeProtocol],
    relabelling: job.metricRelabelConfigs.length > 0 ? compileRelabelling(job.metricRelabelConfigs) : undefined,
    externalLabels,
  };
}
