// How pages become OTLP where nobody says otherwise, and a target.

import type { ConversionSettings } from '../../../receivers/prometheus/conversion/settings.ts';
import type { ScrapeTarget } from '../../../receivers/prometheus/targets.ts';

export const CONVERSION: ConversionSettings = {
  honorLabels: false,
  honorTimestamps: true,
  trackTimestampsStaleness: false,
  sampleLimit: 0,
  labelLimit: 0,
  labelNameLengthLimit: 0,
  labelValueLengthLimit: 0,
  nativeHistogramBucketLimit: 0,
  nativeHistogramMinBucketFactor: 0,
  nameValidation: 'utf8',
  hasExtraMetrics: false,
  fallbackFormat: 'text',
  relabelling: undefined,
  externalLabels: new Map(),
};

/** Scraped at `shop.example:9100` by the job `shop`, with further labels. */
export function shopTarget(labels: Readonly<Record<string, string>> = {}): ScrapeTarget {
  return {
    id: 'one',
    url: 'http://shop.example:9100/metrics',
    labels: new Map(Object.entries({ instance: 'shop.example:9100', job: 'shop', ...labels })),
    discoveredLabels: new Map([['__scheme__', 'http']]),
    allLabels: new Map(),
    intervalMs: 15_000,
    timeoutMs: 10_000,
    convertClassicHistogramsToNhcb: false,
    alwaysScrapeClassicHistograms: false,
    scrapeNativeHistograms: true,
  };
}
