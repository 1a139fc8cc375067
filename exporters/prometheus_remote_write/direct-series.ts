// Series of remote write 1.0 straight from a point's attributes, for an exporter that sees more series than it can remember:
// what a series costs then are a few hundred bytes until the batch is written, and no text is made of it.

import type { DataPointView, MetricView } from '../../proto/otlp/metrics.ts';
import { RememberedText } from '../../proto/otlp/remembered-text.ts';
import { equalBytes } from '../../proto/otlp/text.ts';
import { labelName } from '../../proto/prometheus/names.ts';
import { V1_LABEL, V1_SERIES } from '../../proto/prometheus/remote-write/fields.ts';
import { SeriesHash } from '../../proto/prometheus/series-hash.ts';
import { LENGTH_DELIMITED } from '../../proto/wire.ts';
import { ProtoWriter, varintSize } from '../../proto/wire-writer.ts';
import type { Catalog, KnownMetric, KnownResource, KnownScope } from './known.ts';
import type { LabelRules } from './labels.ts';
import { OutSeries } from './series.ts';

/** So many labels a series may have here. */
const MAX_LABELS = 64;
const REMEMBERED_NAMES = 1024;
/** The tag of AnyValue.string_value. */
const STRING_VALUE = (1 << 3) | LENGTH_DELIMITED;
// oxlint-disable-next-line no-control-regex
const ASCII = /^[\u0000-\u007f]+$/;

/** A label's name, and its field of a Label message. */
interface Name {
  readonly text: string;
  readonly encoded: Uint8Array;
}

/** A label that every series of a scope has. */
interface FixedLabel {
  readonly name: string;
  /** With its tag in the series. */
  readonly encoded: Uint8Array;
  /** Whether an attribute of that name takes its place; it takes that of the attribute otherwise. */
  readonly givesWay: boolean;
}

export class DirectSeries {
  readonly #rules: LabelRules;
  readonly #catalog: Catalog;
  readonly #out = new ProtoWriter(64 << 10);
  readonly #hash = new SeriesHash();
  /** The series of the batch. */
  readonly #series = new Map<number, OutSeries>();
  readonly #names: RememberedText<Name | undefined>;
  #scope: KnownScope | undefined;
  #metric: KnownMetric | undefined;
  #fixed: readonly FixedLabel[] = [];
  // Attributes of the point, sorted by name.
  readonly #sorted: Name[] = [];
  readonly #starts = new Int32Array(MAX_LABELS);
  readonly #ends = new Int32Array(MAX_LABELS);

  constructor(rules: LabelRules, catalog: Catalog) {
    this.#rules = rules;
    this.#catalog = catalog;
    this.#names = new RememberedText(REMEMBERED_NAMES, (key) => this.#nameOf(key));
  }

  /** Forgets the batch. */
  clear(): void {
    this.#series.clear();
    this.#out.clear();
    this.#scope = undefined;
    this.#metric = undefined;
  }

  /** What is known of the metric, of whatever resource: not for what keeps series. */
  metric(metric: MetricView): KnownMetric {
    return this.#catalog.sharedMetric(metric);
  }

  /** The point's series; undefined where it has to be worked out at length. */
  of(point: DataPointView, metric: KnownMetric, scope: KnownScope, resource: KnownResource): OutSeries | undefined {
    if (metric !== this.#metric || scope !== this.#scope) this.#begin(metric, scope, resource);
    if (this.#fixed.length === 0) return undefined;
    const count = this.#sort(point);
    if (count < 0) return undefined;
    const start = this.#out.length;
    this.#write(point.message.bytes, count);
    return this.#unique(start, metric);
  }

  #begin(metric: KnownMetric, scope: KnownScope, resource: KnownResource): void {
    this.#metric = metric;
    this.#scope = scope;
    const labels = metric.name === undefined ? undefined : this.#rules.fixed(metric.name, scope.labels, resource);
    const isPlain = labels?.every(({ name }) => ASCII.test(name)) === true;
    this.#fixed = isPlain && labels ? labels.map(({ name, value, givesWay }) => fixedLabel(name, value, givesWay)) : [];
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
  #write(bytes: Uint8Array, count: number): void {
    const fixed = this.#fixed;
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
  #unique(start: number, metric: KnownMetric): OutSeries {
    const out = this.#out;
    const hash = this.#hash;
    hash.reset();
    hash.add(out.bytes, start, out.length);
    const key = hash.key();
    const known = this.#series.get(key);
    if (known?.labels.encoded && equalBytes(out.bytes, start, out.length, known.labels.encoded)) {
      out.length = start;
      return known;
    }
    const series = new OutSeries([], metric.metadata);
    series.labels.encoded = out.bytes.subarray(start, out.length);
    this.#series.set(key, series);
    return series;
  }

  #nameOf(key: string): Name | undefined {
    const text = labelName(key, this.#rules.naming.utf8);
    if (text === undefined || !ASCII.test(text)) return undefined;
    const out = new ProtoWriter(64);
    out.stringField(V1_LABEL.name, text);
    return { text, encoded: out.finish() };
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
