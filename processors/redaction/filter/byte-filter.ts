// Says of bytes which of several runs of byte sets they may contain, in one pass for every four of them: the Shift-And
// algorithm (Baeza-Yates and Gonnet, "A new approach to text searching", 1992), each run in its own bits of one word.

import { windowOf, type ByteSet } from './byte-runs.ts';

const BITS = 32;
const RUNS_PER_WORD = 4;

/** The bits of up to four runs. */
interface Word {
  /** By byte value: the places that allow it. */
  readonly places: Int32Array;
  readonly firsts: number;
  readonly lasts: number;
}

export class ByteFilter {
  readonly #words: readonly Word[];
  /** By run: its word, and the bit of its last place there; no bit for a run that is empty, which is always found. */
  readonly #wordOf: readonly number[];
  readonly #bitOf: readonly number[];
  readonly #hasEmpty: boolean;
  /** What the last scan found, by word. */
  readonly #hits: Int32Array;

  constructor(runs: readonly (readonly ByteSet[])[]) {
    const wordOf: number[] = [];
    const bitOf: number[] = [];
    const words: Word[] = [];
    const indexes = [...runs.keys()].filter((index) => (runs[index] ?? []).length > 0);
    for (let from = 0; from < indexes.length; from += RUNS_PER_WORD) {
      const group = indexes.slice(from, from + RUNS_PER_WORD);
      const length = Math.floor(BITS / group.length);
      const places = new Int32Array(256);
      let bit = 0;
      let firsts = 0;
      let lasts = 0;
      for (const index of group) {
        const run = windowOf(runs[index] ?? [], length);
        firsts |= 1 << bit;
        for (const set of run) {
          for (let value = 0; value < 256; value++)
            if (set[value] === 1) places[value] = (places[value] ?? 0) | (1 << bit);
          bit += 1;
        }
        wordOf[index] = words.length;
        bitOf[index] = 1 << (bit - 1);
        lasts |= 1 << (bit - 1);
      }
      words.push({ places, firsts, lasts });
    }
    this.#words = words;
    this.#wordOf = wordOf;
    this.#bitOf = bitOf;
    this.#hits = new Int32Array(words.length);
    this.#hasEmpty = indexes.length < runs.length;
  }

  /** Whether [start, end) may contain any of the runs; `may` then says which. */
  scan(bytes: Uint8Array, start: number, end: number): boolean {
    const words = this.#words;
    const hits = this.#hits;
    let any = 0;
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
      hits[index] = found;
      any |= found;
    }
    return any !== 0 || this.#hasEmpty;
  }

  /** Whether what was scanned last may contain run `index`. */
  may(index: number): boolean {
    const bit = this.#bitOf[index];
    // Safe: a run with a bit has a word.
    return bit === undefined || ((this.#hits[this.#wordOf[index] as number] as number) & bit) !== 0;
  }
}
