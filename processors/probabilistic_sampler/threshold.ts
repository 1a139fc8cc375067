// Thresholds and randomness of 56 bits, as OpenTelemetry's consistent probability sampling has them (specification,
// "TraceState: Probability Sampling"): an item is kept when its threshold is at most its randomness.

/** Randomness has this many values. */
const VALUES = 2n ** 56n;
const HEX_DIGITS = 14;
const HEX_BITS = 4;

/** The smallest share that can be expressed. */
export const MIN_PROBABILITY = 2 ** -56;

/** 56 random bits, as upper 24 and lower 32: 53 bits of a double would not hold them. Reused from item to item. */
export class Randomness {
  upper = 0;
  lower = 0;

  set(upper: number, lower: number): void {
    this.upper = upper;
    this.lower = lower;
  }

  /** The largest value, which every threshold but NEVER admits. */
  setLargest(): void {
    this.set(0xff_ffff, 0xffff_ffff);
  }

  /** The r-value: fourteen hex digits. */
  toString(): string {
    return this.upper.toString(16).padStart(6, '0') + this.lower.toString(16).padStart(8, '0');
  }
}

export class Threshold {
  /** How many of the 2^56 values of randomness are rejected. */
  readonly rejected: bigint;
  /** The t-value: the rejected ones in hex without trailing zeros; '' where all are. */
  readonly text: string;
  readonly #upper: number;
  readonly #lower: number;

  constructor(rejected: bigint) {
    this.rejected = rejected;
    this.#upper = Number(rejected >> 32n);
    this.#lower = Number(rejected & 0xffff_ffffn);
    if (rejected === 0n) this.text = '0';
    else if (rejected >= VALUES) this.text = '';
    else this.text = rejected.toString(16).padStart(HEX_DIGITS, '0').replace(/0+$/, '');
  }

  admits(randomness: Randomness): boolean {
    const { upper } = randomness;
    return this.#upper < upper || (this.#upper === upper && this.#lower <= randomness.lower);
  }

  /** The share that it keeps. */
  get probability(): number {
    return Number(VALUES - this.rejected) / Number(VALUES);
  }
}

export const ALWAYS = new Threshold(0n);
export const NEVER = new Threshold(VALUES);

/** The threshold of a t-value (hex, trailing zeros left out); undefined where it is none. */
export function parseThreshold(text: string): Threshold | undefined {
  if (text.length > HEX_DIGITS || !isHex(text)) return undefined;
  return new Threshold(BigInt(`0x${text}`) << BigInt(HEX_BITS * (HEX_DIGITS - text.length)));
}

/** Reads an r-value of exactly fourteen hex digits into `randomness`; whether it was one. */
export function parseRandomness(text: string, randomness: Randomness): boolean {
  if (text.length !== HEX_DIGITS || !isHex(text)) return false;
  randomness.set(Number.parseInt(text.slice(0, 6), 16), Number.parseInt(text.slice(6), 16));
  return true;
}

/**
 * The threshold that keeps this share, rounded to `precision` hex digits; near 0 and 1 leading 0 and f digits do not count
 * (OpenTelemetry specification, "Converting floating point sampling probability to threshold value"). Undefined
 * where the share is not in [2^-56, 1].
 */
export function thresholdOf(probability: number, precision: number): Threshold | undefined {
  if (!(probability >= MIN_PROBABILITY && probability <= 1)) return undefined;
  if (probability === 1) return ALWAYS;
  const leading = Math.max(
    Math.trunc(binaryExponent(probability) / -HEX_BITS),
    Math.trunc(binaryExponent(1 - probability) / -HEX_BITS),
  );
  const digits = Math.min(HEX_DIGITS, precision + leading);
  let rejected = VALUES - BigInt(Math.round(probability * Number(VALUES)));
  const shift = BigInt(HEX_BITS * (HEX_DIGITS - digits));
  if (shift > 0n) rejected = ((rejected + (1n << (shift - 1n))) >> shift) << shift;
  return new Threshold(rejected);
}

const bits = new DataView(new ArrayBuffer(8));

/** The exponent e in value = m × 2^e with 0.5 ≤ m < 1, of a normal number (C's frexp). */
function binaryExponent(value: number): number {
  bits.setFloat64(0, value);
  return ((bits.getUint16(0) >>> 4) & 0x7ff) - 1022;
}

function isHex(text: string): boolean {
  if (text === '') return false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index) | 0x20;
    const isDigit = code >= 0x30 && code <= 0x39;
    if (!isDigit && !(code >= 0x61 && code <= 0x66)) return false;
  }
  return true;
}
