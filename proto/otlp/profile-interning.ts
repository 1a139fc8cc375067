// The way back of profile-references.ts, for senders: keys and texts of profiles' attributes become indices into the
// dictionary's string table, as a collector sends them over HTTP and writes them to files.

import { ProtoReader } from '../wire.ts';
import type { ProtoWriter } from '../wire-writer.ts';
import { ANY_ARRAY, ANY_MAP, ANY_STRING, ANY_STRING_INDEX } from './any-value.ts';
import { DICTIONARY, ProfileDictionary } from './profile-dictionary.ts';
import { fieldsOf, rewriteEntries, writeValue, type EntryRewriter, type Place } from './profile-entries.ts';
import { SpliceOutput } from './splice-output.ts';

/** Field numbers of `KeyValue`. */
const KEY = 1;
const VALUE = 2;
const KEY_INDEX = 3;
/** Of `ArrayValue` and `KeyValueList`. */
const VALUES = 1;
/** Of the request. */
const RESOURCES = 1;
const REQUEST_DICTIONARY = 2;

/**
 * A validated profiles request with indices in place of the texts of its resources' and scopes' attributes, and those texts
 * in its string table; the request itself where there is nothing to do. Empty texts stay. Index 0 is never given: it means
 * no text. (A collector gives it to the first text where the table is empty, and so loses it.)
 */
export function internTexts(request: Uint8Array): Uint8Array {
  const texts = new Interner(request);
  const output = new SpliceOutput();
  const fields = new ProtoReader();
  output.begin(request);
  fields.reset(request);
  while (fields.next()) {
    if (fields.field === RESOURCES) rewriteEntries(request, fields, output, texts);
    else if (fields.field === REQUEST_DICTIONARY && fields.pos === request.length && texts.hasNew) {
      output.enter(REQUEST_DICTIONARY, fields.tagAt, fields.start, fields.stop);
      texts.writeNew(output.insertAt(fields.stop));
      output.leave();
      return output.finish();
    }
  }
  // Where the dictionary stands before a resource, or nowhere: parts of one are joined by whoever reads them.
  if (texts.hasNew) {
    const writer = output.insertAt(request.length);
    const mark = writer.begin(REQUEST_DICTIONARY);
    texts.writeNew(writer);
    writer.end(mark);
  }
  return output.finish();
}

class Interner implements EntryRewriter {
  readonly #bytes: Uint8Array;
  readonly #dictionary = new ProfileDictionary();
  /** Index by text, one character a byte; made when the first is wanted. At most as long as the request. */
  #indices: Map<string, number> | undefined;
  readonly #new: Uint8Array[] = [];

  constructor(request: Uint8Array) {
    this.#bytes = request;
    this.#dictionary.bind(request);
  }

  get hasNew(): boolean {
    return this.#new.length > 0;
  }

  writeNew(writer: ProtoWriter): void {
    for (const text of this.#new) writer.bytesField(DICTIONARY.stringTable, text);
  }

  changes(entry: Place): boolean {
    const fields = fieldsOf(this.#bytes, entry);
    while (fields.next()) {
      if (fields.field === KEY && fields.stop > fields.start) return true;
      if (fields.field === VALUE && this.#hasText(fields)) return true;
    }
    return false;
  }

  write(writer: ProtoWriter, entry: Place): void {
    const index = this.#keyIndex(entry);
    if (index > 0) writer.int32Field(KEY_INDEX, index);
    const fields = fieldsOf(this.#bytes, entry);
    while (fields.next()) {
      if (index > 0 && (fields.field === KEY || fields.field === KEY_INDEX)) continue;
      if (fields.field === VALUE) {
        const mark = writer.begin(VALUE, fields.stop - fields.start);
        writeValue(this.#bytes, writer, fields, this);
        writer.end(mark);
      } else writer.raw(this.#bytes, fields.tagAt, fields.pos);
    }
  }

  #hasText(value: Place): boolean {
    const fields = fieldsOf(this.#bytes, value);
    while (fields.next()) {
      if (fields.field === ANY_STRING && fields.stop > fields.start) return true;
      if (fields.field !== ANY_ARRAY && fields.field !== ANY_MAP) continue;
      const isMap = fields.field === ANY_MAP;
      const inner = fieldsOf(this.#bytes, fields);
      while (inner.next()) {
        if (inner.field === VALUES && (isMap ? this.changes(inner) : this.#hasText(inner))) return true;
      }
    }
    return false;
  }

  writeText(writer: ProtoWriter, fields: ProtoReader): boolean {
    if (fields.field !== ANY_STRING || fields.stop <= fields.start) return false;
    writer.int32Field(ANY_STRING_INDEX, this.#indexOf(fields.start, fields.stop));
    return true;
  }

  /** The index of an entry's key, 0 where it has none or an index already. */
  #keyIndex(entry: Place): number {
    let start = 0;
    let stop = 0;
    const fields = fieldsOf(this.#bytes, entry);
    while (fields.next()) {
      if (fields.field !== KEY) continue;
      ({ start, stop } = fields);
    }
    return stop > start ? this.#indexOf(start, stop) : 0;
  }

  #indexOf(start: number, stop: number): number {
    const indices = (this.#indices ??= this.#known());
    const text = this.#latin1(start, stop);
    const known = indices.get(text);
    if (known !== undefined) return known;
    if (this.#dictionary.textCount + this.#new.length === 0) this.#new.push(new Uint8Array(0));
    const index = this.#dictionary.textCount + this.#new.length;
    this.#new.push(this.#bytes.subarray(start, stop));
    indices.set(text, index);
    return index;
  }

  /** Of texts that the table has twice the last one counts, as in the collector. */
  #known(): Map<string, number> {
    const indices = new Map<string, number>();
    for (let index = 1; index < this.#dictionary.textCount; index++) {
      indices.set(this.#latin1(this.#dictionary.textStart(index), this.#dictionary.textEnd(index)), index);
    }
    return indices;
  }

  /** Bytes as a key that is exact whatever they are. */
  #latin1(start: number, stop: number): string {
    const { buffer, byteOffset } = this.#bytes;
    return Buffer.from(buffer, byteOffset + start, stop - start).toString('latin1');
  }
}
