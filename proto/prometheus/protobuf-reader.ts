// Reads the protobuf format: io.prometheus.client.MetricFamily messages, each after its length, as the samples that the text
// formats would have for them, and native histograms as themselves (prometheus/prometheus model/textparse v0.314).

import { isUtf8 } from 'node:buffer';
import { decodeUtf8, encodeUtf8 } from '../otlp/text.ts';
import { FIXED64, LENGTH_DELIMITED, MalformedProto, ProtoReader, readDouble, VARINT } from '../wire.ts';
import { copyBytes } from '../wire-writer.ts';
import { openMetricsFloatText } from './number-text.ts';
import {
  type FamilyType,
  LABEL_STRIDE,
  type NativeHistogram,
  PageError,
  type PageEntry,
  type PageExemplar,
  type PageReader,
} from './page-reader.ts';
import { COUNTER, EXEMPLAR, FAMILY, METRIC, PAIR } from './protobuf-fields.ts';
import { ProtobufHistogram } from './protobuf-histogram.ts';
import { int64Of, timestampMs } from './protobuf-values.ts';

const TYPES: readonly FamilyType[] = ['counter', 'gauge', 'summary', 'unknown', 'histogram', 'gaugehistogram'];

const COUNT_SUFFIX = encodeUtf8('_count');
const SUM_SUFFIX = encodeUtf8('_sum');
const BUCKET_SUFFIX = encodeUtf8('_bucket');
const NO_SUFFIX = new Uint8Array(0);
const LE = encodeUtf8('le');
const QUANTILE = encodeUtf8('quantile');

/** A byte that no text has, between names and values. */
const SEPARATOR = 0xff;
const AT_COUNT = -2;
const AT_SUM = -1;

/** Bounds as texts: a page has few different ones, and many times each. */
const boundTexts = new Map<number, Uint8Array>();
const MAX_BOUND_TEXTS = 4_096;

function boundText(bound: number): Uint8Array {
  const known = boundTexts.get(bound);
  if (known) return known;
  if (boundTexts.size >= MAX_BOUND_TEXTS) boundTexts.clear();
  const text = encodeUtf8(openMetricsFloatText(bound));
  boundTexts.set(bound, text);
  return text;
}

export interface ProtobufOptions {
  /** Histograms are read as classic ones, whatever they have besides. */
  readonly ignoresNative: boolean;
  /** Native histograms that have classic buckets as well are read as both. */
  readonly keepsClassic: boolean;
}

export class ProtobufReader implements PageReader {
  /** What the last entry's ranges lie in: not the page, which does not have series as such. */
  bytes: Uint8Array = new Uint8Array(1024);
  familyStart = 0;
  familyEnd = 0;
  familyType: FamilyType = 'unknown';
  nameStart = 0;
  nameEnd = 0;
  readonly isNameEscaped = false;
  readonly seriesStart = 0;
  seriesEnd = 0;
  labelCount = 0;
  labels = new Int32Array(16 * LABEL_STRIDE);
  value = 0;
  timestampMs = NaN;
  createdMs = NaN;
  readonly #page: Uint8Array;
  readonly #options: ProtobufOptions;
  readonly #families = new ProtoReader();
  readonly #metrics = new ProtoReader();
  readonly #metric = new ProtoReader();
  readonly #inner = new ProtoReader();
  readonly #histogram = new ProtobufHistogram();
  #state: 'family' | 'help' | 'unit' | 'type' | 'metric' | 'fields' = 'family';
  #text: 'help' | 'unit' = 'help';
  #familyNumber = 0;
  /** Ranges of the page. */
  #nameAt = 0;
  #nameStop = 0;
  #help = '';
  #unit = '';
  /** The metric's labels lie in `bytes` before this. */
  #labelsEnd = 0;
  #ownLabels = 0;
  /** Of histograms and summaries: what was read last. */
  #field = 0;
  #isNativeEntry = false;
  #counterExemplarAt = 0;
  #counterExemplarStop = 0;

  constructor(page: Uint8Array, options: ProtobufOptions) {
    this.#page = page;
    this.#options = options;
    this.#families.reset(page);
  }

  next(): PageEntry {
    try {
      return this.#next();
    } catch (error) {
      if (!(error instanceof MalformedProto)) throw error;
      throw new PageError(`${this.place()}: ${error.message}`, { cause: error });
    }
  }

  text(): string {
    return this.#text === 'help' ? this.#help : this.#unit;
  }

  string(start: number, end: number): string {
    return decodeUtf8(this.bytes, start, end);
  }

  place(): string {
    const name = decodeUtf8(this.#page, this.#nameAt, Math.min(this.#nameStop, this.#nameAt + 100));
    return `family ${this.#familyNumber}${name === '' ? '' : ` (${name})`}`;
  }

  get hasExemplar(): boolean {
    if (this.familyType === 'counter') return this.#counterExemplarStop > 0;
    if (this.familyType !== 'histogram' && this.familyType !== 'gaugehistogram') return false;
    const { exemplarRanges, size, nativeExemplars } = this.#histogram;
    if (!this.#isNativeEntry) return this.#isBucket && exemplarRanges[this.#field * 2 + 1] !== 0;
    if (nativeExemplars.length > 0) return true;
    for (let index = 0; index < size; index++) if (exemplarRanges[index * 2 + 1] !== 0) return true;
    return false;
  }

  /** Fails with PageError where one can not be read. */
  exemplars(): readonly PageExemplar[] {
    if (!this.hasExemplar) return [];
    if (this.familyType === 'counter') return [this.#exemplar(this.#counterExemplarAt, this.#counterExemplarStop)];
    const { exemplarRanges, size, nativeExemplars } = this.#histogram;
    // Safe: every bucket has a range.
    const ofBucket = (index: number): PageExemplar =>
      this.#exemplar(exemplarRanges[index * 2] as number, exemplarRanges[index * 2 + 1] as number);
    if (!this.#isNativeEntry) return [ofBucket(this.#field)];
    const found: PageExemplar[] = [];
    if (nativeExemplars.length > 0) {
      for (let at = 0; at < nativeExemplars.length; at += 2) {
        found.push(this.#exemplar(nativeExemplars[at] ?? 0, nativeExemplars[at + 1] ?? 0));
      }
    } else {
      for (let index = 0; index < size; index++) if (exemplarRanges[index * 2 + 1] !== 0) found.push(ofBucket(index));
    }
    // Those of native histograms count only with a time: nothing else tells whether they are new.
    return found.filter((one) => !Number.isNaN(one.timestampMs));
  }

  histogram(): NativeHistogram {
    return this.#histogram.native(this.familyType === 'gaugehistogram');
  }

  #next(): PageEntry {
    for (;;) {
      switch (this.#state) {
        case 'family':
          if (!this.#nextFamily()) return 'end';
          break;
        case 'help':
          this.#text = 'help';
          this.#state = 'unit';
          return 'help';
        case 'unit':
          this.#text = 'unit';
          this.#state = 'type';
          if (this.#unit !== '') return 'unit';
          break;
        case 'type':
          this.#state = 'metric';
          return 'type';
        case 'metric':
          if (this.#nextMetric()) return this.#isNativeEntry ? 'histogram' : 'sample';
          break;
        default:
          if (this.#nextField()) return 'sample';
          this.#state = 'metric';
      }
    }
  }

  /** The next family that has a metric; false where there is none. Its name, help, type and unit are read. */
  #nextFamily(): boolean {
    const families = this.#families;
    const page = this.#page;
    if (families.pos >= page.length) return false;
    this.#familyNumber++;
    this.#nameAt = this.#nameStop = 0;
    families.varintAt(page, families.pos, page.length);
    const { pos, lo, hi } = families;
    const left = page.length - pos;
    if (hi !== 0 || lo > left) {
      throw new PageError(`${this.place()} is said to have ${hi * 2 ** 32 + lo} bytes where ${left} are left`);
    }
    const stop = pos + lo;
    families.pos = stop;
    this.#help = this.#unit = '';
    let type = 0;
    let hasMetric = false;
    let helpStart = 0;
    let helpStop = 0;
    const metrics = this.#metrics;
    metrics.reset(page, pos, stop);
    while (metrics.next()) {
      switch (metrics.field) {
        case FAMILY.name:
          metrics.expect(LENGTH_DELIMITED);
          this.#nameAt = metrics.start;
          this.#nameStop = metrics.stop;
          break;
        case FAMILY.help:
          metrics.expect(LENGTH_DELIMITED);
          helpStart = metrics.start;
          helpStop = metrics.stop;
          break;
        case FAMILY.unit:
          metrics.expect(LENGTH_DELIMITED);
          this.#unit = decodeUtf8(page, metrics.start, metrics.stop);
          break;
        case FAMILY.type:
          metrics.expect(VARINT);
          type = metrics.int32();
          break;
        case FAMILY.metric:
          metrics.expect(LENGTH_DELIMITED);
          hasMetric = true;
          break;
        default:
      }
    }
    if (!hasMetric) return true;
    if (this.#nameAt === this.#nameStop) throw new PageError(`${this.place()} has no name`);
    if (!isUtf8(page.subarray(this.#nameAt, this.#nameStop))) {
      throw new PageError(`${this.place()} has a name that is not UTF-8`);
    }
    if (!isUtf8(page.subarray(helpStart, helpStop))) {
      throw new PageError(`${this.place()} has a help that is not UTF-8`);
    }
    this.#help = decodeUtf8(page, helpStart, helpStop);
    const familyType = TYPES[type];
    if (familyType === undefined) {
      throw new PageError(`${this.place()} has the type ${type}, and types are 0 to ${TYPES.length - 1}`);
    }
    this.familyType = familyType;
    this.#room(this.#nameStop - this.#nameAt);
    copyBytes(page, this.#nameAt, this.#nameStop, this.bytes, 0);
    this.familyStart = 0;
    this.familyEnd = this.#nameStop - this.#nameAt;
    metrics.reset(page, pos, stop);
    this.#state = 'help';
    return true;
  }

  /** Whether there is an entry now: not after the last metric, nor before the first field of one that has many. */
  #nextMetric(): boolean {
    const metrics = this.#metrics;
    do {
      if (!metrics.next()) {
        this.#state = 'family';
        return false;
      }
    } while (metrics.field !== FAMILY.metric);
    this.#readMetric(metrics.start, metrics.stop);
    this.#isNativeEntry = false;
    switch (this.familyType) {
      case 'summary':
        this.#beginFields();
        return false;
      case 'histogram':
      case 'gaugehistogram': {
        if (this.#options.ignoresNative || !this.#histogram.isNative) {
          this.#beginFields();
          return false;
        }
        const problem = this.#histogram.inconsistency();
        if (problem !== '') throw new PageError(`${this.place()} has a native histogram whose ${problem}`);
        this.#isNativeEntry = true;
        this.#setSeries(NO_SUFFIX);
        if (this.#options.keepsClassic && this.#histogram.size > 0) this.#beginFields();
        return true;
      }
      default:
        this.#setSeries(NO_SUFFIX);
        return true;
    }
  }

  #beginFields(): void {
    this.#state = 'fields';
    this.#field = AT_COUNT - 1;
  }

  /** The next sample of a histogram or summary; false where all were. */
  #nextField(): boolean {
    const { size, bounds, values, count, sum } = this.#histogram;
    const isSummary = this.familyType === 'summary';
    this.#isNativeEntry = false;
    // The bucket of +Inf is the last, where it is written as well as where not.
    const isEnd = isSummary ? this.#field === size - 1 : this.#field === size || bounds[this.#field] === Infinity;
    if (this.#field >= AT_SUM && isEnd) return false;
    this.#field++;
    if (this.#field === AT_COUNT) {
      this.value = count;
      this.#setSeries(COUNT_SUFFIX);
    } else if (this.#field === AT_SUM) {
      this.value = sum;
      this.#setSeries(SUM_SUFFIX);
    } else {
      const isWritten = this.#field < size;
      // Safe: there are `size` of each.
      const bound = isWritten ? (bounds[this.#field] as number) : Infinity;
      this.value = isWritten ? (values[this.#field] as number) : count;
      this.#setSeries(isSummary ? NO_SUFFIX : BUCKET_SUFFIX, isSummary ? QUANTILE : LE, boundText(bound));
    }
    return true;
  }

  get #isBucket(): boolean {
    return this.#field >= 0 && this.#field < this.#histogram.size;
  }

  #readMetric(start: number, stop: number): void {
    const page = this.#page;
    const metric = this.#metric;
    this.#labelsEnd = this.#ownLabels = 0;
    this.value = 0;
    this.timestampMs = this.createdMs = NaN;
    this.#counterExemplarStop = 0;
    const histogram = this.#histogram;
    histogram.clear();
    metric.reset(page, start, stop);
    const { familyType } = this;
    while (metric.next()) {
      const { field } = metric;
      if (field === METRIC.timestampMs) {
        metric.expect(VARINT);
        // Zero says nothing, as proto3 does not write it.
        this.timestampMs = int64Of(metric) || NaN;
        continue;
      }
      if (field < METRIC.label || field > METRIC.histogram) continue;
      metric.expect(LENGTH_DELIMITED);
      if (field === METRIC.label) this.#label(metric.start, metric.stop);
      else if (familyType === 'counter' && field === METRIC.counter) this.#number(metric.start, metric.stop);
      else if (familyType === 'gauge' && field === METRIC.gauge) this.#number(metric.start, metric.stop);
      else if (familyType === 'unknown' && field === METRIC.untyped) this.#number(metric.start, metric.stop);
      else if (familyType === 'summary' && field === METRIC.summary) {
        histogram.readSummary(page, metric.start, metric.stop);
      } else if (field === METRIC.histogram && (familyType === 'histogram' || familyType === 'gaugehistogram')) {
        histogram.readHistogram(page, metric.start, metric.stop);
      }
    }
    if (histogram.createdEnd > 0) {
      this.createdMs = timestampMs(this.#inner, page, histogram.createdStart, histogram.createdEnd) || NaN;
    }
  }

  #number(start: number, stop: number): void {
    const inner = this.#inner;
    const page = this.#page;
    const isCounter = this.familyType === 'counter';
    let createdAt = 0;
    let createdStop = 0;
    inner.reset(page, start, stop);
    while (inner.next()) {
      if (inner.field === COUNTER.value) {
        inner.expect(FIXED64);
        this.value = readDouble(page, inner.start);
      } else if (isCounter && (inner.field === COUNTER.exemplar || inner.field === COUNTER.created)) {
        inner.expect(LENGTH_DELIMITED);
        if (inner.field === COUNTER.exemplar) {
          this.#counterExemplarAt = inner.start;
          this.#counterExemplarStop = inner.stop;
        } else {
          createdAt = inner.start;
          createdStop = inner.stop;
        }
      }
    }
    if (createdStop > 0) this.createdMs = timestampMs(inner, page, createdAt, createdStop) || NaN;
  }

  /** Adds a label to those of the metric. */
  #label(start: number, stop: number): void {
    const page = this.#page;
    const inner = this.#inner;
    let nameStart = 0;
    let nameStop = 0;
    let valueStart = 0;
    let valueStop = 0;
    inner.reset(page, start, stop);
    while (inner.next()) {
      if (inner.field !== PAIR.name && inner.field !== PAIR.value) continue;
      inner.expect(LENGTH_DELIMITED);
      if (inner.field === PAIR.name) {
        nameStart = inner.start;
        nameStop = inner.stop;
      } else {
        valueStart = inner.start;
        valueStop = inner.stop;
      }
    }
    if (nameStart === nameStop) throw new PageError(`${this.place()} has a label without a name`);
    if (!isUtf8(page.subarray(nameStart, nameStop)) || !isUtf8(page.subarray(valueStart, valueStop))) {
      throw new PageError(`${this.place()} has a label that is not UTF-8`);
    }
    this.labelCount = this.#ownLabels++;
    this.seriesEnd = this.#labelsEnd;
    this.#add(page, nameStart, nameStop, 0);
    this.#add(page, valueStart, valueStop, 2);
    this.#labelsEnd = this.seriesEnd;
  }

  /** Sets name and series of the entry, after the metric's own labels. */
  #setSeries(suffix: Uint8Array, labelName?: Uint8Array, labelValue?: Uint8Array): void {
    const length = this.#nameStop - this.#nameAt;
    const start = this.#labelsEnd;
    this.labelCount = this.#ownLabels;
    this.#room(start + length + suffix.length);
    copyBytes(this.#page, this.#nameAt, this.#nameStop, this.bytes, start);
    copyBytes(suffix, 0, suffix.length, this.bytes, start + length);
    this.nameStart = start;
    this.nameEnd = this.seriesEnd = start + length + suffix.length;
    if (labelName && labelValue) {
      this.#add(labelName, 0, labelName.length, 0);
      this.#add(labelValue, 0, labelValue.length, 2);
      this.labelCount++;
    }
  }

  /** Appends half a label to the series: its name at `part` 0, its value at 2. */
  #add(from: Uint8Array, start: number, stop: number, part: 0 | 2): void {
    const at = this.seriesEnd + 1;
    const end = at + stop - start;
    this.#room(end);
    this.bytes[at - 1] = SEPARATOR;
    copyBytes(from, start, stop, this.bytes, at);
    const label = this.labelCount * LABEL_STRIDE;
    if (label === this.labels.length) {
      const grown = new Int32Array(label * 2);
      grown.set(this.labels);
      this.labels = grown;
    }
    this.labels[label + part] = at;
    this.labels[label + part + 1] = end;
    this.labels[label + 4] = 0;
    this.seriesEnd = end;
  }

  #room(needed: number): void {
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(needed * 2);
    grown.set(this.bytes);
    this.bytes = grown;
  }

  #exemplar(start: number, stop: number): PageExemplar {
    const page = this.#page;
    const outer = this.#metric;
    const inner = this.#inner;
    const labels: string[] = [];
    let value = 0;
    let time = NaN;
    try {
      outer.reset(page, start, stop);
      while (outer.next()) {
        if (outer.field === EXEMPLAR.value) {
          outer.expect(FIXED64);
          value = readDouble(page, outer.start);
        } else if (outer.field === EXEMPLAR.timestamp) {
          outer.expect(LENGTH_DELIMITED);
          time = timestampMs(inner, page, outer.start, outer.stop);
        } else if (outer.field === EXEMPLAR.label) {
          outer.expect(LENGTH_DELIMITED);
          inner.reset(page, outer.start, outer.stop);
          let name = '';
          let text = '';
          while (inner.next()) {
            if (inner.field === PAIR.name) name = decodeUtf8(page, inner.start, inner.stop);
            else if (inner.field === PAIR.value) text = decodeUtf8(page, inner.start, inner.stop);
          }
          labels.push(name, text);
        }
      }
    } catch (error) {
      if (!(error instanceof MalformedProto)) throw error;
      throw new PageError(`${this.place()} has an exemplar that can not be read: ${error.message}`, { cause: error });
    }
    return { labels, value, timestampMs: time };
  }
}
