// Numbers of the Prometheus text formats, read from bytes: Go's strconv.ParseFloat without hexadecimal and underscores, as
// prometheus/prometheus model/textparse has it.

import { decodeUtf8 } from '../otlp/text.ts';

const PLAIN = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const MAX_EXACT_POWER = 22;
const POWERS = Array.from({ length: MAX_EXACT_POWER + 1 }, (_, exponent) => Number(`1e${exponent}`));
/** More digits may not be exact as an integer. */
const EXACT_DIGITS = 15;

/** The number in [start, end); undefined where it is none, or too large for a double. NaN is canonical. */
export function floatOf(bytes: Uint8Array, start: number, end: number): number | undefined {
  let at = start;
  let isNegative = false;
  const first = bytes[at];
  if (first === 0x2d || first === 0x2b) {
    isNegative = first === 0x2d;
    at++;
  }
  // A mantissa below 2^53 times or over a power of ten up to 10^22 is exact in one rounding (Clinger, PLDI 1990).
  let mantissa = 0;
  let digits = 0;
  let fraction = -1;
  for (; at < end; at++) {
    const byte = bytes[at] as number; // Safe: at < end.
    if (byte >= 0x30 && byte <= 0x39) {
      if (++digits > EXACT_DIGITS) return slowFloat(bytes, start, end);
      mantissa = mantissa * 10 + (byte - 0x30);
      if (fraction >= 0) fraction++;
    } else if (byte === 0x2e && fraction < 0) fraction = 0;
    else break;
  }
  if (digits === 0) return slowFloat(bytes, start, end);
  let exponent = fraction > 0 ? -fraction : 0;
  if (at < end) {
    const shift = exponentOf(bytes, at, end);
    if (shift === undefined) return slowFloat(bytes, start, end);
    exponent += shift;
  }
  if (exponent < -MAX_EXACT_POWER || exponent > MAX_EXACT_POWER) return slowFloat(bytes, start, end);
  // Safe: POWERS has as many.
  const size = exponent < 0 ? mantissa / (POWERS[-exponent] as number) : mantissa * (POWERS[exponent] as number);
  return isNegative ? -size : size;
}

/** `e-05` as -5; undefined where [start, end) is something else, or long. */
function exponentOf(bytes: Uint8Array, start: number, end: number): number | undefined {
  let at = start + 1;
  // Safe: start < end.
  if (((bytes[start] as number) | 0x20) !== 0x65 || at === end) return undefined;
  const sign = bytes[at];
  if (sign === 0x2d || sign === 0x2b) at++;
  if (at === end || end - at > 3) return undefined;
  let exponent = 0;
  for (; at < end; at++) {
    const byte = bytes[at] as number; // Safe: at < end.
    if (byte < 0x30 || byte > 0x39) return undefined;
    exponent = exponent * 10 + (byte - 0x30);
  }
  return sign === 0x2d ? -exponent : exponent;
}

function slowFloat(bytes: Uint8Array, start: number, end: number): number | undefined {
  // Longer ones are numbers for nobody.
  if (end - start > 400) return undefined;
  const text = decodeUtf8(bytes, start, end);
  if (PLAIN.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  switch (text.toLowerCase()) {
    case 'nan':
      return NaN;
    case 'inf':
    case '+inf':
    case 'infinity':
    case '+infinity':
      return Infinity;
    case '-inf':
    case '-infinity':
      return -Infinity;
    default:
      return undefined;
  }
}
