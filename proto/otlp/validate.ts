// Checks a whole OTLP request structurally, down to the last nested field. What
// passes can be read, edited and translated later without meeting a malformed byte. The messages are tables, not code.

import type { OtlpSignal } from './signals.ts';
import { LENGTH_DELIMITED, malformed, MAX_DEPTH, ProtoReader, skipLengthDelimited, skipVarint } from '../wire.ts';
import { countItems } from './count.ts';
import {
  ATTRIBUTE,
  BYTES_VALUE,
  FIXED32_VALUE,
  FIXED64_VALUE,
  ID_16,
  ID_8,
  KEY_VALUE,
  MESSAGE,
  PACKED_FIXED64,
  PACKED_VARINT,
  REQUEST_SHAPES,
  type Shape,
  TABLE_TAGS,
  VARINT_VALUE,
} from './shapes.ts';

/**
 * Checks a serialised `Export…ServiceRequest` and returns its number of items. Throws `MalformedProto` for anything the
 * collector's own decoder refuses: a tag, varint or value cut off or running past its message, a varint of more than ten
 * bytes, field number 0, a known field with the wrong wire type, ids of wrong length; and for groups and for messages nested
 * more than `MAX_DEPTH` deep. Unknown fields and, as in the collector, bytes that are not UTF-8 pass.
 */
export function validate(signal: OtlpSignal, bytes: Uint8Array): number {
  walk(bytes, 0, bytes.length, REQUEST_SHAPES[signal], 0);
  return countItems(signal, bytes);
}

/** Checks the message at [start, end). Recursion is bounded by MAX_DEPTH. */
function walk(bytes: Uint8Array, start: number, end: number, shape: Shape, depth: number): void {
  if (depth >= MAX_DEPTH) malformed(`messages nested more than ${MAX_DEPTH} deep`, start);
  const { actions } = shape;
  let pos = start;
  while (pos < end) {
    const at = pos;
    // Safe: pos < end <= bytes.length.
    let tag = bytes[pos++] as number;
    if (tag >= 0x80) {
      // Field 16 and above: two bytes at least.
      if (pos < end && (bytes[pos] as number) === 1) {
        tag = (tag & 0x7f) | 0x80;
        pos++;
      } else {
        pos = skipRareField(bytes, at, end, shape);
        continue;
      }
    }
    // Safe: tag < TABLE_TAGS.
    const action = actions[tag] as number;
    switch (action) {
      case BYTES_VALUE:
        pos = skipLengthDelimited(bytes, pos, end);
        break;
      case ATTRIBUTE:
        pos = skipAttribute(bytes, pos, end, depth);
        break;
      case MESSAGE: {
        const stop = skipLengthDelimited(bytes, pos, end);
        // Safe: MESSAGE stands only where a child does.
        walk(bytes, contentStart(bytes, pos), stop, shape.children[tag >>> 3] as Shape, depth + 1);
        pos = stop;
        break;
      }
      case FIXED64_VALUE:
        pos += 8;
        if (pos > end) malformed('truncated 8-byte value', at);
        break;
      case VARINT_VALUE:
        if (pos < end && (bytes[pos] as number) < 0x80) pos++;
        else pos = skipVarint(bytes, pos, end);
        break;
      case FIXED32_VALUE:
        pos += 4;
        if (pos > end) malformed('truncated 4-byte value', at);
        break;
      case ID_16:
        pos = skipId(bytes, pos, end, 16);
        break;
      case ID_8:
        pos = skipId(bytes, pos, end, 8);
        break;
      case PACKED_VARINT: {
        const stop = skipLengthDelimited(bytes, pos, end);
        pos = contentStart(bytes, pos);
        while (pos < stop) pos = skipVarint(bytes, pos, stop);
        break;
      }
      case PACKED_FIXED64: {
        const stop = skipLengthDelimited(bytes, pos, end);
        if ((stop - contentStart(bytes, pos)) % 8 !== 0) malformed('packed 8-byte values cut off', at);
        pos = stop;
        break;
      }
      default:
        wrong(tag, at, shape);
    }
  }
}

/** Checks the KeyValue whose length is at `pos`; where it ends. Nine in ten nested messages are one, hence the short cut. */
function skipAttribute(bytes: Uint8Array, pos: number, end: number, depth: number): number {
  const length = pos < end ? (bytes[pos] as number) : 0x80;
  const stop = pos + 1 + length;
  if (length < 0x80 && stop <= end && isPlainAttribute(bytes, pos + 1, stop)) return stop;
  const sure = skipLengthDelimited(bytes, pos, end);
  walk(bytes, contentStart(bytes, pos), sure, KEY_VALUE, depth + 1);
  return sure;
}

/** Tags of a KeyValue's and an AnyValue's fields. */
const KEY = 0x0a;
const VALUE = 0x12;
const STRING_VALUE = 0x0a;
const BOOL_VALUE = 0x10;
const INT_VALUE = 0x18;
const DOUBLE_VALUE = 0x21;

/**
 * The commonest attribute: a key, then a value that is one string or number, each length in one byte, and nothing else.
 * Says false for every other attribute, right or wrong.
 */
function isPlainAttribute(bytes: Uint8Array, start: number, stop: number): boolean {
  // Safe, all reads: they lie before stop, which the first two lines make sure of. At least 2 bytes stand before the key, 2
  // before the value, and 2 are the value's tag and its first byte.
  if (stop - start < 6 || bytes[start] !== KEY) return false;
  const keyLength = bytes[start + 1] as number;
  const valueAt = start + 2 + keyLength;
  if (keyLength >= 0x80 || valueAt + 4 > stop || bytes[valueAt] !== VALUE) return false;
  const valueLength = bytes[valueAt + 1] as number;
  if (valueLength >= 0x80 || valueAt + 2 + valueLength !== stop) return false;
  switch (bytes[valueAt + 2]) {
    case STRING_VALUE:
      return (bytes[valueAt + 3] as number) + 2 === valueLength;
    case INT_VALUE:
    case BOOL_VALUE: {
      let at = valueAt + 3;
      const last = stop - 1;
      while (at < last && (bytes[at] as number) >= 0x80) at++;
      return at === last && (bytes[at] as number) < 0x80 && valueLength <= 11;
    }
    case DOUBLE_VALUE:
      return valueLength === 9;
    default:
      return false;
  }
}

/** Where the content begins of a length-delimited value whose length, known to be sound, is at `pos`. */
function contentStart(bytes: Uint8Array, pos: number): number {
  let at = pos;
  // Safe: skipLengthDelimited found the end of this varint.
  while ((bytes[at] as number) >= 0x80) at++;
  return at + 1;
}

function skipId(bytes: Uint8Array, pos: number, end: number, size: number): number {
  const stop = skipLengthDelimited(bytes, pos, end);
  const length = stop - contentStart(bytes, pos);
  if (length !== size && length !== 0) malformed(`id of ${length} bytes, expected ${size}`, pos);
  return stop;
}

const rareReader = new ProtoReader();

/** A field whose tag is longer than the table knows, or is written with more bytes than it needs. */
function skipRareField(bytes: Uint8Array, at: number, end: number, shape: Shape): number {
  rareReader.reset(bytes, at, end);
  rareReader.next();
  const { field, type } = rareReader;
  if (field * 8 < TABLE_TAGS) {
    // Legal but never written by an encoder; refused where it could hide a nested message from the table.
    if (shape.actions[field * 8 + type] !== expectedUnknown(type)) malformed(`overlong tag of field ${field}`, at);
  }
  return rareReader.pos;
}

function expectedUnknown(type: number): number {
  if (type === LENGTH_DELIMITED) return BYTES_VALUE;
  if (type === 0) return VARINT_VALUE;
  return type === 1 ? FIXED64_VALUE : FIXED32_VALUE;
}

function wrong(tag: number, at: number, shape: Shape): never {
  const field = tag >>> 3;
  const type = tag & 7;
  if (field === 0) return malformed(`field number 0 in ${shape.name}`, at);
  if (type === 3 || type === 4) return malformed(`group in ${shape.name}`, at);
  return malformed(`wire type ${type} for field ${field} of ${shape.name}`, at);
}
