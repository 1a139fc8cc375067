// Makes pages in Prometheus' protobuf format from a seed: every kind of metric, with and without what is optional.

import {
  BUCKET,
  COUNTER,
  EXEMPLAR,
  FAMILY,
  HISTOGRAM,
  METRIC,
  PAIR,
  QUANTILE,
  SPAN,
  SUMMARY,
  TIMESTAMP,
} from '../../proto/prometheus/protobuf-fields.ts';
import { ProtoWriter } from '../../proto/wire-writer.ts';
import type { SeededRandom } from '../support/seeded-random.ts';

export function protobufPage(random: SeededRandom): Buffer {
  const families: Uint8Array[] = [];
  for (let count = random.between(0, 4); count > 0; count--) {
    const family = new FamilyMaker(random).make();
    const length = new ProtoWriter(8);
    length.varint(family.length);
    families.push(length.finish(), family);
  }
  return Buffer.concat(families);
}

class FamilyMaker {
  readonly #random: SeededRandom;
  readonly #out = new ProtoWriter(1024);
  #isNative = false;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  make(): Uint8Array {
    const random = this.#random;
    const out = this.#out;
    const type = random.below(6);
    out.stringField(FAMILY.name, random.pick(['a', 'http_requests_total', 'with.dots', 'h\u00e9']));
    if (random.chance(0.7)) out.stringField(FAMILY.help, 'What it is.');
    out.uint32Field(FAMILY.type, type);
    // Prometheus loses exemplars of later native histograms, and takes native ones after classic ones for classic.
    this.#isNative = type >= 4 && random.chance(0.5);
    const metrics = this.#isNative ? 1 : random.between(0, 3);
    for (let count = metrics; count > 0; count--) this.#metric(type);
    if (random.chance(0.3)) out.stringField(FAMILY.unit, 'seconds');
    return out.finish();
  }

  #metric(type: number): void {
    const out = this.#out;
    const random = this.#random;
    const mark = out.begin(FAMILY.metric, 200);
    for (const name of ['job', 'path', 'z']) if (random.chance(0.4)) this.#pair(METRIC.label, name);
    const fields = [METRIC.counter, METRIC.gauge, METRIC.summary, METRIC.untyped, METRIC.histogram, METRIC.histogram];
    const data = out.begin(fields[type] ?? METRIC.gauge, 100);
    if (type === 2) this.#summary();
    else if (type >= 4) this.#histogram();
    else {
      out.doubleField(COUNTER.value, this.#number());
      if (type === 0 && random.chance(0.5)) this.#exemplar(COUNTER.exemplar);
      if (type === 0 && random.chance(0.5)) this.#time(COUNTER.created);
    }
    out.end(data);
    if (random.chance(0.3)) out.int64Field(METRIC.timestampMs, BigInt(random.between(-5, 1_700_000_000)));
    out.end(mark);
  }

  #summary(): void {
    const out = this.#out;
    const random = this.#random;
    out.int64Field(SUMMARY.count, BigInt(random.below(1000)));
    out.doubleField(SUMMARY.sum, this.#number());
    for (const quantile of [0, 0.5, 0.99, 1]) {
      if (random.chance(0.3)) continue;
      const mark = out.begin(SUMMARY.quantile);
      out.doubleField(QUANTILE.quantile, quantile);
      out.doubleField(QUANTILE.value, this.#number());
      out.end(mark);
    }
    if (random.chance(0.5)) this.#time(SUMMARY.created);
  }

  #histogram(): void {
    const out = this.#out;
    const random = this.#random;
    const isFloat = random.chance(0.2);
    if (random.chance(0.9)) out.int64Field(HISTOGRAM.count, BigInt(random.below(1000)));
    if (isFloat) out.doubleField(HISTOGRAM.countFloat, random.below(100) / 4);
    out.doubleField(HISTOGRAM.sum, this.#number());
    if (random.chance(0.7)) this.#buckets(isFloat);
    if (this.#isNative) this.#native(isFloat);
    if (random.chance(0.5)) this.#time(HISTOGRAM.created);
  }

  #buckets(isFloat: boolean): void {
    const out = this.#out;
    const random = this.#random;
    for (const bound of [-1, 0.005, 1, 1e6, 12_345_678, Infinity]) {
      if (random.chance(0.3)) continue;
      const mark = out.begin(HISTOGRAM.bucket);
      if (isFloat) out.doubleField(BUCKET.cumulativeCountFloat, random.below(40) / 4);
      else out.int64Field(BUCKET.cumulativeCount, BigInt(random.below(40)));
      out.doubleField(BUCKET.upperBound, bound);
      if (random.chance(0.3)) this.#exemplar(BUCKET.exemplar);
      out.end(mark);
    }
  }

  #native(isFloat: boolean): void {
    const out = this.#out;
    const random = this.#random;
    // Zigzag: 3 of -2, 6 of 3.
    out.uint32Field(HISTOGRAM.schema, random.pick([0, 3, 6]));
    out.doubleField(HISTOGRAM.zeroThreshold, 1e-128);
    if (random.chance(0.5)) out.int64Field(HISTOGRAM.zeroCount, BigInt(random.below(5)));
    if (isFloat && random.chance(0.5)) out.doubleField(HISTOGRAM.zeroCountFloat, 2.5);
    for (const isPositive of [true, false]) {
      if (random.chance(0.4)) continue;
      let buckets = 0;
      for (let count = random.between(1, 3); count > 0; count--) {
        const mark = out.begin(isPositive ? HISTOGRAM.positiveSpan : HISTOGRAM.negativeSpan);
        out.uint32Field(SPAN.offset, random.below(8));
        const length = random.below(4);
        out.uint32Field(SPAN.length, length);
        out.end(mark);
        buckets += length;
      }
      this.#counts(isPositive, buckets, isFloat);
    }
    for (let count = random.below(3); count > 0; count--) this.#exemplar(HISTOGRAM.exemplars);
  }

  #counts(isPositive: boolean, buckets: number, isFloat: boolean): void {
    const out = this.#out;
    const random = this.#random;
    if (isFloat) {
      const mark = out.begin(isPositive ? HISTOGRAM.positiveCount : HISTOGRAM.negativeCount);
      for (let bucket = 0; bucket < buckets; bucket++) out.double(random.below(3) / 2);
      out.end(mark);
      return;
    }
    const field = isPositive ? HISTOGRAM.positiveDelta : HISTOGRAM.negativeDelta;
    let last = 0;
    const isPacked = random.chance(0.8);
    const mark = isPacked ? out.begin(field) : -1;
    for (let bucket = 0; bucket < buckets; bucket++) {
      const value = random.below(4);
      const delta = value - last;
      last = value;
      const zigzag = delta < 0 ? -delta * 2 - 1 : delta * 2;
      if (isPacked) out.varint(zigzag);
      else out.uint32Field(field, zigzag);
    }
    if (mark >= 0) out.end(mark);
  }

  #exemplar(field: number): void {
    const out = this.#out;
    const mark = out.begin(field);
    this.#pair(EXEMPLAR.label, 'trace_id');
    out.doubleField(EXEMPLAR.value, this.#number());
    if (this.#random.chance(0.7)) this.#time(EXEMPLAR.timestamp);
    out.end(mark);
  }

  #time(field: number): void {
    const out = this.#out;
    const mark = out.begin(field);
    out.int64Field(TIMESTAMP.seconds, BigInt(this.#random.between(-2, 1_700_000_000)));
    if (this.#random.chance(0.5)) out.uint32Field(TIMESTAMP.nanos, this.#random.below(1_000_000_000));
    out.end(mark);
  }

  #pair(field: number, name: string): void {
    const out = this.#out;
    const mark = out.begin(field);
    out.stringField(PAIR.name, name);
    out.stringField(PAIR.value, this.#random.pick(['', 'x', '\u00fcber "quoted"\n']));
    out.end(mark);
  }

  #number(): number {
    return this.#random.pick([0, 1, 0.1, -5, 1e21, 123_456_789.25, NaN, Infinity]);
  }
}
