// OTLP/JSON as OTLP protobuf (OTLP specification, "JSON Protobuf Encoding"). Strict where the specification is: ids are
// hex, enums are integers, names are lowerCamelCase; unknown fields are skipped.

import type { OtlpSignal } from '../otlp/signals.ts';
import {
  fieldsByName,
  isScalar,
  REQUEST_MESSAGE,
  type Field,
  type MessageName,
  type ScalarType,
} from '../descriptors.ts';
import { FIXED32, FIXED64, LENGTH_DELIMITED, MAX_DEPTH, VARINT } from '../wire.ts';
import { ProtoWriter } from '../wire-writer.ts';

/** JSON that is not the OTLP message it was said to be: where, and what was expected. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A JSON number in a string; Number() alone would also take blanks and hexadecimal digits. */
const DECIMAL = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;
const DIRECT_TEXT_LENGTH = 4_096;
/** Characters of a refused text that a message shows. */
const MAX_SHOWN = 80;

const INT32_MIN = -(2 ** 31);
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;

/** Throws JsonError. */
export function jsonToProto(signal: OtlpSignal, json: Uint8Array): Uint8Array {
  const text = textOf(json);
  try {
    return messageToProto(signal, parseText(text), json.length);
  } catch (error) {
    if (!(error instanceof Rounded)) throw error;
    // Nearly all senders write these as strings, so only the others pay for a reading that keeps every digit.
    return messageToProto(signal, parseText(text, keepDigits), json.length);
  }
}

function messageToProto(signal: OtlpSignal, value: unknown, sizeBytes: number): Uint8Array {
  const writer = new ProtoWriter(sizeBytes);
  writeMessage(writer, REQUEST_MESSAGE[signal], value, [], 0);
  return writer.finish();
}

function textOf(json: Uint8Array): string {
  try {
    return utf8.decode(json);
  } catch (error) {
    throw new JsonError('the body is not JSON: it is not UTF-8', { cause: error });
  }
}

function parseText(text: string, reviver?: Parameters<typeof JSON.parse>[1]): unknown {
  try {
    return JSON.parse(text, reviver);
  } catch (error) {
    // The reviver goes down as deep as the text does, so what is left of the stack is its limit.
    const isTooDeep = error instanceof RangeError;
    const reason = isTooDeep ? 'it is nested too deep' : error instanceof Error ? error.message : String(error);
    throw new JsonError(`the body is not JSON: ${reason}`, { cause: error });
  }
}

/** A number of 64 bits that JavaScript's numbers can not hold, so that JSON.parse has rounded it. */
class Rounded extends Error {
  override readonly name = 'Rounded';
}

/** A reviver: whole numbers that may have been rounded become bigint, by their digits in the text. */
function keepDigits(_name: string, value: unknown, context: { readonly source?: string } = {}): unknown {
  if (typeof value !== 'number' || !Number.isInteger(value) || Number.isSafeInteger(value)) return value;
  // Longer ones, and 15e17, are no better known than by their value.
  const { source = '' } = context;
  return BigInt(/^-?\d{1,20}$/.test(source) ? source : value);
}

/** Where a value stands: names and indices from the top, put into words only when something is wrong. */
type Path = (string | number)[];

function placeOf(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text === '' ? 'the body' : text;
}

function refuse(path: Path, expected: string, seen: unknown): never {
  throw new JsonError(`${placeOf(path)}: expected ${expected}, got ${briefly(seen)}`);
}

/** Large values are named, not printed: what is refused may be as large and as deep as a request may be. */
function briefly(seen: unknown): string {
  if (Array.isArray(seen)) return 'an array';
  if (typeof seen === 'object' && seen !== null) return 'an object';
  if (typeof seen !== 'string') return String(seen);
  return seen.length > MAX_SHOWN ? `${JSON.stringify(seen.slice(0, MAX_SHOWN))}…` : JSON.stringify(seen);
}

function writeMessage(writer: ProtoWriter, message: MessageName, value: unknown, path: Path, depth: number): void {
  if (depth > MAX_DEPTH) throw new JsonError(`${placeOf(path)}: messages nested more than ${MAX_DEPTH} deep`);
  if (!isObject(value)) refuse(path, 'an object', value);
  const fields = fieldsByName(message);
  // What JSON.parse makes has no other enumerable names than its own.
  for (const name in value) {
    const field = fields.get(name);
    const content = value[name];
    if (!field || content === null) continue;
    path.push(name);
    if (field.rule === 'repeated') writeRepeated(writer, field, content, path, depth);
    else writeField(writer, field, content, path, depth);
    path.pop();
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function writeRepeated(writer: ProtoWriter, field: Field, values: unknown, path: Path, depth: number): void {
  if (!Array.isArray(values)) refuse(path, 'an array', values);
  if (values.length === 0) return;
  const { type } = field;
  const isPacked = isScalar(type) && type !== 'string' && wireTypeOf(type) !== LENGTH_DELIMITED;
  const mark = isPacked ? writer.begin(field.number) : 0;
  for (let index = 0; index < values.length; index++) {
    path.push(index);
    if (isPacked) writeScalar(writer, type, values[index], path);
    else writeField(writer, field, values[index], path, depth);
    path.pop();
  }
  if (isPacked) writer.end(mark);
}

function writeField(writer: ProtoWriter, field: Field, value: unknown, path: Path, depth: number): void {
  const { type, number } = field;
  if (!isScalar(type)) {
    const mark = writer.begin(number);
    writeMessage(writer, type, value, path, depth + 1);
    writer.end(mark);
  } else if (type === 'string') {
    if (typeof value !== 'string') refuse(path, 'a string', value);
    // Short ones, which nearly all are, without a copy; the writer makes room for three times the length.
    if (value.length <= DIRECT_TEXT_LENGTH) writer.stringField(number, value);
    else writer.bytesField(number, Buffer.from(value, 'utf8'));
  } else {
    writer.tag(number, wireTypeOf(type));
    writeScalar(writer, type, value, path);
  }
}

function wireTypeOf(type: ScalarType): number {
  switch (type) {
    case 'string':
    case 'bytes':
    case 'id':
      return LENGTH_DELIMITED;
    case 'fixed64':
    case 'sfixed64':
    case 'double':
      return FIXED64;
    case 'fixed32':
      return FIXED32;
    default:
      return VARINT;
  }
}

/** A scalar after its tag. */
function writeScalar(writer: ProtoWriter, type: Exclude<ScalarType, 'string'>, value: unknown, path: Path): void {
  switch (type) {
    case 'bytes':
      writeBytes(writer, base64(value, path));
      return;
    case 'id':
      writeBytes(writer, hex(value, path));
      return;
    case 'bool':
      if (typeof value !== 'boolean') refuse(path, 'true or false', value);
      writer.varint(value ? 1 : 0);
      return;
    case 'enum':
      // Names of enum values are not allowed in OTLP/JSON.
      if (typeof value !== 'number') refuse(path, 'an integer (names of enum values are not allowed)', value);
      writer.varint64(BigInt(integer32(value, INT32_MIN, 2 ** 31 - 1, path)));
      return;
    case 'int32':
      writer.varint64(BigInt(integer32(value, INT32_MIN, 2 ** 31 - 1, path)));
      return;
    case 'uint32':
      writer.varint(integer32(value, 0, 2 ** 32 - 1, path));
      return;
    case 'sint32': {
      const plain = integer32(value, INT32_MIN, 2 ** 31 - 1, path);
      writer.varint(((plain << 1) ^ (plain >> 31)) >>> 0);
      return;
    }
    case 'int64':
      writer.varint64(integer64(value, INT64_MIN, INT64_MAX, path));
      return;
    case 'uint64':
      writer.varint64(integer64(value, 0n, UINT64_MAX, path));
      return;
    case 'fixed32':
      scratch.setUint32(0, integer32(value, 0, 2 ** 32 - 1, path), true);
      writer.raw(scratchBytes, 0, 4);
      return;
    case 'fixed64':
      scratch.setBigUint64(0, integer64(value, 0n, UINT64_MAX, path), true);
      writer.raw(scratchBytes);
      return;
    case 'sfixed64':
      scratch.setBigInt64(0, integer64(value, INT64_MIN, INT64_MAX, path), true);
      writer.raw(scratchBytes);
      return;
    default:
      scratch.setFloat64(0, double(value, path), true);
      writer.raw(scratchBytes);
  }
}

function writeBytes(writer: ProtoWriter, bytes: Uint8Array): void {
  writer.varint(bytes.length);
  writer.raw(bytes);
}

const scratch = new DataView(new ArrayBuffer(8));
const scratchBytes = new Uint8Array(scratch.buffer);

function hex(value: unknown, path: Path): Uint8Array {
  if (typeof value !== 'string') refuse(path, 'an id in hex', value);
  const bytes = Buffer.from(value, 'hex');
  // Buffer stops at the first character that is no hex digit, and at half a byte.
  if (bytes.length * 2 !== value.length) refuse(path, 'an id in hex', value);
  return bytes;
}

/** Standard or URL-safe, with or without padding, as protobuf's JSON allows. */
function base64(value: unknown, path: Path): Uint8Array {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(value)) refuse(path, 'bytes in base64', value);
  const bytes = Buffer.from(value, 'base64');
  // One character alone holds six bits of a byte: something has been cut off.
  if (value.replace(/=+$/, '').length % 4 === 1) refuse(path, 'bytes in base64', value);
  return bytes;
}

/** A JSON number or, as protobuf's JSON allows, a decimal string. */
function integer32(value: unknown, least: number, most: number, path: Path): number {
  const parsed = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  if (typeof parsed !== 'number' || !Number.isInteger(parsed) || parsed < least || parsed > most) {
    refuse(path, `an integer between ${least} and ${most}`, value);
  }
  return parsed;
}

function integer64(value: unknown, least: bigint, most: bigint, path: Path): bigint {
  let parsed: bigint | undefined;
  if (typeof value === 'bigint') parsed = value;
  else if (typeof value === 'string') parsed = /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined;
  else if (typeof value === 'number' && Number.isInteger(value)) {
    if (!Number.isSafeInteger(value)) throw new Rounded();
    parsed = BigInt(value);
  }
  if (parsed === undefined || parsed < least || parsed > most) {
    refuse(path, `an integer between ${least} and ${most}, as a decimal string or a number`, value);
  }
  return parsed;
}

function double(value: unknown, path: Path): number {
  if (value === 'NaN') return Number.NaN;
  if (value === 'Infinity') return Number.POSITIVE_INFINITY;
  if (value === '-Infinity') return Number.NEGATIVE_INFINITY;
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  const parsed = isNumber || (typeof value === 'string' && DECIMAL.test(value)) ? Number(value) : Number.NaN;
  // A number too large for a double, such as 1e400, is an infinity that nobody has written.
  if (!Number.isFinite(parsed)) refuse(path, 'a number, "NaN", "Infinity" or "-Infinity"', value);
  return parsed;
}
