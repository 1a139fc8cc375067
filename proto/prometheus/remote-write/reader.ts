// Reads remote-write requests, 1.0 and 2.0, where they lie: one series at a time as numbers of texts (symbols.ts) and places in
// the bytes. Nothing is made an object.

import { decodeUtf8 } from '../../otlp/text.ts';
import { FIXED64, LENGTH_DELIMITED, malformed, ProtoReader, VARINT } from '../../wire.ts';
import { V1_EXEMPLAR, V1_LABEL, V1_METADATA, V1_REQUEST, V1_SAMPLE, V1_SERIES } from './fields.ts';
import { V2_EXEMPLAR, V2_METADATA, V2_REQUEST, V2_SAMPLE, V2_SERIES, STALE_NAN_WORDS } from './fields.ts';
import { int64Of } from '../protobuf-values.ts';
import { longer, SymbolTable } from './symbols.ts';

const TWO_32 = 2 ** 32;
/** More labels than this are nobody's series: what a request costs is bounded by it. */
export const MAX_LABELS = 1_000;
/** The field by which 2.0 said when a series began before its release candidate 4, and by which some senders still do. */
const V2_SERIES_CREATED_MS = 6;

/** Why a series can not be taken: a sentence that goes on after its name; '' where it can. */
export type SeriesProblem = string;

/** What 1.0 says of a metric besides its series. */
export interface FamilyMetadata {
  readonly type: number;
  readonly name: number;
  readonly help: number;
  readonly unit: number;
}

export class WriteRequestReader {
  readonly symbols = new SymbolTable();
  bytes: Uint8Array = new Uint8Array(0);
  seriesCount = 0;
  /** Of 1.0: what requests say of metrics, by symbols. */
  readonly families: FamilyMetadata[] = [];

  /** Of the current series: symbols of names and values by turns, `2 × labelCount` of them. */
  labels: Int32Array = new Int32Array(64);
  labelCount = 0;
  problem: SeriesProblem = '';
  /** METRIC_TYPE, and symbols. */
  type = 0;
  help = 0;
  unit = 0;
  /** Samples: where the double lies (−1: absent, which means 0), when, since when (0: unknown), in ms. */
  sampleCount = 0;
  sampleAt: Int32Array = new Int32Array(16);
  sampleMs: Float64Array = new Float64Array(16);
  sampleStartMs: Float64Array = new Float64Array(16);
  histogramCount = 0;
  histogramStart: Int32Array = new Int32Array(16);
  histogramEnd: Int32Array = new Int32Array(16);
  exemplarCount = 0;
  exemplarStart: Int32Array = new Int32Array(16);
  exemplarEnd: Int32Array = new Int32Array(16);
  /** Of the whole series, 0 where it is not said. */
  createdMs = 0;

  /** Of the current exemplar: where its double lies, when, and its labels. */
  readonly exemplarLabels: number[] = [];
  exemplarValueAt = -1;
  exemplarMs = 0;

  #isV2 = false;
  #seriesStart: Int32Array = new Int32Array(1024);
  #seriesEnd: Int32Array = new Int32Array(1024);
  /** Of 2.0: the symbol of each entry of the request's table. */
  #table: Int32Array = new Int32Array(1024);
  #tableLength = 0;
  /** The series that had a label of this name last, by symbol, plus one: how repeated names show. */
  #seen: Int32Array = new Int32Array(512);
  readonly #outer = new ProtoReader();
  readonly #inner = new ProtoReader();

  /** Goes through the request once; fails with MalformedProto. */
  read(bytes: Uint8Array, isV2: boolean): void {
    this.bytes = bytes;
    this.#isV2 = isV2;
    this.symbols.reset(bytes);
    this.seriesCount = 0;
    this.#tableLength = 0;
    this.families.length = 0;
    const outer = this.#outer;
    outer.reset(bytes);
    const seriesField = isV2 ? V2_REQUEST.timeseries : V1_REQUEST.timeseries;
    while (outer.next()) {
      if (outer.field === seriesField) {
        outer.expect(LENGTH_DELIMITED);
        this.#addSeries(outer.start, outer.stop);
      } else if (isV2 && outer.field === V2_REQUEST.symbols) {
        outer.expect(LENGTH_DELIMITED);
        if (this.#tableLength >= this.#table.length) this.#table = longer(this.#table);
        this.#table[this.#tableLength++] = this.symbols.intern(outer.start, outer.stop);
      } else if (!isV2 && outer.field === V1_REQUEST.metadata) {
        outer.expect(LENGTH_DELIMITED);
        this.#family(outer.start, outer.stop);
      }
    }
  }

  /** Forgets the request's bytes. */
  release(): void {
    this.bytes = new Uint8Array(0);
    this.symbols.reset(this.bytes);
    this.#outer.reset(this.bytes);
    this.#inner.reset(this.bytes);
  }

  /** Makes series `index` the current one. Fails with MalformedProto; what is wrong with its labels alone is in `problem`. */
  series(index: number): void {
    const outer = this.#outer;
    // Safe: index < seriesCount.
    outer.reset(this.bytes, this.#seriesStart[index], this.#seriesEnd[index]);
    this.labelCount = 0;
    this.problem = '';
    this.type = 0;
    this.help = 0;
    this.unit = 0;
    this.sampleCount = 0;
    this.histogramCount = 0;
    this.exemplarCount = 0;
    this.createdMs = 0;
    if (this.#isV2) this.#seriesV2(outer);
    else this.#seriesV1(outer);
    this.#checkLabels(index);
  }

  /** Whether series `index` has exemplars, and neither samples nor histograms. */
  hasOnlyExemplars(index: number): boolean {
    const outer = this.#outer;
    outer.reset(this.bytes, this.#seriesStart[index], this.#seriesEnd[index]);
    const { samples, histograms, exemplars } = this.#isV2 ? V2_SERIES : V1_SERIES;
    let hasExemplars = false;
    while (outer.next()) {
      if (outer.field === samples || outer.field === histograms) return false;
      if (outer.field === exemplars) hasExemplars = true;
    }
    return hasExemplars;
  }

  /** Whether the double of a sample is Prometheus' mark of staleness. */
  isStaleAt(at: number): boolean {
    if (at < 0) return false;
    const { bytes } = this;
    if (bytes[at] !== STALE_NAN_WORDS[0] || bytes[at + 7] !== 0x7f || bytes[at + 6] !== 0xf0) return false;
    for (let index = 1; index < 6; index++) if (bytes[at + index] !== 0) return false;
    return true;
  }

  /** Makes exemplar `index` of the current series the current one; false where its labels can not be read. */
  exemplar(index: number): boolean {
    const inner = this.#inner;
    // Safe: index < exemplarCount.
    inner.reset(this.bytes, this.exemplarStart[index], this.exemplarEnd[index]);
    this.exemplarLabels.length = 0;
    this.exemplarValueAt = -1;
    this.exemplarMs = 0;
    const { labelRefs, value, timestampMs } = V2_EXEMPLAR;
    let isWhole = true;
    while (inner.next()) {
      if (inner.field === (this.#isV2 ? value : V1_EXEMPLAR.value)) {
        inner.expect(FIXED64);
        this.exemplarValueAt = inner.start;
      } else if (inner.field === (this.#isV2 ? timestampMs : V1_EXEMPLAR.timestampMs)) {
        inner.expect(VARINT);
        this.exemplarMs = int64Of(inner);
      } else if (this.#isV2 && inner.field === labelRefs) {
        isWhole = this.#exemplarRefs(inner) && isWhole;
      } else if (!this.#isV2 && inner.field === V1_EXEMPLAR.labels) {
        inner.expect(LENGTH_DELIMITED);
        this.#label(inner.start, inner.stop);
        this.exemplarLabels.push(this.#name, this.#value);
      }
    }
    return isWhole && this.exemplarLabels.length % 2 === 0 && this.exemplarLabels.length <= 2 * MAX_LABELS;
  }

  #addSeries(start: number, end: number): void {
    if (this.seriesCount >= this.#seriesStart.length) {
      this.#seriesStart = longer(this.#seriesStart);
      this.#seriesEnd = longer(this.#seriesEnd);
    }
    this.#seriesStart[this.seriesCount] = start;
    this.#seriesEnd[this.seriesCount++] = end;
  }

  #family(start: number, end: number): void {
    const inner = this.#inner;
    inner.reset(this.bytes, start, end);
    let type = 0;
    let name = 0;
    let help = 0;
    let unit = 0;
    while (inner.next()) {
      if (inner.field === V1_METADATA.type) type = inner.int32();
      else if (inner.type === LENGTH_DELIMITED) {
        const symbol = this.symbols.intern(inner.start, inner.stop);
        if (inner.field === V1_METADATA.familyName) name = symbol;
        else if (inner.field === V1_METADATA.help) help = symbol;
        else if (inner.field === V1_METADATA.unit) unit = symbol;
      }
    }
    this.families.push({ type, name, help, unit });
  }

  #seriesV1(outer: ProtoReader): void {
    while (outer.next()) {
      outer.expect(LENGTH_DELIMITED);
      switch (outer.field) {
        case V1_SERIES.labels:
          this.#label(outer.start, outer.stop);
          this.#addLabel(this.#name, this.#value);
          break;
        case V1_SERIES.samples:
          this.#sample(outer.start, outer.stop, V1_SAMPLE.value, V1_SAMPLE.timestampMs, -1);
          break;
        case V1_SERIES.exemplars:
          this.#addExemplar(outer.start, outer.stop);
          break;
        case V1_SERIES.histograms:
          this.#addHistogram(outer.start, outer.stop);
          break;
        default:
      }
    }
  }

  #seriesV2(outer: ProtoReader): void {
    while (outer.next()) {
      switch (outer.field) {
        case V2_SERIES.labelRefs:
          this.#labelRefs(outer);
          break;
        case V2_SERIES.samples:
          outer.expect(LENGTH_DELIMITED);
          this.#sample(outer.start, outer.stop, V2_SAMPLE.value, V2_SAMPLE.timestampMs, V2_SAMPLE.startTimestampMs);
          break;
        case V2_SERIES.histograms:
          outer.expect(LENGTH_DELIMITED);
          this.#addHistogram(outer.start, outer.stop);
          break;
        case V2_SERIES.exemplars:
          outer.expect(LENGTH_DELIMITED);
          this.#addExemplar(outer.start, outer.stop);
          break;
        case V2_SERIES.metadata:
          outer.expect(LENGTH_DELIMITED);
          this.#metadata(outer.start, outer.stop);
          break;
        case V2_SERIES_CREATED_MS:
          outer.expect(VARINT);
          this.createdMs = int64Of(outer);
          break;
        default:
      }
    }
  }

  /** What `#label` read. */
  #name = 0;
  #value = 0;

  #label(start: number, end: number): void {
    const inner = this.#labelReader;
    inner.reset(this.bytes, start, end);
    this.#name = 0;
    this.#value = 0;
    while (inner.next()) {
      if (inner.type !== LENGTH_DELIMITED) continue;
      if (inner.field === V1_LABEL.name) this.#name = this.symbols.intern(inner.start, inner.stop);
      else if (inner.field === V1_LABEL.value) this.#value = this.symbols.intern(inner.start, inner.stop);
    }
  }
  readonly #labelReader = new ProtoReader();

  #addLabel(name: number, value: number): void {
    if (this.labelCount >= MAX_LABELS) {
      this.problem = `has more than ${MAX_LABELS} labels`;
      return;
    }
    const at = this.labelCount * 2;
    if (at + 2 > this.labels.length) this.labels = longer(this.labels);
    this.labels[at] = name;
    this.labels[at + 1] = value;
    this.labelCount++;
  }

  /** Packed, as proto3 writes them. */
  #labelRefs(outer: ProtoReader): void {
    if (outer.type !== LENGTH_DELIMITED) {
      this.problem = 'has label references that are not packed';
      return;
    }
    const { stop } = outer;
    const inner = this.#labelReader;
    let at = outer.start;
    while (at < stop) {
      const name = this.#ref(inner, at, stop);
      if (inner.pos >= stop) {
        this.problem = 'has an odd number of label references';
        return;
      }
      const value = this.#ref(inner, inner.pos, stop);
      at = inner.pos;
      if (name < 0 || value < 0) return;
      this.#addLabel(name, value);
    }
  }

  /** The symbol that the varint at `at` refers to; −1, and a problem, for none. */
  #ref(inner: ProtoReader, at: number, stop: number): number {
    inner.varintAt(this.bytes, at, stop);
    return this.#symbolOf(inner.lo, inner.hi, 'a label');
  }

  #symbolOf(lo: number, hi: number, what: string): number {
    if (hi !== 0 || lo >= this.#tableLength) {
      this.problem = `refers with ${what} to symbol ${hi * TWO_32 + lo} of ${this.#tableLength}`;
      return -1;
    }
    // Safe: lo < tableLength.
    return this.#table[lo] as number;
  }

  #exemplarRefs(inner: ProtoReader): boolean {
    if (inner.type !== LENGTH_DELIMITED) return false;
    const refs = this.#labelReader;
    for (let at = inner.start; at < inner.stop; at = refs.pos) {
      refs.varintAt(this.bytes, at, inner.stop);
      if (refs.hi !== 0 || refs.lo >= this.#tableLength) return false;
      // Safe: lo < tableLength.
      this.exemplarLabels.push(this.#table[refs.lo] as number);
    }
    return true;
  }

  #metadata(start: number, end: number): void {
    const inner = this.#inner;
    inner.reset(this.bytes, start, end);
    while (inner.next()) {
      if (inner.field === V2_METADATA.type) this.type = inner.int32();
      else if (inner.field === V2_METADATA.helpRef) {
        this.help = Math.max(0, this.#symbolOf(inner.lo, inner.hi, 'its help'));
      } else if (inner.field === V2_METADATA.unitRef) {
        this.unit = Math.max(0, this.#symbolOf(inner.lo, inner.hi, 'its unit'));
      }
    }
  }

  #sample(start: number, end: number, valueField: number, timeField: number, startField: number): void {
    const inner = this.#inner;
    inner.reset(this.bytes, start, end);
    if (this.sampleCount >= this.sampleAt.length) {
      this.sampleAt = longer(this.sampleAt);
      this.sampleMs = longerDoubles(this.sampleMs);
      this.sampleStartMs = longerDoubles(this.sampleStartMs);
    }
    const index = this.sampleCount++;
    this.sampleAt[index] = -1;
    this.sampleMs[index] = 0;
    this.sampleStartMs[index] = 0;
    while (inner.next()) {
      if (inner.field === valueField) {
        inner.expect(FIXED64);
        this.sampleAt[index] = inner.start;
      } else if (inner.field === timeField) {
        inner.expect(VARINT);
        this.sampleMs[index] = int64Of(inner);
      } else if (inner.field === startField) {
        inner.expect(VARINT);
        this.sampleStartMs[index] = int64Of(inner);
      }
    }
  }

  #addHistogram(start: number, end: number): void {
    if (this.histogramCount >= this.histogramStart.length) {
      this.histogramStart = longer(this.histogramStart);
      this.histogramEnd = longer(this.histogramEnd);
    }
    this.histogramStart[this.histogramCount] = start;
    this.histogramEnd[this.histogramCount++] = end;
  }

  #addExemplar(start: number, end: number): void {
    if (this.exemplarCount >= this.exemplarStart.length) {
      this.exemplarStart = longer(this.exemplarStart);
      this.exemplarEnd = longer(this.exemplarEnd);
    }
    this.exemplarStart[this.exemplarCount] = start;
    this.exemplarEnd[this.exemplarCount++] = end;
  }

  #checkLabels(index: number): void {
    if (this.problem !== '') return;
    const { labels } = this;
    while (this.#seen.length < this.symbols.count) this.#seen = new Int32Array(this.#seen.length * 2);
    const { broken } = this.symbols;
    const seen = this.#seen;
    // A series may be read more than once, and arrays live longer than a request: no mark is made twice.
    const mark = ++this.#mark;
    if (mark === 2 ** 31 - 1) malformed('too many series', this.#seriesStart[index] ?? 0);
    for (let at = 0; at < this.labelCount * 2; at += 2) {
      // Safe: at lies within the labels, symbols within `seen`.
      const name = labels[at] as number;
      if (name === 0) this.problem = 'has a label without a name';
      else if (seen[name] === mark) this.problem = `has the label "${this.symbolText(name)}" twice`;
      seen[name] = mark;
      // Safe: as above.
      if (broken.size > 0 && (broken.has(name) || broken.has(labels[at + 1] as number))) {
        this.problem = 'has a label that is not UTF-8';
      }
    }
    if (broken.has(this.help)) this.help = 0;
    if (broken.has(this.unit)) this.unit = 0;
  }
  #mark = 0;

  /** A symbol as a string, for messages and what is remembered. */
  symbolText(symbol: number): string {
    return decodeUtf8(this.bytes, this.symbols.starts[symbol] ?? 0, this.symbols.ends[symbol] ?? 0);
  }
}

function longerDoubles(array: Float64Array): Float64Array {
  const grown = new Float64Array(array.length * 2);
  grown.set(array);
  return grown;
}
