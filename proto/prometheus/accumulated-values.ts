// What is kept of a series: its latest value, or for deltas the sum of all of them.

import {
  EXPONENTIAL_HISTOGRAM_DATA_POINT,
  type ExponentialHistogramDataPointView,
  type HistogramDataPointView,
  type NumberDataPointView,
  type SummaryDataPointView,
} from '../otlp/metrics.ts';
import { fitting, mergedBuckets, type BucketRange, underZeroThreshold } from './exponential-buckets.ts';

/** How a point came out: taken, or why not. */
export type Outcome = 'taken' | 'buckets_do_not_add_up' | 'too_large' | 'scale_too_coarse';

const { count: COUNT, zeroCount: ZERO_COUNT } = EXPONENTIAL_HISTOGRAM_DATA_POINT;

/** More buckets than any histogram for people has; what needs more memory than that is refused. */
const MAX_BUCKETS = 10_000;

export class NumberValue {
  readonly kind = 'number';
  value = 0;
  /** What adding integers has rounded away, so that counters above 2^53 still move. */
  #rest = 0;

  take(point: NumberDataPointView, isAdded: boolean): Outcome {
    const { value } = point;
    if (!isAdded) {
      this.value = value;
      this.#rest = 0;
    } else if (point.valueType === 'int') {
      // Two-sum (Knuth, TAOCP 2, 4.2.2): sum + rest is exact.
      const addend = value + this.#rest;
      const sum = this.value + addend;
      const added = sum - this.value;
      this.#rest = this.value - (sum - added) + (addend - added);
      this.value = sum;
    } else {
      this.value += value;
    }
    return 'taken';
  }
}

export class HistogramValue {
  readonly kind = 'histogram';
  count = 0;
  sum = 0;
  /** Whether every point had a sum. */
  hasSum = true;
  /** Upper bounds, growing, and how many were in each bucket; those above the last bound are only in `count`. */
  bounds: readonly number[] = [];
  counts: number[] = [];

  take(point: HistogramDataPointView, isAdded: boolean): Outcome {
    const bounds = point.explicitBounds();
    if (bounds.length > MAX_BUCKETS) return 'too_large';
    const counts = point.bucketCounts().map(Number);
    const count = Number(point.count);
    const { sum } = point;
    // Other bounds than before: the distribution begins anew, as in the collector.
    if (isAdded && sameNumbers(bounds, this.bounds)) {
      for (let index = 0; index < counts.length; index++) {
        // Safe: index lies within counts.
        this.counts[index] = (this.counts[index] ?? 0) + (counts[index] as number);
      }
      this.count += count;
      this.sum += sum;
      this.hasSum &&= point.hasSum;
      return 'taken';
    }
    const inOrder = bounds.every((bound, index) => index === 0 || bound > (bounds[index - 1] ?? 0));
    const kept = inOrder ? { bounds, counts } : ordered(bounds, counts);
    this.bounds = kept.bounds;
    this.counts = kept.counts;
    this.count = count;
    this.sum = sum;
    this.hasSum = point.hasSum;
    return 'taken';
  }
}

export class ExponentialValue {
  readonly kind = 'exponential';
  count = 0;
  sum = 0;
  #hasSum = true;
  /** Buckets end at powers of 2^(2^-scale), at most 8 as Prometheus has it. */
  scale = 0;
  zeroCount = 0;
  zeroThreshold = 0;
  positive: BucketRange = { offset: 0, counts: [] };
  negative: BucketRange = { offset: 0, counts: [] };

  take(point: ExponentialHistogramDataPointView, isAdded: boolean): Outcome {
    const sides = {
      scale: point.scale,
      positive: { offset: point.positiveOffset, counts: point.positiveCounts() },
      negative: { offset: point.negativeOffset, counts: point.negativeCounts() },
    };
    const points = total(sides.positive) + total(sides.negative) + point.message.fixed64AsNumber(ZERO_COUNT);
    const count = point.message.fixed64AsNumber(COUNT);
    const { sum } = point;
    // A scraper that checks refuses such a histogram, and with it maybe the whole page.
    if (Number.isNaN(sum) ? points > count : points !== count) return 'buckets_do_not_add_up';
    const next = fitting(sides);
    if (!next) return 'scale_too_coarse';
    if (isAdded) return this.#add(next, point, { count, sum });
    this.scale = next.scale;
    this.positive = next.positive;
    this.negative = next.negative;
    this.zeroCount = point.message.fixed64AsNumber(ZERO_COUNT);
    this.zeroThreshold = point.zeroThreshold;
    this.count = count;
    this.#hasSum = point.hasSum;
    this.sum = sum;
    return 'taken';
  }

  #add(
    next: { readonly scale: number; readonly positive: BucketRange; readonly negative: BucketRange },
    point: ExponentialHistogramDataPointView,
    more: { readonly count: number; readonly sum: number },
  ): Outcome {
    const merged = mergedBuckets(this, next);
    if (!merged) return 'scale_too_coarse';
    const zeroThreshold = Math.max(this.zeroThreshold, point.zeroThreshold);
    // Only a wider zero bucket can swallow others.
    const isWider = this.zeroThreshold !== point.zeroThreshold;
    const positive = isWider ? underZeroThreshold(merged.positive, merged.scale, zeroThreshold) : undefined;
    const negative = isWider ? underZeroThreshold(merged.negative, merged.scale, zeroThreshold) : undefined;
    this.scale = merged.scale;
    this.positive = positive?.rest ?? merged.positive;
    this.negative = negative?.rest ?? merged.negative;
    this.zeroThreshold = zeroThreshold;
    this.zeroCount += Number(point.zeroCount) + (positive?.swallowed ?? 0) + (negative?.swallowed ?? 0);
    this.count += more.count;
    this.#hasSum &&= point.hasSum;
    this.sum = this.#hasSum ? this.sum + more.sum : 0;
    return 'taken';
  }
}

export class SummaryValue {
  readonly kind = 'summary';
  count = 0;
  sum = 0;
  /** Quantile and value by turns, quantiles growing, NaN first. */
  quantiles: readonly number[] = [];

  take(point: SummaryDataPointView): Outcome {
    const byQuantile = new Map<number, number>();
    const values = point.quantileValues();
    while (values.next()) byQuantile.set(values.item.doubleField(1), values.item.doubleField(2));
    if (byQuantile.size > MAX_BUCKETS) return 'too_large';
    this.quantiles = [...byQuantile].toSorted(([a], [b]) => ascending(a, b)).flat();
    this.count = Number(point.count);
    this.sum = point.sum;
    return 'taken';
  }
}

export type SeriesValue = NumberValue | HistogramValue | ExponentialValue | SummaryValue;

/** Bounds out of order, sorted with their counts; of equal ones the first counts, as in the collector. */
function ordered(bounds: readonly number[], counts: readonly number[]): { bounds: number[]; counts: number[] } {
  const places = new Map<number, number>();
  for (const [index, bound] of bounds.entries()) if (!places.has(bound)) places.set(bound, index);
  const sorted = [...places].toSorted(([a], [b]) => ascending(a, b));
  return { bounds: sorted.map(([bound]) => bound), counts: sorted.map(([, index]) => counts[index] ?? 0) };
}

function ascending(a: number, b: number): number {
  if (Number.isNaN(a)) return -1;
  return Number.isNaN(b) ? 1 : a - b;
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((number, index) => number === b[index]);
}

function total({ counts }: BucketRange): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
