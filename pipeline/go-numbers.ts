// Numbers written as text, read by the rules of Go's strconv, which decides in the collector what counts as a number.

const INTEGER = /^[-+]?\d+$/;
const DECIMAL = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/;
const HEXADECIMAL = /^([-+]?)0[xX]([\da-fA-F]*)\.?([\da-fA-F]*)[pP]([-+]?\d+)$/;
const INFINITE = /^([-+]?)inf(?:inity)?$/i;
/** An underscore that does not stand between two digits; the prefix of hexadecimal numbers counts as one. */
const MISPLACED_UNDERSCORE = /(?:^|\D)_|_(?:\D|$)/;
const MISPLACED_IN_HEXADECIMAL = /(?:^|[^\da-fA-FxX])_|_(?:[^\da-fA-F]|$)/;
const HEXADECIMAL_PREFIX = /^[-+]?0[xX]/;

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/** `strconv.ParseInt(text, 10, 64)`; undefined where it fails. */
export function parseInt64(text: string): bigint | undefined {
  if (text.length > 64 || !INTEGER.test(text)) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return value < MIN_INT64 || value > MAX_INT64 ? undefined : value;
}

/** `strconv.ParseFloat(text, 64)`; undefined where it fails, also for numbers beyond the largest double. */
export function parseFloat64(text: string): number | undefined {
  const digits = text.includes('_') ? withoutUnderscores(text) : text;
  if (digits === undefined) return undefined;
  if (DECIMAL.test(digits)) {
    const value = Number(digits);
    return Number.isFinite(value) ? value : undefined;
  }
  const infinite = INFINITE.exec(text);
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity;
  if (text.toLowerCase() === 'nan') return Number.NaN;
  const [, sign, whole = '', fraction = '', exponent] = HEXADECIMAL.exec(digits) ?? [];
  if (exponent === undefined || whole + fraction === '') return undefined;
  const value = hexadecimal(whole + fraction, Number(exponent) - 4 * fraction.length);
  if (!Number.isFinite(value)) return undefined;
  return sign === '-' ? -value : value;
}

/** Go allows underscores between the digits of floating-point numbers (not of integers). */
function withoutUnderscores(text: string): string | undefined {
  const misplaced = HEXADECIMAL_PREFIX.test(text) ? MISPLACED_IN_HEXADECIMAL : MISPLACED_UNDERSCORE;
  return misplaced.test(text) ? undefined : text.replaceAll('_', '');
}

/** More than a double can hold, so that what follows matters only by being zero or not. */
const HEX_DIGITS_READ = 18;
const MANTISSA_BITS = 53;
const SMALLEST_EXPONENT = -1074;

/** digits × 2^exponent, rounded to the nearest double, ties to even. */
function hexadecimal(digits: string, exponent: number): number {
  const significant = digits.replace(/^0+/, '');
  if (significant === '') return 0;
  const rest = significant.slice(HEX_DIGITS_READ);
  const sticky = /[^0]/.test(rest) ? 1n : 0n;
  const mantissa = (BigInt(`0x${significant.slice(0, HEX_DIGITS_READ)}`) << 1n) | sticky;
  let power = exponent + 4 * rest.length - 1;
  const bits = mantissa.toString(2).length;
  // Near zero a double holds fewer bits.
  const kept = Math.min(MANTISSA_BITS, bits + power - SMALLEST_EXPONENT);
  if (kept < 0) return 0;
  const dropped = BigInt(Math.max(0, bits - kept));
  power += Number(dropped);
  let rounded = mantissa >> dropped;
  const remainder = mantissa - (rounded << dropped);
  const half = dropped === 0n ? 1n : 1n << (dropped - 1n);
  if (remainder > half || (remainder === half && dropped > 0n && (rounded & 1n) === 1n)) rounded += 1n;
  // Both are exact: at most 53 bits, and a power of two that they can have.
  return power > 1023 ? Number.POSITIVE_INFINITY : Number(rounded) * 2 ** power;
}

/** Go's `int64(value)` as amd64 does it: the fraction is cut off, what does not fit becomes the smallest int64. */
export function truncateToInt64(value: number): bigint {
  return Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : MIN_INT64;
}
