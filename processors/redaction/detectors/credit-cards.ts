// Numbers of payment cards: ISO/IEC 7812 numbers of 13 to 19 digits, alone or in groups, whose last digit is right by Luhn's
// formula and whose first digits are those of a card issuer.

import { ALPHANUMERIC, bytesOf, DIGITS, DOT, isOneOf, type Detector } from './detector.ts';

const MIN_DIGITS = 13;
const MAX_DIGITS = 19;
const SPACE = 0x20;
const HYPHEN = 0x2d;
const DIGIT_OR_SEPARATOR = bytesOf('09  --');

export class CreditCards implements Detector {
  readonly required = [[DIGITS, ...Array.from({ length: 11 }, () => DIGIT_OR_SEPARATOR), DIGITS]];
  start = 0;
  end = 0;
  readonly #digits = new Uint8Array(MAX_DIGITS);

  next(bytes: Uint8Array, begin: number, from: number, end: number): boolean {
    for (let at = from; at < end; at++) {
      if (!isOneOf(DIGITS, bytes, at, begin, end)) continue;
      const isInside = at > begin && (isOneOf(ALPHANUMERIC, bytes, at - 1, begin, end) || isFraction(bytes, at, begin));
      if (!isInside && this.#endsAt(bytes, at, end) > 0) {
        this.start = at;
        return true;
      }
      // A card begins where digits do.
      while (isOneOf(DIGITS, bytes, at + 1, begin, end)) at++;
    }
    return false;
  }

  /** Where the longest card that begins at `at` ends, which becomes `end`; 0 where none does. */
  #endsAt(bytes: Uint8Array, at: number, end: number): number {
    const digits = this.#digits;
    let count = 0;
    let found = 0;
    for (let place = at; place < end && count <= MAX_DIGITS; place++) {
      const byte = bytes[place] as number;
      if (DIGITS[byte] === 1) {
        if (count === MAX_DIGITS) break;
        digits[count++] = byte - 0x30;
        const isLast = place + 1 === end || ALPHANUMERIC[bytes[place + 1] as number] === 0;
        if (isLast && count >= MIN_DIGITS && isIssued(digits) && hasLuhnDigit(digits, count)) found = place + 1;
      } else if (byte !== SPACE && byte !== HYPHEN) break;
      else if (DIGITS[bytes[place - 1] as number] === 0) break;
    }
    if (found > 0) this.end = found;
    return found;
  }
}

/** The digits behind a decimal point. */
function isFraction(bytes: Uint8Array, at: number, begin: number): boolean {
  return at - 2 >= begin && bytes[at - 1] === DOT && DIGITS[bytes[at - 2] as number] === 1;
}

/** First digits of the networks: 3 (American Express, JCB, Diners), 4 (Visa), 5 and 2221 to 2720 (Mastercard), 6 (others). */
function isIssued(digits: Uint8Array): boolean {
  const [first = 0, second = 0, third = 0, fourth = 0] = digits;
  if (first >= 3 && first <= 6) return true;
  const four = first * 1000 + second * 100 + third * 10 + fourth;
  return four >= 2221 && four <= 2720;
}

/** ISO/IEC 7812-1, annex B. */
function hasLuhnDigit(digits: Uint8Array, count: number): boolean {
  let sum = 0;
  for (let index = count - 1, isDoubled = false; index >= 0; index--, isDoubled = !isDoubled) {
    const digit = digits[index] as number; // safe: 0 <= index < count
    sum += isDoubled ? digit * 2 - (digit > 4 ? 9 : 0) : digit;
  }
  return sum % 10 === 0;
}
