// Reads records of a segment piece by piece, and goes on behind damage at the next record that is whole.

import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { Batch } from '../batch.ts';
import { batchAt, findHeader, headerAt, HEADER_BYTES, KIND_TOTAL } from './record.ts';

const PIECE_BYTES = 1 << 20;
/** What disks and file systems give up as a whole, at least. */
const PAGE_BYTES = 4096;

export interface ReadRecord {
  readonly index: number;
  readonly items: number;
  readonly bytes: number;
  /** Undefined where its bytes are damaged, or where it is not wanted. */
  readonly batch: Batch | undefined;
  /** Where it begins, and its length, in bytes. */
  readonly at: number;
  readonly length: number;
  readonly isDamaged: boolean;
}

export interface Piece {
  readonly records: readonly ReadRecord[];
  /** Where to go on; behind `at` always. */
  readonly next: number;
  /** Whether bytes were found that belong to no record. */
  readonly hasGap: boolean;
}

interface Readable {
  readonly name: string;
  readonly key: number;
  readonly end: number;
  readonly readAt: number;
}

/** Keeps the file open that it reads. One read at a time. */
export class SegmentReader {
  readonly #folder: string;
  #opened: { readonly segment: Readable; readonly file: FileHandle } | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The next piece of a segment. Fails as the file system does. */
  async read(segment: Readable, isWanted: (index: number) => boolean): Promise<Piece> {
    if (this.#opened?.segment !== segment) {
      await this.close();
      this.#opened = { segment, file: await open(path.join(this.#folder, `${segment.name}.log`), 'r') };
    }
    return readPiece(this.#opened.file, segment, segment.readAt, isWanted);
  }

  /** The segment is gone. */
  async forget(segment: Readable): Promise<void> {
    if (this.#opened?.segment === segment) await this.close();
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.file.close();
  }
}

/**
 * Reads some records from `at` on; `end` is where the segment's bytes end. `isWanted` says by the index whether the batch
 * is needed; others are not checked. Fails as reading does.
 */
export async function readPiece(
  file: FileHandle,
  segment: { readonly key: number; readonly end: number },
  at: number,
  isWanted: (index: number) => boolean,
): Promise<Piece> {
  const { key, end } = segment;
  const bytes = await readAt(file, at, Math.min(PIECE_BYTES, end - at));
  const records: ReadRecord[] = [];
  let place = 0;
  let hasGap = false;
  while (place < bytes.length) {
    const found = headerAt(bytes, place, key);
    const fits = found !== undefined && at + place + found.length <= end;
    if (fits && place + found.length > bytes.length) {
      // The rest of it is in the next piece; a record larger than a piece is read on its own.
      if (place > 0) break;
      return { records: [await readOne(file, key, at, found.length, isWanted)], next: at + found.length, hasGap };
    }
    if (fits) {
      if (found.kind !== KIND_TOTAL) records.push(recordOf(bytes, place, at, found, isWanted));
      place += found.length;
      continue;
    }
    if (!found && bytes.length - place < HEADER_BYTES && at + bytes.length < end && place > 0) break;
    hasGap = true;
    const next = findHeader(bytes, place + 1, key);
    place = next === -1 ? Math.max(place + 1, bytes.length - HEADER_BYTES + 1) : next;
    if (next === -1) {
      if (at + bytes.length >= end) place = bytes.length;
      break;
    }
  }
  return { records, next: Math.min(end, at + place), hasGap };
}

async function readOne(
  file: FileHandle,
  key: number,
  at: number,
  length: number,
  isWanted: (index: number) => boolean,
): Promise<ReadRecord> {
  const bytes = await readAt(file, at, length);
  const found = headerAt(bytes, 0, key);
  if (!found) throw new Error(`the record at byte ${at} changed while it was read`);
  return recordOf(bytes, 0, at, found, isWanted);
}

function recordOf(
  bytes: Buffer,
  place: number,
  pieceAt: number,
  found: NonNullable<ReturnType<typeof headerAt>>,
  isWanted: (index: number) => boolean,
): ReadRecord {
  const { index, items, bodyBytes, length } = found;
  const wanted = isWanted(index);
  const batch = wanted ? batchAt(bytes, place, found) : undefined;
  return { index, items, bytes: bodyBytes, batch, at: pieceAt + place, length, isDamaged: wanted && !batch };
}

/** Fails when the file ends before. Pages that the disk can not read are zeros, which no checksum takes for a record. */
async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  try {
    await fill(file, bytes, at, 0, length);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    // Only what is on the bad pages is lost, not what was asked for together with it.
    for (let from = 0; from < length;) {
      const to = Math.min(length, from + PAGE_BYTES - ((at + from) % PAGE_BYTES));
      await fill(file, bytes, at, from, to).catch((reason: unknown) => {
        if (!isUnreadable(reason)) throw reason;
        bytes.fill(0, from, to);
      });
      from = to;
    }
  }
  return bytes;
}

/** Reads what belongs at `from` to `to` of `bytes`, whose first byte is at `at` of the file. */
async function fill(file: FileHandle, bytes: Buffer, at: number, from: number, to: number): Promise<void> {
  let filled = from;
  while (filled < to) {
    const { bytesRead } = await file.read(bytes, filled, to - filled, at + filled);
    if (bytesRead === 0) throw new Error(`the file ends at byte ${at + filled}, ${at + to} were expected`);
    filled += bytesRead;
  }
}

/** Whether the disk could not read something that is there. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EIO';
}
