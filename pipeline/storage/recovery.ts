// What is found in a log's folder at opening: segments with their counts, a torn end cut off, damage noticed.

import { open, readdir, rename, rm, truncate, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { HEADER_BYTES, headerAt, readTotal, TOTAL_BYTES } from './record.ts';
import { isUnreadable, readPiece } from './segment-reader.ts';
import { segmentOf, type Segment } from './segment.ts';
import type { Settlements } from './settlements.ts';

/** Damaged files that are kept, the newest of them; older ones are deleted. */
const KEPT_DAMAGED = 4;
const DAMAGED = '.damaged';

export interface Recovered {
  /** In order; those with nothing left in them are deleted already. */
  readonly segments: readonly Segment[];
  /** Files in which nothing could be read, under their new names. */
  readonly setAside: readonly string[];
  readonly nextNumber: number;
}

/** Fails as the file system does. */
export async function recover(folder: string, settlements: Settlements): Promise<Recovered> {
  const names = await readdir(folder);
  const found = names.flatMap((name) => segmentOf(name, '.log') ?? []).sort((a, b) => a.number - b.number);
  const segments: Segment[] = [];
  const setAside: string[] = [];
  for (const segment of found) {
    const gaps = new Set<number>();
    const verdict = await inspect(folder, segment, gaps).catch(damagedDisk);
    if (verdict === 'damaged') {
      setAside.push(await setSegmentAside(folder, segment));
      continue;
    }
    if (verdict === 'whole') await settlements.load(segment, gaps);
    if (verdict === 'empty' || (segment.isDone && !segment.isDamaged)) {
      settlements.forget(segment);
      await deleteSegment(folder, segment);
    } else segments.push(segment);
  }
  const kept = new Set(found.map(({ name }) => name));
  for (const name of names) {
    const orphan = segmentOf(name, '.ack');
    if (orphan && !kept.has(orphan.name)) await rm(path.join(folder, name), { force: true });
  }
  return { segments, setAside, nextNumber: 1 + Math.max(0, ...names.map(numberOf)) };
}

/** A file whose very size can not be read is damage; anything but EIO is for the one who starts the agent to mend. */
function damagedDisk(error: unknown): 'damaged' {
  if (isUnreadable(error)) return 'damaged';
  throw error;
}

function numberOf(name: string): number {
  const number = Number.parseInt(name, 10);
  return Number.isNaN(number) ? 0 : number;
}

/** Fills in the segment's end and counts, and `gaps` with indices of records that are not found and not counted. */
async function inspect(folder: string, segment: Segment, gaps: Set<number>): Promise<'whole' | 'empty' | 'damaged'> {
  segment.isSealed = true;
  const name = path.join(folder, `${segment.name}.log`);
  const file = await open(name, 'r');
  try {
    const { size } = await file.stat();
    const total = await readClosing(file, size, segment.key);
    if (total) {
      Object.assign(segment.total, total);
      segment.end = size - TOTAL_BYTES;
      return 'whole';
    }
    await scan(file, size, segment, gaps);
    const isTorn = await isTornWrite(file, size, segment);
    if (!isTorn) segment.isDamaged = true;
    else if (segment.end < size) await truncate(name, segment.end);
  } finally {
    await file.close();
  }
  if (segment.total.requests > 0) return 'whole';
  return segment.isDamaged ? 'damaged' : 'empty';
}

async function readClosing(file: FileHandle, size: number, key: number): Promise<ReturnType<typeof readTotal>> {
  const closing = size < TOTAL_BYTES ? undefined : await readEnd(file, size - TOTAL_BYTES, TOTAL_BYTES);
  return closing && readTotal(closing, key);
}

/** Of a segment that was being written when the process ended. */
async function scan(file: FileHandle, size: number, segment: Segment, gaps: Set<number>): Promise<void> {
  const bytes = { key: segment.key, end: size };
  for (let at = 0; at < size;) {
    const piece = await readPiece(file, bytes, at, () => true);
    for (const record of piece.records) {
      if (record.isDamaged) segment.isDamaged = true;
      // Records whose headers are lost are missing between the indices.
      for (let index = segment.total.requests; index < record.index; index += 1) gaps.add(index);
      segment.total.requests = Math.max(segment.total.requests, record.index + 1);
      segment.total.items += record.items;
      segment.total.bytes += record.bytes;
      segment.end = record.at + record.length;
    }
    at = piece.next;
  }
}

/**
 * A process that is killed leaves the beginning of its last record behind, and nobody was told that it was taken. A
 * record that is all there and wrong is damage, even though a failing power supply can leave one, too.
 */
async function isTornWrite(file: FileHandle, size: number, { end, key }: Segment): Promise<boolean> {
  const left = size - end;
  if (left < HEADER_BYTES) return true;
  const first = await readEnd(file, end, HEADER_BYTES);
  // What can not be read may have been whole.
  if (!first) return false;
  const found = headerAt(first, 0, key);
  return found ? found.length > left : first.every((byte) => byte === 0);
}

/** Undefined where the disk can not read it. */
async function readEnd(file: FileHandle, at: number, length: number): Promise<Buffer | undefined> {
  const bytes = Buffer.alloc(length);
  try {
    await file.read(bytes, 0, length, at);
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
  return bytes;
}

export async function deleteSegment(folder: string, segment: Segment): Promise<void> {
  await rm(path.join(folder, `${segment.name}.log`), { force: true });
  await rm(path.join(folder, `${segment.name}.ack`), { force: true });
}

/** Keeps a damaged segment under another name, for whoever wants to look; gives that name. */
export async function setSegmentAside(folder: string, segment: Segment): Promise<string> {
  const name = path.join(folder, `${segment.name}${DAMAGED}`);
  await rename(path.join(folder, `${segment.name}.log`), name);
  await rm(path.join(folder, `${segment.name}.ack`), { force: true });
  for (const old of (await filesAside(folder)).slice(0, -KEPT_DAMAGED))
    await rm(path.join(folder, old), { force: true });
  return name;
}

/** Deletes damaged segments that were kept; gives their names. */
export async function deleteSetAside(folder: string): Promise<readonly string[]> {
  const files = await filesAside(folder);
  for (const file of files) await rm(path.join(folder, file), { force: true });
  return files;
}

async function filesAside(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((file) => file.endsWith(DAMAGED)).sort();
}
