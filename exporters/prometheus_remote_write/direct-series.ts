// Series of remote write 1.0 straight from a point's attributes, for an exporter that sees more series than it can remember:
// what a series costs then are a few hundred bytes until the batch is written, and no text is made of it.

import type { DataPointView } from '../../proto/otlp/metrics.ts';
import { RememberedText } from '../../proto/otlp/remembered-text.ts';
import { equalBytes } from '../../proto/otlp/text.ts';
import { labelName } from '../../proto/prometheus/names.ts';
import { decimalText } from '../../proto/prometheus/number-text.ts';
import { V1_LABEL, V1_SERIES } from '../../proto/prometheus/remote-write/fields.ts';
import { SeriesHash } from '../../proto/prometheus/series-hash.ts';
import { LENGTH_DELIMITED } from '../../proto/wire.ts';
import { ProtoWriter, varintSize } from '../../proto/wire-writer.ts';
import type { KnownMetric, KnownResource, KnownScope, PointSeries } from './known.ts';
import type { LabelRules } from './labels.ts';
import { OutSeries } from './series.ts';

/** So many labels a series may have here. */
const MAX_LABELS = 64;
const REMEMBERED_NAMES = 1024;
/** Bounds of buckets that are known as texts, and series of a metric by them. */
const MAX_BOUNDS = 1024;
const NO_LABELS: ReadonlyMap<string, string> = new Map();
const NO_METADATA = { type: 0, help: '', unit: '' };
/** The tag of AnyValue.string_value. */
const STRING_VALUE = (1 << 3) | LENGTH_DELIMITED;
// oxlint-disable-next-line no-control-regex
const ASCII = /^[\u0000-\u007f]+$/;

/** A label's name, and its field of a Label message. */
interface Name {
  readonly text: string;
  /** Stands for the text. */
  readonly number: number;
  readonly encoded: Uint8Array;
}

/** What all series of a metric have that differ in their attributes only. */
interface FixedLabels {
  /** The same for the same labels. */
  readonly number: number;
  /** Sorted by name. */
  readonly labels: readonly FixedLabel[];
}

interface FixedLabel {
  readonly name: string;
  /** With its tag in the series. */
  readonly encoded: Uint8Array;
  /** Whether an attribute of that name takes its place; it takes that of the attribute otherwise. */
  readonly givesWay: boolean;
}

export class DirectSeries implements PointSeries {
  readonly #rules: LabelRules;
  readonly #out = new ProtoWriter(64 << 10);
  readonly #hash = new SeriesHash();
  /** The series of the batch. */
  readonly #known = new Map<number, OutSeries>();
  readonly #names: RememberedText<Name | undefined>;
  #scope: KnownScope | undefined;
  #metric: KnownMetric | undefined;
  #resource: KnownResource | undefined;
  /** Of the metric's series, by what tells them apart besides attributes. */
  readonly #fixed = new Map<string, FixedLabels | undefined>();
  readonly #boundTexts = new Map<number, string>();
  // The point: its bytes, and its attributes sorted by name.
  #nextNumber = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #count = 0;
  readonly #sorted: Name[] = [];
  readonly #starts = new Int32Array(MAX_LABELS);
  readonly #ends = new Int32Array(MAX_LABELS);

  constructor(rules: LabelRules) {
    this.#rules = rules;
    this.#names = new RememberedText(REMEMBERED_NAMES, (key) => this.#nameOf(key));
  }

  /** Forgets the batch. */
  clear(): void {
    this.#known.clear();
    this.#out.clear();
    this.#scope = undefined;
    this.#metric = undefined;
  }

  /** The series that the point becomes, until the next call; undefined where they have to be worked out at length. */
  of(point: DataPointView, metric: KnownMetric, scope: KnownScope, resource: KnownResource): PointSeries | undefined {
    if (metric !== this.#metric || scope !== this.#scope) {
      this.#metric = metric;
      this.#scope = scope;
      this.#resource = resource;
      this.#fixed.clear();
    }
    if (metric.name === undefined) return undefined;
    this.#bytes = point.message.bytes;
    this.#count = this.#sort(point);
    return this.#count < 0 || !this.#labels('', '', '') ? undefined : this;
  }

  get value(): OutSeries {
    return this.#series('', '', '');
  }

  get native(): OutSeries {
    return this.#series('', '', '', true);
  }

  get sum(): OutSeries {
    return this.#series('_sum', '', '');
  }

  get count(): OutSeries {
    return this.#series('_count', '', '');
  }

  get infiniteBucket(): OutSeries {
    return this.#series('_bucket', 'le', '+Inf');
  }

  bucket(_index: number, bound: number): OutSeries {
    return this.#series('_bucket', 'le', this.#boundText(bound));
  }

  quantile(_index: number, quantile: number): OutSeries {
    return this.#series('', 'quantile', this.#boundText(quantile));
  }

  #boundText(bound: number): string {
    let text = this.#boundTexts.get(bound);
    if (text === undefined) {
      if (this.#boundTexts.size >= MAX_BOUNDS) this.#boundTexts.clear();
      text = decimalText(bound);
      this.#boundTexts.set(bound, text);
    }
    return text;
  }

  #series(suffix: string, extraName: string, extraValue: string, isNative = false): OutSeries {
    // Safe: `of` has asked for the labels of this metric, and these differ from them in two that are plain.
    const labels = this.#labels(suffix, extraName, extraValue) as FixedLabels;
    const start = this.#out.length;
    this.#write(labels.labels);
    return this.#unique(start, labels.number, isNative);
  }

  /** The labels that all series of the metric have; undefined where they are not plain. */
  #labels(suffix: string, extraName: string, extraValue: string): FixedLabels | undefined {
    const key = suffix + extraValue;
    if (this.#fixed.has(key)) return this.#fixed.get(key);
    const { name = '' } = this.#metric ?? {};
    const own = this.#resource && this.#rules.fixed(name + suffix, this.#scope?.labels ?? NO_LABELS, this.#resource);
    const labels = own?.filter((label) => label.name !== extraName) ?? [];
    if (extraName !== '') labels.push({ name: extraName, value: extraValue, givesWay: false });
    const isPlain = own !== undefined && labels.every((label) => ASCII.test(label.name));
    const sorted = labels.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const fixed = isPlain ? this.#fixedLabels(sorted) : undefined;
    if (this.#fixed.size >= MAX_BOUNDS) this.#fixed.clear();
    this.#fixed.set(key, fixed);
    return fixed;
  }

  #fixedLabels(sorted: readonly { name: string; value: string; givesWay: boolean }[]): FixedLabels {
    const labels = sorted.map(({ name, value, givesWay }) => fixedLabel(name, value, givesWay));
    const hash = this.#hash;
    hash.reset();
    for (const { encoded } of labels) hash.add(encoded, 0, encoded.length);
    return { number: hash.low, labels };
  }

  /** Puts the attributes in order; gives their number, or -1 where they are not plain texts with names of their own. */
  #sort(point: DataPointView): number {
    const { attributes } = point;
    const { bytes } = point.message;
    let count = 0;
    attributes.rewind();
    while (attributes.next()) {
      const { keyStart, keyEnd, valueStart, valueEnd } = attributes.entry;
      const name = this.#names.of(bytes, keyStart, keyEnd);
      if (!name || count === MAX_LABELS || bytes[valueStart] !== STRING_VALUE) return -1;
      // Safe: the value has a byte at least.
      const length = bytes[valueStart + 1] as number;
      const textStart = valueStart + 2;
      // Longer ones than a length of one byte says are rare.
      if (length >= 0x80 || textStart + length !== valueEnd) return -1;
      if (length === 0) continue;
      let at = count;
      for (; at > 0; at--) {
        const before = this.#sorted[at - 1] as Name; // Safe: below count.
        if (before.text === name.text) return -1;
        if (before.text < name.text) break;
        this.#sorted[at] = before;
        this.#starts[at] = this.#starts[at - 1] as number;
        this.#ends[at] = this.#ends[at - 1] as number;
      }
      this.#sorted[at] = name;
      this.#starts[at] = textStart;
      this.#ends[at] = valueEnd;
      count++;
    }
    return count;
  }

  /** Attributes and fixed labels, merged in order. */
  #write(fixed: readonly FixedLabel[]): void {
    const count = this.#count;
    const bytes = this.#bytes;
    let at = 0;
    let other = 0;
    while (at < count || other < fixed.length) {
      const name = at < count ? this.#sorted[at] : undefined;
      const label = fixed[other];
      if (!label || (name && name.text < label.name)) this.#writeAttribute(bytes, at++);
      else if (!name || label.name < name.text) {
        this.#out.raw(label.encoded);
        other++;
      } else {
        if (label.givesWay) this.#writeAttribute(bytes, at);
        else this.#out.raw(label.encoded);
        at++;
        other++;
      }
    }
  }

  #writeAttribute(bytes: Uint8Array, at: number): void {
    const out = this.#out;
    const { encoded } = this.#sorted[at] as Name; // Safe, here and below: below the count of attributes.
    const start = this.#starts[at] as number;
    const end = this.#ends[at] as number;
    const length = end - start;
    out.tag(V1_SERIES.labels, LENGTH_DELIMITED);
    out.varint(encoded.length + 1 + varintSize(length) + length);
    out.raw(encoded);
    out.tag(V1_LABEL.value, LENGTH_DELIMITED);
    out.varint(length);
    out.raw(bytes, start, end);
  }

  /** The one series of the labels written since `start`. */
  #unique(start: number, fixedNumber: number, isNative: boolean): OutSeries {
    const out = this.#out;
    const hash = this.#hash;
    hash.reset();
    hash.mix(fixedNumber);
    // Native histograms and numbers never share a series.
    if (isNative) hash.mix(1);
    for (let at = 0; at < this.#count; at++) {
      hash.mix((this.#sorted[at] as Name).number); // Safe, here and below: below the count.
      hash.add(this.#bytes, this.#starts[at] as number, this.#ends[at] as number);
    }
    const key = hash.key();
    const known = this.#known.get(key);
    if (known?.labels.encoded && equalBytes(out.bytes, start, out.length, known.labels.encoded)) {
      out.length = start;
      return known;
    }
    const series = new OutSeries([], this.#metric?.metadata ?? NO_METADATA);
    series.labels.encoded = out.bytes.subarray(start, out.length);
    this.#known.set(key, series);
    return series;
  }

  #nameOf(key: string): Name | undefined {
    const text = labelName(key, this.#rules.naming.utf8);
    if (text === undefined || !ASCII.test(text)) return undefined;
    const out = new ProtoWriter(64);
    out.stringField(V1_LABEL.name, text);
    return { text, number: (this.#nextNumber = (this.#nextNumber + 1) | 0), encoded: out.finish() };
  }
}

function fixedLabel(name: string, value: string, givesWay: boolean): FixedLabel {
  const out = new ProtoWriter(128);
  const mark = out.begin(V1_SERIES.labels);
  out.stringField(V1_LABEL.name, name);
  out.stringField(V1_LABEL.value, value);
  out.end(mark);
  return { name, encoded: out.finish(), givesWay };
}
