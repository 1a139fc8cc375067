// Where randomness comes from: the trace id itself (W3C Trace Context level 2), or a hash of some bytes.

import type { Randomness } from './threshold.ts';

const FNV_OFFSET = 0x811c_9dc5;
const FNV_PRIME = 0x0100_0193;
/** The hash decides with 14 bits. */
export const HASH_BUCKETS = 0x4000;

/** The last seven bytes of a trace id. */
export function randomnessOfTraceId(id: Uint8Array, randomness: Randomness): void {
  // Safe: trace ids have 16 bytes, and a missing byte would count as 0.
  const byte = (index: number): number => id[index] ?? 0;
  randomness.set(
    (byte(9) << 16) | (byte(10) << 8) | byte(11),
    ((byte(12) << 24) | (byte(13) << 16) | (byte(14) << 8) | byte(15)) >>> 0,
  );
}

/**
 * FNV-1a (32 bits) over the seed, little-endian, and the bytes, spread over 56 bits as the collector does: its lowest
 * 14 bits, inverted, come first, because they decide; what else there is of the hash fills up the rest.
 */
export function randomnessOfBytes(
  bytes: Uint8Array,
  place: { readonly start: number; readonly end: number },
  seed: number,
  randomness: Randomness,
): void {
  let hash = FNV_OFFSET;
  for (let shift = 0; shift < 32; shift += 8) hash = Math.imul(hash ^ ((seed >>> shift) & 0xff), FNV_PRIME);
  // Safe: callers give a place within the bytes.
  for (let at = place.start; at < place.end; at++) hash = Math.imul(hash ^ (bytes[at] as number), FNV_PRIME);
  const bucket = hash & (HASH_BUCKETS - 1);
  const inverted = HASH_BUCKETS - 1 - bucket;
  const unused = hash >>> 18;
  const mixed = unused ^ (unused << 10);
  randomness.set((inverted << 10) | (mixed >>> 18), ((mixed << 14) | bucket) >>> 0);
}

/** Ids of only zeros, and absent ones, are no ids. */
export function isEmptyId(id: Uint8Array): boolean {
  for (const byte of id) if (byte !== 0) return false;
  return true;
}
