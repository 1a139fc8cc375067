// Numbers and times as Go's fmt prints them, so that the output is the collector's, character for character.

/** `%f`: six decimals, ties to even as strconv rounds. */
export function formatFixed(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}.000000`;
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const magnitude = Math.abs(value);
  const whole = Math.trunc(magnitude);
  const millionths = (magnitude - whole) * 1e6;
  // Only a number of at most seven binary places can lie exactly between two results; JavaScript rounds those up.
  const isTie = Number.isInteger(magnitude * 128) && millionths - Math.floor(millionths) === 0.5;
  if (!isTie) return sign + magnitude.toFixed(6);
  const floor = Math.floor(millionths);
  const even = floor % 2 === 0 ? floor : floor + 1;
  return `${sign}${whole}.${String(even).padStart(6, '0')}`;
}

/** `%v` of a float64: shortest digits, an exponent of at least two digits below 1e-4 and from a million on. */
export function formatShortest(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e6)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return String(value);
}

const NANOS_PER_SECOND = 1_000_000_000n;

/** A time in nanoseconds since 1970 as `time.Time` prints it in UTC: `2020-02-11 20:26:12.000000321 +0000 UTC`. */
export function formatTime(unixNano: bigint): string {
  // Go reads the unsigned number as a signed one.
  const signed = BigInt.asIntN(64, unixNano);
  let seconds = signed / NANOS_PER_SECOND;
  let nanos = signed % NANOS_PER_SECOND;
  if (nanos < 0n) {
    nanos += NANOS_PER_SECOND;
    seconds -= 1n;
  }
  const iso = new Date(Number(seconds) * 1000).toISOString();
  const fraction = nanos === 0n ? '' : `.${nanos.toString().padStart(9, '0').replace(/0+$/, '')}`;
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}${fraction} +0000 UTC`;
}
