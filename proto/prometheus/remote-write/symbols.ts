// Texts of one remote-write request as numbers: each text that occurs, by its bytes where they lie, has one. Series are then
// compared and grouped by numbers, and no string is made of a label.

import { isUtf8 } from 'node:buffer';

/** Numbers of texts stay below this, so that two fit exactly into one JavaScript number (`pairOf`). */
const MAX_SYMBOLS = 2 ** 26;
const FIRST_SLOTS = 1 << 10;
/** Larger tables than this are not kept for the next request. */
const KEPT_SLOTS = 1 << 16;

const FNV_OFFSET = 0x811c_9dc5;
const FNV_PRIME = 0x0100_0193;

/** Both numbers as one. */
export function pairOf(a: number, b: number): number {
  return a * MAX_SYMBOLS + b;
}

export class SymbolTable {
  bytes: Uint8Array = new Uint8Array(0);
  count = 0;
  /** Where symbol n lies: [starts[n], ends[n]). */
  starts: Int32Array = new Int32Array(FIRST_SLOTS / 2);
  ends: Int32Array = new Int32Array(FIRST_SLOTS / 2);
  hashes: Int32Array = new Int32Array(FIRST_SLOTS / 2);
  /** Those that are not UTF-8. */
  readonly broken = new Set<number>();
  /** Open addressing: a symbol's number plus one, 0 for free. Twice as long as there may be symbols. */
  #slots: Int32Array = new Int32Array(FIRST_SLOTS);

  /** Forgets all; symbol 0 is the empty text. */
  reset(bytes: Uint8Array): void {
    if (this.#slots.length > KEPT_SLOTS) {
      this.#slots = new Int32Array(FIRST_SLOTS);
      this.starts = new Int32Array(FIRST_SLOTS / 2);
      this.ends = new Int32Array(FIRST_SLOTS / 2);
      this.hashes = new Int32Array(FIRST_SLOTS / 2);
    } else {
      this.#slots.fill(0);
    }
    this.bytes = bytes;
    this.count = 0;
    this.broken.clear();
    this.intern(0, 0);
  }

  /** The number of the text in [start, end). */
  intern(start: number, end: number): number {
    const { bytes } = this;
    let hash = FNV_OFFSET;
    let bits = 0;
    // Safe, here and below: the caller's range lies within the bytes, the others within their arrays.
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      bits |= byte;
      hash = Math.imul(hash ^ byte, FNV_PRIME);
    }
    hash ^= hash >>> 15;
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const symbol = (this.#slots[slot] as number) - 1;
      if (symbol < 0) {
        const added = this.#add(slot, hash, start, end);
        if (bits >= 0x80 && !isUtf8(bytes.subarray(start, end))) this.broken.add(added);
        return added;
      }
      if (this.hashes[symbol] === hash && this.#equals(symbol, start, end)) return symbol;
    }
  }

  /** Whether symbol n is this text, given as UTF-8. */
  is(symbol: number, text: Uint8Array): boolean {
    const start = this.starts[symbol] as number;
    if ((this.ends[symbol] as number) - start !== text.length) return false;
    for (let index = 0; index < text.length; index++) if (this.bytes[start + index] !== text[index]) return false;
    return true;
  }

  /** Bytes of symbol n. */
  lengthOf(symbol: number): number {
    return (this.ends[symbol] as number) - (this.starts[symbol] as number);
  }

  #equals(symbol: number, start: number, end: number): boolean {
    const { bytes } = this;
    const from = this.starts[symbol] as number;
    if ((this.ends[symbol] as number) - from !== end - start) return false;
    for (let index = end - start - 1; index >= 0; index--)
      if (bytes[from + index] !== bytes[start + index]) return false;
    return true;
  }

  #add(slot: number, hash: number, start: number, end: number): number {
    if (this.count >= this.starts.length) {
      this.#grow();
      return this.intern(start, end);
    }
    const symbol = this.count++;
    this.#slots[slot] = symbol + 1;
    this.starts[symbol] = start;
    this.ends[symbol] = end;
    this.hashes[symbol] = hash;
    return symbol;
  }

  #grow(): void {
    this.starts = longer(this.starts);
    this.ends = longer(this.ends);
    this.hashes = longer(this.hashes);
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let symbol = 0; symbol < this.count; symbol++) {
      let slot = (this.hashes[symbol] as number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = symbol + 1;
    }
    this.#slots = slots;
  }
}

/** Twice as long. */
export function longer(array: Int32Array): Int32Array {
  const grown = new Int32Array(array.length * 2);
  grown.set(array);
  return grown;
}
