// Beside each segment, what of it is settled: entries of 16 bytes (index, items, bytes, CRC-32C; little-endian) appended
// now and then without waiting for the disk. What is lost of them in a crash is delivered again, nothing worse.

import { constants } from 'node:fs';
import { open, readFile, rm, truncate } from 'node:fs/promises';
import path from 'node:path';
import { crc32c } from '../transport/crc32c.ts';
import { addTo, type Segment } from './segment.ts';
import { isUnreadable } from './segment-reader.ts';

const ENTRY_BYTES = 16;
/** In place of an index: some record was given out, and: everything given out is settled or came back. */
const TAKEN = 0xffff_ffff;
const RETURNED = 0xffff_fffe;

interface Notes {
  /** Bytes of the file that hold whole entries. */
  written: number;
  buffer: Buffer;
  length: number;
}

export class Settlements {
  readonly #folder: string;
  readonly #notes = new Map<Segment, Notes>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Reads what is settled of a segment found at opening, and whether it was given out when the process ended. `gaps` are
   * records that the segment's items and bytes do not count, because their headers are damaged. What was cut off at the
   * segment's end counts in nothing any more.
   */
  async load(segment: Segment, gaps: ReadonlySet<number>): Promise<void> {
    const file = this.#fileOf(segment);
    let bytes: Buffer;
    try {
      bytes = await readFile(file);
    } catch (error) {
      if (isMissing(error)) return;
      if (!isUnreadable(error)) throw error;
      // What was settled is not known any more: it comes again, and counts as what may come twice.
      segment.wasTaken = true;
      await rm(file);
      return;
    }
    let written = 0;
    for (; written + ENTRY_BYTES <= bytes.length; written += ENTRY_BYTES) {
      const index = bytes.readUInt32LE(written);
      if (checksum(bytes, written, segment.key) !== bytes.readUInt32LE(written + 12)) break;
      if (index === TAKEN) segment.wasTaken = true;
      else if (index === RETURNED) segment.wasTaken = false;
      else if (index < segment.total.requests) {
        const amount = { requests: 0, items: bytes.readUInt32LE(written + 4), bytes: bytes.readUInt32LE(written + 8) };
        if (segment.settle(index, amount.items, amount.bytes) && gaps.has(index)) addTo(segment.total, amount);
      }
    }
    if (written < bytes.length) await truncate(file, written);
    this.#notes.set(segment, { written, buffer: Buffer.alloc(0), length: 0 });
  }

  taken(segment: Segment): void {
    this.#push(segment, TAKEN, 0, 0);
  }

  returned(segment: Segment): void {
    this.#push(segment, RETURNED, 0, 0);
  }

  settled(segment: Segment, index: number, items: number, bytes: number): void {
    this.#push(segment, index, items, bytes);
  }

  /** The segment is gone. */
  forget(segment: Segment): void {
    this.#notes.delete(segment);
  }

  /** Writes what has come together; what can not be written is kept for the next time. Fails as writing does. */
  async flush(): Promise<void> {
    let failure: unknown;
    for (const [segment, notes] of this.#notes) {
      if (notes.length === 0) continue;
      try {
        await this.#write(segment, notes);
      } catch (error) {
        // One bad file is no reason to forget the others.
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  }

  async #write(segment: Segment, notes: Notes): Promise<void> {
    const { length } = notes;
    const file = await open(this.#fileOf(segment), constants.O_WRONLY | constants.O_CREAT, 0o600);
    try {
      await file.write(notes.buffer, 0, length, notes.written);
    } finally {
      await file.close();
    }
    notes.written += length;
    notes.buffer.copy(notes.buffer, 0, length, notes.length);
    notes.length -= length;
  }

  #push(segment: Segment, index: number, items: number, bytes: number): void {
    let notes = this.#notes.get(segment);
    if (!notes) {
      notes = { written: 0, buffer: Buffer.alloc(0), length: 0 };
      this.#notes.set(segment, notes);
    }
    const at = notes.length;
    if (at + ENTRY_BYTES > notes.buffer.length) {
      const larger = Buffer.alloc(Math.max(1024, 2 * notes.buffer.length));
      notes.buffer.copy(larger, 0, 0, at);
      notes.buffer = larger;
    }
    notes.buffer.writeUInt32LE(index, at);
    notes.buffer.writeUInt32LE(items, at + 4);
    notes.buffer.writeUInt32LE(bytes, at + 8);
    notes.buffer.writeUInt32LE(checksum(notes.buffer, at, segment.key), at + 12);
    notes.length += ENTRY_BYTES;
  }

  #fileOf(segment: Segment): string {
    return path.join(this.#folder, `${segment.name}.ack`);
  }
}

function checksum(bytes: Buffer, at: number, key: number): number {
  return crc32c(bytes.subarray(at, at + 12), key);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
