// What the deltas of a series have added up to: numbers and histograms. Source: contrib deltatocumulativeprocessor v0.161,
// internal/data/add.go.

import type { HistogramDataPointView, NumberDataPointView } from '../../proto/otlp/metrics.ts';
import type { ExponentialTotal } from './exponential-total.ts';
import { Extremes } from './extremes.ts';

export class NumberTotal {
  readonly kind = 'number';
  startTimeUnixNano = 0n;
  /** A bigint of ints; undefined before the first point that has a value. */
  value: bigint | number | undefined;

  /** Begins with this point. */
  replace(point: NumberDataPointView): void {
    this.startTimeUnixNano = point.startTimeUnixNano;
    this.value = valueOf(point);
  }

  /** Ints wrap at 64 bits; an int and a double make a double. */
  add(point: NumberDataPointView): void {
    const value = valueOf(point);
    if (value === undefined) return;
    if (this.value === undefined) this.value = value;
    else if (typeof this.value === 'bigint' && typeof value === 'bigint') {
      this.value = BigInt.asIntN(64, this.value + value);
    } else this.value = Number(this.value) + Number(value);
  }
}

export class HistogramTotal {
  readonly kind = 'histogram';
  startTimeUnixNano = 0n;
  count = 0n;
  bounds: readonly number[] = [];
  counts: bigint[] = [];
  readonly extremes = new Extremes();

  /** Begins with this point. */
  replace(point: HistogramDataPointView): void {
    this.startTimeUnixNano = point.startTimeUnixNano;
    this.count = point.count;
    this.bounds = point.explicitBounds();
    this.counts = point.bucketCounts();
    this.extremes.replace(point);
  }

  /** With other bounds the sum begins anew, with the point's start time. */
  add(point: HistogramDataPointView): void {
    const bounds = point.explicitBounds();
    if (bounds.length !== this.bounds.length || !bounds.every((bound, at) => bound === this.bounds[at])) {
      this.replace(point);
      return;
    }
    for (const [at, count] of point.bucketCounts().entries()) {
      const before = this.counts[at];
      if (before !== undefined) this.counts[at] = BigInt.asUintN(64, before + count);
    }
    this.count = BigInt.asUintN(64, this.count + point.count);
    this.extremes.add(point);
  }
}

export type Total = NumberTotal | HistogramTotal | ExponentialTotal;

function valueOf(point: NumberDataPointView): bigint | number | undefined {
  if (point.valueType === 'none') return undefined;
  return point.valueType === 'double' ? point.value : point.intValue;
}
