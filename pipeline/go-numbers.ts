// Numbers written as text, read by the rules of Go's strconv, which decides in the collector what counts as a number.

const INTEGER = /^[-+]?\d+$/;
const DECIMAL = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/;
const HEXADECIMAL = /^([-+]?)0[xX]([\da-fA-F]*)\.?([\da-fA-F]*)[pP]([-+]?\d+)$/;
const INFINITE = /^([-+]?)inf(?:inity)?$/i;

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
  if (DECIMAL.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  const infinite = INFINITE.exec(text);
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity;
  if (text.toLowerCase() === 'nan') return Number.NaN;
  const [, sign, whole = '', fraction = '', exponent] = HEXADECIMAL.exec(text) ?? [];
  // Thirteen hex digits are all a double can hold; longer ones do not occur outside of tests of parsers.
  if (exponent === undefined || whole + fraction === '' || (whole + fraction).length > 13) return undefined;
  const value = Number.parseInt(whole + fraction, 16) * 2 ** (Number(exponent) - 4 * fraction.length);
  if (!Number.isFinite(value)) return undefined;
  return sign === '-' ? -value : value;
}

/** Go's `int64(value)` as amd64 does it: the fraction is cut off, what does not fit becomes the smallest int64. */
export function truncateToInt64(value: number): bigint {
  return Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : MIN_INT64;
}
