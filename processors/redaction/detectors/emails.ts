// E-mail addresses as people have them: a local part without quotes, a domain with a dot in it. In URLs the at sign may be
// written %40.

import { ALPHANUMERIC, bytesOf, DOT, isOneOf, type Detector } from './detector.ts';

/** RFC 5321, section 4.5.3.1: the longest local part and domain, in bytes. */
const MAX_LOCAL = 64;
const MAX_DOMAIN = 255;
const AT = 0x40;
const PERCENT = 0x25;

const NON_ASCII = bytesOf('\u0080\u00ff');
/** Without what RFC 5322 allows besides, = and & for example, which separate parameters in URLs. */
const LOCAL = bytesOf("09AZaz..__++--''\u0080\u00ff");
const LETTERS = bytesOf('AZaz\u0080\u00ff');
const LABEL = bytesOf('09AZaz\u0080\u00ff');
const HEX = bytesOf('09AFaf');
const DOMAIN = bytesOf('09AZaz--..\u0080\u00ff');

export class Emails implements Detector {
  readonly required = [[LOCAL, bytesOf('@@%%'), LABEL]];
  start = 0;
  end = 0;

  next(bytes: Uint8Array, begin: number, from: number, end: number): boolean {
    for (let at = from + 1; at < end; at++) {
      const byte = bytes[at] as number;
      const isEscaped = byte === PERCENT && bytes[at + 1] === 0x34 && bytes[at + 2] === 0x30;
      if (byte !== AT && !isEscaped) continue;
      const start = startOfLocal(bytes, at, Math.max(from, at - MAX_LOCAL), begin);
      if (start === at) continue;
      const domain = at + (isEscaped ? 3 : 1);
      const stop = endOfDomain(bytes, domain, Math.min(end, domain + MAX_DOMAIN));
      if (stop === domain) continue;
      this.start = start;
      this.end = stop;
      return true;
    }
    return false;
  }
}

function startOfLocal(bytes: Uint8Array, at: number, lowest: number, begin: number): number {
  let start = at;
  while (start > lowest && LOCAL[bytes[start - 1] as number] === 1) start--;
  // What comes before the address in a sentence is no part of it; nor are the two digits of an escaped character.
  const isEscape = start > begin && bytes[start - 1] === PERCENT && isHex(bytes[start]) && isHex(bytes[start + 1]);
  if (isEscape && at - start > 2) start += 2;
  while (start < at && !isOneOf(ALPHANUMERIC, bytes, start, begin, at) && NON_ASCII[bytes[start] as number] === 0)
    start++;
  return start;
}

function isHex(byte: number | undefined): boolean {
  return HEX[byte ?? 0] === 1;
}

/** Where the domain at `from` ends: labels with dots between, the last one of two letters or more. `from` where there is none. */
function endOfDomain(bytes: Uint8Array, from: number, highest: number): number {
  let stop = from;
  while (stop < highest && DOMAIN[bytes[stop] as number] === 1) stop++;
  // Back over the full stop of a sentence, and whatever else is no top-level domain.
  for (; stop > from; stop--) {
    if (LABEL[bytes[stop - 1] as number] === 0) continue;
    let label = stop;
    while (label > from && LETTERS[bytes[label - 1] as number] === 1) label--;
    if (stop - label >= 2 && label - 1 > from && bytes[label - 1] === DOT) return stop;
    while (stop > from && bytes[stop - 1] !== DOT) stop--;
    if (stop <= from) return from;
  }
  return from;
}
