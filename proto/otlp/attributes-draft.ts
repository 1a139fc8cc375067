// Attributes under change: a list of what lies in the source bytes, with entries deleted, given new values, or added. Nothing
// is copied until the splice writes the message out; entries nobody touched are then copied as they are.

import { fieldNumberAt, LENGTH_DELIMITED, malformed, ProtoReader, skipField } from '../wire.ts';
import { varintSize } from '../wire-writer.ts';
import { AnyValueView, KeyValueView } from './any-value.ts';
import { type EncodedAttribute, writeKeyValue } from './encoded-attribute.ts';
import type { MessageView } from './message-view.ts';
import type { SpliceScratch } from './splice-scratch.ts';
import { decodeUtf8, equalBytes } from './text.ts';

const ORIGINAL = 0;
const DELETED = 1;
const REPLACED = 2;

const EMPTY = new Uint8Array(0);
const KEY_TAG = (1 << 3) | LENGTH_DELIMITED;
const VALUE_TAG = (2 << 3) | LENGTH_DELIMITED;

/**
 * Per entry: where its tag begins in the source, where it ends, where its key ends if it has the usual layout (else 0), and one
 * of the states. Entries that were added have the state only.
 */
const TAG_AT = 0;
const ENTRY_END = 1;
const KEY_END = 2;
const STATE = 3;
const SLOTS = 4;

/** In the usual layout: bytes from the entry's tag to its key, and from its key to its value; each length takes one byte. */
const TO_KEY = 4;
const TO_VALUE = 2;

const entry = new KeyValueView();
const reader = new ProtoReader();

/**
 * Attributes in order, by index; deleted ones keep their index. Keys are UTF-8, values are encoded AnyValue messages
 * (`encodeAnyValue`), which must not be changed afterwards. Setting a value to the bytes it already has is no change. Those who
 * set the same key and value in many messages also hand over both as `whole`: that is written faster.
 */
export class AttributesDraft {
  /** Whether writing it out would give other bytes. */
  changed = false;
  /** Entries of the source that are deleted or replaced lie between these, the last one not included; for the splice. */
  touchedFrom = 0;
  touchedTo = 0;
  /** Entries, deleted ones included. */
  count = 0;
  /** What `locateKey` found. */
  keyBytes: Uint8Array = EMPTY;
  keyStart = 0;
  keyEnd = 0;
  #bytes: Uint8Array = EMPTY;
  #originals = 0;
  #places = new Int32Array(SLOTS * 32);
  readonly #keys: Uint8Array[] = [];
  readonly #values: Uint8Array[] = [];
  /** Key and value encoded as a whole, where the caller had that. */
  readonly #wholes: (EncodedAttribute | undefined)[] = [];
  readonly #value = new AnyValueView();

  /** Reads the attributes of `message` and forgets everything before. */
  load(message: MessageView, number: number): void {
    const { bytes } = message;
    this.#bytes = bytes;
    this.changed = false;
    this.touchedFrom = this.touchedTo = 0;
    const { end } = message;
    const tag = (number << 3) | LENGTH_DELIMITED;
    let places = this.#places;
    let slot = 0;
    let pos = message.start;
    while (pos < end) {
      const at = pos;
      // Safe, here and below: at < end <= bytes.length, and what is read further on is compared with the end first. All
      // attribute fields have numbers below 16, so their tag is one byte.
      const seen = bytes[at] as number;
      if (seen !== tag) {
        pos = skipField(bytes, at, end);
        if (seen >= 0x80 && fieldNumberAt(bytes, at) === number) malformed(`overlong tag of field ${number}`, at);
        continue;
      }
      // The usual layout, written out here: a call for each attribute would take half as long again.
      let keyEnd = 0;
      if (end - at >= TO_KEY + TO_VALUE && bytes[at + 2] === KEY_TAG && (bytes[at + 1] as number) < 0x80) {
        pos = at + 2 + (bytes[at + 1] as number);
        keyEnd = at + TO_KEY + (bytes[at + 3] as number);
        // Inner lengths of two bytes reach past the end, as the whole attribute has less than 128.
        const isUsual =
          pos <= end &&
          keyEnd + TO_VALUE <= pos &&
          bytes[keyEnd] === VALUE_TAG &&
          keyEnd + TO_VALUE + (bytes[keyEnd + 1] as number) === pos;
        if (!isUsual) keyEnd = 0;
      }
      if (keyEnd === 0) pos = skipField(bytes, at, end);
      if (slot + SLOTS > places.length) places = this.#grow();
      places[slot + TAG_AT] = at;
      places[slot + ENTRY_END] = pos;
      places[slot + KEY_END] = keyEnd;
      places[slot + STATE] = ORIGINAL;
      slot += SLOTS;
    }
    this.count = this.#originals = slot / SLOTS;
  }

  /** The index of the first attribute with this key, -1 where there is none. */
  find(key: Uint8Array): number {
    const bytes = this.#bytes;
    const places = this.#places;
    const originals = this.#originals;
    const { length } = key;
    for (let index = 0, slot = 0; index < originals; index++, slot += SLOTS) {
      // Safe: index < originals.
      const keyEnd = places[slot + KEY_END] as number;
      if (keyEnd > 0) {
        const keyStart = (places[slot + TAG_AT] as number) + TO_KEY;
        if (keyEnd - keyStart !== length || !equalBytes(bytes, keyStart, keyEnd, key)) continue;
      } else if (!this.#original(index).keyEquals(key)) continue;
      if (places[slot + STATE] !== DELETED) return index;
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
    this.locateKey(index);
    return decodeUtf8(this.keyBytes, this.keyStart, this.keyEnd);
  }

  /** Says where the key lies: from `keyStart` to `keyEnd` in `keyBytes`, until the next call. */
  locateKey(index: number): void {
    if (index >= this.#originals) {
      this.keyBytes = this.#keys[index] ?? EMPTY;
      this.keyStart = 0;
      this.keyEnd = this.keyBytes.length;
      return;
    }
    this.keyBytes = this.#bytes;
    const keyEnd = this.#place(index, KEY_END);
    if (keyEnd > 0) {
      this.keyStart = this.#place(index, TAG_AT) + TO_KEY;
      this.keyEnd = keyEnd;
    } else ({ keyStart: this.keyStart, keyEnd: this.keyEnd } = this.#original(index));
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

  set(index: number, value: Uint8Array, whole?: EncodedAttribute): void {
    if (this.#valueIs(index, value)) return;
    this.#values[index] = value;
    this.#wholes[index] = whole;
    if (index < this.#originals) this.#touch(index, REPLACED);
    this.changed = true;
  }

  remove(index: number): void {
    if (index < this.#originals) this.#touch(index, DELETED);
    else this.#places[index * SLOTS + STATE] = DELETED;
    this.changed = true;
  }

  /** Adds an attribute without looking whether its key is there. */
  add(key: Uint8Array, value: Uint8Array, whole?: EncodedAttribute): void {
    const index = this.count++;
    if ((index + 1) * SLOTS > this.#places.length) this.#grow();
    this.#places[index * SLOTS + STATE] = ORIGINAL;
    this.#keys[index] = key;
    this.#values[index] = value;
    this.#wholes[index] = whole;
    this.changed = true;
  }

  /** Adds an attribute where its key is absent. */
  insert(key: Uint8Array, value: Uint8Array, whole?: EncodedAttribute): void {
    if (this.find(key) < 0) this.add(key, value, whole);
  }

  /** Sets an attribute where its key is there. */
  update(key: Uint8Array, value: Uint8Array, whole?: EncodedAttribute): void {
    const index = this.find(key);
    if (index >= 0) this.set(index, value, whole);
  }

  upsert(key: Uint8Array, value: Uint8Array, whole?: EncodedAttribute): void {
    const index = this.find(key);
    if (index >= 0) this.set(index, value, whole);
    else this.add(key, value, whole);
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

  /** Writes the original entry `index` with its new value, all other fields of the KeyValue kept; for the splice. */
  writeReplaced(index: number, number: number, writer: SpliceScratch): void {
    const value = this.#values[index] ?? EMPTY;
    const keyEnd = this.#place(index, KEY_END);
    const start = contentStart(this.#bytes, this.#place(index, TAG_AT));
    const end = this.#place(index, ENTRY_END);
    if (keyEnd > 0) {
      // Key and value are all there is.
      const whole = this.#wholes[index];
      writer.tag(number, LENGTH_DELIMITED);
      if (whole !== undefined) {
        writer.words(whole.content);
        return;
      }
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
  writeAdded(number: number, writer: SpliceScratch): void {
    for (let index = this.#originals; index < this.count; index++) {
      if (this.isDeleted(index)) continue;
      const whole = this.#wholes[index];
      writer.tag(number, LENGTH_DELIMITED);
      if (whole === undefined) writeKeyValue(writer, this.#keys[index] ?? EMPTY, this.#values[index] ?? EMPTY);
      else writer.words(whole.content);
    }
  }

  #touch(index: number, state: number): void {
    this.#places[index * SLOTS + STATE] = state;
    if (this.touchedTo === 0) this.touchedFrom = index;
    else if (index < this.touchedFrom) this.touchedFrom = index;
    if (index >= this.touchedTo) this.touchedTo = index + 1;
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
      const keyEnd = this.#place(index, KEY_END);
      if (keyEnd > 0) return equalBytes(this.#bytes, keyEnd + TO_VALUE, this.#place(index, ENTRY_END), value);
      const { valueStart, valueEnd } = this.#original(index);
      return equalBytes(this.#bytes, valueStart, valueEnd, value);
    }
    const own = this.#values[index] ?? EMPTY;
    return equalBytes(own, 0, own.length, value);
  }

  #grow(): Int32Array<ArrayBuffer> {
    const grown = new Int32Array(this.#places.length * 2);
    grown.set(this.#places);
    this.#places = grown;
    return grown;
  }
}

/** Where the content begins of the length-delimited field, found whole, whose one-byte tag is at `tagAt`. */
function contentStart(bytes: Uint8Array, tagAt: number): number {
  let at = tagAt + 1;
  // Safe: the field was found whole.
  while ((bytes[at] as number) >= 0x80) at++;
  return at + 1;
}
