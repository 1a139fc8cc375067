// Attributes under change: a list of what lies in the source bytes, with entries deleted, given new values, or added. Nothing
// is copied until the splice writes the message out; entries nobody touched are then copied as they are.

import { fieldNumberAt, LENGTH_DELIMITED, malformed, ProtoReader, skipField } from '../wire.ts';
import { type ProtoWriter, varintSize } from '../wire-writer.ts';
import { AnyValueView, KeyValueView } from './any-value.ts';
import type { MessageView } from './message-view.ts';
import { decodeUtf8, equalBytes } from './text.ts';

const ORIGINAL = 0;
const DELETED = 1;
const REPLACED = 2;

const EMPTY = new Uint8Array(0);
const KEY_TAG = (1 << 3) | LENGTH_DELIMITED;
const VALUE_TAG = (2 << 3) | LENGTH_DELIMITED;

/** Per entry: where its tag begins in the source, where it ends, and one of the states. Entries that were added have the state only. */
const TAG_AT = 0;
const ENTRY_END = 1;
const STATE = 2;
const SLOTS = 3;

const entry = new KeyValueView();
const reader = new ProtoReader();

/**
 * Attributes in order, by index; deleted ones keep their index. Keys are UTF-8, values are encoded AnyValue messages
 * (`encodeAnyValue`), which must not be changed afterwards. Setting a value to the bytes it already has is no change.
 */
export class AttributesDraft {
  /** Whether writing it out would give other bytes. */
  changed = false;
  /** Whether entries that lie in the source are deleted or replaced; for the splice. */
  originalsChanged = false;
  /** Entries, deleted ones included. */
  count = 0;
  #bytes: Uint8Array = EMPTY;
  #originals = 0;
  #places = new Int32Array(SLOTS * 32);
  readonly #keys: Uint8Array[] = [];
  readonly #values: Uint8Array[] = [];
  readonly #value = new AnyValueView();

  /** Reads the attributes of `message` and forgets everything before. */
  load(message: MessageView, number: number): void {
    const { bytes } = message;
    this.#bytes = bytes;
    this.changed = this.originalsChanged = false;
    const { end } = message;
    const tag = (number << 3) | LENGTH_DELIMITED;
    let count = 0;
    let pos = message.start;
    while (pos < end) {
      const at = pos;
      pos = skipField(bytes, at, end);
      // Safe: at < end <= bytes.length. All attribute fields have numbers below 16, so their tag is one byte.
      const seen = bytes[at] as number;
      if (seen === tag) {
        const slot = count * SLOTS;
        if (slot + SLOTS > this.#places.length) this.#grow();
        const places = this.#places;
        places[slot + TAG_AT] = at;
        places[slot + ENTRY_END] = pos;
        places[slot + STATE] = ORIGINAL;
        count++;
      } else if (seen >= 0x80 && fieldNumberAt(bytes, at) === number) malformed(`overlong tag of field ${number}`, at);
    }
    this.count = this.#originals = count;
  }

  /** The index of the first attribute with this key, -1 where there is none. */
  find(key: Uint8Array): number {
    const places = this.#places;
    const originals = this.#originals;
    for (let index = 0, slot = 0; index < originals; index++, slot += SLOTS) {
      // Safe: index < originals.
      if (places[slot + STATE] === DELETED) continue;
      if (keyIs(this.#bytes, places[slot + TAG_AT] as number, places[slot + ENTRY_END] as number, key)) return index;
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
    return this.#original(index).key();
  }

  /** The value; the view is reused by the next call. */
  value(index: number): AnyValueView {
    if (this.#isOriginal(index)) {
      const { valueStart, valueEnd } = this.#original(index);
      this.#value.bind(this.#bytes, valueStart, valueEnd);
    } else this.#value.bind(this.#values[index] ?? EMPTY);
    return this.#value;
  }

  /** The value as encoded AnyValue; a window, not a copy. */
  encodedValue(index: number): Uint8Array {
    if (!this.#isOriginal(index)) return this.#values[index] ?? EMPTY;
    const { valueStart, valueEnd } = this.#original(index);
    return this.#bytes.subarray(valueStart, valueEnd);
  }

  set(index: number, value: Uint8Array): void {
    if (this.#valueIs(index, value)) return;
    this.#values[index] = value;
    if (index < this.#originals) {
      this.#places[index * SLOTS + STATE] = REPLACED;
      this.originalsChanged = true;
    }
    this.changed = true;
  }

  remove(index: number): void {
    this.#places[index * SLOTS + STATE] = DELETED;
    if (index < this.#originals) this.originalsChanged = true;
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
    const { keyStart, keyEnd, valueStart, valueEnd } = this.#original(index);
    const start = contentStart(this.#bytes, this.#place(index, TAG_AT));
    const end = this.#place(index, ENTRY_END);
    if (keyStart === start + 2 && valueStart === keyEnd + 2 && valueEnd === end) {
      // Key and value are all there is.
      writer.tag(number, LENGTH_DELIMITED);
      writer.varint(keyEnd - start + 1 + varintSize(value.length) + value.length);
      writer.raw(this.#bytes, start, keyEnd);
      writer.varint(VALUE_TAG);
      writer.varint(value.length);
      writer.raw(value, 0, value.length);
      return;
    }
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

  /** Whether the entry lies in the source and still has its value from there. */
  #isOriginal(index: number): boolean {
    return index < this.#originals && this.#place(index, STATE) !== REPLACED;
  }

  /** The entry as it lies in the source; the view is reused by the next call. */
  #original(index: number): KeyValueView {
    entry.bind(this.#bytes, contentStart(this.#bytes, this.#place(index, TAG_AT)), this.#place(index, ENTRY_END));
    return entry;
  }

  #valueIs(index: number, value: Uint8Array): boolean {
    if (this.#isOriginal(index)) {
      const { valueStart, valueEnd } = this.#original(index);
      return equalBytes(this.#bytes, valueStart, valueEnd, value);
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

/** Where the content begins of the length-delimited field, found whole, whose one-byte tag is at `tagAt`. */
function contentStart(bytes: Uint8Array, tagAt: number): number {
  let at = tagAt + 1;
  // Safe: the field was found whole.
  while ((bytes[at] as number) >= 0x80) at++;
  return at + 1;
}

/** Whether the attribute in [tagAt, end) has this key. */
function keyIs(bytes: Uint8Array, tagAt: number, end: number, key: Uint8Array): boolean {
  const { length } = key;
  // The usual layout: key, value, nothing else, each with a length of one byte. Safe: the lengths are compared with end.
  if (end - tagAt >= 6 && bytes[tagAt + 2] === KEY_TAG) {
    const keyLength = bytes[tagAt + 3] as number;
    const valueAt = tagAt + 4 + keyLength;
    const isPlain =
      (bytes[tagAt + 1] as number) < 0x80 &&
      keyLength < 0x80 &&
      valueAt + 2 <= end &&
      bytes[valueAt] === VALUE_TAG &&
      valueAt + 2 + (bytes[valueAt + 1] as number) === end;
    if (isPlain) return keyLength === length && equalBytes(bytes, tagAt + 4, valueAt, key);
  }
  entry.bind(bytes, contentStart(bytes, tagAt), end);
  return entry.keyEquals(key);
}

/** Writes one KeyValue as field `number`. */
export function writeKeyValue(writer: ProtoWriter, number: number, key: Uint8Array, value: Uint8Array): void {
  const size = 2 + varintSize(key.length) + key.length + varintSize(value.length) + value.length;
  writer.reserve(size + 10);
  writer.tag(number, LENGTH_DELIMITED);
  writer.varint(size);
  writer.varint(KEY_TAG);
  writer.varint(key.length);
  writer.raw(key, 0, key.length);
  writer.varint(VALUE_TAG);
  writer.varint(value.length);
  writer.raw(value, 0, value.length);
}
