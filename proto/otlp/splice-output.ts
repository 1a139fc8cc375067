// The writing half of a splice: copies a chunk in runs as long as possible, and opens an enclosing message (whose length
// must then be written anew) only when something inside it changes.

import { SpliceScratch } from './splice-scratch.ts';

/** request > resource > scope > item > data > data point > its inner message: never deeper. */
const MAX_LEVELS = 8;

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
    scratch.end(level.mark);
    this.#open = depth;
  }

  /** Leaves the message entered last and takes it out whole, with all that was written of it. */
  abandon(): void {
    const depth = --this.#depth;
    const level = this.#levels[depth] as Level; // safe: entered before
    if (this.#open > depth) {
      scratch.length = level.before;
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
  insertAt(at: number): SpliceScratch {
    this.#touch();
    this.#flush(at);
    return scratch;
  }

  /** The result; the source itself where nothing changed. */
  finish(): Uint8Array {
    if (!this.#changed) return this.#source;
    this.#flush(this.#source.length);
    return scratch.take();
  }

  /** Opens all messages around the current place. */
  #touch(): void {
    if (!this.#changed) {
      this.#changed = true;
      scratch.load(this.#source);
    }
    while (this.#open < this.#depth) {
      const level = this.#levels[this.#open++] as Level; // safe: open < depth
      this.#flush(level.tagAt);
      level.before = scratch.length;
      level.mark = scratch.begin(level.field, level.end - level.start);
      this.#copied = level.start;
    }
  }

  #flush(to: number): void {
    if (to > this.#copied) scratch.copySource(this.#copied, to);
    this.#copied = to;
  }
}

// One for all: a splice runs from start to end without anything else in between.
const scratch = new SpliceScratch();
