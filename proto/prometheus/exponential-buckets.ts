// Buckets of exponential histograms: made coarser, merged, and given to the zero bucket. A bucket of index i at scale s ends
// at 2^((i + 1) × 2^-s) (OpenTelemetry's data model; Prometheus counts from one further).

export interface BucketRange {
  /** The index of the first bucket. */
  readonly offset: number;
  readonly counts: readonly number[];
}

export interface Sides {
  readonly scale: number;
  readonly positive: BucketRange;
  readonly negative: BucketRange;
}

/** The scales Prometheus knows. */
const MAX_SCALE = 8;
const MIN_SCALE = -4;

/** Every index is an int32, so that wider buckets would be the same. */
const WIDEST = 2 ** 40;

/** A range with more buckets is made coarser: OpenTelemetry's SDKs stop at 160. */
const MAX_BUCKETS = 4_096;

/** The same at a scale that Prometheus knows; undefined where no such scale is coarse enough. */
export function fitting(sides: Sides): Sides | undefined {
  let scale = Math.min(sides.scale, MAX_SCALE);
  const longest = Math.max(sides.positive.counts.length, sides.negative.counts.length);
  while (longest / 2 ** (sides.scale - scale) > MAX_BUCKETS) scale -= 1;
  return scale < MIN_SCALE ? undefined : atScale(sides, scale);
}

/** Both together, as coarse as the coarser of them and as is needed; undefined where that is coarser than Prometheus knows. */
export function mergedBuckets(one: Sides, other: Sides): Sides | undefined {
  for (let scale = Math.min(one.scale, other.scale); scale >= MIN_SCALE; scale--) {
    const a = atScale(one, scale);
    const b = atScale(other, scale);
    const positive = merged(a.positive, b.positive);
    const negative = merged(a.negative, b.negative);
    if (positive && negative) return { scale, positive, negative };
  }
  return undefined;
}

/** What lies wholly below the threshold, counted, and the rest. */
export function underZeroThreshold(
  { offset, counts }: BucketRange,
  scale: number,
  threshold: number,
): { readonly rest: BucketRange; readonly swallowed: number } {
  let below = 0;
  let swallowed = 0;
  while (below < counts.length && 2 ** ((offset + below + 1) * 2 ** -scale) <= threshold) {
    swallowed += counts[below] ?? 0;
    below += 1;
  }
  return { rest: { offset: offset + below, counts: counts.slice(below) }, swallowed };
}

function atScale(sides: Sides, scale: number): Sides {
  if (sides.scale === scale) return sides;
  const width = Math.min(2 ** (sides.scale - scale), WIDEST);
  return { scale, positive: coarser(sides.positive, width), negative: coarser(sides.negative, width) };
}

function coarser({ offset, counts }: BucketRange, width: number): BucketRange {
  if (counts.length === 0) return { offset: 0, counts };
  const first = Math.floor(offset / width);
  const last = Math.floor((offset + counts.length - 1) / width);
  const sums = Array.from({ length: last - first + 1 }, () => 0);
  for (const [index, count] of counts.entries()) {
    const to = Math.floor((offset + index) / width) - first;
    sums[to] = (sums[to] ?? 0) + count;
  }
  return { offset: first, counts: sums };
}

/** Undefined where the two lie so far apart that the range between them is too long. */
function merged(a: BucketRange, b: BucketRange): BucketRange | undefined {
  if (a.counts.length === 0) return b;
  if (b.counts.length === 0) return a;
  const offset = Math.min(a.offset, b.offset);
  const end = Math.max(a.offset + a.counts.length, b.offset + b.counts.length);
  if (end - offset > MAX_BUCKETS) return undefined;
  const sums = Array.from({ length: end - offset }, () => 0);
  for (const { offset: from, counts } of [a, b]) {
    for (const [index, count] of counts.entries()) {
      const to = from - offset + index;
      sums[to] = (sums[to] ?? 0) + count;
    }
  }
  return { offset, counts: sums };
}
