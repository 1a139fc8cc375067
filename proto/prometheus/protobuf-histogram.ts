// A histogram or summary message of Prometheus' protobuf format, taken apart into arrays that are used again: the rules of
// prometheus/prometheus model/textparse (v0.314).

import { FIXED64, LENGTH_DELIMITED, ProtoReader, readDouble, VARINT } from '../wire.ts';
import type { NativeBuckets, NativeHistogram } from './page-reader.ts';
import { BUCKET, HISTOGRAM, QUANTILE, SPAN, SUMMARY } from './protobuf-fields.ts';
import { uint64Of, zigzagOf } from './protobuf-values.ts';

/** One sign of a native histogram, as it is written. */
interface Side {
  readonly offsets: number[];
  readonly lengths: number[];
  readonly deltas: number[];
  readonly counts: number[];
}

const newSide = (): Side => ({ offsets: [], lengths: [], deltas: [], counts: [] });

export class ProtobufHistogram {
  /** Of the whole; in a histogram the number of fractions where it has one. */
  count = 0;
  sum = 0;
  /** Upper bounds or quantiles, and what belongs to each: cumulative counts, or values. */
  bounds = new Float64Array(32);
  values = new Float64Array(32);
  /** Of buckets: start and end of the exemplar, or two zeroes. */
  exemplarRanges = new Int32Array(64);
  size = 0;
  /** Ranges of the native histogram's own exemplars, by turns. */
  readonly nativeExemplars: number[] = [];
  /** Range of the message that says when it began; two zeroes for none. */
  createdStart = 0;
  createdEnd = 0;
  #countFloat = 0;
  #schema = 0;
  #zeroThreshold = 0;
  #zeroCount = 0;
  #zeroCountFloat = 0;
  readonly #positive = newSide();
  readonly #negative = newSide();
  readonly #reader = new ProtoReader();
  readonly #inner = new ProtoReader();

  clear(): void {
    this.count = this.sum = this.size = this.createdStart = this.createdEnd = 0;
    this.#countFloat = this.#schema = this.#zeroThreshold = this.#zeroCount = this.#zeroCountFloat = 0;
    this.nativeExemplars.length = 0;
    for (const { offsets, lengths, deltas, counts } of [this.#positive, this.#negative]) {
      offsets.length = lengths.length = deltas.length = counts.length = 0;
    }
  }

  /** A native one says so by a span, a width or a count of its zero bucket. */
  get isNative(): boolean {
    return (
      this.#positive.lengths.length > 0 ||
      this.#negative.lengths.length > 0 ||
      this.#zeroThreshold > 0 ||
      this.#zeroCount > 0
    );
  }

  /** Takes the message in [start, end); a field that is there again counts last, or is added. */
  readHistogram(bytes: Uint8Array, start: number, end: number): void {
    const reader = this.#reader;
    reader.reset(bytes, start, end);
    while (reader.next()) {
      switch (reader.field) {
        case HISTOGRAM.count:
          this.count = this.#whole(reader);
          break;
        case HISTOGRAM.sum:
          this.sum = this.#double(reader);
          break;
        case HISTOGRAM.bucket:
          reader.expect(LENGTH_DELIMITED);
          this.#bucket(bytes, reader.start, reader.stop);
          break;
        case HISTOGRAM.countFloat:
          this.#countFloat = this.#double(reader);
          break;
        case HISTOGRAM.schema:
          reader.expect(VARINT);
          this.#schema = zigzagOf(reader);
          break;
        case HISTOGRAM.zeroThreshold:
          this.#zeroThreshold = this.#double(reader);
          break;
        case HISTOGRAM.zeroCount:
          this.#zeroCount = this.#whole(reader);
          break;
        case HISTOGRAM.zeroCountFloat:
          this.#zeroCountFloat = this.#double(reader);
          break;
        case HISTOGRAM.created:
          reader.expect(LENGTH_DELIMITED);
          this.createdStart = reader.start;
          this.createdEnd = reader.stop;
          break;
        case HISTOGRAM.exemplars:
          reader.expect(LENGTH_DELIMITED);
          this.nativeExemplars.push(reader.start, reader.stop);
          break;
        default:
          this.#sideField(reader);
      }
    }
    if (this.#countFloat !== 0) this.count = this.#countFloat;
  }

  readSummary(bytes: Uint8Array, start: number, end: number): void {
    const reader = this.#reader;
    reader.reset(bytes, start, end);
    while (reader.next()) {
      if (reader.field === SUMMARY.count) this.count = this.#whole(reader);
      else if (reader.field === SUMMARY.sum) this.sum = this.#double(reader);
      else if (reader.field === SUMMARY.quantile) {
        reader.expect(LENGTH_DELIMITED);
        this.#quantile(bytes, reader.start, reader.stop);
      } else if (reader.field === SUMMARY.created) {
        reader.expect(LENGTH_DELIMITED);
        this.createdStart = reader.start;
        this.createdEnd = reader.stop;
      }
    }
  }

  /** What is wrong with the native one: spans that do not say where each bucket is; '' for nothing. */
  inconsistency(): string {
    return this.#sideProblem('positive', this.#positive) || this.#sideProblem('negative', this.#negative);
  }

  /** Without empty buckets. To be asked only where nothing is inconsistent. */
  native(isGauge: boolean): NativeHistogram {
    const isFloat = this.#isFloat;
    return {
      schema: this.#schema,
      count: isFloat ? this.#countFloat : this.count,
      sum: this.sum,
      zeroThreshold: this.#zeroThreshold,
      zeroCount: isFloat ? this.#zeroCountFloat : this.#zeroCount,
      positive: compact(this.#positive, isFloat),
      negative: compact(this.#negative, isFloat),
      customValues: [],
      isGauge,
    };
  }

  get #isFloat(): boolean {
    return this.#countFloat > 0 || this.#zeroCountFloat > 0;
  }

  #sideProblem(name: string, { lengths, deltas, counts }: Side): string {
    let needed = 0;
    for (const length of lengths) needed += length;
    const has = this.#isFloat ? counts.length : deltas.length;
    return needed === has ? '' : `${name} side: spans require ${needed} buckets, have ${has}`;
  }

  #sideField(reader: ProtoReader): void {
    switch (reader.field) {
      case HISTOGRAM.negativeSpan:
        this.#span(reader, this.#negative);
        break;
      case HISTOGRAM.positiveSpan:
        this.#span(reader, this.#positive);
        break;
      case HISTOGRAM.negativeDelta:
        this.#deltas(reader, this.#negative.deltas);
        break;
      case HISTOGRAM.positiveDelta:
        this.#deltas(reader, this.#positive.deltas);
        break;
      case HISTOGRAM.negativeCount:
        this.#doubles(reader, this.#negative.counts);
        break;
      case HISTOGRAM.positiveCount:
        this.#doubles(reader, this.#positive.counts);
        break;
      default:
    }
  }

  #span(reader: ProtoReader, side: Side): void {
    reader.expect(LENGTH_DELIMITED);
    const inner = this.#inner;
    inner.reset(reader.bytes, reader.start, reader.stop);
    let offset = 0;
    let length = 0;
    while (inner.next()) {
      if (inner.field === SPAN.offset) {
        inner.expect(VARINT);
        offset = zigzagOf(inner) | 0;
      } else if (inner.field === SPAN.length) {
        inner.expect(VARINT);
        length = inner.lo;
      }
    }
    side.offsets.push(offset);
    side.lengths.push(length);
  }

  /** Packed or one by one. */
  #deltas(reader: ProtoReader, into: number[]): void {
    if (reader.type !== LENGTH_DELIMITED) {
      reader.expect(VARINT);
      into.push(zigzagOf(reader));
      return;
    }
    const inner = this.#inner;
    for (let at = reader.start; at < reader.stop; at = inner.pos) {
      inner.varintAt(reader.bytes, at, reader.stop);
      into.push(zigzagOf(inner));
    }
  }

  #doubles(reader: ProtoReader, into: number[]): void {
    if (reader.type !== LENGTH_DELIMITED) reader.expect(FIXED64);
    for (let at = reader.start; at + 8 <= reader.stop; at += 8) into.push(readDouble(reader.bytes, at));
  }

  #bucket(bytes: Uint8Array, start: number, end: number): void {
    const index = this.#add();
    const inner = this.#inner;
    inner.reset(bytes, start, end);
    let count = 0;
    let fraction = 0;
    while (inner.next()) {
      if (inner.field === BUCKET.cumulativeCount) count = this.#whole(inner);
      else if (inner.field === BUCKET.cumulativeCountFloat) fraction = this.#double(inner);
      else if (inner.field === BUCKET.upperBound) this.bounds[index] = this.#double(inner);
      else if (inner.field === BUCKET.exemplar) {
        inner.expect(LENGTH_DELIMITED);
        this.exemplarRanges[index * 2] = inner.start;
        this.exemplarRanges[index * 2 + 1] = inner.stop;
      }
    }
    this.values[index] = fraction === 0 ? count : fraction;
  }

  #quantile(bytes: Uint8Array, start: number, end: number): void {
    const index = this.#add();
    const inner = this.#inner;
    inner.reset(bytes, start, end);
    while (inner.next()) {
      if (inner.field === QUANTILE.quantile) this.bounds[index] = this.#double(inner);
      else if (inner.field === QUANTILE.value) this.values[index] = this.#double(inner);
    }
  }

  #add(): number {
    const index = this.size++;
    if (index >= this.bounds.length) {
      this.bounds = longer(this.bounds, new Float64Array(index * 2));
      this.values = longer(this.values, new Float64Array(index * 2));
      this.exemplarRanges = longer(this.exemplarRanges, new Int32Array(index * 4));
    }
    this.bounds[index] = this.values[index] = 0;
    this.exemplarRanges[index * 2] = this.exemplarRanges[index * 2 + 1] = 0;
    return index;
  }

  #whole(reader: ProtoReader): number {
    reader.expect(VARINT);
    return uint64Of(reader);
  }

  #double(reader: ProtoReader): number {
    reader.expect(FIXED64);
    return readDouble(reader.bytes, reader.start);
  }
}

function longer<T extends Float64Array | Int32Array>(array: T, grown: T): T {
  grown.set(array);
  return grown;
}

/** Only buckets that count something, in runs as long as can be (Prometheus' Compact(0)). */
function compact({ offsets, lengths, deltas, counts }: Side, isFloat: boolean): NativeBuckets {
  const spans: number[] = [];
  const kept: number[] = [];
  /** Where the next bucket lies, and the one after the last that was kept; -1 before the first. */
  let index = 0;
  let end = 0;
  let bucket = 0;
  let sum = 0;
  for (const [span, length] of lengths.entries()) {
    index += offsets[span] ?? 0;
    for (let left = length; left > 0; left--, index++) {
      sum += deltas[bucket] ?? 0;
      const count = isFloat ? (counts[bucket] ?? 0) : sum;
      bucket++;
      if (count === 0) continue;
      if (kept.length === 0 || index !== end) spans.push(index - end, 1);
      else spans[spans.length - 1] = (spans.at(-1) ?? 0) + 1;
      kept.push(count);
      end = index + 1;
    }
  }
  return { spans, counts: kept };
}
