// Where randomness comes from: the trace id itself (W3C Trace Context level 2), or a hash of some bytes.

import type { MessageView } from '../../proto/otlp/message-view.ts';
import type { Randomness } from './threshold.ts';

const FNV_OFFSET = 0x811c_9dc5;
const FNV_PRIME = 0x0100_0193;
/** The hash decides with 14 bits. */
export const HASH_BUCKETS = 0x4000;

/** The trace id in a span's or log record's message: its last seven bytes; false where there is none, or one of zeros. */
export function randomnessOfTraceId(message: MessageView, field: number, randomness: Randomness): boolean {
  if (isEmptyId(message, field)) return false;
  const { bytes } = message;
  const end = message.contentEnd(field);
  // Safe: valid ids have 16 bytes, and a shorter one only makes other randomness.
  const byte = (fromEnd: number): number => bytes[end - fromEnd] ?? 0;
  randomness.set(
    (byte(7) << 16) | (byte(6) << 8) | byte(5),
    ((byte(4) << 24) | (byte(3) << 16) | (byte(2) << 8) | byte(1)) >>> 0,
  );
  return true;
}

/** The trace id in a span's or log record's message, hashed; false where there is none, or one of zeros. */
export function hashOfTraceId(message: MessageView, field: number, seed: number, randomness: Randomness): boolean {
  if (isEmptyId(message, field)) return false;
  randomnessOfBytes(message.bytes, message.contentStart(field), message.contentEnd(field), seed, randomness);
  return true;
}

/**
 * FNV-1a (32 bits) over the seed, little-endian, and the bytes, spread over 56 bits as the collector does: its lowest
 * 14 bits, inverted, come first, because they decide; what else there is of the hash fills up the rest.
 */
export function randomnessOfBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
  seed: number,
  randomness: Randomness,
): void {
  let hash = FNV_OFFSET;
  for (let shift = 0; shift < 32; shift += 8) hash = Math.imul(hash ^ ((seed >>> shift) & 0xff), FNV_PRIME);
  // Safe: callers give a place within the bytes.
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), FNV_PRIME);
  const bucket = hash & (HASH_BUCKETS - 1);
  const inverted = HASH_BUCKETS - 1 - bucket;
  const unused = hash >>> 18;
  const mixed = unused ^ (unused << 10);
  randomness.set((inverted << 10) | (mixed >>> 18), ((mixed << 14) | bucket) >>> 0);
}

function isEmptyId(message: MessageView, field: number): boolean {
  const { bytes } = message;
  const end = message.contentEnd(field);
  for (let at = message.contentStart(field); at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}
