// OTLP messages as plain objects, by the table in descriptors.ts. A hundred times dearer than reading bytes in place, so
// only for people and foreign formats.

import { fieldsByNumber, isScalar, type Field, type MessageName, type ScalarType } from './descriptors.ts';
import { decodeUtf8 } from './otlp/text.ts';
import {
  FIXED32,
  FIXED64,
  joinWords,
  LENGTH_DELIMITED,
  malformed,
  MAX_DEPTH,
  ProtoReader,
  readDouble,
  readFixed64,
  readSfixed64,
  VARINT,
} from './wire.ts';

/** 64-bit integers are bigint, bytes and ids Uint8Array, enums numbers; absent fields are absent. */
export type ProtoValue = string | number | bigint | boolean | Uint8Array | ProtoObject | readonly ProtoValue[];

export interface ProtoObject {
  readonly [name: string]: ProtoValue | undefined;
}

/** Throws MalformedProto. Unknown fields are left out. */
export function decodeMessage(message: MessageName, bytes: Uint8Array): ProtoObject {
  const object: MutableObject = {};
  decodeInto(object, message, bytes, 0, bytes.length, 0);
  return object;
}

type MutableObject = Record<string, ProtoValue>;

/** Adds to what is in `object`: a message that appears twice is one message (protobuf encoding, "Last One Wins"). */
function decodeInto(
  object: MutableObject,
  message: MessageName,
  bytes: Uint8Array,
  start: number,
  end: number,
  depth: number,
): void {
  if (depth > MAX_DEPTH) malformed(`messages nested more than ${MAX_DEPTH} deep`, start);
  const fields = fieldsByNumber(message);
  const reader = new ProtoReader();
  reader.reset(bytes, start, end);
  let chosen = chosenOneof(object, fields);
  while (reader.next()) {
    const field = fields.get(reader.field);
    if (!field) continue;
    const { name, rule } = field;
    if (rule === 'oneof') {
      // The last one on the wire wins.
      if (chosen !== undefined && chosen !== name) delete object[chosen];
      chosen = name;
    }
    if (rule !== 'repeated') {
      object[name] = readField(field, reader, depth, object[name]);
      continue;
    }
    // Only this function puts arrays into `object`.
    const list = (object[name] ??= []) as ProtoValue[];
    if (reader.type === LENGTH_DELIMITED && isPackable(field.type)) readPacked(field.type, reader, list);
    else list.push(readField(field, reader, depth, undefined));
  }
}

/** The member of a oneof that an earlier part of the same message has set. */
function chosenOneof(object: MutableObject, fields: ReadonlyMap<number, Field>): string | undefined {
  for (const name in object) {
    for (const field of fields.values()) if (field.name === name && field.rule === 'oneof') return name;
  }
  return undefined;
}

function isPackable(type: Field['type']): type is ScalarType {
  return isScalar(type) && type !== 'string' && type !== 'bytes' && type !== 'id';
}

function wireTypeOf(type: Field['type']): number {
  switch (type) {
    case 'bool':
    case 'int32':
    case 'uint32':
    case 'sint32':
    case 'int64':
    case 'uint64':
    case 'enum':
      return VARINT;
    case 'fixed64':
    case 'sfixed64':
    case 'double':
      return FIXED64;
    case 'fixed32':
      return FIXED32;
    default:
      return LENGTH_DELIMITED;
  }
}

function readField(field: Field, reader: ProtoReader, depth: number, before: ProtoValue | undefined): ProtoValue {
  const { type } = field;
  reader.expect(wireTypeOf(type));
  if (isScalar(type)) return readScalar(type, reader);
  // Safe: the field holds messages, so what it held before is one that decodeInto made.
  const object = (before ?? {}) as MutableObject;
  decodeInto(object, type, reader.bytes, reader.start, reader.stop, depth + 1);
  return object;
}

function readScalar(type: ScalarType, reader: ProtoReader): ProtoValue {
  const { bytes, start, stop } = reader;
  switch (type) {
    case 'string':
      return decodeUtf8(bytes, start, stop);
    case 'bytes':
    case 'id':
      return bytes.subarray(start, stop);
    case 'bool':
      return reader.lo !== 0 || reader.hi !== 0;
    case 'int32':
    case 'enum':
      return reader.int32();
    case 'uint32':
      return reader.lo;
    case 'sint32':
      return (reader.lo >>> 1) ^ -(reader.lo & 1);
    case 'int64':
      return BigInt.asIntN(64, joinWords(reader.lo, reader.hi));
    case 'uint64':
      return joinWords(reader.lo, reader.hi);
    case 'fixed32':
      return reader.fixed32();
    case 'fixed64':
      return readFixed64(bytes, start);
    case 'sfixed64':
      return readSfixed64(bytes, start);
    default:
      return readDouble(bytes, start);
  }
}

/** Numbers packed into one field: each is read as if it stood alone. */
function readPacked(type: ScalarType, outer: ProtoReader, list: ProtoValue[]): void {
  const wireType = wireTypeOf(type);
  const width = wireType === FIXED64 ? 8 : wireType === FIXED32 ? 4 : 0;
  const value = new ProtoReader();
  if (width > 0) {
    if ((outer.stop - outer.start) % width !== 0) malformed('a packed field is cut off', outer.start);
    for (let at = outer.start; at < outer.stop; at += width) {
      value.bytes = outer.bytes;
      value.start = at;
      value.stop = at + width;
      list.push(readScalar(type, value));
    }
    return;
  }
  for (let at = outer.start; at < outer.stop; at = value.pos) {
    value.varintAt(outer.bytes, at, outer.stop);
    list.push(readScalar(type, value));
  }
}
