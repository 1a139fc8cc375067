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
/** Characters of a refused text that a message shows. */
const MAX_SHOWN = 80;

const INT32_MIN = -(2 ** 31);
const INT64_MIN = -(2n ** 63n);

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
  writeMessage(writer, REQUEST_MESSAGE[signal], value, new Path(undefined, 'the body'), 0);
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

/** Where a value stands; put into words only when something is wrong. */
class Path {
  readonly #parent: Path | undefined;
  readonly #step: string | number;

  constructor(parent: Path | undefined, step: string | number) {
    this.#parent = parent;
    this.#step = step;
  }

  toString(): string {
    const parent = this.#parent;
    if (!parent) return String(this.#step);
    if (typeof this.#step === 'number') return `${parent.toString()}[${this.#step}]`;
    return parent.#parent ? `${parent.toString()}.${this.#step}` : this.#step;
  }
}

function refuse(path: Path, expected: string, seen: unknown): never {
  throw new JsonError(`${path.toString()}: expected ${expected}, got ${briefly(seen)}`);
}

/** Large values are named, not printed: what is refused may be as large and as deep as a request may be. */
function briefly(seen: unknown): string {
  if (Array.isArray(seen)) return 'an array';
  if (typeof seen === 'object' && seen !== null) return 'an object';
  if (typeof seen !== 'string') return String(seen);
  return seen.length > MAX_SHOWN ? `${JSON.stringify(seen.slice(0, MAX_SHOWN))}…` : JSON.stringify(seen);
}

function writeMessage(writer: ProtoWriter, message: MessageName, value: unknown, path: Path, depth: number): void {
  if (depth > MAX_DEPTH) throw new JsonError(`${path.toString()}: messages nested more than ${MAX_DEPTH} deep`);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(path, 'an object', value);
  const fields = fieldsByName(message);
  for (const [name, content] of Object.entries(value)) {
    const field = fields.get(name);
    if (!field || content === null) continue;
    const at = new Path(path, name);
    if (field.rule !== 'repeated') {
      writeField(writer, field, content, at, depth);
      continue;
    }
    if (!Array.isArray(content)) refuse(at, 'an array', content);
    if (isPackable(field.type)) writePacked(writer, field, field.type, content, at);
    else for (const [index, one] of content.entries()) writeField(writer, field, one, new Path(at, index), depth);
  }
}

function writeField(writer: ProtoWriter, field: Field, value: unknown, path: Path, depth: number): void {
  const { type, number } = field;
  if (!isScalar(type)) {
    const mark = writer.begin(number);
    writeMessage(writer, type, value, path, depth + 1);
    writer.end(mark);
    return;
  }
  writer.tag(number, wireTypeOf(type));
  writeScalar(writer, type, value, path);
}

function writePacked(
  writer: ProtoWriter,
  field: Field,
  type: ScalarType,
  values: readonly unknown[],
  path: Path,
): void {
  if (values.length === 0) return;
  const mark = writer.begin(field.number);
  for (const [index, value] of values.entries()) writeScalar(writer, type, value, new Path(path, index));
  writer.end(mark);
}

function isPackable(type: Field['type']): type is ScalarType {
  return isScalar(type) && wireTypeOf(type) !== LENGTH_DELIMITED;
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

function writeScalar(writer: ProtoWriter, type: ScalarType, value: unknown, path: Path): void {
  switch (type) {
    case 'string':
      if (typeof value !== 'string') refuse(path, 'a string', value);
      writeBytes(writer, Buffer.from(value, 'utf8'));
      return;
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
      writer.varint64(integer64(value, INT64_MIN, 2n ** 63n - 1n, path));
      return;
    case 'uint64':
      writer.varint64(integer64(value, 0n, 2n ** 64n - 1n, path));
      return;
    case 'fixed32':
      writeFixed(writer, 4, (view) => view.setUint32(0, integer32(value, 0, 2 ** 32 - 1, path), true));
      return;
    case 'fixed64':
      writeFixed(writer, 8, (view) => view.setBigUint64(0, integer64(value, 0n, 2n ** 64n - 1n, path), true));
      return;
    case 'sfixed64':
      writeFixed(writer, 8, (view) => view.setBigInt64(0, integer64(value, INT64_MIN, 2n ** 63n - 1n, path), true));
      return;
    default:
      writeFixed(writer, 8, (view) => view.setFloat64(0, double(value, path), true));
  }
}

function writeBytes(writer: ProtoWriter, bytes: Uint8Array): void {
  writer.varint(bytes.length);
  writer.raw(bytes);
}

const scratch = new DataView(new ArrayBuffer(8));
const scratchBytes = new Uint8Array(scratch.buffer);

function writeFixed(writer: ProtoWriter, width: number, set: (view: DataView) => void): void {
  set(scratch);
  writer.raw(scratchBytes, 0, width);
}

function hex(value: unknown, path: Path): Uint8Array {
  if (typeof value !== 'string' || value.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(value)) {
    refuse(path, 'an id in hex', value);
  }
  return Buffer.from(value, 'hex');
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
