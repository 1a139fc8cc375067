// Batches whose every item carries a number, so that a simulation can follow each one through merging and splitting.

import { batchOf, type Batch, type ClientContext } from '../../pipeline/batch.ts';
import type { Signal } from '../../pipeline/signal.ts';

interface Shape {
  /** Fields from the request down to the repeated one that holds an item. */
  readonly path: readonly number[];
  /** The item's fixed64 field that holds its number: a time. */
  readonly field: number;
}

/** A profile is opaque to all that is simulated (never merged, never split), so that a log record's shape serves. */
const SHAPES: Readonly<Record<Signal, Shape>> = {
  traces: { path: [1, 2, 2], field: 7 },
  metrics: { path: [1, 2, 2, 5, 1], field: 3 },
  logs: { path: [1, 2, 2], field: 1 },
  profiles: { path: [1, 2, 2], field: 1 },
};

const ITEM_BYTES = 9;
const LEN = 2;
const FIXED64 = 1;

/** A request without items of about 400 kB, so that few batches fill a merged request. */
const LARGE = wrap(1, wrap(3, Buffer.alloc(400_000, 0x61)));

export function numberedBatch(
  signal: Signal,
  firstItem: number,
  items: number,
  context: ClientContext,
  isLarge: boolean,
): Batch {
  const { path, field } = SHAPES[signal];
  const itemField = path.at(-1) ?? 0;
  const bytes = Buffer.alloc(items * (ITEM_BYTES + 2));
  for (let item = 0; item < items; item += 1) {
    const at = item * (ITEM_BYTES + 2);
    bytes[at] = (itemField << 3) | LEN;
    bytes[at + 1] = ITEM_BYTES;
    bytes[at + 2] = (field << 3) | FIXED64;
    bytes.writeUInt32LE(firstItem + item, at + 3);
  }
  let chunk = bytes;
  for (const outer of path.slice(0, -1).toReversed()) chunk = wrap(outer, chunk);
  const batch = batchOf(signal, chunk, items, context);
  return isLarge ? { ...batch, chunks: [chunk, LARGE], bytes: chunk.length + LARGE.length } : batch;
}

/** The numbers of a batch's items, in order. */
export function itemsOf(batch: Batch): number[] {
  const found: number[] = [];
  for (const chunk of batch.chunks) {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    collect(buffer, 0, buffer.length, SHAPES[batch.signal], 0, found);
  }
  return found;
}

function collect(bytes: Buffer, start: number, end: number, shape: Shape, depth: number, found: number[]): void {
  const isItem = depth === shape.path.length;
  for (let at = start; at < end;) {
    const tag = bytes.readUInt8(at);
    at += 1;
    if ((tag & 7) === FIXED64) {
      if (isItem && tag >> 3 === shape.field) found.push(bytes.readUInt32LE(at));
      at += 8;
      continue;
    }
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes.readUInt8(at);
      at += 1;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (!isItem && tag >> 3 === shape.path[depth]) collect(bytes, at, at + length, shape, depth + 1, found);
    at += length;
  }
}

function wrap(field: number, body: Uint8Array): Buffer<ArrayBuffer> {
  const head = [(field << 3) | LEN];
  let { length } = body;
  for (; length > 0x7f; length >>>= 7) head.push((length & 0x7f) | 0x80);
  head.push(length);
  return Buffer.concat([Buffer.from(head), body]);
}
