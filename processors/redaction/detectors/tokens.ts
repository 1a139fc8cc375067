// Keys, passwords and session ids made by machines: long runs of letters and digits without the regularity of words. Shannon
// entropy over the run's own characters, as in truffleHog; UUIDs, which name things rather than open them, are left alone.

import { bytesOf, type Detector } from './detector.ts';

const RUN = bytesOf('09AZaz++--__//~~');
const HEX = bytesOf('09AFaf');
const SLASH = 0x2f;
const HYPHEN = 0x2d;
const UUID_LENGTH = 36;
/** Bits that a character carries at most: 4 in hexadecimal, 6 in base64. */
const HEX_SHARE = 4 / 6;
/** Of two neighbours in random base64 62 % are of different classes; in paths and names few. */
const MIN_CHANGES = 0.3;

const OTHER = 0;
const DIGIT = 1;
const LOWER = 2;
const UPPER = 3;
const CLASSES = Uint8Array.from({ length: 256 }, (_, value) => {
  if (value >= 0x30 && value <= 0x39) return DIGIT;
  if (value >= 0x61 && value <= 0x7a) return LOWER;
  return value >= 0x41 && value <= 0x5a ? UPPER : OTHER;
});

export interface TokenRules {
  readonly minLength: number;
  /** Bits a character. */
  readonly minEntropy: number;
}

export class Tokens implements Detector {
  /** A run so long is found faster by leaps than by a filter. */
  readonly required = [];
  start = 0;
  end = 0;
  readonly #rules: TokenRules;
  readonly #counts = new Uint32Array(256);
  /** The run looked at last. */
  #runStart = 0;
  #runStop = 0;

  constructor(rules: TokenRules) {
    this.#rules = rules;
  }

  next(bytes: Uint8Array, begin: number, from: number, end: number): boolean {
    const stop = this.#runStop;
    const isInRun = from > begin && from > this.#runStart && from < stop;
    if (!isInRun) return this.#find(bytes, from, end);
    // The rest of a run in which there was a find already is not walked to its end again.
    return this.#findPart(bytes, from, stop) || this.#find(bytes, stop, end);
  }

  #find(bytes: Uint8Array, from: number, end: number): boolean {
    const { minLength } = this.#rules;
    // Every run of that length has one of these places in it.
    for (let at = from + minLength - 1; at < end; at += minLength) {
      // Safe, here and below: from <= at < end.
      if (RUN[bytes[at] as number] === 0) continue;
      let start = at;
      while (start > from && RUN[bytes[start - 1] as number] === 1) start--;
      let stop = at + 1;
      while (stop < end && RUN[bytes[stop] as number] === 1) stop++;
      this.#runStart = start;
      this.#runStop = stop;
      if (this.#isToken(bytes, start, stop) || this.#findPart(bytes, start, stop)) return true;
      at = stop;
    }
    return false;
  }

  /** Looks at the parts of a run between slashes. */
  #findPart(bytes: Uint8Array, start: number, stop: number): boolean {
    for (let at = start; at < stop;) {
      let next = at;
      while (next < stop && bytes[next] !== SLASH) next++;
      if (this.#isToken(bytes, at, next)) return true;
      at = next + 1;
    }
    return false;
  }

  #isToken(bytes: Uint8Array, start: number, stop: number): boolean {
    const length = stop - start;
    const { minLength, minEntropy } = this.#rules;
    if (length < minLength || isUuid(bytes, start, stop)) return false;
    let classes = 0;
    let changes = 0;
    let before = OTHER;
    let isHex = true;
    let hasSlash = false;
    for (let at = start; at < stop; at++) {
      const byte = bytes[at] as number;
      const kind = CLASSES[byte] as number;
      classes |= 1 << kind;
      if (kind !== before && kind !== OTHER && before !== OTHER) changes++;
      before = kind;
      if (HEX[byte] === 0) isHex = false;
      if (byte === SLASH) hasSlash = true;
    }
    const hasLetters = (classes & ((1 << LOWER) | (1 << UPPER))) !== 0;
    if (!hasLetters || (classes & (1 << DIGIT)) === 0) return false;
    // Paths have these too, but not so many changes between small and capital letters and digits.
    if (hasSlash && changes / length < MIN_CHANGES) return false;
    if (this.#entropyOf(bytes, start, stop) < (isHex ? minEntropy * HEX_SHARE : minEntropy)) return false;
    this.start = start;
    this.end = stop;
    return true;
  }

  /** Shannon's entropy in bits a character. */
  #entropyOf(bytes: Uint8Array, start: number, stop: number): number {
    const counts = this.#counts.fill(0);
    for (let at = start; at < stop; at++) {
      const byte = bytes[at] as number;
      counts[byte] = (counts[byte] as number) + 1;
    }
    const length = stop - start;
    let sum = 0;
    for (let at = start; at < stop; at++) sum += Math.log2(counts[bytes[at] as number] as number);
    return Math.log2(length) - sum / length;
  }
}

function isUuid(bytes: Uint8Array, start: number, stop: number): boolean {
  if (stop - start !== UUID_LENGTH) return false;
  for (let index = 0; index < UUID_LENGTH; index++) {
    const byte = bytes[start + index] as number;
    const isHyphen = index === 8 || index === 13 || index === 18 || index === 23;
    if (isHyphen ? byte !== HYPHEN : HEX[byte] === 0) return false;
  }
  return true;
}
