// Attributes of profiles' resources and scopes may name their keys and texts by index into the dictionary's string table.
// Here the texts are put in their place, so that whoever looks at attributes sees them (pprofile's dictionary_helpers.go).

import { LENGTH_DELIMITED, malformed, type ProtoReader } from '../wire.ts';
import type { ProtoWriter } from '../wire-writer.ts';
import { ANY_ARRAY, ANY_MAP, ANY_STRING, ANY_STRING_INDEX } from './any-value.ts';
import { RepeatedField } from './message-view.ts';
import { ProfileDictionary } from './profile-dictionary.ts';
import { fieldsOf, rewriteEntries, writeValue, type EntryRewriter, type Place } from './profile-entries.ts';
import { SpliceOutput } from './splice-output.ts';

/** A text of megabytes can be named by a few bytes any number of times. */
const MAX_GROWTH_BYTES = 64 << 20;

/** Field numbers of `KeyValue`. */
const KEY = 1;
const VALUE = 2;
const KEY_INDEX = 3;
/** Of `ArrayValue` and `KeyValueList`. */
const VALUES = 1;
/** Of the request. */
const RESOURCES = 1;

/**
 * A validated profiles request with the texts in place of their indices; the request itself where there are none. Indices
 * that the table does not have stay, and a key that is there goes before its index. Throws `MalformedProto` where the
 * texts would take more than 64 MiB.
 */
export function resolveReferences(request: Uint8Array): Uint8Array {
  const resolver = new Resolver(request);
  const output = new SpliceOutput();
  const resources = new RepeatedField();
  output.begin(request);
  resources.reset(request, 0, request.length, RESOURCES);
  while (resources.next()) rewriteEntries(request, resources, output, resolver);
  return output.finish();
}

class Resolver implements EntryRewriter {
  readonly #bytes: Uint8Array;
  readonly #dictionary = new ProfileDictionary();
  #growth = 0;

  constructor(request: Uint8Array) {
    this.#bytes = request;
    this.#dictionary.bind(request);
  }

  changes(entry: Place): boolean {
    const growth = this.#keyValueGrowth(entry);
    this.#growth += growth;
    if (this.#growth > MAX_GROWTH_BYTES) {
      malformed(`indices of texts that take more than ${MAX_GROWTH_BYTES} bytes`, entry.tagAt);
    }
    return growth > 0;
  }

  /** What the texts of an entry take, 0 where it has no index to resolve. */
  #keyValueGrowth(entry: Place): number {
    let growth = this.#sizeOf(this.#keyIndex(entry));
    const fields = fieldsOf(this.#bytes, entry);
    while (fields.next()) if (fields.field === VALUE) growth += this.#valueGrowth(fields);
    return growth;
  }

  #valueGrowth(value: Place): number {
    let growth = 0;
    const fields = fieldsOf(this.#bytes, value);
    const inner = new RepeatedField();
    while (fields.next()) {
      if (fields.field === ANY_STRING_INDEX) growth += this.#sizeOf(fields.int32());
      else if (fields.field === ANY_ARRAY) {
        inner.reset(this.#bytes, fields.start, fields.stop, VALUES);
        while (inner.next()) growth += this.#valueGrowth(inner);
      } else if (fields.field === ANY_MAP) {
        inner.reset(this.#bytes, fields.start, fields.stop, VALUES);
        while (inner.next()) growth += this.#keyValueGrowth(inner);
      }
    }
    return growth;
  }

  write(writer: ProtoWriter, entry: Place): void {
    const index = this.#keyIndex(entry);
    const resolves = this.#sizeOf(index) > 0;
    if (resolves) this.#writeIndexed(writer, KEY, index);
    const fields = fieldsOf(this.#bytes, entry);
    while (fields.next()) {
      if (resolves && (fields.field === KEY || fields.field === KEY_INDEX)) continue;
      if (fields.field === VALUE) {
        const mark = writer.begin(VALUE, fields.stop - fields.start);
        writeValue(this.#bytes, writer, fields, this);
        writer.end(mark);
      } else writer.raw(this.#bytes, fields.tagAt, fields.pos);
    }
  }

  writeText(writer: ProtoWriter, fields: ProtoReader): boolean {
    if (fields.field !== ANY_STRING_INDEX || this.#sizeOf(fields.int32()) === 0) return false;
    this.#writeIndexed(writer, ANY_STRING, fields.int32());
    return true;
  }

  #writeIndexed(writer: ProtoWriter, field: number, index: number): void {
    const start = this.#dictionary.textStart(index);
    const stop = this.#dictionary.textEnd(index);
    writer.tag(field, LENGTH_DELIMITED);
    writer.varint(stop - start);
    writer.raw(this.#bytes, start, stop);
  }

  /** The index that stands for an entry's key, 0 where it has a key. */
  #keyIndex(entry: Place): number {
    let index = 0;
    let hasKey = false;
    const fields = fieldsOf(this.#bytes, entry);
    while (fields.next()) {
      if (fields.field === KEY) hasKey = fields.stop > fields.start;
      else if (fields.field === KEY_INDEX) index = fields.int32();
    }
    return hasKey ? 0 : index;
  }

  /** The bytes of the field that an index stands for, at most; 0 where it stands for none. Index 0 means no text. */
  #sizeOf(index: number): number {
    if (index <= 0 || index >= this.#dictionary.textCount) return 0;
    return 6 + this.#dictionary.textEnd(index) - this.#dictionary.textStart(index);
  }
}
