// Numbers as the Prometheus text formats have them: Go's strconv.FormatFloat(value, 'g', -1, 64), as expfmt prints it.

/** From this on, and below 0.0001, Go writes an exponent. */
const EXPONENT_FROM = 1e6;

/** A value of the text format 0.0.4. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  const size = Math.abs(value);
  if (size === 0) return '0';
  return size < EXPONENT_FROM && size >= 1e-4 ? String(value) : withGoExponent(value);
}

/** A value of OpenMetrics: like the other one, but never without a point or an exponent. */
export function openMetricsFloatText(value: number): string {
  const text = floatText(value);
  return Number.isFinite(value) && !/[e.]/.test(text) ? `${text}.0` : text;
}

/** Go's exponents have two digits at least. */
function withGoExponent(value: number): string {
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  const digits = exponent.slice(1);
  return `${mantissa}e${exponent.slice(0, 1)}${digits.length < 2 ? '0' : ''}${digits}`;
}

/** Without an exponent, whatever the size, as Go's FormatFloat(value, 'f', -1, 64): how le and quantile are written. */
export function decimalText(value: number): string {
  if (!Number.isFinite(value)) return floatText(value);
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const [mantissa = '', exponentText = '0'] = String(Math.abs(value)).split('e');
  const exponent = Number(exponentText);
  if (exponent === 0) return sign + mantissa;
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = whole + fraction;
  const point = whole.length + exponent;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, '0');
}
