// 64-bit hashes of what names a series, as two words: FNV-1a, and the mixing of MurmurHash2 byte by byte. A target that
// makes two of its own series collide only harms itself.

const FNV_OFFSET = 0x811c_9dc5 | 0;
const FNV_PRIME = 0x0100_0193;
const MURMUR_SEED = 0x9747_b28c | 0;
const MURMUR = 0x5bd1_e995;
const TWO_32 = 2 ** 32;

/** Put together range by range; read when all are in. */
export class SeriesHash {
  low = 0;
  high = 0;

  reset(): void {
    this.low = FNV_OFFSET;
    this.high = MURMUR_SEED;
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    let { low, high } = this;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number; // Safe: callers give a place within the bytes.
      low = Math.imul(low ^ byte, FNV_PRIME);
      high = Math.imul(high ^ byte, MURMUR);
      high ^= high >>> 15;
    }
    // A byte that text can not have, so that ("a", "bc") and ("ab", "c") differ.
    this.low = Math.imul(low ^ 0xff, FNV_PRIME);
    this.high = Math.imul(high ^ 0xff, MURMUR);
  }

  /** A number among what is hashed, in place of what it stands for. */
  mix(value: number): void {
    this.low = Math.imul(this.low ^ value, FNV_PRIME);
    this.high = Math.imul(this.high ^ value, MURMUR);
    this.high ^= this.high >>> 15;
  }

  /** Both words as one number, of which 53 bits count. */
  key(): number {
    return (this.low >>> 0) + (this.high & 0x1f_ffff) * TWO_32;
  }
}
