// Repeated numbers, which may be packed into one length-delimited value, written one by one, or both.

import {
  FIXED64,
  joinWords,
  LENGTH_DELIMITED,
  malformed,
  ProtoReader,
  readDouble,
  readFixed64,
  readFixed64AsNumber,
  VARINT,
} from '../wire.ts';
import type { MessageView } from './message-view.ts';

const TWO_32 = 4_294_967_296;

const fields = new ProtoReader();
const values = new ProtoReader();

/** A new array of a repeated uint64 or enum field. */
export function repeatedVarint(message: MessageView, field: number): bigint[] {
  const found: bigint[] = [];
  fields.reset(message.bytes, message.repeatedStart(field), message.repeatedEnd(field));
  while (fields.next()) {
    if (fields.field !== field) continue;
    if (fields.type === VARINT) {
      found.push(joinWords(fields.lo, fields.hi));
      continue;
    }
    fields.expect(LENGTH_DELIMITED);
    let pos = fields.start;
    while (pos < fields.stop) {
      values.varintAt(fields.bytes, pos, fields.stop);
      found.push(joinWords(values.lo, values.hi));
      pos = values.pos;
    }
  }
  return found;
}

/** The same as numbers: exact up to 2^53. */
export function repeatedVarintNumbers(message: MessageView, field: number): number[] {
  const found: number[] = [];
  fields.reset(message.bytes, message.repeatedStart(field), message.repeatedEnd(field));
  while (fields.next()) {
    if (fields.field !== field) continue;
    if (fields.type === VARINT) {
      found.push(fields.hi * TWO_32 + fields.lo);
      continue;
    }
    fields.expect(LENGTH_DELIMITED);
    const { bytes, stop } = fields;
    for (let pos = fields.start; pos < stop;) {
      // Safe: pos < stop <= bytes.length. Most counts take one byte or two.
      const first = bytes[pos] as number;
      const second = first < 0x80 ? 0 : (bytes[pos + 1] as number);
      if (first < 0x80) {
        found.push(first);
        pos += 1;
      } else if (pos + 1 < stop && second < 0x80) {
        found.push((first & 0x7f) | (second << 7));
        pos += 2;
      } else {
        values.varintAt(bytes, pos, stop);
        found.push(values.hi * TWO_32 + values.lo);
        ({ pos } = values);
      }
    }
  }
  return found;
}

/** A new array of a repeated fixed64 field, unsigned. */
export function repeatedFixed64(message: MessageView, field: number): bigint[] {
  const found: bigint[] = [];
  fields.reset(message.bytes, message.repeatedStart(field), message.repeatedEnd(field));
  while (nextEights(field))
    for (let at = fields.start; at < fields.stop; at += 8) found.push(readFixed64(fields.bytes, at));
  return found;
}

/** A new array of a repeated double field. */
export function repeatedDouble(message: MessageView, field: number): number[] {
  const found: number[] = [];
  fields.reset(message.bytes, message.repeatedStart(field), message.repeatedEnd(field));
  while (nextEights(field))
    for (let at = fields.start; at < fields.stop; at += 8) found.push(readDouble(fields.bytes, at));
  return found;
}

/** Puts a repeated fixed64 field into an array that is used again, as numbers: exact up to 2^53. */
export function fixed64sInto(message: MessageView, field: number, into: number[]): void {
  into.length = 0;
  fields.reset(message.bytes, message.repeatedStart(field), message.repeatedEnd(field));
  while (nextEights(field))
    for (let at = fields.start; at < fields.stop; at += 8) into.push(readFixed64AsNumber(fields.bytes, at));
}

/** Puts a repeated double field into an array that is used again. */
export function doublesInto(message: MessageView, field: number, into: number[]): void {
  into.length = 0;
  fields.reset(message.bytes, message.repeatedStart(field), message.repeatedEnd(field));
  while (nextEights(field))
    for (let at = fields.start; at < fields.stop; at += 8) into.push(readDouble(fields.bytes, at));
}

/** Goes to the next value of `field`, packed or not, made of eights. */
function nextEights(field: number): boolean {
  while (fields.next()) {
    if (fields.field !== field) continue;
    if (fields.type !== FIXED64) fields.expect(LENGTH_DELIMITED);
    if ((fields.stop - fields.start) % 8 !== 0) malformed('packed 8-byte values cut off', fields.tagAt);
    return true;
  }
  return false;
}

/** A zigzag-encoded 32-bit number (sint32) as its value. */
export function zigzag(value: number): number {
  return (value >>> 1) ^ -(value & 1);
}
