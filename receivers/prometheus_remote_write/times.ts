// Milliseconds of Prometheus as nanoseconds of OpenTelemetry.

import { FIXED64 } from '../../proto/wire.ts';
import type { ProtoWriter } from '../../proto/wire-writer.ts';

/** The last millisecond whose nanoseconds 64 bits hold: in the year 2554. */
const MAX_MS = Math.floor(2 ** 64 / 1e6) - 1;
const TWO_20 = 2 ** 20;
const TWO_32 = 2 ** 32;

export function isTime(ms: number): boolean {
  return ms >= 0 && ms <= MAX_MS;
}

/** Undefined before 1970 and after 2554. */
export function unixNano(ms: number): bigint | undefined {
  return isTime(ms) ? BigInt(ms) * 1_000_000n : undefined;
}

/** Writes a time as fixed64 without a bigint; `isTime` holds. */
export function writeUnixNano(out: ProtoWriter, field: number, ms: number): void {
  // ms × 10^6 in parts that doubles hold exactly.
  const high = Math.floor(ms / TWO_20) * 1_000_000;
  const low = (high % 4096) * TWO_20 + (ms % TWO_20) * 1_000_000;
  out.tag(field, FIXED64);
  out.fixed64Words((low % TWO_32) >>> 0, (Math.floor(high / 4096) + Math.floor(low / TWO_32)) >>> 0);
}
