// The dictionary that all profiles of a request share: its texts and attributes by index, and the attributes of one profile,
// which are indices into it.

import { AnyValueView, type JsValue } from './any-value.ts';
import { MessageView, RepeatedField } from './message-view.ts';
import { decodeUtf8, equalBytes } from './text.ts';

/** Field numbers of `ProfilesDictionary`. */
export const DICTIONARY = {
  mappingTable: 1,
  locationTable: 2,
  functionTable: 3,
  linkTable: 4,
  stringTable: 5,
  attributeTable: 6,
  stackTable: 7,
} as const;

/** Field numbers of `KeyValueAndUnit`. */
const ATTRIBUTE = { key: 1, value: 2 } as const;
/** Of the request. */
const REQUEST_DICTIONARY = 2;

const EMPTY: Uint8Array = new Uint8Array(0);

/** A reusable view of a request's dictionary; where it comes in several parts their tables are joined. */
export class ProfileDictionary {
  bytes: Uint8Array = EMPTY;
  /** Of each text and of each attribute: where it begins and where it ends. */
  readonly #texts: number[] = [];
  readonly #attributes: number[] = [];

  /** Points the view at the dictionary of a request; the tables are looked through once per request. */
  bind(request: Uint8Array): void {
    if (request === this.bytes) return;
    this.bytes = request;
    this.#texts.length = this.#attributes.length = 0;
    const dictionaries = new RepeatedField();
    dictionaries.reset(request, 0, request.length, REQUEST_DICTIONARY);
    while (dictionaries.next()) {
      this.#read(dictionaries, DICTIONARY.stringTable, this.#texts);
      this.#read(dictionaries, DICTIONARY.attributeTable, this.#attributes);
    }
  }

  get textCount(): number {
    return this.#texts.length / 2;
  }

  get attributeCount(): number {
    return this.#attributes.length / 2;
  }

  /** Where a text begins and ends; 0 for an index that the table does not have. */
  textStart(index: number): number {
    return this.#texts[index * 2] ?? 0;
  }

  textEnd(index: number): number {
    return this.#texts[index * 2 + 1] ?? 0;
  }

  /** Undefined for an index that the table does not have. */
  text(index: number): string | undefined {
    return index < 0 || index >= this.textCount
      ? undefined
      : decodeUtf8(this.bytes, this.textStart(index), this.textEnd(index));
  }

  /** Points `view` at a `KeyValueAndUnit`; at nothing for an index that the table does not have. */
  bindAttribute(index: number, view: MessageView): void {
    view.bind(this.bytes, this.#attributes[index * 2] ?? 0, this.#attributes[index * 2 + 1] ?? 0);
  }

  #read(dictionary: RepeatedField, number: number, table: number[]): void {
    const entries = new RepeatedField();
    entries.reset(this.bytes, dictionary.start, dictionary.stop, number);
    while (entries.next()) table.push(entries.start, entries.stop);
  }
}

/** A reusable view of one profile's attributes. Of keys that occur twice the last one counts, as in the collector. */
export class ProfileAttributesView {
  /** The attribute found last: where its AnyValue lies. */
  readonly entry = { bytes: EMPTY, valueStart: 0, valueEnd: 0, value: new AnyValueView() };
  readonly #attribute = new MessageView();
  #dictionary = new ProfileDictionary();
  #indices: readonly number[] = [];

  bind(dictionary: ProfileDictionary, indices: readonly number[]): void {
    this.#dictionary = dictionary;
    this.#indices = indices;
  }

  /** What is wrong with the first index that is; undefined where all are well. The other methods pass over such indices. */
  problem(): string | undefined {
    const { attributeCount, textCount } = this.#dictionary;
    for (const index of this.#indices) {
      if (index < 0 || index >= attributeCount) {
        return `attribute index ${index} out of bounds [0, ${attributeCount})`;
      }
      const key = this.#keyOf(index);
      if (key < 0 || key >= textCount) return `key string index ${key} out of bounds [0, ${textCount})`;
    }
    return undefined;
  }

  /** Finds the attribute with this key (UTF-8, `encodeUtf8`) and leaves it in `entry`. */
  find(key: Uint8Array): boolean {
    const { bytes, textCount } = this.#dictionary;
    for (let at = this.#indices.length - 1; at >= 0; at--) {
      // Safe: at lies in the list.
      const text = this.#keyOf(this.#indices[at] as number);
      if (text < 0 || text >= textCount) continue;
      if (!equalBytes(bytes, this.#dictionary.textStart(text), this.#dictionary.textEnd(text), key)) continue;
      this.#found();
      return true;
    }
    return false;
  }

  /** The value of this key, or undefined; the view is reused by the next call. */
  get(key: Uint8Array): AnyValueView | undefined {
    return this.find(key) ? this.entry.value : undefined;
  }

  toJs(): Map<string, JsValue> {
    const map = new Map<string, JsValue>();
    for (const index of this.#indices) {
      const key = this.#dictionary.text(this.#keyOf(index));
      if (key === undefined) continue;
      this.#found();
      map.set(key, this.entry.value.toJs());
    }
    return map;
  }

  /** The index of the key of an attribute, at which the view is pointed; -1 where the table has no such attribute. */
  #keyOf(index: number): number {
    if (index < 0 || index >= this.#dictionary.attributeCount) return -1;
    this.#dictionary.bindAttribute(index, this.#attribute);
    return this.#attribute.int32Field(ATTRIBUTE.key);
  }

  #found(): void {
    const { entry } = this;
    entry.bytes = this.#dictionary.bytes;
    entry.valueStart = this.#attribute.contentStart(ATTRIBUTE.value);
    entry.valueEnd = this.#attribute.contentEnd(ATTRIBUTE.value);
    entry.value.bind(entry.bytes, entry.valueStart, entry.valueEnd);
  }
}
