// A series as it is taken into the request: its name and labels as ranges of bytes, and what is special among them.

import { LABEL_STRIDE } from '../../../proto/prometheus/page-reader.ts';
import type { ScopeName } from './page-output.ts';
import { decodeUtf8 } from '../../../proto/otlp/text.ts';

/** What a label is for. */
export const ATTRIBUTE = 0;
export const LE = 1;
export const QUANTILE = 2;
/** job and instance. */
export const OF_RESOURCE = 3;
export const OF_SCOPE = 4;
/** Of Prometheus itself; says nothing outside of it. */
export const INTERNAL = 5;

const NAMES: Readonly<Record<string, number>> = {
  le: LE,
  quantile: QUANTILE,
  job: OF_RESOURCE,
  instance: OF_RESOURCE,
  __name__: INTERNAL,
  __scheme__: INTERNAL,
  __metrics_path__: INTERNAL,
};
const SCOPE_PREFIX = 'otel_scope_';
const LOWER_O = 0x6f;
/** Lengths of NAMES. */
const LENGTHS = new Set(Object.keys(NAMES).map((name) => name.length));
const IS_LENGTH = Uint8Array.from({ length: 32 }, (_, length) => (LENGTHS.has(length) ? 1 : 0));

/** What the label named by [start, end) is for. */
export function labelUse(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length < 32 && IS_LENGTH[length] === 1) {
    // Of these lengths few labels begin like one of the names.
    switch (bytes[start]) {
      case 0x6c: // l
      case 0x71: // q
      case 0x6a: // j
      case 0x69: // i
      case 0x5f: // _
        return NAMES[decodeUtf8(bytes, start, end)] ?? ATTRIBUTE;
      default:
    }
  }
  if (length >= SCOPE_PREFIX.length && bytes[start] === LOWER_O) {
    if (decodeUtf8(bytes, start, start + SCOPE_PREFIX.length) === SCOPE_PREFIX) return OF_SCOPE;
  }
  return ATTRIBUTE;
}

export class SeriesForm {
  bytes: Uint8Array = new Uint8Array(0);
  nameStart = 0;
  nameEnd = 0;
  labels: Int32Array = new Int32Array(0);
  labelCount = 0;
  /** Where among `labels` the bound of a bucket or the quantile is; -1 for none. */
  leAt = -1;
  quantileAt = -1;
  hasScope = false;
  /** Whether two labels have the same name. */
  hasTwice = false;
  /** Whether the labels of the target are among the labels. */
  isWhole = false;
  /** Other than the target's, where they are. */
  job: string | undefined;
  instance: string | undefined;

  /** Finds out what is special. Whether any label is job or instance. */
  look(): boolean {
    const { bytes, labels, labelCount } = this;
    this.leAt = -1;
    this.quantileAt = -1;
    this.hasScope = false;
    this.hasTwice = labelCount > 1 && this.#findTwice();
    let isOfResource = false;
    for (let index = 0; index < labelCount; index++) {
      const at = index * LABEL_STRIDE;
      // Safe: below labelCount.
      const use = labelUse(bytes, labels[at] as number, labels[at + 1] as number);
      if (use === LE) this.leAt = at;
      else if (use === QUANTILE) this.quantileAt = at;
      else if (use === OF_SCOPE) this.hasScope = true;
      else if (use === OF_RESOURCE) isOfResource = true;
    }
    return isOfResource;
  }

  #findTwice(): boolean {
    const { bytes, labels, labelCount } = this;
    if (labelCount > 16) return new Set(this.texts().map(([name]) => name)).size < labelCount;
    for (let one = LABEL_STRIDE; one < labelCount * LABEL_STRIDE; one += LABEL_STRIDE) {
      const start = labels[one] as number; // Safe: below labelCount, as all that follow.
      const length = (labels[one + 1] as number) - start;
      for (let two = 0; two < one; two += LABEL_STRIDE) {
        const other = labels[two] as number;
        if ((labels[two + 1] as number) - other !== length || bytes[other] !== bytes[start]) continue;
        let at = 1;
        while (at < length && bytes[other + at] === bytes[start + at]) at++;
        if (at >= length) return true;
      }
    }
    return false;
  }

  /** The scope that the labels name; empty labels name nothing. */
  scope(): ScopeName | undefined {
    let [name, version, schemaUrl] = ['', '', ''];
    const attributes: [string, string][] = [];
    for (let index = 0; index < this.labelCount; index++) {
      const at = index * LABEL_STRIDE;
      const [nameStart, nameEnd, valueStart, valueEnd] = this.#ranges(at);
      if (labelUse(this.bytes, nameStart, nameEnd) !== OF_SCOPE) continue;
      const key = decodeUtf8(this.bytes, nameStart + SCOPE_PREFIX.length, nameEnd);
      const value = decodeUtf8(this.bytes, valueStart, valueEnd);
      if (key === 'name') name = value;
      else if (key === 'version') version = value;
      else if (key === 'schema_url') schemaUrl = value;
      else attributes.push([key, value]);
    }
    const isNothing = name === '' && version === '' && schemaUrl === '' && attributes.length === 0;
    return isNothing ? undefined : { name, version, schemaUrl, attributes };
  }

  /** Its labels as texts, whatever they are for. */
  texts(): [string, string][] {
    return Array.from({ length: this.labelCount }, (_, index) => {
      const [nameStart, nameEnd, valueStart, valueEnd] = this.#ranges(index * LABEL_STRIDE);
      return [decodeUtf8(this.bytes, nameStart, nameEnd), decodeUtf8(this.bytes, valueStart, valueEnd)];
    });
  }

  #ranges(at: number): [number, number, number, number] {
    const { labels } = this;
    // Safe: `at` is the first number of a label.
    return [labels[at] as number, labels[at + 1] as number, labels[at + 2] as number, labels[at + 3] as number];
  }
}

const encoder = new TextEncoder();

/** A form with bytes of its own, of labels as texts. */
export function formOf(name: string, labels: readonly (readonly [string, string])[]): SeriesForm {
  const texts = [name, ...labels.flat()].map((text) => encoder.encode(text));
  const bytes = new Uint8Array(texts.reduce((sum, text) => sum + text.length, 0));
  const ends: number[] = [];
  let length = 0;
  for (const text of texts) {
    bytes.set(text, length);
    length += text.length;
    ends.push(length);
  }
  const form = new SeriesForm();
  form.bytes = bytes;
  form.nameEnd = ends[0] ?? 0;
  form.labelCount = labels.length;
  form.labels = new Int32Array(labels.length * LABEL_STRIDE);
  for (let index = 0; index < labels.length; index++) {
    const [start, middle, end] = [ends[index * 2], ends[index * 2 + 1], ends[index * 2 + 2]] as [
      number,
      number,
      number,
    ];
    form.labels.set([start, middle, middle, end, 0], index * LABEL_STRIDE);
  }
  form.isWhole = true;
  form.look();
  return form;
}
