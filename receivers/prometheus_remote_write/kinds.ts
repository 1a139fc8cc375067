// What becomes of each of Prometheus' types (OpenTelemetry's "Prometheus and OpenMetrics Compatibility"): counters are monotonic
// sums; info and state sets sums that are not; everything else that is a number, a gauge. The type stays with the metric as
// `prometheus.type`, as the collector's receivers write it.

import { METRIC } from '../../proto/otlp/metrics.ts';
import { METRIC_TYPE } from '../../proto/prometheus/remote-write/fields.ts';
import type { MetricKind } from './groups.ts';

export const NUMBER_POINT = 0;
export const NATIVE_POINT = 1;
export const HISTOGRAM_POINT = 2;
export const SUMMARY_POINT = 3;

const WORDS = ['unknown', 'counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset'] as const;

const KINDS: readonly MetricKind[] = WORDS.flatMap((promType, type) => [
  numberKind(promType, type),
  { data: METRIC.exponentialHistogram, isMonotonic: false, promType },
  { data: METRIC.histogram, isMonotonic: false, promType },
  { data: METRIC.summary, isMonotonic: false, promType },
]);

function numberKind(promType: string, type: number): MetricKind {
  const isMonotonic = type === METRIC_TYPE.counter;
  const isSum = isMonotonic || type === METRIC_TYPE.info || type === METRIC_TYPE.stateset;
  return { data: isSum ? METRIC.sum : METRIC.gauge, isMonotonic, promType };
}

/** `type`: METRIC_TYPE; one nobody knows is unknown. */
export function kindNumber(type: number, point: number): number {
  return (type > 0 && type < WORDS.length ? type : 0) * 4 + point;
}

export function kindOf(number: number): MetricKind {
  // Safe: made by kindNumber.
  return KINDS[number] as MetricKind;
}

/** METRIC_TYPE of a word, 0 for one that is not known. */
export function typeOfWord(word: string): number {
  return Math.max(0, (WORDS as readonly string[]).indexOf(word));
}
