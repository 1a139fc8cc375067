// Finds what is known of an encoded message by its bytes. Senders say the same things in the same order every time, so the
// one after the last hit is tried first, which costs a comparison and allocates nothing.

import { equalBytes } from '../../proto/otlp/text.ts';

interface Entry<Known> {
  readonly key: Uint8Array;
  readonly known: Known;
}

export class KnownByBytes<Known> {
  readonly #entries: Entry<Known>[] = [];
  readonly #places = new Map<string, number>();
  #next = 0;

  /** What was added for the bytes [start, end), if anything was. */
  find(bytes: Uint8Array, start: number, end: number): Known | undefined {
    const entry = this.#entries[this.#next] ?? this.#entries[0];
    if (entry && equalBytes(bytes, start, end, entry.key)) {
      this.#next = this.#next < this.#entries.length ? this.#next + 1 : 1;
      return entry.known;
    }
    const place = this.#places.get(latin1(bytes, start, end));
    if (place === undefined) return undefined;
    this.#next = place + 1;
    return this.#entries[place]?.known;
  }

  /** The bytes are copied. */
  add(bytes: Uint8Array, start: number, end: number, known: Known): Known {
    this.#places.set(latin1(bytes, start, end), this.#entries.length);
    this.#entries.push({ key: bytes.slice(start, end), known });
    this.#next = this.#entries.length;
    return known;
  }
}

/** Bytes as a string that a map can look up. */
function latin1(bytes: Uint8Array, start: number, end: number): string {
  if (start === end) return '';
  // Chunks are mostly Buffers; of others one is made.
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString('latin1', start, end);
}
