// IP addresses: dotted IPv4 with four numbers, and IPv6 in every form of RFC 4291 with a digit in it (without one, names
// such as add::face would be addresses).

import { isIPv4, isIPv6 } from 'node:net';
import { decodeUtf8 } from '../../../proto/otlp/text.ts';
import { ALPHANUMERIC, bytesOf, DIGITS, DOT, isOneOf, type Detector } from './detector.ts';

const COLON = 0x3a;
/** The longest form: ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255. */
const MAX_LENGTH = 45;
const DIGIT_OR_DOT = bytesOf('09..');
const HEX_OR_COLON = bytesOf('09AFaf::');
const RUN = bytesOf('09AFaf::..');

export class IpAddresses implements Detector {
  /** Four numbers with dots between, two colons in a row, or eight groups of at least one digit. */
  readonly required = [
    [DIGITS, ...Array.from({ length: 5 }, () => DIGIT_OR_DOT), DIGITS],
    [bytesOf('::'), bytesOf('::')],
    Array.from({ length: 15 }, () => HEX_OR_COLON),
  ];
  start = 0;
  end = 0;
  /** The run looked at last, and where it ends without punctuation. */
  #runStart = 0;
  #runStop = 0;
  #trimmed = 0;
  #touchesAfter = false;

  next(bytes: Uint8Array, begin: number, from: number, end: number): boolean {
    if (from === begin) this.#runStop = 0;
    for (let at = from; at < end; at++) {
      if (RUN[bytes[at] as number] === 0) continue;
      // The rest of a run in which there was a find already is not walked to its end again.
      if (at <= this.#runStart || at >= this.#runStop) this.#measure(bytes, at, end);
      if (this.#findIn(bytes, at, isOneOf(ALPHANUMERIC, bytes, at - 1, begin, end))) return true;
      at = this.#runStop;
    }
    return false;
  }

  /** Where the run at `start` ends, with and without the punctuation of a sentence. */
  #measure(bytes: Uint8Array, start: number, end: number): void {
    let stop = start + 1;
    while (isOneOf(RUN, bytes, stop, start, end)) stop++;
    this.#runStart = start;
    this.#runStop = stop;
    this.#touchesAfter = isOneOf(ALPHANUMERIC, bytes, stop, start, end);
    if (!this.#touchesAfter) while (stop > start && isTrailing(bytes, start, stop)) stop--;
    this.#trimmed = stop;
  }

  /** Looks at a run of what addresses are made of, from `start` on; letters and digits may touch it on either side. */
  #findIn(bytes: Uint8Array, start: number, touchesBefore: boolean): boolean {
    const end = this.#trimmed;
    const touchesAfter = this.#touchesAfter;
    if (!touchesBefore && !touchesAfter && this.#isIPv6(bytes, start, end)) return true;
    // Between colons: an IPv4 address with a port, for example.
    for (let at = start; at < end;) {
      let next = at;
      while (next < end && bytes[next] !== COLON) next++;
      const touches = (touchesBefore && at === start) || (touchesAfter && next === end);
      if (!touches && next - at >= 7 && next - at <= 15 && isIPv4(decodeUtf8(bytes, at, next))) {
        this.start = at;
        this.end = next;
        return true;
      }
      at = next + 1;
    }
    return false;
  }

  #isIPv6(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start > MAX_LENGTH) return false;
    let colons = 0;
    let digits = 0;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte === COLON) colons++;
      else digits += DIGITS[byte] as number;
    }
    if (colons < 2 || digits === 0 || !isIPv6(decodeUtf8(bytes, start, end))) return false;
    this.start = start;
    this.end = end;
    return true;
  }
}

/** The punctuation of a sentence at the end of a run; two colons belong to an address. */
function isTrailing(bytes: Uint8Array, start: number, end: number): boolean {
  const last = bytes[end - 1];
  return last === DOT || (last === COLON && !(end - 2 >= start && bytes[end - 2] === COLON));
}
