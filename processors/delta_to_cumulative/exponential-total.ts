// Adds exponential histograms up. Source: contrib deltatocumulativeprocessor v0.161, internal/data/add.go and internal/data/expo.

import { coarsened, trimmed, type Buckets } from '../../pipeline/metric-series/exponential-buckets.ts';
import type { ExponentialHistogramDataPointView } from '../../proto/otlp/metrics.ts';
import { Extremes } from './extremes.ts';

/** A sum of more buckets on one side is made coarser. */
const MAX_BUCKETS = 160;

interface Sides {
  scale: number;
  zeroCount: bigint;
  zeroThreshold: number;
  positive: Buckets;
  negative: Buckets;
}

export class ExponentialTotal implements Sides {
  readonly kind = 'exponential';
  startTimeUnixNano = 0n;
  count = 0n;
  scale = 0;
  zeroCount = 0n;
  zeroThreshold = 0;
  positive: Buckets = { offset: 0, counts: [] };
  negative: Buckets = { offset: 0, counts: [] };
  readonly extremes = new Extremes();

  /** Begins with this point. */
  replace(point: ExponentialHistogramDataPointView): void {
    this.startTimeUnixNano = point.startTimeUnixNano;
    this.count = point.count;
    this.extremes.replace(point);
    Object.assign(this, sidesOf(point));
  }

  add(point: ExponentialHistogramDataPointView): void {
    const other = sidesOf(point);
    coarsen(this, Math.min(this.scale, other.scale));
    coarsen(other, this.scale);
    const scale = Math.min(
      fittingScale(this.scale, this.positive, other.positive),
      fittingScale(this.scale, this.negative, other.negative),
    );
    coarsen(this, scale);
    coarsen(other, scale);
    if (this.zeroThreshold < other.zeroThreshold) widenZero(this, other.zeroThreshold);
    else if (other.zeroThreshold < this.zeroThreshold) widenZero(other, this.zeroThreshold);
    this.positive = merged(this.positive, other.positive);
    this.negative = merged(this.negative, other.negative);
    this.count = BigInt.asUintN(64, this.count + point.count);
    this.zeroCount = BigInt.asUintN(64, this.zeroCount + other.zeroCount);
    this.extremes.add(point);
  }
}

function sidesOf(point: ExponentialHistogramDataPointView): Sides {
  return {
    scale: point.scale,
    zeroCount: point.zeroCount,
    zeroThreshold: point.zeroThreshold,
    positive: { offset: point.positiveOffset, counts: point.positiveBucketCounts() },
    negative: { offset: point.negativeOffset, counts: point.negativeBucketCounts() },
  };
}

function coarsen(sides: Sides, scale: number): void {
  const bits = sides.scale - scale;
  if (bits <= 0) return;
  sides.scale = scale;
  sides.positive = coarsened(sides.positive, bits);
  sides.negative = coarsened(sides.negative, bits);
}

/** From the first to behind the last bucket in which something was counted; empty where nothing was. */
function extent(a: Buckets, b: Buckets): { readonly first: number; readonly end: number } {
  let first = Infinity;
  let end = -Infinity;
  for (const { offset, counts } of [a, b]) {
    const from = counts.findIndex((count) => count !== 0n);
    if (from === -1) continue;
    first = Math.min(first, offset + from);
    end = Math.max(end, offset + counts.findLastIndex((count) => count !== 0n) + 1);
  }
  return first < end ? { first, end } : { first: 0, end: 0 };
}

/** The finest scale at which both together have few enough buckets; rounds as the collector does. */
function fittingScale(scale: number, a: Buckets, b: Buckets): number {
  let { first, end } = extent(a, b);
  let fitting = scale;
  while (end - first > MAX_BUCKETS) {
    first = Math.trunc(first / 2);
    end = Math.trunc(end / 2);
    fitting -= 1;
  }
  return fitting;
}

function merged(a: Buckets, b: Buckets): Buckets {
  if (b.counts.length === 0) return a;
  if (a.counts.length === 0) return b;
  const { first, end } = extent(a, b);
  const counts: bigint[] = [];
  for (let index = first; index < end; index++) {
    counts.push(BigInt.asUintN(64, (a.counts[index - a.offset] ?? 0n) + (b.counts[index - b.offset] ?? 0n)));
  }
  return { offset: first, counts };
}

/** Moves the buckets that lie in the wider zero bucket into it, and the threshold to the end of the last of them. */
function widenZero(sides: Sides, threshold: number): void {
  const last = bucketOf(threshold, sides.scale);
  sides.zeroCount += trimmed(sides.positive, last) + trimmed(sides.negative, last);
  // The bucket -1 ends at 1, however wide buckets are.
  const end = last === -1 ? 1 : 2 ** ((last + 1) * 2 ** -sides.scale);
  sides.zeroThreshold = Math.max(threshold, end);
}

/** The index of the bucket in which the value lies: above 2^(index × 2^-scale) and not above the next such power. */
function bucketOf(value: number, scale: number): number {
  const exponent = Math.round(Math.log2(value));
  // Powers of two are the ends of buckets, of which logarithms may miss by a rounding.
  if (2 ** exponent === value) return Math.ceil(exponent * 2 ** scale) - 1;
  return Math.floor(Math.log(value) * Math.LOG2E * 2 ** scale);
}
