// Reads the text formats, Prometheus' 0.0.4 and OpenMetrics 1.0, byte by byte: what prometheus/prometheus model/textparse
// takes is taken, what it refuses is refused. Nothing is made per sample; names and labels are ranges of the page.

import { isUtf8 } from 'node:buffer';
import { decodeUtf8 } from '../otlp/text.ts';
import { floatOf } from './float-bytes.ts';
import {
  LABEL_NAME_ESCAPED,
  LABEL_STRIDE,
  LABEL_VALUE_ESCAPED,
  type FamilyType,
  type NativeHistogram,
  PageError,
  type PageEntry,
  type PageExemplar,
  type PageReader,
} from './page-reader.ts';
import {
  CLASSES,
  DIGIT,
  EOF,
  HELP,
  LABEL_START,
  NAME_START,
  OPENMETRICS_TYPES,
  TEXT_TYPES,
  TYPE,
  UNIT,
} from './text-words.ts';

const TAB = 0x09;
const LINE_FEED = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const HASH = 0x23;
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;
const EQUAL = 0x3d;
const BACKSLASH = 0x5c;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

const LABEL_ESCAPE = /\\(["\\n])/g;
const HELP_ESCAPE = /\\([\\n])/g;
const MAX_INT64 = 2n ** 63n - 1n;
/** So much of a line is shown in an error. */
const MAX_SHOWN = 80;

export class TextReader implements PageReader {
  readonly bytes: Uint8Array;
  familyStart = 0;
  familyEnd = 0;
  familyType: FamilyType = 'unknown';
  nameStart = 0;
  nameEnd = 0;
  isNameEscaped = false;
  seriesStart = 0;
  seriesEnd = 0;
  labelCount = 0;
  labels = new Int32Array(16 * LABEL_STRIDE);
  value = 0;
  timestampMs = NaN;
  readonly createdMs = NaN;
  hasExemplar = false;
  readonly #isOpenMetrics: boolean;
  readonly #isUtf8: boolean;
  readonly #end: number;
  #at = 0;
  #lineStart = 0;
  /** The number of the line in which `#countedTo` lies. */
  #line = 1;
  #countedTo = 0;
  #textStart = 0;
  #textEnd = 0;
  #exemplarLabels = new Int32Array(4 * LABEL_STRIDE);
  #exemplarLabelCount = 0;
  #exemplarValue = 0;
  #exemplarMs = NaN;

  constructor(bytes: Uint8Array, format: 'text' | 'openmetrics') {
    this.bytes = bytes;
    this.#isOpenMetrics = format === 'openmetrics';
    this.#end = bytes.length;
    // Asked once of the page, as most are: no text of them has to be checked by itself.
    this.#isUtf8 = isUtf8(bytes);
  }

  next(): PageEntry {
    const { bytes } = this;
    const end = this.#end;
    const isOpenMetrics = this.#isOpenMetrics;
    for (;;) {
      this.#lineStart = this.#at;
      if (!isOpenMetrics) this.#skipBlanks();
      if (this.#at >= end) {
        if (isOpenMetrics) throw this.#failure('the page ends without # EOF');
        return 'end';
      }
      const byte = bytes[this.#at] as number; // Safe: below the end.
      if (byte === HASH) {
        const entry = this.#comment();
        if (entry !== undefined) return entry;
      } else if (byte === LINE_FEED && !isOpenMetrics) this.#at++;
      else {
        this.#sample(byte);
        return 'sample';
      }
    }
  }

  text(): string {
    const raw = decodeUtf8(this.bytes, this.#textStart, this.#textEnd);
    // Prometheus' lexer takes blanks alone for what is between words.
    if (!this.#isOpenMetrics && /^[ \t]+$/.test(raw)) return '';
    if (!raw.includes('\\')) return raw;
    return raw.replaceAll(this.#isOpenMetrics ? LABEL_ESCAPE : HELP_ESCAPE, unescaped);
  }

  string(start: number, end: number, isEscaped: boolean): string {
    const raw = decodeUtf8(this.bytes, start, end);
    return isEscaped ? raw.replaceAll(LABEL_ESCAPE, unescaped) : raw;
  }

  exemplars(): readonly PageExemplar[] {
    if (!this.hasExemplar) return [];
    const labels: string[] = [];
    for (let at = 0; at < this.#exemplarLabelCount * LABEL_STRIDE; at += LABEL_STRIDE) {
      // Safe: as many were written. Prometheus leaves escapes of exemplars as they are.
      for (let part = at; part < at + 4; part += 2) {
        const [start, end] = [this.#exemplarLabels[part] as number, this.#exemplarLabels[part + 1] as number];
        labels.push(decodeUtf8(this.bytes, start, end));
      }
    }
    return [{ labels, value: this.#exemplarValue, timestampMs: this.#exemplarMs }];
  }

  /** The text formats have none. */
  histogram(): NativeHistogram {
    throw new Error('a text page has no native histograms');
  }

  place(): string {
    // Goes on where it was asked last: a page may have a problem in every line.
    for (; this.#countedTo < this.#lineStart; this.#countedTo++) {
      if (this.bytes[this.#countedTo] === LINE_FEED) this.#line++;
    }
    return `line ${this.#line}`;
  }

  #sample(first: number): void {
    const { bytes } = this;
    const end = this.#end;
    this.seriesStart = this.#at;
    this.labelCount = 0;
    this.isNameEscaped = false;
    this.hasExemplar = false;
    this.nameStart = -1;
    if (first !== BRACE_OPEN) {
      if (((CLASSES[first] as number) & NAME_START) === 0) throw this.#expected('the name of a metric');
      this.nameStart = this.#at;
      this.nameEnd = this.#at = this.#nameEnd(this.#at + 1, NAME_START | DIGIT);
    }
    this.seriesEnd = this.#at;
    if (!this.#isOpenMetrics) this.#skipBlanks();
    if (this.#at < end && bytes[this.#at] === BRACE_OPEN) {
      this.#at++;
      this.#labels(false);
      this.seriesEnd = this.#at;
      if (!this.#isOpenMetrics) this.#skipBlanks();
    }
    if (this.nameStart < 0) throw this.#failure('there is no name of a metric in the braces');
    this.value = this.#number('a value');
    this.timestampMs = NaN;
    if (this.#isOpenMetrics) this.#endOfOpenMetrics();
    else this.#endOfText();
  }

  /** After a value of the text format: a timestamp perhaps, and the end of the line. */
  #endOfText(): void {
    const { bytes } = this;
    const end = this.#end;
    this.#skipBlanks();
    if (this.#at < end && bytes[this.#at] !== LINE_FEED) {
      const start = this.#at;
      let at = start;
      // Safe: below the end.
      while (at < end && (bytes[at] as number) >= ZERO && (bytes[at] as number) <= NINE) at++;
      if (at === start) throw this.#expected('a timestamp or the end of the line');
      this.timestampMs = this.#integer(start, at);
      this.#at = at;
      this.#skipBlanks();
      if (this.#at < end && bytes[this.#at] !== LINE_FEED)
        throw this.#expected('the end of the line after the timestamp');
    }
    this.#at++;
  }

  /** After a value of OpenMetrics: a timestamp and an exemplar perhaps, and the end of the line. */
  #endOfOpenMetrics(): void {
    const { bytes } = this;
    if (bytes[this.#at] === SPACE && !this.#beginsExemplar()) this.timestampMs = this.#milliseconds('a timestamp');
    if (this.#beginsExemplar()) {
      this.#at += 4;
      this.#labels(true);
      this.#exemplarValue = this.#number("an exemplar's value");
      this.#exemplarMs = bytes[this.#at] === SPACE ? this.#milliseconds("an exemplar's timestamp") : NaN;
      this.hasExemplar = true;
    }
    if (bytes[this.#at] !== LINE_FEED) throw this.#expected('the end of the line');
    this.#at++;
  }

  #beginsExemplar(): boolean {
    const { bytes } = this;
    const at = this.#at;
    return bytes[at] === SPACE && bytes[at + 1] === HASH && bytes[at + 2] === SPACE && bytes[at + 3] === BRACE_OPEN;
  }

  /** What is between braces, the closing one included. */
  #labels(isExemplar: boolean): void {
    const { bytes } = this;
    const end = this.#end;
    const isText = !this.#isOpenMetrics;
    let into = isExemplar ? this.#exemplarLabels : this.labels;
    let count = 0;
    for (;;) {
      if (isText) this.#skipBlanks();
      if (this.#at >= end) throw this.#expected("a label's name");
      const byte = bytes[this.#at] as number; // Safe: below the end.
      if (byte === BRACE_CLOSE) {
        this.#at++;
        break;
      }
      let nameStart = this.#at;
      let nameEnd: number;
      let flags = 0;
      const isQuoted = byte === QUOTE;
      if (isQuoted) {
        const isEscaped = this.#string(isText || !isExemplar);
        if (isEscaped) flags = LABEL_NAME_ESCAPED;
        nameStart++;
        nameEnd = this.#at - 1;
      } else {
        if (((CLASSES[byte] as number) & LABEL_START) === 0) throw this.#expected("a label's name");
        nameEnd = this.#at = this.#nameEnd(this.#at + 1, LABEL_START | DIGIT);
      }
      if (isText) this.#skipBlanks();
      const after = bytes[this.#at];
      if (isQuoted && (after === COMMA || after === BRACE_CLOSE)) {
        if (isExemplar) throw this.#expected('= after the name of a label');
        if (this.nameStart >= 0) throw this.#failure('the name of the metric is there twice');
        this.#checkUtf8(nameStart, nameEnd, 'the name of the metric');
        this.nameStart = nameStart;
        this.nameEnd = nameEnd;
        this.isNameEscaped = flags !== 0;
        this.#at++;
        if (after === BRACE_CLOSE) break;
        continue;
      }
      if (after !== EQUAL) throw this.#expected('= after the name of a label');
      this.#at++;
      if (isText) this.#skipBlanks();
      if (bytes[this.#at] !== QUOTE) throw this.#expected("a label's value in quotes");
      const valueStart = this.#at + 1;
      if (this.#string(isText)) flags |= LABEL_VALUE_ESCAPED;
      const valueEnd = this.#at - 1;
      if (!this.#isUtf8) {
        this.#checkUtf8(nameStart, nameEnd, "a label's name");
        this.#checkUtf8(valueStart, valueEnd, "a label's value");
      }
      const at = count * LABEL_STRIDE;
      if (at === into.length) {
        const grown = new Int32Array(into.length * 2);
        grown.set(into);
        into = grown;
        if (isExemplar) this.#exemplarLabels = grown;
        else this.labels = grown;
      }
      into[at] = nameStart;
      into[at + 1] = nameEnd;
      into[at + 2] = valueStart;
      into[at + 3] = valueEnd;
      into[at + 4] = flags;
      count++;
      if (isText) this.#skipBlanks();
      if (bytes[this.#at] === COMMA) this.#at++;
      else if (!isText && bytes[this.#at] !== BRACE_CLOSE) throw this.#expected(', or } after a label');
    }
    if (isExemplar) this.#exemplarLabelCount = count;
    else this.labelCount = count;
  }

  /** Passes a string in quotes; whether it has escapes. */
  #string(mayHaveLines: boolean): boolean {
    const { bytes } = this;
    const end = this.#end;
    let isEscaped = false;
    for (let at = this.#at + 1; at < end; at++) {
      const byte = bytes[at] as number; // Safe: below the end.
      if (byte === QUOTE) {
        this.#at = at + 1;
        return isEscaped;
      }
      if (byte === BACKSLASH) {
        isEscaped = true;
        at++;
        // The lexers' patterns let nothing but a line end stand unescaped after a backslash.
        if (at < end && bytes[at] === LINE_FEED) break;
      } else if (byte === LINE_FEED && !mayHaveLines) break;
    }
    throw this.#failure('a text in quotes does not end');
  }

  /** The number at this place, in OpenMetrics after exactly one space. */
  #number(what: string): number {
    const { bytes } = this;
    const end = this.#end;
    if (this.#isOpenMetrics) {
      if (bytes[this.#at] !== SPACE) throw this.#expected(`a space and ${what}`);
      this.#at++;
    }
    const start = this.#at;
    let at = start;
    for (; at < end; at++) {
      const byte = bytes[at] as number; // Safe: below the end.
      if (byte === SPACE || byte === LINE_FEED || (!this.#isOpenMetrics && (byte === TAB || byte === BRACE_OPEN)))
        break;
    }
    if (at === start) throw this.#expected(what);
    const value = floatOf(bytes, start, at);
    if (value === undefined) throw this.#failure(`expected ${what}, found ${this.#shown(start, at)}`);
    this.#at = at;
    return value;
  }

  /** OpenMetrics has seconds. */
  #milliseconds(what: string): number {
    const seconds = this.#number(what);
    if (!Number.isFinite(seconds)) throw this.#failure(`expected ${what}, found ${seconds}`);
    return Math.trunc(seconds * 1_000);
  }

  #integer(start: number, end: number): number {
    if (end - start > 15) {
      // Leading zeroes may be many, and digits after 20 are too many.
      const long = BigInt(decodeUtf8(this.bytes, start, Math.min(end, start + 400)));
      if (end - start > 400 || long > MAX_INT64) {
        throw this.#failure(`the timestamp ${this.#shown(start, end)} is out of range`);
      }
      return Number(long);
    }
    let value = 0;
    for (let at = start; at < end; at++) value = value * 10 + ((this.bytes[at] as number) - ZERO);
    return value;
  }

  /** Type, help, unit or the end; undefined for another comment, which is passed. */
  #comment(): PageEntry | undefined {
    const { bytes } = this;
    const end = this.#end;
    let at = this.#at + 1;
    if (this.#isOpenMetrics) {
      if (bytes[at] !== SPACE) throw this.#expected('a space after #');
      at++;
    } else while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
    const entry = at === this.#at + 1 ? undefined : this.#keyword(at);
    if (entry === undefined) {
      if (this.#isOpenMetrics) {
        this.#at = at;
        throw this.#expected('TYPE, HELP, UNIT or EOF after #');
      }
      const lineEnd = bytes.indexOf(LINE_FEED, at);
      this.#at = lineEnd < 0 ? end : lineEnd + 1;
      return undefined;
    }
    if (entry === 'end') {
      at += 3;
      if (bytes[at] === LINE_FEED) at++;
      if (at < end) throw this.#failure('there is more after # EOF');
      this.#at = at;
      return entry;
    }
    this.#metadata(entry, at + 4);
    return entry;
  }

  /** What the comment at this place begins with, the blank after it included. */
  #keyword(at: number): 'type' | 'help' | 'unit' | 'end' | undefined {
    const { bytes } = this;
    if (this.#isOpenMetrics && this.#isWord(at, EOF)) return 'end';
    const after = bytes[at + 4];
    if (after !== SPACE && (after !== TAB || this.#isOpenMetrics)) return undefined;
    if (this.#isWord(at, TYPE)) return 'type';
    if (this.#isWord(at, HELP)) return 'help';
    return this.#isOpenMetrics && this.#isWord(at, UNIT) ? 'unit' : undefined;
  }

  #isWord(at: number, word: Uint8Array): boolean {
    const { bytes } = this;
    for (let index = 0; index < word.length; index++) if (bytes[at + index] !== word[index]) return false;
    return true;
  }

  #metadata(entry: 'type' | 'help' | 'unit', start: number): void {
    const { bytes } = this;
    const end = this.#end;
    this.#at = start;
    if (this.#isOpenMetrics) this.#at++;
    else this.#skipBlanks();
    const first = this.#at < end ? (bytes[this.#at] as number) : LINE_FEED;
    this.familyStart = this.#at;
    if (first === QUOTE) {
      this.#string(true);
      this.familyStart++;
      this.familyEnd = this.#at - 1;
    } else {
      if (((CLASSES[first] as number) & NAME_START) === 0) throw this.#expected(`the name of a metric family`);
      this.familyEnd = this.#at = this.#nameEnd(this.#at + 1, NAME_START | DIGIT);
    }
    const found = bytes.indexOf(LINE_FEED, this.#at);
    if (found < 0 && this.#isOpenMetrics) throw this.#failure('the page ends without # EOF');
    const lineEnd = found < 0 ? end : found;
    if (this.#isOpenMetrics && bytes[this.#at] !== SPACE) throw this.#expected('a space after the name');
    // One blank; what is more belongs to the text.
    this.#textStart = Math.min(this.#at + 1, lineEnd);
    this.#textEnd = lineEnd;
    this.#at = lineEnd + 1;
    this.#checkUtf8(this.#textStart, lineEnd, 'the text');
    if (entry === 'type') this.#setType();
    else if (entry === 'unit') this.#checkUnit();
  }

  #setType(): void {
    const types = this.#isOpenMetrics ? OPENMETRICS_TYPES : TEXT_TYPES;
    const type = types.get(decodeUtf8(this.bytes, this.#textStart, Math.min(this.#textEnd, this.#textStart + 20)));
    if (type === undefined) {
      const seen = this.#shown(this.#textStart, this.#textEnd);
      throw this.#failure(`expected one of the types ${[...types.keys()].join(', ')}, found ${seen}`);
    }
    this.familyType = type;
  }

  #checkUnit(): void {
    const unit = this.text();
    if (unit === '') return;
    const name = decodeUtf8(this.bytes, this.familyStart, this.familyEnd);
    if (!name.endsWith(`_${unit}`)) throw this.#failure(`the unit ${JSON.stringify(unit)} is not the end of ${name}`);
  }

  #nameEnd(start: number, classes: number): number {
    const { bytes } = this;
    const end = this.#end;
    let at = start;
    // Safe: below the end, and every byte has a class.
    while (at < end && ((CLASSES[bytes[at] as number] as number) & classes) !== 0) at++;
    return at;
  }

  #skipBlanks(): void {
    const { bytes } = this;
    const end = this.#end;
    let at = this.#at;
    while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
    this.#at = at;
  }

  #checkUtf8(start: number, end: number, what: string): void {
    if (this.#isUtf8 || isUtf8(this.bytes.subarray(start, end))) return;
    throw this.#failure(`${what} is not UTF-8`);
  }

  #expected(what: string): PageError {
    const byte = this.bytes[this.#at];
    const found =
      byte === undefined
        ? 'the end of the page'
        : byte === LINE_FEED
          ? 'the end of the line'
          : this.#shown(this.#at, this.#at + 20);
    return this.#failure(`expected ${what}, found ${found}`);
  }

  #shown(start: number, end: number): string {
    const lineEnd = this.bytes.indexOf(LINE_FEED, start);
    const until = Math.min(end, start + MAX_SHOWN, lineEnd < 0 ? this.#end : Math.max(start, lineEnd));
    return JSON.stringify(decodeUtf8(this.bytes, start, until));
  }

  #failure(message: string): PageError {
    const column = Math.max(1, this.#at - this.#lineStart + 1);
    const line = this.#shown(this.#lineStart, this.#lineStart + MAX_SHOWN);
    return new PageError(`${this.place()}, column ${column}: ${message}, in ${line}`);
  }
}

function unescaped(_all: string, character: string): string {
  return character === 'n' ? '\n' : character;
}
