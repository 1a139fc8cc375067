// A message under change: fields set or removed by number, and its attributes. What a splice's hooks edit.

import { ProtoReader } from '../wire.ts';
import { ProtoWriter } from '../wire-writer.ts';
import { AttributesDraft } from './attributes-draft.ts';
import type { MessageView } from './message-view.ts';

const reader = new ProtoReader();

/**
 * Changes to one message. The views next to it keep showing the message as it was; `attributes` shows what it will be.
 * A field that is set loses all earlier occurrences; fields nobody names, unknown ones included, stay byte for byte.
 */
export class MessageDraft {
  readonly #attributes = new AttributesDraft();
  #attributesLoaded = false;
  #attributesField = 0;
  #message: MessageView | undefined;
  /** Bit n: field n is set or removed. */
  #replaced = 0;
  /** The new fields, encoded. */
  readonly #fields = new ProtoWriter(256);

  /** Begins anew for `message`; a hook's draft is already begun. */
  begin(message: MessageView, attributesField: number): void {
    this.#message = message;
    this.#attributesField = attributesField;
    this.#attributesLoaded = false;
    if (this.#replaced !== 0) {
      this.#replaced = 0;
      this.#fields.clear();
    }
  }

  get attributes(): AttributesDraft {
    if (!this.#attributesLoaded && this.#message !== undefined) {
      this.#attributes.load(this.#message, this.#attributesField);
      this.#attributesLoaded = true;
    }
    return this.#attributes;
  }

  get changed(): boolean {
    return this.#replaced !== 0 || this.attributesChanged;
  }

  get fieldsChanged(): boolean {
    return this.#replaced !== 0;
  }

  get attributesChanged(): boolean {
    return this.#attributesLoaded && this.#attributes.changed;
  }

  get attributesField(): number {
    return this.#attributesField;
  }

  /** Whether field `number` is set or removed. */
  replaces(number: number): boolean {
    return number < 32 && (this.#replaced & (1 << number)) !== 0;
  }

  /** The new fields, encoded; for the splice. */
  get fields(): ProtoWriter {
    return this.#fields;
  }

  remove(field: number): void {
    if (this.replaces(field)) this.#forget(field);
    this.#replaced |= 1 << field;
  }

  /** A string field, as UTF-8. */
  setString(field: number, utf8: Uint8Array): void {
    this.setBytes(field, utf8);
  }

  /** A bytes field, or an encoded message. */
  setBytes(field: number, value: Uint8Array): void {
    this.remove(field);
    this.#fields.bytesField(field, value);
  }

  /** uint32 and enum fields. */
  setUint32(field: number, value: number): void {
    this.remove(field);
    this.#fields.uint32Field(field, value);
  }

  setInt32(field: number, value: number): void {
    this.remove(field);
    this.#fields.int32Field(field, value);
  }

  setBool(field: number, value: boolean): void {
    this.remove(field);
    this.#fields.boolField(field, value);
  }

  /** int64 and uint64 fields. */
  setInt64(field: number, value: bigint): void {
    this.remove(field);
    this.#fields.int64Field(field, value);
  }

  setFixed32(field: number, value: number): void {
    this.remove(field);
    this.#fields.fixed32Field(field, value);
  }

  /** fixed64 and sfixed64 fields. */
  setFixed64(field: number, value: bigint): void {
    this.remove(field);
    this.#fields.fixed64Field(field, value);
  }

  setDouble(field: number, value: number): void {
    this.remove(field);
    this.#fields.doubleField(field, value);
  }

  /** Takes an earlier value of `field` out of the new fields. */
  #forget(field: number): void {
    const { bytes, length } = this.#fields;
    reader.reset(bytes, 0, length);
    while (reader.next()) {
      if (reader.field !== field) continue;
      bytes.copyWithin(reader.tagAt, reader.pos, length);
      this.#fields.length -= reader.pos - reader.tagAt;
      return;
    }
  }
}
