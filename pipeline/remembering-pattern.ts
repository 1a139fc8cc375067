// A regular expression that is asked about the same few texts over and over, as attribute keys and span names are: answers
// are remembered, up to a limit.

import { decodeUtf8, equalBytes } from '../proto/otlp/text.ts';
import type { Re2 } from './regexp.ts';

/** Texts whose answer is kept; when as many are known all are forgotten, which keeps the look-up a single one. */
const MAX_REMEMBERED = 4_096;
/** Longer texts are rarely equal to earlier ones and cost memory. */
const MAX_LENGTH = 256;
/** Places for texts given as bytes: each has one place, by its hash, and takes it from the one before. A power of two. */
const PLACES = 1_024;

const FNV_OFFSET = 0x811c_9dc5;
const FNV_PRIME = 0x0100_0193;

interface Answered {
  readonly utf8: Uint8Array;
  readonly matches: boolean;
}

export class RememberingPattern {
  readonly #pattern: Re2;
  readonly #answers = new Map<string, boolean>();
  /** Made when bytes are first asked about. */
  #places: (Answered | undefined)[] | undefined;

  constructor(pattern: Re2) {
    this.#pattern = pattern;
  }

  /** Whether the pattern matches anywhere in the text. */
  matches(text: string): boolean {
    if (text.length > MAX_LENGTH) return this.#pattern.test(text);
    const known = this.#answers.get(text);
    if (known !== undefined) return known;
    if (this.#answers.size >= MAX_REMEMBERED) this.#answers.clear();
    const answer = this.#pattern.test(text);
    this.#answers.set(text, answer);
    return answer;
  }

  /** The same for UTF-8 in [start, end), of which no string is made where the answer is known. */
  matchesUtf8(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start > MAX_LENGTH) return this.#pattern.test(decodeUtf8(bytes, start, end));
    let hash = FNV_OFFSET;
    // Safe: callers give a place within the bytes.
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), FNV_PRIME);
    const places = (this.#places ??= Array.from({ length: PLACES }));
    const place = (hash ^ (hash >>> 16)) & (PLACES - 1);
    const known = places[place];
    if (known !== undefined && equalBytes(bytes, start, end, known.utf8)) return known.matches;
    const matches = this.#pattern.test(decodeUtf8(bytes, start, end));
    places[place] = { utf8: bytes.slice(start, end), matches };
    return matches;
  }
}
