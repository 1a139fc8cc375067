// Attributes under change: a list of what lies in the source bytes, with entries deleted, given new values, or added. Nothing
// is copied until the splice writes the message out; entries nobody touched are then copied as they are.

import { copyBytes, LENGTH_DELIMITED, ProtoReader, type ProtoWriter, varintSize } from '../wire.ts';
import { AnyValueView, KeyValueView } from './any-value.ts';
import { type MessageView, RepeatedField } from './message-view.ts';
import { decodeUtf8, equalBytes } from './text.ts';

const ORIGINAL = 0;
const DELETED = 1;
const REPLACED = 2;

const EMPTY = new Uint8Array(0);
const KEY_TAG = (1 << 3) | LENGTH_DELIMITED;
const VALUE_TAG = (2 << 3) | LENGTH_DELIMITED;

/** Per entry: tag, content start and end in the source; key start and end; value start and end. */
const SLOTS = 7;

const field = new RepeatedField();
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
  readonly #states: number[] = [];
  readonly #keys: Uint8Array[] = [];
  readonly #values: Uint8Array[] = [];
  readonly #value = new AnyValueView();

  /** Reads the attributes of `message` and forgets everything before. */
  load(message: MessageView, number: number): void {
    const { bytes } = message;
    this.#bytes = bytes;
    this.changed = false;
    let count = 0;
    field.reset(bytes, message.repeatedStart(number), message.repeatedEnd(number), number);
    while (field.next()) {
      entry.bind(bytes, field.start, field.stop);
      if ((count + 1) * SLOTS > this.#places.length) this.#grow();
      const places = this.#places;
      const at = count * SLOTS;
      places[at] = field.tagAt;
      places[at + 1] = field.start;
      places[at + 2] = field.stop;
      places[at + 3] = entry.keyStart;
      places[at + 4] = entry.keyEnd;
      places[at + 5] = entry.valueStart;
      places[at + 6] = entry.valueEnd;
      this.#states[count] = ORIGINAL;
      count++;
    }
    this.count = this.#originals = count;
  }

  /** The index of the first attribute with this key, -1 where there is none. */
  find(key: Uint8Array): number {
    for (let index = 0; index < this.count; index++) {
      if (this.#states[index] !== DELETED && this.#keyIs(index, key)) return index;
    }
    return -1;
  }

  isDeleted(index: number): boolean {
    return this.#states[index] === DELETED;
  }

  key(index: number): string {
    if (index >= this.#originals) {
      const key = this.#keys[index] ?? EMPTY;
      return decodeUtf8(key, 0, key.length);
    }
    return decodeUtf8(this.#bytes, this.#place(index, 3), this.#place(index, 4));
  }

  /** The value; the view is reused by the next call. */
  value(index: number): AnyValueView {
    if (this.#states[index] === ORIGINAL && index < this.#originals) {
      this.#value.bind(this.#bytes, this.#place(index, 5), this.#place(index, 6));
    } else this.#value.bind(this.#values[index] ?? EMPTY);
    return this.#value;
  }

  /** The value as encoded AnyValue; a window, not a copy. */
  encodedValue(index: number): Uint8Array {
    if (this.#states[index] === ORIGINAL && index < this.#originals) {
      return this.#bytes.subarray(this.#place(index, 5), this.#place(index, 6));
    }
    return this.#values[index] ?? EMPTY;
  }

  set(index: number, value: Uint8Array): void {
    if (this.#valueIs(index, value)) return;
    this.#values[index] = value;
    if (index < this.#originals) this.#states[index] = REPLACED;
    this.changed = true;
  }

  remove(index: number): void {
    this.#states[index] = DELETED;
    this.changed = true;
  }

  /** Adds an attribute without looking whether its key is there. */
  add(key: Uint8Array, value: Uint8Array): void {
    const index = this.count++;
    this.#states[index] = ORIGINAL;
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
    return this.#states[index] === ORIGINAL;
  }

  /** Where the original entry `index` begins (its tag) and ends; for the splice. */
  entryStart(index: number): number {
    return this.#place(index, 0);
  }

  entryEnd(index: number): number {
    return this.#place(index, 2);
  }

  /** Entries that lie in the source. */
  get originals(): number {
    return this.#originals;
  }

  /** Writes the original entry `index` with its new value, all other fields of the KeyValue kept; for the splice. */
  writeReplaced(index: number, number: number, writer: ProtoWriter): void {
    const value = this.#values[index] ?? EMPTY;
    const start = this.#place(index, 1);
    const end = this.#place(index, 2);
    const mark = writer.begin(number, end - start + value.length);
    reader.reset(this.#bytes, start, end);
    while (reader.next()) if (reader.field !== 2) writer.raw(this.#bytes, reader.tagAt, reader.pos);
    writer.bytesField(2, value);
    writer.end(mark);
  }

  /** Writes the entries that were added; for the splice. */
  writeAdded(number: number, writer: ProtoWriter): void {
    for (let index = this.#originals; index < this.count; index++) {
      if (this.#states[index] !== DELETED)
        writeKeyValue(writer, number, this.#keys[index] ?? EMPTY, this.#values[index] ?? EMPTY);
    }
  }

  #place(index: number, slot: number): number {
    return this.#places[index * SLOTS + slot] ?? 0;
  }

  #keyIs(index: number, key: Uint8Array): boolean {
    if (index < this.#originals) return equalBytes(this.#bytes, this.#place(index, 3), this.#place(index, 4), key);
    const own = this.#keys[index] ?? EMPTY;
    return equalBytes(own, 0, own.length, key);
  }

  #valueIs(index: number, value: Uint8Array): boolean {
    if (this.#states[index] === ORIGINAL && index < this.#originals) {
      return equalBytes(this.#bytes, this.#place(index, 5), this.#place(index, 6), value);
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
