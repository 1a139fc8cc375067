// Exponential histograms: what came between two cumulative ones. Source: contrib cumulativetodeltaprocessor v0.161,
// internal/tracking, and the data model's rules for changing scale and zero threshold.

import { coarsened, trimmed, type Buckets } from '../../pipeline/metric-series/exponential-buckets.ts';

export interface Exponential {
  count: bigint;
  sum: number;
  scale: number;
  zeroCount: bigint;
  zeroThreshold: number;
  positive: Buckets;
  negative: Buckets;
}

/** Undefined where the histogram was reset. `before` may be made coarser, as the later one is. */
export function exponentialDelta(before: Exponential, now: Exponential): Exponential | undefined {
  if (now.count < before.count || now.zeroThreshold < before.zeroThreshold || now.scale > before.scale)
    return undefined;
  if (now.zeroThreshold > before.zeroThreshold) widenZero(before, now.zeroThreshold);
  const zeroCount = BigInt.asUintN(64, now.zeroCount - before.zeroCount);
  if (now.scale < before.scale) {
    const bits = before.scale - now.scale;
    before.scale = now.scale;
    before.positive = coarsened(before.positive, bits);
    before.negative = coarsened(before.negative, bits);
  }
  const positive = bucketsDelta(before.positive, now.positive);
  const negative = positive && bucketsDelta(before.negative, now.negative);
  if (positive === undefined || negative === undefined) return undefined;
  return { ...now, count: now.count - before.count, sum: now.sum - before.sum, zeroCount, positive, negative };
}

/** Moves buckets that the wider zero bucket now covers into it. */
function widenZero(histogram: Exponential, threshold: number): void {
  // The greatest index whose lower bound, 2^(2^-scale × index), is below the threshold.
  const scaleFactor = Math.LOG2E * 2 ** histogram.scale;
  const last = Math.ceil(Math.log(threshold) * scaleFactor) - 1;
  histogram.zeroCount += trimmed(histogram.positive, last) + trimmed(histogram.negative, last);
}

/** From the first to the last bucket that grew; undefined where one shrank. */
function bucketsDelta(before: Buckets, now: Buckets): Buckets | undefined {
  const delta: Buckets = { offset: 0, counts: [] };
  for (const [index, count] of now.counts.entries()) {
    if (count === 0n) continue;
    const bucket = now.offset + index;
    const old = before.counts[bucket - before.offset] ?? 0n;
    if (count < old) return undefined;
    if (count === old) continue;
    if (delta.counts.length === 0) delta.offset = bucket;
    while (delta.offset + delta.counts.length < bucket) delta.counts.push(0n);
    delta.counts.push(count - old);
  }
  return delta;
}
