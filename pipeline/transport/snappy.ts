// Snappy, block and framed format (google/snappy format_description.txt and framing_format.txt). No maintained package
// reads both formats with a bound on the output, and the format is three tags long.

import { crc32c } from './crc32c.ts';
import { BodyCorrupt, BodyTooLarge } from './body-errors.ts';

const FRAME_MAGIC = Buffer.from([0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59]);
const FRAME_BLOCK_BYTES = 65_536;
const HASH_BITS = 14;
const MIN_HASH_BITS = 8;
/** Of the block that is being compressed: where each hash was last seen. */
const table = new Int32Array(1 << HASH_BITS);
/** The most that a byte can stand for: a copy of 64 bytes takes three. */
const MAX_EXPANSION = 22;

function uncompressedLength(body: Uint8Array): { length: number; start: number } {
  let length = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = body[index];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { length, start: index + 1 };
  }
  throw new BodyCorrupt('the body is not valid snappy: its length prefix is malformed');
}

/** The block format. Fails with BodyTooLarge or BodyCorrupt. */
export function snappyUncompress(body: Uint8Array, limitBytes: number): Uint8Array {
  const { length, start } = uncompressedLength(body);
  if (length > limitBytes) throw new BodyTooLarge(limitBytes);
  if (length > body.length * MAX_EXPANSION) {
    throw new BodyCorrupt(`the body is not valid snappy: ${body.length} bytes can not stand for ${length}`);
  }
  const output = Buffer.allocUnsafe(length);
  let read = start;
  let written = 0;
  const corrupt = (what: string): never => {
    throw new BodyCorrupt(`the body is not valid snappy: ${what} at byte ${read}`);
  };
  while (read < body.length) {
    const tag = body[read] ?? 0;
    read += 1;
    if ((tag & 3) === 0) {
      let count = tag >> 2;
      if (count >= 60) {
        const extra = count - 59;
        if (read + extra > body.length) corrupt('truncated literal length');
        count = 0;
        for (let index = 0; index < extra; index += 1) count += (body[read + index] ?? 0) * 2 ** (8 * index);
        read += extra;
      }
      count += 1;
      if (read + count > body.length || written + count > length) corrupt('literal past the end');
      output.set(body.subarray(read, read + count), written);
      read += count;
      written += count;
      continue;
    }
    let count: number;
    let offset: number;
    const extra = (tag & 3) === 1 ? 1 : (tag & 3) === 2 ? 2 : 4;
    if (read + extra > body.length) corrupt('truncated copy');
    if ((tag & 3) === 1) {
      count = ((tag >> 2) & 7) + 4;
      offset = ((tag >> 5) << 8) | (body[read] ?? 0);
    } else {
      count = (tag >> 2) + 1;
      offset = 0;
      for (let index = 0; index < extra; index += 1) offset += (body[read + index] ?? 0) * 2 ** (8 * index);
    }
    read += extra;
    if (offset === 0 || offset > written || written + count > length) corrupt('copy out of range');
    // Source and target may overlap on purpose: byte by byte repeats the pattern.
    for (let index = 0; index < count; index += 1) {
      output[written] = output[written - offset] ?? 0;
      written += 1;
    }
  }
  if (written !== length) corrupt(`${written} bytes instead of the promised ${length}`);
  return output;
}

/** The block format, with a greedy match search over blocks of 64 KiB as the reference encoder does. */
export function snappyCompress(body: Uint8Array): Uint8Array {
  const output = Buffer.allocUnsafe(32 + body.length + Math.ceil(body.length / 6));
  let written = 0;
  let rest = body.length;
  while (rest >= 0x80) {
    output[written++] = (rest & 0x7f) | 0x80;
    rest = Math.floor(rest / 128);
  }
  output[written++] = rest;

  const literal = (from: number, to: number): void => {
    const count = to - from - 1;
    if (count < 0) return;
    if (count < 60) output[written++] = count << 2;
    else if (count < 256) {
      output[written++] = 60 << 2;
      output[written++] = count;
    } else {
      output[written++] = 61 << 2;
      output[written++] = count & 0xff;
      output[written++] = count >> 8;
    }
    output.set(body.subarray(from, to), written);
    written += to - from;
  };

  for (let block = 0; block < body.length; block += FRAME_BLOCK_BYTES) {
    const end = Math.min(block + FRAME_BLOCK_BYTES, body.length);
    // A short block needs few places, and clearing them costs as much as the rest.
    let bits = MIN_HASH_BITS;
    while (bits < HASH_BITS && 1 << bits < end - block) bits += 1;
    table.fill(-1, 0, 1 << bits);
    let pending = block;
    let position = block;
    let skip = 32;
    while (position + 4 <= end) {
      const word = word32(body, position);
      const slot = Math.imul(word, 0x1e35a7bd) >>> (32 - bits);
      const candidate = table[slot] ?? -1;
      table[slot] = position;
      if (candidate < 0 || word32(body, candidate) !== word) {
        // Where nothing repeats, ever fewer places are looked at, as in the reference encoder.
        const step = skip >> 5;
        position += step;
        skip += step;
        continue;
      }
      skip = 32;
      literal(pending, position);
      let length = 4;
      while (position + length < end && body[candidate + length] === body[position + length]) length += 1;
      const offset = position - candidate;
      for (let left = length; left > 0;) {
        const count = Math.min(left, 64);
        output[written++] = ((count - 1) << 2) | 2;
        output[written++] = offset & 0xff;
        output[written++] = offset >> 8;
        left -= count;
      }
      position += length;
      pending = position;
    }
    literal(pending, end);
  }
  return output.subarray(0, written);
}

function word32(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** The framed format. Fails with BodyTooLarge or BodyCorrupt. */
export function snappyUnframe(body: Uint8Array, limitBytes: number): Uint8Array {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  if (bytes.length > 0 && !bytes.subarray(0, FRAME_MAGIC.length).equals(FRAME_MAGIC)) {
    throw new BodyCorrupt('the body is not framed snappy: the stream identifier is missing');
  }
  const parts: Uint8Array[] = [];
  let total = 0;
  for (let at = 0; at < bytes.length;) {
    if (at + 4 > bytes.length) throw new BodyCorrupt('the body is not framed snappy: truncated chunk header');
    const type = bytes.readUInt8(at);
    const length = bytes.readUIntLE(at + 1, 3);
    const start = at + 4;
    at = start + length;
    if (at > bytes.length) throw new BodyCorrupt('the body is not framed snappy: truncated chunk');
    if (type === 0xff || (type >= 0x80 && type <= 0xfe)) continue;
    if (type > 1 || length < 4) throw new BodyCorrupt(`the body is not framed snappy: unknown chunk type ${type}`);
    const data = bytes.subarray(start + 4, at);
    const part = type === 0 ? snappyUncompress(data, Math.min(FRAME_BLOCK_BYTES, limitBytes - total)) : data;
    if (maskedCrc(part) !== bytes.readUInt32LE(start)) {
      throw new BodyCorrupt('the body is not framed snappy: a checksum does not match');
    }
    total += part.length;
    if (total > limitBytes) throw new BodyTooLarge(limitBytes);
    parts.push(part);
  }
  return Buffer.concat(parts, total);
}

/** The framed format. */
export function snappyFrame(body: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [FRAME_MAGIC];
  for (let at = 0; at < body.length; at += FRAME_BLOCK_BYTES) {
    const block = body.subarray(at, at + FRAME_BLOCK_BYTES);
    const compressed = snappyCompress(block);
    const smaller = compressed.length < block.length;
    const data = smaller ? compressed : block;
    const header = Buffer.allocUnsafe(8);
    header.writeUInt8(smaller ? 0 : 1, 0);
    header.writeUIntLE(data.length + 4, 1, 3);
    header.writeUInt32LE(maskedCrc(block), 4);
    parts.push(header, data);
  }
  return Buffer.concat(parts);
}
