// The buckets of one side of an exponential histogram, with exact counts: made coarser, trimmed, encoded.

import { ProtoWriter } from '../../proto/wire-writer.ts';

/** Counts of buckets, the first of them with the index `offset`. */
export interface Buckets {
  offset: number;
  counts: bigint[];
}

/** Every index is an int32, so that wider buckets would be the same. */
const WIDEST_BITS = 40;

/** Divides indices by 2^bits, rounded down, and adds up what falls together. */
export function coarsened({ offset, counts }: Buckets, bits: number): Buckets {
  const divisor = 2 ** Math.min(bits, WIDEST_BITS);
  const first = Math.floor(offset / divisor);
  const merged: bigint[] = [];
  for (const [index, count] of counts.entries()) {
    const at = Math.floor((offset + index) / divisor) - first;
    merged[at] = (merged[at] ?? 0n) + count;
  }
  return { offset: first, counts: merged };
}

/** Takes out the buckets up to this index; gives the sum of their counts. */
export function trimmed(buckets: Buckets, last: number): bigint {
  const size = Math.min(last - buckets.offset + 1, buckets.counts.length);
  if (!(size > 0)) return 0n;
  let sum = 0n;
  for (const count of buckets.counts.splice(0, size)) sum += count;
  buckets.offset += size;
  return sum;
}

/** The message `Buckets`. */
export function encodedBuckets({ offset, counts }: Buckets): Uint8Array {
  const out = new ProtoWriter(16 + 2 * counts.length);
  if (offset !== 0) out.sint32Field(1, offset);
  if (counts.length > 0) {
    const mark = out.begin(2, counts.length);
    for (const count of counts) out.varint64(count);
    out.end(mark);
  }
  return out.finish();
}

/** The counts of a histogram with explicit bounds, as its packed field has them. */
export function packedFixed64(values: readonly bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values).buffer);
}
