// Writes native histograms, the Histogram message of both versions, without the time they began.

import { FIXED64, VARINT } from '../../wire.ts';
import type { ProtoWriter } from '../../wire-writer.ts';
import type { BucketRange } from '../exponential-buckets.ts';
import { BUCKET_SPAN, CUSTOM_BUCKETS_SCHEMA, HISTOGRAM, STALE_NAN_WORDS } from './fields.ts';
import { writeTime } from './writer-v1.ts';

export interface ExponentialHistogram {
  readonly count: number;
  readonly sum: number;
  /** MIN_SCHEMA to MAX_SCHEMA. */
  readonly scale: number;
  readonly zeroCount: number;
  /** 0: not said. */
  readonly zeroThreshold: number;
  readonly positive: BucketRange;
  readonly negative: BucketRange;
}

/** Where a data point says nothing, as the collector's translator has it. */
const DEFAULT_ZERO_THRESHOLD = 1e-128;

/** Empty buckets between others that are written as such; a longer gap begins a new span, as in Prometheus' client library. */
const MAX_GAP = 2;

/** Buckets of OpenTelemetry's exponential histograms; `isStale` ends the series. */
export function writeExponential(
  writer: ProtoWriter,
  histogram: ExponentialHistogram,
  timestampMs: number,
  isStale: boolean,
): void {
  if (isStale) {
    writer.tag(HISTOGRAM.countInt, VARINT);
    writer.varint64(STALE_COUNT);
    writeStaleSum(writer);
  } else {
    writeCount(writer, HISTOGRAM.countInt, histogram.count);
    writer.doubleField(HISTOGRAM.sum, histogram.sum);
  }
  writer.sint32Field(HISTOGRAM.schema, histogram.scale);
  writer.doubleField(HISTOGRAM.zeroThreshold, histogram.zeroThreshold || DEFAULT_ZERO_THRESHOLD);
  writeCount(writer, HISTOGRAM.zeroCountInt, histogram.zeroCount);
  const { positive, negative } = histogram;
  // Prometheus numbers a bucket by its upper end, OpenTelemetry by its lower one.
  writeBuckets(writer, HISTOGRAM.negativeSpans, HISTOGRAM.negativeDeltas, negative.counts, negative.offset + 1);
  writeBuckets(writer, HISTOGRAM.positiveSpans, HISTOGRAM.positiveDeltas, positive.counts, positive.offset + 1);
  writeTime(writer, HISTOGRAM.timestampMs, timestampMs);
}

/**
 * A histogram with bounds of its own (NHCB): `counts` has one more than `bounds`, for what is above the last of them, and
 * is not cumulative.
 */
export function writeCustomBuckets(
  writer: ProtoWriter,
  histogram: {
    readonly count: number;
    readonly sum: number;
    readonly bounds: readonly number[];
    readonly counts: readonly number[];
  },
  timestampMs: number,
): void {
  writeCount(writer, HISTOGRAM.countInt, histogram.count);
  writer.doubleField(HISTOGRAM.sum, histogram.sum);
  writer.sint32Field(HISTOGRAM.schema, CUSTOM_BUCKETS_SCHEMA);
  writeCount(writer, HISTOGRAM.zeroCountInt, 0);
  writeBuckets(writer, HISTOGRAM.positiveSpans, HISTOGRAM.positiveDeltas, histogram.counts, 0);
  writeTime(writer, HISTOGRAM.timestampMs, timestampMs);
  if (histogram.bounds.length === 0) return;
  const bounds = writer.begin(HISTOGRAM.customValues, histogram.bounds.length * 8);
  for (const bound of histogram.bounds) writer.double(bound);
  writer.end(bounds);
}

/** The end of a series of histograms with bounds of their own. */
export function writeStaleCustomBuckets(writer: ProtoWriter, timestampMs: number): void {
  writeStaleSum(writer);
  writer.sint32Field(HISTOGRAM.schema, CUSTOM_BUCKETS_SCHEMA);
  writeTime(writer, HISTOGRAM.timestampMs, timestampMs);
}

/** The bits of the NaN that ends a series, which the translator has as count as well. */
const STALE_COUNT = (BigInt(STALE_NAN_WORDS[1]) << 32n) | BigInt(STALE_NAN_WORDS[0]);

function writeStaleSum(writer: ProtoWriter): void {
  writer.tag(HISTOGRAM.sum, FIXED64);
  writer.fixed64Words(STALE_NAN_WORDS[0], STALE_NAN_WORDS[1]);
}

function writeCount(writer: ProtoWriter, field: number, count: number): void {
  writer.tag(field, VARINT);
  // Counts above 2^53 are rounded already.
  if (count <= Number.MAX_SAFE_INTEGER) writer.varintNumber(count);
  else writer.varint64(BigInt(count));
}

/** `first` is the index of the first count. */
function writeBuckets(
  writer: ProtoWriter,
  spanField: number,
  deltaField: number,
  counts: readonly number[],
  first: number,
): void {
  let end = -first;
  let hasBuckets = false;
  for (let start = nextFilled(counts, 0); start < counts.length; start = nextFilled(counts, end)) {
    const span = writer.begin(spanField);
    writer.sint32Field(BUCKET_SPAN.offset, start - end);
    end = runEnd(counts, start);
    writer.uint32Field(BUCKET_SPAN.length, end - start);
    writer.end(span);
    hasBuckets = true;
  }
  if (!hasBuckets) return;
  const deltas = writer.begin(deltaField, counts.length);
  let before = 0;
  for (let start = nextFilled(counts, 0); start < counts.length; start = nextFilled(counts, end)) {
    end = runEnd(counts, start);
    for (let index = start; index < end; index++) {
      // Safe: index lies within counts.
      const count = counts[index] as number;
      const delta = count - before;
      const folded = delta < 0 ? -2 * delta - 1 : 2 * delta;
      if (folded <= Number.MAX_SAFE_INTEGER) writer.varintNumber(folded);
      else writer.varint64(delta < 0 ? -2n * BigInt(delta) - 1n : 2n * BigInt(delta));
      before = count;
    }
  }
  writer.end(deltas);
}

function nextFilled(counts: readonly number[], from: number): number {
  let at = Math.max(from, 0);
  while (at < counts.length && counts[at] === 0) at += 1;
  return at;
}

/** Where the run that begins at `start` ends: after a filled bucket that a gap or the end comes after. */
function runEnd(counts: readonly number[], start: number): number {
  let last = start;
  for (let at = start + 1; at < counts.length && at - last <= MAX_GAP + 1; at++) if (counts[at] !== 0) last = at;
  return last + 1;
}
