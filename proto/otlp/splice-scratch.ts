// The buffer in which a splice puts its result together. The source lies at the buffer's end and the result grows from its
// beginning, so that a run of bytes is moved within one buffer, eight at a time, and a subarray is never needed: a chunk of a
// hundred edited spans has hundreds of runs.

import { ProtoWriter } from '../wire-writer.ts';

/** Up to this, moving words is faster than copyWithin (measured: 5 ns and 0.07 ns a byte against 25 to 50 ns a call). */
const WORD_COPY_BYTES = 256;

/** Larger buffers are given back after use: one huge batch must not cost memory for ever. */
const MAX_KEPT_BYTES = 4 << 20;

export class SpliceScratch extends ProtoWriter {
  /** Where the source begins in `bytes`, and its length. */
  #base = 0;
  /** All of `bytes`, for moving words. */
  #words = new DataView(this.bytes.buffer);
  #sourceLength = 0;
  /** Source bytes before this are no longer needed, so the result may grow over them. */
  #consumed = 0;

  /** Starts anew with a copy of `source`. */
  load(source: Uint8Array): void {
    const { length } = source;
    // Room for a result an eighth larger than the source; more is made when needed.
    const wanted = length * 2 + (length >> 3) + 1024;
    if (this.bytes.length < wanted) this.#use(new Uint8Array(wanted));
    this.length = 0;
    this.#base = this.bytes.length - length;
    this.#sourceLength = length;
    this.#consumed = 0;
    this.capacity = this.#base;
    this.bytes.set(source, this.#base);
  }

  /** Appends [start, end) of the source, all of which lies behind what was appended before. */
  copySource(start: number, end: number): void {
    this.#consumed = start;
    // The run may slide onto itself, but never over source bytes behind it.
    if (this.length > this.#base + start) this.grow(this.length);
    const { bytes } = this;
    let from = this.#base + start;
    const to = this.#base + end;
    let { length } = this;
    if (to - from > WORD_COPY_BYTES) {
      bytes.copyWithin(length, from, to);
      length += to - from;
    } else {
      const words = this.#words;
      // Where the run slides onto itself a word is read before its place is written, as the result lies before the source.
      // Four words a round, as most of the time would go into the loop itself.
      for (; from + 32 <= to; from += 32, length += 32) {
        words.setBigUint64(length, words.getBigUint64(from, true), true);
        words.setBigUint64(length + 8, words.getBigUint64(from + 8, true), true);
        words.setBigUint64(length + 16, words.getBigUint64(from + 16, true), true);
        words.setBigUint64(length + 24, words.getBigUint64(from + 24, true), true);
      }
      for (; from + 8 <= to; from += 8, length += 8) words.setBigUint64(length, words.getBigUint64(from, true), true);
      // Safe: from..to lie in bytes.
      for (; from < to; from++) bytes[length++] = bytes[from] as number;
    }
    this.length = length;
    this.#consumed = end;
    this.capacity = to;
  }

  /** Appends bytes that do not lie in the source. */
  words(content: DataView): void {
    const { byteLength } = content;
    this.reserve(byteLength);
    const words = this.#words;
    let { length } = this;
    let at = 0;
    for (; at + 8 <= byteLength; at += 8, length += 8) words.setBigUint64(length, content.getBigUint64(at, true), true);
    for (; at < byteLength; at++) words.setUint8(length++, content.getUint8(at));
    this.length = length;
  }

  /** The result, copied. */
  take(): Uint8Array {
    const result = this.finish();
    if (this.bytes.length > MAX_KEPT_BYTES) this.#use(new Uint8Array(0));
    return result;
  }

  protected override grow(needed: number): void {
    const { bytes } = this;
    const rest = this.#sourceLength - this.#consumed;
    const grown = new Uint8Array(Math.max(bytes.length, needed + rest) * 2);
    grown.set(bytes.subarray(0, this.length));
    const base = grown.length - this.#sourceLength;
    grown.set(bytes.subarray(this.#base + this.#consumed, this.#base + this.#sourceLength), base + this.#consumed);
    this.#use(grown);
    this.#base = base;
    this.capacity = base + this.#consumed;
  }

  #use(bytes: Uint8Array<ArrayBuffer>): void {
    this.bytes = bytes;
    this.#words = new DataView(bytes.buffer);
  }
}
