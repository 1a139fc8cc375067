// The paths of data points, which differ by the metric's type; a path the point does not have is nil.

import {
  ExponentialHistogramDataPointView,
  HistogramDataPointView,
  NumberDataPointView,
  SummaryDataPointView,
  type DataPointView,
} from '../../proto/otlp/metrics.ts';
import type { PathEntry } from '../access.ts';
import type { OttlValue } from '../value.ts';
import type { ViewItem } from './item.ts';

type Entry = readonly [string, PathEntry<ViewItem>];

export const POINT_PATHS: readonly Entry[] = [
  path('value_double', (point) => (point instanceof NumberDataPointView ? doubleOf(point) : null)),
  path('value_int', (point) => (point instanceof NumberDataPointView ? intOf(point) : null)),
  path('count', (point) => (hasCount(point) ? signed(point.count) : null)),
  path('sum', (point) => (hasCount(point) ? point.sum : null)),
  path('bucket_counts', (point) => (point instanceof HistogramDataPointView ? point.bucketCounts().map(signed) : null)),
  path('explicit_bounds', (point) => (point instanceof HistogramDataPointView ? point.explicitBounds() : null)),
  path('scale', (point) => (point instanceof ExponentialHistogramDataPointView ? BigInt(point.scale) : null)),
  path('zero_count', (point) => (point instanceof ExponentialHistogramDataPointView ? signed(point.zeroCount) : null)),
  path('positive.offset', (point) =>
    point instanceof ExponentialHistogramDataPointView ? BigInt(point.positiveOffset) : null,
  ),
  path('positive.bucket_counts', (point) =>
    point instanceof ExponentialHistogramDataPointView ? point.positiveBucketCounts().map(signed) : null,
  ),
  path('negative.offset', (point) =>
    point instanceof ExponentialHistogramDataPointView ? BigInt(point.negativeOffset) : null,
  ),
  path('negative.bucket_counts', (point) =>
    point instanceof ExponentialHistogramDataPointView ? point.negativeBucketCounts().map(signed) : null,
  ),
];

function path(name: string, get: (point: DataPointView) => OttlValue): Entry {
  return [`datapoint.${name}`, { access: { get: (item) => get(item.point) } }];
}

type Counted = HistogramDataPointView | ExponentialHistogramDataPointView | SummaryDataPointView;

function hasCount(point: DataPointView): point is Counted {
  return (
    point instanceof HistogramDataPointView ||
    point instanceof ExponentialHistogramDataPointView ||
    point instanceof SummaryDataPointView
  );
}

/** pdata reads the value of the other type as 0. */
function doubleOf(point: NumberDataPointView): number {
  return point.valueType === 'double' ? point.value : 0;
}

function intOf(point: NumberDataPointView): bigint {
  return point.valueType === 'int' ? point.intValue : 0n;
}

function signed(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}
