// The writing half of a splice: copies a chunk in runs as long as possible, and opens an enclosing message (whose length
// must then be written anew) only when something inside it changes.

import { ProtoWriter } from '../wire.ts';

/** request > resource > scope > item > data > data point > its inner message: never deeper. */
const MAX_LEVELS = 8;

/** Kept free for what an edit adds, so that most edits need one allocation. */
const SLACK_BYTES = 1024;

class Level {
  field = 0;
  tagAt = 0;
  start = 0;
  end = 0;
  /** Of an open level: the writer's length before its tag, and what `ProtoWriter.end` needs. */
  before = 0;
  mark = 0;
}

/** Positions are in the source chunk, and never go back. */
export class SpliceOutput {
  #source: Uint8Array = new Uint8Array(0);
  #writer = new ProtoWriter(0);
  /** Source bytes before this are written or dropped. */
  #copied = 0;
  readonly #levels: Level[] = Array.from({ length: MAX_LEVELS }, () => new Level());
  #depth = 0;
  /** Levels below this are open. */
  #open = 0;
  #changed = false;

  /** Starts with a new chunk. */
  begin(source: Uint8Array): void {
    this.#source = source;
    this.#copied = 0;
    this.#depth = 0;
    this.#open = 0;
    this.#changed = false;
  }

  /** Goes into the message of `field` whose tag is at `tagAt` and whose content lies in [start, end). */
  enter(field: number, tagAt: number, start: number, end: number): void {
    // Safe: no caller nests deeper than MAX_LEVELS.
    const level = this.#levels[this.#depth++] as Level;
    level.field = field;
    level.tagAt = tagAt;
    level.start = start;
    level.end = end;
  }

  /** Leaves the message entered last; if something in it changed its length is written now. */
  leave(): void {
    const depth = --this.#depth;
    if (this.#open <= depth) return;
    const level = this.#levels[depth] as Level; // safe: entered before
    this.#flush(level.end);
    this.#writer.end(level.mark);
    this.#open = depth;
  }

  /** Leaves the message entered last and takes it out whole, with all that was written of it. */
  abandon(): void {
    const depth = --this.#depth;
    const level = this.#levels[depth] as Level; // safe: entered before
    if (this.#open > depth) {
      this.#writer.length = level.before;
      this.#copied = level.end;
      this.#open = depth;
    } else this.skip(level.tagAt, level.end);
  }

  /** Leaves out [start, end) of the source. */
  skip(start: number, end: number): void {
    this.#touch();
    this.#flush(start);
    this.#copied = end;
  }

  /** The writer, for what is to stand before the source byte `at` of the current message. */
  insertAt(at: number): ProtoWriter {
    this.#touch();
    this.#flush(at);
    return this.#writer;
  }

  /** The result; the source itself where nothing changed. */
  finish(): Uint8Array {
    if (!this.#changed) return this.#source;
    this.#flush(this.#source.length);
    const { bytes, length } = this.#writer;
    this.#writer = NO_WRITER;
    // A result that lost most of its bytes must not keep a buffer of the old size alive.
    const result = bytes.subarray(0, length);
    return length * 2 < bytes.length ? new Uint8Array(result) : result;
  }

  /** Opens all messages around the current place. */
  #touch(): void {
    if (!this.#changed) {
      this.#changed = true;
      const writer = new ProtoWriter(0);
      // Not zero-filled: every byte handed out by `finish` has been written.
      writer.bytes = Buffer.allocUnsafeSlow(this.#source.length + (this.#source.length >> 3) + SLACK_BYTES);
      this.#writer = writer;
    }
    while (this.#open < this.#depth) {
      const level = this.#levels[this.#open++] as Level; // safe: open < depth
      this.#flush(level.tagAt);
      level.before = this.#writer.length;
      level.mark = this.#writer.begin(level.field, level.end - level.start);
      this.#copied = level.start;
    }
  }

  #flush(to: number): void {
    if (to > this.#copied) this.#writer.raw(this.#source, this.#copied, to);
    this.#copied = to;
  }
}

const NO_WRITER = new ProtoWriter(0);
