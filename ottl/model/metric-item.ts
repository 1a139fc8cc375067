// Metrics and data points as plain objects.

import type { OttlValue } from '../value.ts';

export interface MetricModel {
  name: string;
  description: string;
  unit: string;
  /** As METRIC_DATA_TYPE_* has it: gauge 1, sum 2, histogram 3, exponential histogram 4, summary 5; 0 for none. */
  type: number;
  aggregationTemporality: number;
  isMonotonic: boolean;
  metadata: Map<string, OttlValue>;
  /** Data points are only counted here; each is an item of its own. */
  dataPointCount: number;
}

/** What data points of all kinds have, and under `data` what differs. */
export interface PointModel {
  attributes: Map<string, OttlValue>;
  startTimeUnixNano: bigint;
  timeUnixNano: bigint;
  flags: number;
  data: NumberData | HistogramData | ExponentialHistogramData | SummaryData;
}

/** An int64 is a bigint, a double a number; null is no value. */
export interface NumberData {
  readonly kind: 'number';
  value: bigint | number | null;
}

/** An unset sum is undefined. */
export interface HistogramData {
  readonly kind: 'histogram';
  count: bigint;
  sum: number | undefined;
  bucketCounts: bigint[];
  explicitBounds: number[];
}

export interface ExponentialHistogramData {
  readonly kind: 'exponential_histogram';
  count: bigint;
  sum: number | undefined;
  scale: number;
  zeroCount: bigint;
  positive: Buckets;
  negative: Buckets;
}

export interface SummaryData {
  readonly kind: 'summary';
  count: bigint;
  sum: number | undefined;
}

export interface Buckets {
  offset: number;
  bucketCounts: bigint[];
}

export function emptyMetric(): MetricModel {
  return {
    name: '',
    description: '',
    unit: '',
    type: 0,
    aggregationTemporality: 0,
    isMonotonic: false,
    metadata: new Map(),
    dataPointCount: 0,
  };
}

export function emptyPoint(): PointModel {
  return {
    attributes: new Map(),
    startTimeUnixNano: 0n,
    timeUnixNano: 0n,
    flags: 0,
    data: { kind: 'number', value: null },
  };
}
