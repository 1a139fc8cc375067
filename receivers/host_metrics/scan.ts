// Walks the text of /proc files byte by byte, without making strings of it.

import { decodeUtf8 } from '../../proto/otlp/text.ts';
import type { Content } from './proc-file.ts';

const SPACE = 0x20;
const TAB = 0x09;
const NEWLINE = 0x0a;
const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const POINT = 0x2e;

/** What a number is where there is none. */
export const NO_NUMBER = -1;

/** What the kernel counts in 64 bits; what is more is garbage. */
const MOST = 2 ** 64;

/** A place in a text. Fields are separated by blanks, lines by newlines; no reader passes the end of its line but `nextLine`. */
export class Scan {
  bytes: Uint8Array = new Uint8Array(0);
  /** The next byte to read. */
  at = 0;
  #end = 0;
  /** The last field found by `field`. */
  start = 0;
  stop = 0;

  reset(content: Content): this {
    this.bytes = content.bytes;
    this.at = 0;
    this.#end = content.length;
    return this;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#end;
  }

  /** Moves behind the end of the line; false where the text ends. */
  nextLine(): boolean {
    const { bytes } = this;
    let { at } = this;
    while (at < this.#end && bytes[at] !== NEWLINE) at++;
    this.at = at + 1;
    return this.at < this.#end;
  }

  #blanks(): void {
    const { bytes } = this;
    let { at } = this;
    while (at < this.#end && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
    this.at = at;
  }

  /** The next field of the line as [start, stop); false where the line has no more. */
  field(): boolean {
    this.#blanks();
    const { bytes } = this;
    let { at } = this;
    this.start = at;
    while (at < this.#end && bytes[at] !== SPACE && bytes[at] !== TAB && bytes[at] !== NEWLINE) at++;
    this.stop = this.at = at;
    return at > this.start;
  }

  skip(fields: number): void {
    for (let left = fields; left > 0; left--) this.field();
  }

  /** Whether the field is this ASCII text. */
  isField(text: string): boolean {
    if (this.stop - this.start !== text.length) return false;
    for (let index = 0; index < text.length; index++) {
      if (this.bytes[this.start + index] !== text.charCodeAt(index)) return false;
    }
    return true;
  }

  fieldStartsWith(text: string): boolean {
    if (this.stop - this.start < text.length) return false;
    for (let index = 0; index < text.length; index++) {
      if (this.bytes[this.start + index] !== text.charCodeAt(index)) return false;
    }
    return true;
  }

  text(): string {
    return decodeUtf8(this.bytes, this.start, this.stop);
  }

  /** The next field as a whole number that is not negative; NO_NUMBER where it is something else or missing. */
  integer(): number {
    if (!this.field()) return NO_NUMBER;
    return this.fieldAsInteger();
  }

  /** The current field as `integer` has it. */
  fieldAsInteger(): number {
    const { bytes, start, stop } = this;
    if (start === stop) return NO_NUMBER;
    let value = 0;
    for (let at = start; at < stop; at++) {
      // Safe: at lies within the field.
      const digit = bytes[at] as number;
      if (digit < ZERO || digit > NINE) return NO_NUMBER;
      value = value * 10 + (digit - ZERO);
    }
    return value > MOST ? NO_NUMBER : value;
  }

  /** The next field as a decimal number, such as `0.25` or `-1.5`; NaN where it is something else or missing. */
  decimal(): number {
    if (!this.field()) return Number.NaN;
    const { bytes, stop } = this;
    const isNegative = bytes[this.start] === MINUS;
    let at = this.start + (isNegative ? 1 : 0);
    let digits = 0;
    let value = 0;
    let scale = 1;
    let isBehindPoint = false;
    for (; at < stop; at++) {
      // Safe: at lies within the field.
      const digit = bytes[at] as number;
      if (digit === POINT && !isBehindPoint) {
        isBehindPoint = true;
        continue;
      }
      if (digit < ZERO || digit > NINE) return Number.NaN;
      value = value * 10 + (digit - ZERO);
      if (isBehindPoint) scale *= 10;
      digits++;
    }
    if (digits === 0 || !(value <= MOST) || !(scale <= MOST)) return Number.NaN;
    return (isNegative ? -value : value) / scale;
  }
}
