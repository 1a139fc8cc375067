// The paths of metrics and data points over objects. A path that the point's kind does not have reads as nil, and writing
// it is an error.

import { OttlEvaluationError, type OttlValue } from '../value.ts';
import { counted, field, integer, map, text, time, wrongType, type Entry } from './entries.ts';
import type { ModelItem } from './item.ts';
import type { ExponentialHistogramData, HistogramData, PointModel, SummaryData } from './metric-item.ts';

const SUM = 2;
const HISTOGRAM = 3;
const EXPONENTIAL_HISTOGRAM = 4;

const metric = (item: ModelItem) => item.metric;
const point = (item: ModelItem) => item.point;

export const METRIC_PATHS: readonly Entry[] = [
  text('metric.name', metric, 'name'),
  text('metric.description', metric, 'description'),
  text('metric.unit', metric, 'unit'),
  field('metric.type', { get: (item) => BigInt(item.metric.type) }),
  field('metric.aggregation_temporality', {
    get: (item) => (hasTemporality(item) ? BigInt(item.metric.aggregationTemporality) : null),
    // Writing to a kind of metric that has none does nothing, as in the collector; so it is with is_monotonic.
    set(item, value) {
      const temporality = Number(signed32(value));
      if (hasTemporality(item)) item.metric.aggregationTemporality = temporality;
    },
  }),
  field('metric.is_monotonic', {
    get: (item) => (item.metric.type === SUM ? item.metric.isMonotonic : null),
    set(item, value) {
      if (typeof value !== 'boolean') throw wrongType('bool', value);
      if (item.metric.type === SUM) item.metric.isMonotonic = value;
    },
  }),
  counted('metric.data_points', (item) => item.metric.dataPointCount),
  map('metric.metadata', metric, 'metadata'),
];

export const POINT_PATHS: readonly Entry[] = [
  map('datapoint.attributes', point, 'attributes'),
  ...time('datapoint.start_time', point, 'startTimeUnixNano'),
  ...time('datapoint.time', point, 'timeUnixNano'),
  integer('datapoint.flags', point, 'flags'),
  ofKind('value_double', numberData, {
    // The value of the other type reads as 0, as in pdata.
    get: ({ value }) => (typeof value === 'number' ? value : 0),
    set: (data, value) => (data.value = double(value)),
  }),
  ofKind('value_int', numberData, {
    get: ({ value }) => (typeof value === 'bigint' ? value : 0n),
    set: (data, value) => (data.value = int(value)),
  }),
  ofKind('count', withCount, {
    get: (data) => BigInt.asIntN(64, data.count),
    set: (data, value) => (data.count = unsigned(value)),
  }),
  ofKind('sum', withCount, { get: (data) => data.sum ?? 0, set: (data, value) => (data.sum = double(value)) }),
  ofKind('bucket_counts', histogram, {
    get: (data) => data.bucketCounts.map((count) => BigInt.asIntN(64, count)),
    set: (data, value) => (data.bucketCounts = list(value).map(unsigned)),
  }),
  ofKind('explicit_bounds', histogram, {
    get: (data) => [...data.explicitBounds],
    set: (data, value) => (data.explicitBounds = list(value).map(double)),
  }),
  ofKind('scale', exponential, {
    get: (data) => BigInt(data.scale),
    set: (data, value) => (data.scale = Number(signed32(value))),
  }),
  ofKind('zero_count', exponential, {
    get: (data) => BigInt.asIntN(64, data.zeroCount),
    set: (data, value) => (data.zeroCount = unsigned(value)),
  }),
  ...(['positive', 'negative'] as const).flatMap((side) => [
    ofKind(`${side}.offset`, exponential, {
      get: (data) => BigInt(data[side].offset),
      set: (data, value) => (data[side].offset = Number(signed32(value))),
    }),
    ofKind(`${side}.bucket_counts`, exponential, {
      get: (data) => data[side].bucketCounts.map((count) => BigInt.asIntN(64, count)),
      set: (data, value) => (data[side].bucketCounts = list(value).map(unsigned)),
    }),
  ]),
];

interface Field<Data> {
  readonly get: (data: Data) => OttlValue;
  readonly set: (data: Data, value: OttlValue) => unknown;
}

function ofKind<Data>(name: string, of: (point: PointModel) => Data | undefined, { get, set }: Field<Data>): Entry {
  return field(`datapoint.${name}`, {
    get(item) {
      const data = of(item.point);
      return data === undefined ? null : get(data);
    },
    set(item, value) {
      const data = of(item.point);
      if (data === undefined) throw new OttlEvaluationError(`unsupported data point type: ${item.point.data.kind}`);
      set(data, value);
    },
  });
}

function numberData({ data }: PointModel) {
  return data.kind === 'number' ? data : undefined;
}

function withCount({ data }: PointModel): HistogramData | ExponentialHistogramData | SummaryData | undefined {
  return data.kind === 'number' ? undefined : data;
}

function histogram({ data }: PointModel) {
  return data.kind === 'histogram' ? data : undefined;
}

function exponential({ data }: PointModel) {
  return data.kind === 'exponential_histogram' ? data : undefined;
}

function hasTemporality({ metric: { type } }: ModelItem): boolean {
  return type === SUM || type === HISTOGRAM || type === EXPONENTIAL_HISTOGRAM;
}

function int(value: OttlValue): bigint {
  if (typeof value !== 'bigint') throw wrongType('int64', value);
  return value;
}

function signed32(value: OttlValue): bigint {
  return BigInt.asIntN(32, int(value));
}

function unsigned(value: OttlValue): bigint {
  return BigInt.asUintN(64, int(value));
}

function double(value: OttlValue): number {
  if (typeof value !== 'number') throw wrongType('float64', value);
  return value;
}

function list(value: OttlValue): readonly OttlValue[] {
  if (!Array.isArray(value)) throw wrongType('a list', value);
  return value;
}
