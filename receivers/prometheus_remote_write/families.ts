// What metrics are: of 2.0 each series says it, of 1.0 requests of their own do, once a minute, so that it is remembered. And
// which series are parts of classic histograms and summaries, by their names.

import { decodeUtf8 } from '../../proto/otlp/text.ts';
import type { WriteRequestReader } from '../../proto/prometheus/remote-write/reader.ts';
import { unitOfWords } from '../../proto/prometheus/units.ts';
import { BOUND, COUNT, SUM } from './classic.ts';
import type { MetricDescription } from './groups.ts';
import { kindOf, typeOfWord } from './kinds.ts';
import { Remembered } from './remembered.ts';

/** Families that are remembered, each with texts of at most so many bytes. */
const REMEMBERED_FAMILIES = 10_000;
const MAX_TEXT_BYTES = 4_096;

export interface Family {
  readonly type: number;
  /** UCUM. */
  readonly unit: string;
  readonly help: string;
}

/** A series as part of a histogram or summary. */
export interface Part {
  /** The symbol of the metric's name. */
  readonly base: number;
  readonly role: number;
  readonly bound: number;
}

/** What ends names of series beside their family's. */
const SUFFIXES = ['_total', '_bucket', '_sum', '_count', '_info', '_gsum', '_gcount'] as const;
const BUCKET = '_bucket';

export class Families {
  readonly #reader: WriteRequestReader;
  readonly #known = new Remembered<Family>(REMEMBERED_FAMILIES);
  /** By symbol, of the current request. */
  readonly #found = new Map<number, Family | undefined>();
  readonly #numbers = new Map<number, number>();
  readonly #types = new Map<number, number>();
  readonly #bases = new Map<number, number>();

  constructor(reader: WriteRequestReader) {
    this.#reader = reader;
  }

  /** Begins a request, and remembers what it says of families. */
  learn(): void {
    this.#found.clear();
    this.#numbers.clear();
    this.#types.clear();
    this.#bases.clear();
    const { symbols, families } = this.#reader;
    for (const { type, name, help, unit } of families) {
      if (name === 0 || [name, help, unit].some((one) => symbols.broken.has(one))) continue;
      if ([name, help, unit].some((one) => symbols.lengthOf(one) > MAX_TEXT_BYTES)) continue;
      this.#known.set(this.#text(name), { type, unit: unitOfWords(this.#text(unit)), help: this.#text(help) });
    }
  }

  /** The family a series of this name belongs to, as far as 1.0 has told. */
  of(name: number): Family | undefined {
    if (this.#known.size === 0) return undefined;
    if (this.#found.has(name)) return this.#found.get(name);
    const text = this.#text(name);
    let family = this.#known.get(text);
    for (const suffix of SUFFIXES) {
      if (family === undefined && text.endsWith(suffix)) family = this.#known.get(text.slice(0, -suffix.length));
    }
    this.#found.set(name, family);
    return family;
  }

  /** For `Groups.metric`. */
  readonly describe = (name: number, kind: number, unit: number): MetricDescription => {
    const family = this.of(name);
    return {
      kind: kindOf(kind),
      unit: unit === 0 ? (family?.unit ?? '') : unitOfWords(this.#text(unit)),
      description: family?.help ?? '',
    };
  };

  /** METRIC_TYPE of the value of a label `__type__`. */
  typeOf(value: number): number {
    let type = this.#types.get(value);
    if (type === undefined) this.#types.set(value, (type = typeOfWord(this.#text(value))));
    return type;
  }

  /** What a series of a histogram or summary is a part of; `bound` is the symbol of `le` or `quantile`, 0 for none. */
  partOf(name: number, bound: number, isSummary: boolean): Part | undefined {
    if (bound !== 0) {
      const number = this.#number(bound);
      const isBound = isSummary ? number >= 0 && number <= 1 : number > -Infinity;
      if (!isBound || (!isSummary && !this.#endsWith(name, BUCKET))) return undefined;
      return { base: isSummary ? name : this.#base(name, BUCKET), role: BOUND, bound: number };
    }
    if (this.#endsWith(name, '_sum')) return { base: this.#base(name, '_sum'), role: SUM, bound: 0 };
    if (this.#endsWith(name, '_count')) return { base: this.#base(name, '_count'), role: COUNT, bound: 0 };
    return undefined;
  }

  /** A bound as Prometheus writes it; NaN for what is none. */
  #number(symbol: number): number {
    let number = this.#numbers.get(symbol);
    if (number === undefined) {
      const text = this.#text(symbol);
      number = text === '+Inf' || text === 'Inf' ? Infinity : Number(text);
      this.#numbers.set(symbol, number);
    }
    return number;
  }

  #base(name: number, suffix: string): number {
    let base = this.#bases.get(name);
    if (base === undefined) {
      const { symbols } = this.#reader;
      const start = symbols.starts[name] ?? 0;
      base = symbols.intern(start, (symbols.ends[name] ?? 0) - suffix.length);
      this.#bases.set(name, base);
    }
    return base;
  }

  /** Names that are nothing but the suffix do not end with it. */
  #endsWith(name: number, suffix: string): boolean {
    const { symbols, bytes } = this.#reader;
    const end = symbols.ends[name] ?? 0;
    if (symbols.lengthOf(name) <= suffix.length) return false;
    for (let index = 0; index < suffix.length; index++) {
      if (bytes[end - suffix.length + index] !== suffix.charCodeAt(index)) return false;
    }
    return true;
  }

  #text(symbol: number): string {
    const { symbols, bytes } = this.#reader;
    return decodeUtf8(bytes, symbols.starts[symbol] ?? 0, symbols.ends[symbol] ?? 0);
  }
}
