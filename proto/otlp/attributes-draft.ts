// Attributes under change: a list of what lies in the source bytes, with entries deleted, given new values, or added. Nothing
// is copied until the splice writes the message out; entries nobody touched are then copied as they are.

import {
  copyBytes,
  fieldNumberAt,
  LENGTH_DELIMITED,
  malformed,
  ProtoReader,
  type ProtoWriter,
  skipField,
  varintSize,
} from '../wire.ts';
import { AnyValueView, KeyValueView } from './any-value.ts';
import type { MessageView } from './message-view.ts';
import { decodeUtf8, equalBytes } from './text.ts';

const ORIGINAL = 0;
const DELETED = 1;
const REPLACED = 2;

const EMPTY = new Uint8Array(0);
const KEY_TAG = (1 << 3) | LENGTH_DELIMITED;
const VALUE_TAG = (2 << 3) | LENGTH_DELIMITED;

/** Per entry, in the source: where its tag begins and it ends, its content, key length, key, value and its end. */
const TAG_AT = 0;
const ENTRY_END = 1;
const CONTENT = 2;
const KEY_LENGTH = 3;
const KEY_START = 4;
const VALUE_START = 5;
const VALUE_END = 6;
const STATE = 7;
const SLOTS = 8;

const entry = new KeyValueView();
const reader = new ProtoReader();

/**
 * Attributes in order, by index; deleted ones keep their index. Keys are UTF-8, values are encoded AnyValue messages
 * (`encodeAnyValue`), which must not be changed afterwards. Setting a value to the bytes it already has is no change.
 */
export class AttributesDraft {
  /** Whether writing it out would give other bytes. */
  changed = false;
  /** Entries, deleted ones included. */
  count = 0;
  #bytes: Uint8Array = EMPTY;
  #originals = 0;
  #places = new Int32Array(SLOTS * 16);
  readonly #keys: Uint8Array[] = [];
  readonly #values: Uint8Array[] = [];
  readonly #value = new AnyValueView();

  /** Reads the attributes of `message` and forgets everything before. */
  load(message: MessageView, number: number): void {
    const { bytes } = message;
    this.#bytes = bytes;
    this.changed = false;
    const { end } = message;
    const tag = (number << 3) | LENGTH_DELIMITED;
    let count = 0;
    let pos = message.start;
    while (pos < end) {
      const at = pos;
      pos = skipField(bytes, at, end);
      // Safe: at < end <= bytes.length. All attribute fields have numbers below 16, so their tag is one byte.
      const seen = bytes[at] as number;
      if (seen === tag) this.#note(count++, at, pos);
      else if (seen >= 0x80 && fieldNumberAt(bytes, at) === number) malformed(`overlong tag of field ${number}`, at);
    }
    this.count = this.#originals = count;
  }

  /** Notes where the parts of the attribute in [tagAt, end) are. */
  #note(index: number, tagAt: number, end: number): void {
    const bytes = this.#bytes;
    const at = index * SLOTS;
    if (at + SLOTS > this.#places.length) this.#grow();
    const places = this.#places;
    let content = tagAt + 1;
    // Safe: the field was found whole.
    while ((bytes[content] as number) >= 0x80) content++;
    content++;
    places[at + STATE] = ORIGINAL;
    places[at + TAG_AT] = tagAt;
    places[at + CONTENT] = content;
    places[at + ENTRY_END] = end;
    // The usual layout: key, value, nothing else, each with a length of one byte. Safe: the lengths are compared with end.
    if (end - content >= 4 && bytes[content] === KEY_TAG) {
      const keyLength = bytes[content + 1] as number;
      const valueAt = content + 2 + keyLength;
      if (keyLength < 0x80 && valueAt + 2 <= end && bytes[valueAt] === VALUE_TAG) {
        const valueLength = bytes[valueAt + 1] as number;
        if (valueLength < 0x80 && valueAt + 2 + valueLength === end) {
          places[at + KEY_LENGTH] = keyLength;
          places[at + KEY_START] = content + 2;
          places[at + VALUE_START] = valueAt + 2;
          places[at + VALUE_END] = end;
          return;
        }
      }
    }
    entry.bind(bytes, content, end);
    places[at + KEY_LENGTH] = entry.keyEnd - entry.keyStart;
    places[at + KEY_START] = entry.keyStart;
    places[at + VALUE_START] = entry.valueStart;
    places[at + VALUE_END] = entry.valueEnd;
  }

  /** The index of the first attribute with this key, -1 where there is none. */
  find(key: Uint8Array): number {
    const places = this.#places;
    const { length } = key;
    const originals = this.#originals;
    for (let index = 0, at = 0; index < originals; index++, at += SLOTS) {
      if (places[at + KEY_LENGTH] !== length || places[at + STATE] === DELETED) continue;
      const start = places[at + KEY_START] as number; // safe: index < originals
      if (equalBytes(this.#bytes, start, start + length, key)) return index;
    }
    for (let index = originals; index < this.count; index++) {
      const own = this.#keys[index] ?? EMPTY;
      if (!this.isDeleted(index) && equalBytes(own, 0, own.length, key)) return index;
    }
    return -1;
  }

  isDeleted(index: number): boolean {
    return this.#place(index, STATE) === DELETED;
  }

  key(index: number): string {
    if (index >= this.#originals) {
      const key = this.#keys[index] ?? EMPTY;
      return decodeUtf8(key, 0, key.length);
    }
    const start = this.#place(index, KEY_START);
    return decodeUtf8(this.#bytes, start, start + this.#place(index, KEY_LENGTH));
  }

  /** The value; the view is reused by the next call. */
  value(index: number): AnyValueView {
    if (this.#place(index, STATE) === ORIGINAL && index < this.#originals) {
      this.#value.bind(this.#bytes, this.#place(index, VALUE_START), this.#place(index, VALUE_END));
    } else this.#value.bind(this.#values[index] ?? EMPTY);
    return this.#value;
  }

  /** The value as encoded AnyValue; a window, not a copy. */
  encodedValue(index: number): Uint8Array {
    if (this.#place(index, STATE) === ORIGINAL && index < this.#originals) {
      return this.#bytes.subarray(this.#place(index, VALUE_START), this.#place(index, VALUE_END));
    }
    return this.#values[index] ?? EMPTY;
  }

  set(index: number, value: Uint8Array): void {
    if (this.#valueIs(index, value)) return;
    this.#values[index] = value;
    if (index < this.#originals) this.#places[index * SLOTS + STATE] = REPLACED;
    this.changed = true;
  }

  remove(index: number): void {
    this.#places[index * SLOTS + STATE] = DELETED;
    this.changed = true;
  }

  /** Adds an attribute without looking whether its key is there. */
  add(key: Uint8Array, value: Uint8Array): void {
    const index = this.count++;
    if ((index + 1) * SLOTS > this.#places.length) this.#grow();
    this.#places[index * SLOTS + STATE] = ORIGINAL;
    this.#keys[index] = key;
    this.#values[index] = value;
    this.changed = true;
  }

  /** Adds an attribute where its key is absent. */
  insert(key: Uint8Array, value: Uint8Array): void {
    if (this.find(key) < 0) this.add(key, value);
  }

  /** Sets an attribute where its key is there. */
  update(key: Uint8Array, value: Uint8Array): void {
    const index = this.find(key);
    if (index >= 0) this.set(index, value);
  }

  upsert(key: Uint8Array, value: Uint8Array): void {
    const index = this.find(key);
    if (index >= 0) this.set(index, value);
    else this.add(key, value);
  }

  /** Deletes an attribute; whether it was there. */
  delete(key: Uint8Array): boolean {
    const index = this.find(key);
    if (index < 0) return false;
    this.remove(index);
    return true;
  }

  /** Whether the original entry `index` is to be copied as it is; for the splice. */
  isUntouched(index: number): boolean {
    return this.#place(index, STATE) === ORIGINAL;
  }

  /** Where the original entry `index` begins (its tag) and ends; for the splice. */
  entryStart(index: number): number {
    return this.#place(index, TAG_AT);
  }

  entryEnd(index: number): number {
    return this.#place(index, ENTRY_END);
  }

  /** Entries that lie in the source. */
  get originals(): number {
    return this.#originals;
  }

  /** Writes the original entry `index` with its new value, all other fields of the KeyValue kept; for the splice. */
  writeReplaced(index: number, number: number, writer: ProtoWriter): void {
    const value = this.#values[index] ?? EMPTY;
    const start = this.#place(index, CONTENT);
    const end = this.#place(index, ENTRY_END);
    const mark = writer.begin(number, end - start + value.length);
    reader.reset(this.#bytes, start, end);
    while (reader.next()) if (reader.field !== 2) writer.raw(this.#bytes, reader.tagAt, reader.pos);
    writer.bytesField(2, value);
    writer.end(mark);
  }

  /** Writes the entries that were added; for the splice. */
  writeAdded(number: number, writer: ProtoWriter): void {
    for (let index = this.#originals; index < this.count; index++) {
      if (!this.isDeleted(index))
        writeKeyValue(writer, number, this.#keys[index] ?? EMPTY, this.#values[index] ?? EMPTY);
    }
  }

  #place(index: number, slot: number): number {
    return this.#places[index * SLOTS + slot] ?? 0;
  }

  #valueIs(index: number, value: Uint8Array): boolean {
    if (this.#place(index, STATE) === ORIGINAL && index < this.#originals) {
      return equalBytes(this.#bytes, this.#place(index, VALUE_START), this.#place(index, VALUE_END), value);
    }
    const own = this.#values[index] ?? EMPTY;
    return equalBytes(own, 0, own.length, value);
  }

  #grow(): void {
    const grown = new Int32Array(this.#places.length * 2);
    grown.set(this.#places);
    this.#places = grown;
  }
}

/** Writes one KeyValue as field `number`. */
export function writeKeyValue(writer: ProtoWriter, number: number, key: Uint8Array, value: Uint8Array): void {
  const size = 2 + varintSize(key.length) + key.length + varintSize(value.length) + value.length;
  writer.reserve(size + 10);
  writer.tag(number, LENGTH_DELIMITED);
  writer.varint(size);
  writer.varint(KEY_TAG);
  writer.varint(key.length);
  copyBytes(key, 0, key.length, writer.bytes, writer.length);
  writer.length += key.length;
  writer.varint(VALUE_TAG);
  writer.varint(value.length);
  copyBytes(value, 0, value.length, writer.bytes, writer.length);
  writer.length += value.length;
}
