// Go's durations as text, exact to the nanosecond.

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** `time.ParseDuration`: `1h2m3.5s` in nanoseconds; undefined where the text is none, or too long to hold. */
export function parseDurationNano(text: string): bigint | undefined {
  if (!/^[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(text)) return undefined;
  let nano = 0n;
  for (const [, amount = '', unit = ''] of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    const [whole = '', fraction = ''] = amount.split('.');
    const size = UNITS[unit] ?? 0n;
    nano += BigInt(whole === '' ? 0 : whole) * size;
    if (fraction !== '') nano += (BigInt(fraction) * size) / 10n ** BigInt(fraction.length);
  }
  if (nano > 0x7fff_ffff_ffff_ffffn) return undefined;
  return text.startsWith('-') ? -nano : nano;
}

/** `time.Duration.String`: `1h2m3.5s`, `1.5ms`, `0s`. */
export function durationText(nano: bigint): string {
  if (nano === 0n) return '0s';
  const sign = nano < 0n ? '-' : '';
  const size = nano < 0n ? -nano : nano;
  if (size < 1_000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${decimal(size, 1_000n)}µs`;
  if (size < 1_000_000_000n) return `${sign}${decimal(size, 1_000_000n)}ms`;
  const seconds = `${decimal(size % 60_000_000_000n, 1_000_000_000n)}s`;
  const minutes = size / 60_000_000_000n;
  if (minutes === 0n) return sign + seconds;
  return minutes < 60n ? `${sign}${minutes}m${seconds}` : `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

/** Without zeros at the end. */
function decimal(nano: bigint, unit: bigint): string {
  const rest = String(nano % unit)
    .padStart(String(unit).length - 1, '0')
    .replace(/0+$/, '');
  return rest === '' ? String(nano / unit) : `${nano / unit}.${rest}`;
}
