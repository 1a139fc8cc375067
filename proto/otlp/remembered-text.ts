// What was found out about a text, remembered by its bytes: keys and names are few and come again and again, and where one
// is known no string is made.

import { decodeUtf8, equalBytes } from './text.ts';

/** Longer texts are rarely equal to earlier ones and cost memory. */
const MAX_LENGTH = 256;

const FNV_OFFSET = 0x811c_9dc5;
const FNV_PRIME = 0x0100_0193;

interface Known<T> {
  readonly utf8: Uint8Array;
  readonly found: T;
}

export class RememberedText<T> {
  readonly #find: (text: string) => T;
  readonly #mask: number;
  /** Each text has one place, by its hash, and takes it from the one before. Made when first asked. */
  #places: (Known<T> | undefined)[] | undefined;

  /** `places`: a power of two. */
  constructor(places: number, find: (text: string) => T) {
    this.#mask = places - 1;
    this.#find = find;
  }

  /** What `find` says of the UTF-8 in [start, end). */
  of(bytes: Uint8Array, start: number, end: number): T {
    if (end - start > MAX_LENGTH) return this.#find(decodeUtf8(bytes, start, end));
    let hash = FNV_OFFSET;
    // Safe: callers give a place within the bytes.
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), FNV_PRIME);
    const places = (this.#places ??= Array.from({ length: this.#mask + 1 }));
    const place = (hash ^ (hash >>> 16)) & this.#mask;
    const known = places[place];
    if (known !== undefined && equalBytes(bytes, start, end, known.utf8)) return known.found;
    const found = this.#find(decodeUtf8(bytes, start, end));
    // Not slice(): of a Buffer that is a window, which would keep the whole batch alive.
    places[place] = { utf8: new Uint8Array(bytes.subarray(start, end)), found };
    return found;
  }
}
