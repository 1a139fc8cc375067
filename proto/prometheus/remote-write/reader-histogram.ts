// Reads one native histogram of a remote-write request, integer or float, exponential or with custom buckets, into arrays that
// are used again, and says what is wrong with it. Rules: https://prometheus.io/docs/specs/native_histograms/ and Validate of
// prometheus/prometheus v0.314.0, model/histogram.

import { zigzag } from '../../otlp/repeated-numbers.ts';
import { FIXED64, LENGTH_DELIMITED, malformed, ProtoReader, readDouble, VARINT } from '../../wire.ts';
import { BUCKET_SPAN, CUSTOM_BUCKETS_SCHEMA, HISTOGRAM, MAX_SCHEMA, MIN_SCHEMA } from './fields.ts';
import { int64Of, uint64Of, zigzagOf } from '../protobuf-values.ts';

/**
 * The most buckets on one side once the gaps between spans are filled, as OpenTelemetry writes them. At schema 8 this is
 * values over 256 powers of two.
 */
export const MAX_DENSE_BUCKETS = 65_536;

/** Numbers in a growing array that is used again. */
class Doubles {
  values: Float64Array = new Float64Array(64);
  length = 0;

  push(value: number): void {
    if (this.length >= this.values.length) {
      const grown = new Float64Array(this.values.length * 2);
      grown.set(this.values);
      this.values = grown;
    }
    this.values[this.length++] = value;
  }
}

/** One side: spans by turns of offset and length, and what stands in their buckets. */
export class BucketSide {
  readonly spans = new Doubles();
  /** Differences of integer histograms. */
  readonly deltas = new Doubles();
  /** Counts of float histograms. */
  readonly counts = new Doubles();
  /** After `fill`: counts of all buckets from `first` on, gaps as zeros. */
  readonly dense = new Doubles();
  /** Prometheus' index of the first bucket. */
  first = 0;

  clear(): void {
    this.spans.length = 0;
    this.deltas.length = 0;
    this.counts.length = 0;
    this.dense.length = 0;
    this.first = 0;
  }

  /** Makes `dense`; says what is wrong, '' for nothing. `total` gains the buckets' counts. */
  fill(isFloat: boolean): string {
    const { spans, dense } = this;
    const given = isFloat ? this.counts : this.deltas;
    let taken = 0;
    let count = 0;
    for (let at = 0; at < spans.length; at += 2) {
      // Safe, here and below: indexes stay below lengths.
      const offset = spans.values[at] as number;
      const length = spans.values[at + 1] as number;
      if (at === 0) this.first = offset;
      else if (offset < 0) return 'has spans that overlap';
      else if (dense.length + offset > MAX_DENSE_BUCKETS) return tooManyBuckets();
      else for (let gap = 0; gap < offset; gap++) dense.push(0);
      if (length > given.length - taken) return 'has spans for more buckets than it has';
      if (dense.length + length > MAX_DENSE_BUCKETS) return tooManyBuckets();
      for (let bucket = 0; bucket < length; bucket++) {
        const value = given.values[taken++] as number;
        count = isFloat ? value : count + value;
        if (!(count >= 0)) return 'has a bucket with a negative count';
        dense.push(count);
      }
    }
    return taken === given.length ? '' : 'has more buckets than its spans are for';
  }

  total(): number {
    let sum = 0;
    for (let index = 0; index < this.dense.length; index++) sum += this.dense.values[index] as number; // safe: below length
    return sum;
  }
}

export class NativeHistogram {
  count = 0;
  sum = 0;
  /** Where the double of the sum lies; −1 where it is absent. */
  sumAt = -1;
  schema = 0;
  zeroThreshold = 0;
  zeroCount = 0;
  resetHint = 0;
  ms = 0;
  startMs = 0;
  readonly positive = new BucketSide();
  readonly negative = new BucketSide();
  /** Upper bounds, of custom buckets. */
  readonly bounds = new Doubles();
  #isFloat = false;
  readonly #reader = new ProtoReader();
  readonly #packed = new ProtoReader();

  get isCustom(): boolean {
    return this.schema === CUSTOM_BUCKETS_SCHEMA;
  }

  /** Reads the message in [start, end). What is wrong with it, '' for nothing; fails with MalformedProto. */
  read(bytes: Uint8Array, start: number, end: number, isStaleAt: (at: number) => boolean): string {
    this.#clear();
    const reader = this.#reader;
    reader.reset(bytes, start, end);
    while (reader.next()) this.#field(reader);
    // A mark of staleness is nothing but its sum.
    return isStaleAt(this.sumAt) ? '' : this.#check();
  }

  #clear(): void {
    this.count = 0;
    this.sum = 0;
    this.sumAt = -1;
    this.schema = 0;
    this.zeroThreshold = 0;
    this.zeroCount = 0;
    this.resetHint = 0;
    this.ms = 0;
    this.startMs = 0;
    this.positive.clear();
    this.negative.clear();
    this.bounds.length = 0;
    this.#isFloat = false;
  }

  #field(reader: ProtoReader): void {
    switch (reader.field) {
      case HISTOGRAM.countInt:
        this.count = unsigned(reader);
        break;
      case HISTOGRAM.countFloat:
        this.count = double(reader);
        this.#isFloat = true;
        break;
      case HISTOGRAM.sum:
        this.sum = double(reader);
        this.sumAt = reader.start;
        break;
      case HISTOGRAM.schema:
        reader.expect(VARINT);
        this.schema = zigzag(reader.lo);
        break;
      case HISTOGRAM.zeroThreshold:
        this.zeroThreshold = double(reader);
        break;
      case HISTOGRAM.zeroCountInt:
        this.zeroCount = unsigned(reader);
        break;
      case HISTOGRAM.zeroCountFloat:
        this.zeroCount = double(reader);
        break;
      case HISTOGRAM.negativeSpans:
        this.#span(reader, this.negative);
        break;
      case HISTOGRAM.negativeDeltas:
        this.#deltas(reader, this.negative.deltas);
        break;
      case HISTOGRAM.negativeCounts:
        doubles(reader, this.negative.counts);
        break;
      case HISTOGRAM.positiveSpans:
        this.#span(reader, this.positive);
        break;
      case HISTOGRAM.positiveDeltas:
        this.#deltas(reader, this.positive.deltas);
        break;
      case HISTOGRAM.positiveCounts:
        doubles(reader, this.positive.counts);
        break;
      case HISTOGRAM.resetHint:
        this.resetHint = reader.int32();
        break;
      case HISTOGRAM.timestampMs:
        this.ms = signed(reader);
        break;
      case HISTOGRAM.customValues:
        doubles(reader, this.bounds);
        break;
      case HISTOGRAM.startTimestampMs:
        this.startMs = signed(reader);
        break;
      default:
    }
  }

  #span(reader: ProtoReader, side: BucketSide): void {
    reader.expect(LENGTH_DELIMITED);
    const inner = this.#packed;
    inner.reset(reader.bytes, reader.start, reader.stop);
    let offset = 0;
    let length = 0;
    while (inner.next()) {
      if (inner.field === BUCKET_SPAN.offset) offset = zigzag(inner.lo);
      else if (inner.field === BUCKET_SPAN.length) length = uint64Of(inner);
    }
    side.spans.push(offset);
    side.spans.push(length);
  }

  #deltas(reader: ProtoReader, into: Doubles): void {
    if (reader.type === VARINT) {
      into.push(zigzagOf(reader));
      return;
    }
    reader.expect(LENGTH_DELIMITED);
    const inner = this.#packed;
    for (let at = reader.start; at < reader.stop; at = inner.pos) {
      inner.varintAt(reader.bytes, at, reader.stop);
      into.push(zigzagOf(inner));
    }
  }

  #check(): string {
    if (!(this.count >= 0) || !(this.zeroCount >= 0)) return 'has a negative count';
    if (this.isCustom) {
      const problem = this.#checkBounds();
      if (problem !== '') return problem;
    } else if (this.schema < MIN_SCHEMA || this.schema > MAX_SCHEMA) {
      return `has schema ${this.schema}; known are ${MIN_SCHEMA} to ${MAX_SCHEMA} and ${CUSTOM_BUCKETS_SCHEMA}`;
    }
    const problem = this.positive.fill(this.#isFloat) || this.negative.fill(this.#isFloat);
    if (problem !== '') return problem;
    const buckets = this.positive.total() + this.negative.total() + this.zeroCount;
    // Floats are added up in another order than where they were counted; what is not a number is in no bucket.
    if (Number.isNaN(this.sum) || this.#isFloat) return buckets > this.count * (1 + 1e-9) ? tooMuchInBuckets() : '';
    return buckets === this.count ? '' : `has ${buckets} in its buckets and a count of ${this.count}`;
  }

  #checkBounds(): string {
    const { values, length } = this.bounds;
    for (let index = 1; index < length; index++) {
      // Safe: both lie below length.
      if (!((values[index] as number) > (values[index - 1] as number))) return 'has custom bounds that do not ascend';
    }
    if (length > 0 && !Number.isFinite(values[length - 1])) return 'has a custom bound that is not finite';
    if (this.negative.spans.length > 0 || this.zeroCount !== 0) return 'has custom buckets and others';
    const { spans } = this.positive;
    let buckets = 0;
    for (let index = 0; index < spans.length; index++) {
      if ((spans.values[index] as number) < 0) return 'has custom buckets before the first'; // safe: below length
      buckets += spans.values[index] as number;
    }
    return buckets > length + 1 ? 'has more custom buckets than bounds' : '';
  }
}

function tooManyBuckets(): string {
  return `has more than ${MAX_DENSE_BUCKETS} buckets between its lowest and its highest`;
}

function tooMuchInBuckets(): string {
  return 'has more in its buckets than its count';
}

function unsigned(reader: ProtoReader): number {
  reader.expect(VARINT);
  return uint64Of(reader);
}

function signed(reader: ProtoReader): number {
  reader.expect(VARINT);
  return int64Of(reader);
}

function double(reader: ProtoReader): number {
  reader.expect(FIXED64);
  return readDouble(reader.bytes, reader.start);
}

function doubles(reader: ProtoReader, into: Doubles): void {
  if (reader.type === FIXED64) {
    into.push(readDouble(reader.bytes, reader.start));
    return;
  }
  reader.expect(LENGTH_DELIMITED);
  if ((reader.stop - reader.start) % 8 !== 0) malformed('packed doubles that end within one', reader.start);
  for (let at = reader.start; at < reader.stop; at += 8) into.push(readDouble(reader.bytes, at));
}
