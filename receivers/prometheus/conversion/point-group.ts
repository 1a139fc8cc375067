// Points of histograms and summaries, which a page spreads over several samples: gathered by their labels until the family
// ends, then written. Groups are used again, as every page has about as many as the one before.

import {
  EXPONENTIAL_HISTOGRAM_DATA_POINT,
  HISTOGRAM_DATA_POINT,
  METRIC,
  METRIC_DATA,
  SUMMARY_DATA_POINT,
} from '../../../proto/otlp/metrics.ts';
import type { NativeBuckets, NativeHistogram, PageExemplar } from '../../../proto/prometheus/page-reader.ts';
import { ProtoWriter } from '../../../proto/wire-writer.ts';
import type { DataField } from './metadata.ts';
import { type TimeWords, writeExemplars } from './point-fields.ts';

/** OTLP's DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK. */
export const NO_RECORDED_VALUE = 1;
/** Field numbers of `ValueAtQuantile`, and of `Buckets` of exponential histograms. */
const QUANTILE = { quantile: 1, value: 2 } as const;
const BUCKETS = { offset: 1, counts: 2 } as const;
/** Gaps between buckets are written out: a page must not make a few bytes into millions. */
const MAX_BUCKETS = 10_000;
/** The largest double below 2^64. */
const MAX_COUNT = 2 ** 64 - 2 ** 11;
/** Kept for the next family. */
const MAX_SPARE = 1_000;

export class PointGroup {
  key = 0;
  timestampMs = 0;
  /** Attributes as they are written, in the groups' buffer. */
  attributesStart = 0;
  attributesEnd = 0;
  count = 0;
  hasCount = false;
  sum = 0;
  hasSum = false;
  /** NaN where it is not known. */
  createdMs = NaN;
  isStale = false;
  readonly bounds: number[] = [];
  readonly values: number[] = [];
  exemplars: PageExemplar[] | undefined;
  native: NativeHistogram | undefined;

  reset(key: number, timestampMs: number): void {
    this.key = key;
    this.timestampMs = timestampMs;
    this.count = 0;
    this.hasCount = false;
    this.sum = 0;
    this.hasSum = false;
    this.createdMs = NaN;
    this.isStale = false;
    this.bounds.length = 0;
    this.values.length = 0;
    this.exemplars = undefined;
    this.native = undefined;
  }

  addBoundary(bound: number, value: number): void {
    this.bounds.push(bound);
    this.values.push(value);
  }

  addExemplars(exemplars: readonly PageExemplar[]): void {
    (this.exemplars ??= []).push(...exemplars);
  }

  /** Bounds ascending, which most pages have already. */
  sort(): void {
    const { bounds, values } = this;
    // Safe: below the length.
    if (!bounds.some((bound, index) => index > 0 && bound < (bounds[index - 1] as number))) return;
    const order = bounds.map((bound, index) => ({ bound, value: values[index] as number }));
    order.sort((a, b) => a.bound - b.bound);
    for (const [index, { bound, value }] of order.entries()) {
      bounds[index] = bound;
      values[index] = value;
    }
  }
}

/** The groups of the family that is open. */
export class PointGroups {
  readonly attributes = new ProtoWriter(256);
  readonly #groups: PointGroup[] = [];
  readonly #byKey = new Map<number, PointGroup>();
  #length = 0;
  #latest: PointGroup | undefined;

  /** The group of these labels; new ones have no attributes yet. */
  get(key: number, timestampMs: number): PointGroup {
    if (this.#latest?.key === key) return this.#latest;
    let group = this.#byKey.get(key);
    if (!group) {
      group = this.#groups[this.#length];
      if (!group) this.#groups.push((group = new PointGroup()));
      this.#length++;
      group.reset(key, timestampMs);
      group.attributesStart = group.attributesEnd = -1;
      this.#byKey.set(key, group);
    }
    this.#latest = group;
    return group;
  }

  /** Writes all of them as points of `data`, and forgets them. Gives the number of points. */
  write(out: ProtoWriter, data: DataField, times: TimeWords): number {
    let points = 0;
    for (let index = 0; index < this.#length; index++) {
      const group = this.#groups[index] as PointGroup; // Safe: below the length.
      if (!group.hasCount) continue;
      if (data === METRIC.summary) this.#summary(out, group, times);
      else if (data === METRIC.exponentialHistogram) this.#exponential(out, group, times);
      else this.#histogram(out, group, times);
      points++;
    }
    this.clear();
    return points;
  }

  clear(): void {
    this.#byKey.clear();
    this.#latest = undefined;
    this.#length = 0;
    if (this.#groups.length > MAX_SPARE) this.#groups.length = MAX_SPARE;
    this.attributes.clear();
  }

  #head(out: ProtoWriter, group: PointGroup, times: TimeWords): void {
    // All points have their times in the same fields.
    if (group.createdMs > 0) times.write(out, HISTOGRAM_DATA_POINT.startTimeUnixNano, group.createdMs);
    times.write(out, HISTOGRAM_DATA_POINT.timeUnixNano, group.timestampMs);
    out.raw(this.attributes.bytes, group.attributesStart, group.attributesEnd);
  }

  #histogram(out: ProtoWriter, group: PointGroup, times: TimeWords): void {
    const fields = HISTOGRAM_DATA_POINT;
    const mark = out.begin(METRIC_DATA.dataPoints, 300);
    this.#head(out, group, times);
    if (group.isStale) out.uint32Field(fields.flags, NO_RECORDED_VALUE);
    else {
      out.fixed64NumberField(fields.count, countOf(group.count));
      if (group.hasSum) out.doubleField(fields.sum, group.sum);
    }
    if (group.native) customBuckets(out, group.native, group.isStale);
    else classicBuckets(out, group);
    if (group.exemplars) writeExemplars(out, fields.exemplars, group.exemplars);
    out.end(mark);
  }

  #summary(out: ProtoWriter, group: PointGroup, times: TimeWords): void {
    const fields = SUMMARY_DATA_POINT;
    group.sort();
    const mark = out.begin(METRIC_DATA.dataPoints, 200);
    this.#head(out, group, times);
    if (group.isStale) out.uint32Field(fields.flags, NO_RECORDED_VALUE);
    else {
      out.fixed64NumberField(fields.count, countOf(group.count));
      if (group.hasSum) out.doubleField(fields.sum, group.sum);
    }
    for (const [index, bound] of group.bounds.entries()) {
      const quantile = out.begin(fields.quantileValues, 18);
      out.doubleField(QUANTILE.quantile, bound);
      // Safe: as many values as bounds.
      if (!group.isStale) out.doubleField(QUANTILE.value, group.values[index] as number);
      out.end(quantile);
    }
    out.end(mark);
  }

  #exponential(out: ProtoWriter, group: PointGroup, times: TimeWords): void {
    const fields = EXPONENTIAL_HISTOGRAM_DATA_POINT;
    const mark = out.begin(METRIC_DATA.dataPoints, 300);
    this.#head(out, group, times);
    const { native } = group;
    if (group.isStale || !native) out.uint32Field(fields.flags, NO_RECORDED_VALUE);
    else {
      out.fixed64NumberField(fields.count, countOf(native.count));
      out.doubleField(fields.sum, native.sum);
      out.sint32Field(fields.scale, native.schema);
      out.fixed64NumberField(fields.zeroCount, countOf(native.zeroCount));
      out.doubleField(fields.zeroThreshold, native.zeroThreshold);
      exponentialBuckets(out, fields.positive, native.positive);
      exponentialBuckets(out, fields.negative, native.negative);
    }
    if (group.exemplars) writeExemplars(out, fields.exemplars, group.exemplars);
    out.end(mark);
  }
}

/** Whether its buckets can be written one by one. */
export function isWritable({ positive, negative }: NativeHistogram): boolean {
  return [positive, negative].every(({ spans }) => {
    let buckets = 0;
    for (let index = 0; index < spans.length; index += 2) {
      const gap = spans[index] ?? 0;
      if (index > 0 && gap < 0) return false;
      buckets += (index > 0 ? gap : 0) + (spans[index + 1] ?? 0);
    }
    return buckets <= MAX_BUCKETS;
  });
}

/** Cumulative counts by bound become counts of each bucket. */
function classicBuckets(out: ProtoWriter, group: PointGroup): void {
  group.sort();
  const { bounds, values, isStale } = group;
  const length = bounds.at(-1) === Infinity ? bounds.length - 1 : bounds.length;
  const counts = out.begin(HISTOGRAM_DATA_POINT.bucketCounts, (length + 1) * 8);
  let below = 0;
  for (let index = 0; index <= length; index++) {
    // Safe: below the length.
    const upTo = index === length ? group.count : (values[index] as number);
    const count = isStale ? 0 : countOf(upTo - below);
    out.fixed64Number(count);
    below = upTo;
  }
  out.end(counts);
  const limits = out.begin(HISTOGRAM_DATA_POINT.explicitBounds, length * 8);
  for (let index = 0; index < length; index++) out.double(bounds[index] as number);
  out.end(limits);
}

/** A native histogram with custom buckets is a histogram with explicit bounds. */
function customBuckets(out: ProtoWriter, native: NativeHistogram, isStale: boolean): void {
  const { customValues: bounds, positive } = native;
  const dense = Array.from({ length: bounds.length + 1 }, () => 0);
  let bucket = 0;
  let at = 0;
  for (let index = 0; index < positive.spans.length; index += 2) {
    bucket += positive.spans[index] ?? 0;
    for (let left = positive.spans[index + 1] ?? 0; left > 0; left--, bucket++, at++) {
      if (bucket >= 0 && bucket < dense.length) dense[bucket] = isStale ? 0 : countOf(positive.counts[at] ?? 0);
    }
  }
  const counts = out.begin(HISTOGRAM_DATA_POINT.bucketCounts, dense.length * 8);
  for (const count of dense) out.fixed64Number(count);
  out.end(counts);
  const limits = out.begin(HISTOGRAM_DATA_POINT.explicitBounds, bounds.length * 8);
  for (const bound of bounds) out.double(bound);
  out.end(limits);
}

function exponentialBuckets(out: ProtoWriter, field: number, { spans, counts }: NativeBuckets): void {
  if (spans.length === 0) return;
  const mark = out.begin(field, counts.length + 8);
  // Prometheus' index is that of the upper bound, OpenTelemetry's of the lower.
  out.sint32Field(BUCKETS.offset, (spans[0] ?? 0) - 1);
  const packed = out.begin(BUCKETS.counts, counts.length);
  let at = 0;
  for (let index = 0; index < spans.length; index += 2) {
    if (index > 0) for (let gap = spans[index] ?? 0; gap > 0; gap--) out.varint(0);
    for (let left = spans[index + 1] ?? 0; left > 0; left--) {
      const count = countOf(counts[at++] ?? 0);
      if (count < 2 ** 31) out.varint(count);
      else out.varint64(BigInt(count));
    }
  }
  out.end(packed);
  out.end(mark);
}

/** What OTLP can count: a target may say anything. */
function countOf(value: number): number {
  return value > 0 ? Math.min(Math.trunc(value), MAX_COUNT) : 0;
}
