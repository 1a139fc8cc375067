// A view of one AnyValue where it lies, and its translation to JavaScript values for those who need the whole of it.

import { LENGTH_DELIMITED, malformed, MAX_DEPTH, ProtoReader, readDouble, VARINT, FIXED64 } from '../wire.ts';
import { joinWords } from '../wire.ts';
import { RepeatedField } from './message-view.ts';
import { decodeUtf8, equalBytes } from './text.ts';

/** What an AnyValue holds: the number of the field that is set, 0 for none. */
export const ANY_EMPTY = 0;
export const ANY_STRING = 1;
export const ANY_BOOL = 2;
export const ANY_INT = 3;
export const ANY_DOUBLE = 4;
export const ANY_ARRAY = 5;
export const ANY_MAP = 6;
export const ANY_BYTES = 7;
/** An index into the string table of a profiles dictionary. */
export const ANY_STRING_INDEX = 8;

/** An AnyValue as JavaScript value: int64 is bigint, double is number, bytes are a Uint8Array, empty is null. */
export type JsValue = null | string | boolean | bigint | number | Uint8Array | JsValue[] | Map<string, JsValue>;

const EMPTY = new Uint8Array(0);
const reader = new ProtoReader();

const WIRE_TYPES = [
  0,
  LENGTH_DELIMITED,
  VARINT,
  VARINT,
  FIXED64,
  LENGTH_DELIMITED,
  LENGTH_DELIMITED,
  LENGTH_DELIMITED,
  VARINT,
];

/** A reusable view; `bind` reads the few bytes that say what the value is. Readers of another type than `type` give its default. */
export class AnyValueView {
  bytes: Uint8Array = EMPTY;
  /** The content of a string, bytes, array or map; the eight bytes of a double. */
  start = 0;
  end = 0;
  /** One of the ANY_ constants. */
  type = ANY_EMPTY;
  #lo = 0;
  #hi = 0;

  /** Points the view at the AnyValue message in [start, end). */
  bind(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    this.bytes = bytes;
    this.type = ANY_EMPTY;
    this.start = 0;
    this.end = 0;
    reader.reset(bytes, start, end);
    while (reader.next()) {
      const { field } = reader;
      if (field > ANY_STRING_INDEX) continue;
      // Safe: field lies within the table.
      reader.expect(WIRE_TYPES[field] as number);
      this.type = field;
      this.start = reader.start;
      this.end = reader.stop;
      this.#lo = reader.lo;
      this.#hi = reader.hi;
    }
  }

  /** The text of a string value, else ''. */
  string(): string {
    return this.type === ANY_STRING ? decodeUtf8(this.bytes, this.start, this.end) : '';
  }

  /** Whether this is a string that equals the UTF-8 in `needle`; nothing is decoded. */
  stringEquals(needle: Uint8Array): boolean {
    return this.type === ANY_STRING && equalBytes(this.bytes, this.start, this.end, needle);
  }

  bool(): boolean {
    return this.type === ANY_BOOL && (this.#lo !== 0 || this.#hi !== 0);
  }

  int(): bigint {
    return this.type === ANY_INT ? BigInt.asIntN(64, joinWords(this.#lo, this.#hi)) : 0n;
  }

  /** An int as the nearest number; exact up to 2^53. */
  intAsNumber(): number {
    return this.type === ANY_INT ? (this.#hi | 0) * 4_294_967_296 + this.#lo : 0;
  }

  double(): number {
    return this.type === ANY_DOUBLE ? readDouble(this.bytes, this.start) : 0;
  }

  /** The string table index of a profile's value. */
  stringIndex(): number {
    return this.type === ANY_STRING_INDEX ? this.#lo | 0 : 0;
  }

  /** The content of a bytes value: a window, not a copy. */
  rawBytes(): Uint8Array {
    return this.type === ANY_BYTES ? this.bytes.subarray(this.start, this.end) : EMPTY;
  }

  /** The whole value. Throws `MalformedProto` when it is nested too deep. */
  toJs(): JsValue {
    return toJs(this, 0);
  }
}

function toJs(view: AnyValueView, depth: number): JsValue {
  switch (view.type) {
    case ANY_STRING:
      return view.string();
    case ANY_BOOL:
      return view.bool();
    case ANY_INT:
      return view.int();
    case ANY_DOUBLE:
      return view.double();
    case ANY_BYTES:
      // Not slice(): of a Buffer that is a window, which would keep the whole batch alive.
      return new Uint8Array(view.rawBytes());
    case ANY_ARRAY:
      return arrayToJs(view.bytes, view.start, view.end, depth);
    case ANY_MAP:
      return mapToJs(view.bytes, view.start, view.end, depth);
    default:
      return null;
  }
}

function arrayToJs(bytes: Uint8Array, start: number, end: number, depth: number): JsValue[] {
  if (depth >= MAX_DEPTH) malformed(`values nested more than ${MAX_DEPTH} deep`, start);
  const values: JsValue[] = [];
  const elements = new RepeatedField();
  const element = new AnyValueView();
  elements.reset(bytes, start, end, 1);
  while (elements.next()) {
    element.bind(bytes, elements.start, elements.stop);
    values.push(toJs(element, depth + 1));
  }
  return values;
}

/** Of keys that occur twice the first one counts, as in the collector. */
function mapToJs(bytes: Uint8Array, start: number, end: number, depth: number): Map<string, JsValue> {
  if (depth >= MAX_DEPTH) malformed(`values nested more than ${MAX_DEPTH} deep`, start);
  const values = new Map<string, JsValue>();
  const entries = new RepeatedField();
  const entry = new KeyValueView();
  entries.reset(bytes, start, end, 1);
  while (entries.next()) {
    entry.bind(bytes, entries.start, entries.stop);
    const key = entry.key();
    if (!values.has(key)) values.set(key, toJs(entry.value, depth + 1));
  }
  return values;
}

/** A reusable view of one KeyValue. */
export class KeyValueView {
  bytes: Uint8Array = EMPTY;
  keyStart = 0;
  keyEnd = 0;
  /** The AnyValue message; start and end are equal where there is none. */
  valueStart = 0;
  valueEnd = 0;
  readonly #value = new AnyValueView();
  #bound = false;

  /** Points the view at the KeyValue message in [start, end). */
  bind(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    this.bytes = bytes;
    this.#bound = false;
    this.keyStart = this.keyEnd = this.valueStart = this.valueEnd = 0;
    // The usual layout, key then value, each length in one byte.
    if (end - start >= 4 && bytes[start] === 0x0a) {
      // Safe: two bytes lie before end; the key's end is compared below.
      const keyLength = bytes[start + 1] as number;
      const valueAt = start + 2 + keyLength;
      if (
        keyLength < 0x80 &&
        valueAt + 2 <= end &&
        bytes[valueAt] === 0x12 &&
        valueAt + 2 + (bytes[valueAt + 1] as number) === end
      ) {
        if ((bytes[valueAt + 1] as number) < 0x80) {
          this.keyStart = start + 2;
          this.keyEnd = valueAt;
          this.valueStart = valueAt + 2;
          this.valueEnd = end;
          return;
        }
      }
    }
    this.#bindSlowly(start, end);
  }

  #bindSlowly(start: number, end: number): void {
    reader.reset(this.bytes, start, end);
    while (reader.next()) {
      if (reader.field === 1) {
        reader.expect(LENGTH_DELIMITED);
        this.keyStart = reader.start;
        this.keyEnd = reader.stop;
      } else if (reader.field === 2) {
        reader.expect(LENGTH_DELIMITED);
        this.valueStart = reader.start;
        this.valueEnd = reader.stop;
      }
    }
  }

  key(): string {
    return decodeUtf8(this.bytes, this.keyStart, this.keyEnd);
  }

  keyEquals(needle: Uint8Array): boolean {
    return equalBytes(this.bytes, this.keyStart, this.keyEnd, needle);
  }

  /** The value; the same object every time, valid until the next `bind`. */
  get value(): AnyValueView {
    if (!this.#bound) {
      this.#value.bind(this.bytes, this.valueStart, this.valueEnd);
      this.#bound = true;
    }
    return this.#value;
  }
}
