// What a detector does, and the classes of bytes that all of them use.

import type { ByteSet } from '../filter/byte-runs.ts';

/** Finds something in UTF-8 without making a string. Reused: it remembers its last find only. */
export interface Detector {
  /** Every find contains one of these runs; none where that is not worth a filter. */
  readonly required: readonly (readonly ByteSet[])[];
  /** The last find. */
  readonly start: number;
  readonly end: number;
  /**
   * Looks for the next find at `from` or later in the text [begin, end): first from its beginning, then each time from behind
   * a find.
   */
  next(bytes: Uint8Array, begin: number, from: number, end: number): boolean;
}

/** Byte sets given as pairs of the first and the last character: `09AF`. */
export function bytesOf(pairs: string): ByteSet {
  const set = new Uint8Array(256);
  for (let at = 0; at < pairs.length; at += 2) {
    for (let code = pairs.charCodeAt(at); code <= pairs.charCodeAt(at + 1); code++) set[code] = 1;
  }
  return set;
}

export const DIGITS = bytesOf('09');
export const ALPHANUMERIC = bytesOf('09AZaz');

export const DOT = 0x2e;

/** Whether the byte at `at` is one of the set; nothing outside [begin, end) is. */
export function isOneOf(set: ByteSet, bytes: Uint8Array, at: number, begin: number, end: number): boolean {
  return at >= begin && at < end && set[bytes[at] as number] === 1;
}
