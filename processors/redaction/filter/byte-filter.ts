// Says of bytes which of several runs of byte sets they may contain, in one pass for as many as fit into a word: the
// Shift-And algorithm (Baeza-Yates and Gonnet, "A new approach to text searching", 1992), each run in its own bits of one word.

import { tellingPart, type ByteSet } from './byte-runs.ts';

const BITS = 32;

/** The bits of the runs in one word. */
interface Word {
  /** By byte value: the places that allow it. */
  readonly places: Int32Array;
  used: number;
  firsts: number;
  lasts: number;
}

export class ByteFilter {
  readonly #words: Word[] = [];
  /** By run: its word, and the bit of its last place there; no bit for a run that is empty, which is always found. */
  readonly #wordOf: number[] = [];
  readonly #bitOf: number[] = [];
  /** What the last scan found, by word. */
  readonly #hits: Int32Array;

  constructor(runs: readonly (readonly ByteSet[])[]) {
    for (const [index, run] of runs.entries()) if (run.length > 0) this.#add(index, tellingPart(run));
    this.#hits = new Int32Array(this.#words.length);
  }

  /** Gives a run its bits, in the first word with room for them. */
  #add(index: number, run: readonly ByteSet[]): void {
    const words = this.#words;
    let found = words.findIndex(({ used }) => used + run.length <= BITS);
    if (found < 0) found = words.push({ places: new Int32Array(256), used: 0, firsts: 0, lasts: 0 }) - 1;
    const word = words[found] as Word; // safe: found or made
    word.firsts |= 1 << word.used;
    for (const set of run) {
      for (let value = 0; value < 256; value++) {
        if (set[value] === 1) word.places[value] = (word.places[value] ?? 0) | (1 << word.used);
      }
      word.used += 1;
    }
    const last = 1 << (word.used - 1);
    word.lasts |= last;
    this.#wordOf[index] = found;
    this.#bitOf[index] = last;
  }

  /** Looks at [start, end); `may` then says what it may contain. */
  scan(bytes: Uint8Array, start: number, end: number): void {
    const words = this.#words;
    for (let index = 0; index < words.length; index++) {
      // Safe: index < length.
      const { places, firsts, lasts } = words[index] as Word;
      let state = 0;
      let found = 0;
      for (let at = start; at < end; at++) {
        // Safe: callers give a place within the bytes, and the table has all 256 values.
        state = ((state << 1) | firsts) & (places[bytes[at] as number] as number);
        found |= state & lasts;
      }
      this.#hits[index] = found;
    }
  }

  /** Whether what was scanned last may contain run `index`. */
  may(index: number): boolean {
    const bit = this.#bitOf[index];
    // Safe: a run with a bit has a word.
    return bit === undefined || ((this.#hits[this.#wordOf[index] as number] as number) & bit) !== 0;
  }
}
