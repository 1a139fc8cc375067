// What views of single messages have in common, and the base of those that have attributes: spans, events, links, log
// records, data points. Views hold a MessageView instead of extending it: one class for all keeps its loops monomorphic.

import { AttributesView } from './attributes.ts';
import { MessageView, RepeatedField } from './message-view.ts';

/** Something a cursor can point at a message. */
export interface View {
  bind(bytes: Uint8Array, start?: number, end?: number): void;
}

export class ItemView implements View {
  /** The message itself, with its fields by number. */
  readonly message = new MessageView();
  /** The field number of its attributes. */
  readonly attributesField: number;
  readonly #attributes = new AttributesView();
  #attributesBound = false;

  constructor(attributesField: number) {
    this.attributesField = attributesField;
  }

  bind(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    this.message.bind(bytes, start, end);
    this.#attributesBound = false;
  }

  /** The attributes; the same object every time, not rewound between calls for one item. */
  get attributes(): AttributesView {
    if (!this.#attributesBound) {
      this.#attributes.bind(this.message, this.attributesField);
      this.#attributesBound = true;
    }
    return this.#attributes;
  }
}

/** Walks a repeated message field, e.g. a span's events. */
export class ChildCursor<Child extends View> {
  readonly item: Child;
  readonly #field = new RepeatedField();

  constructor(item: Child) {
    this.item = item;
  }

  reset(parent: MessageView, field: number): void {
    this.#field.reset(parent.bytes, parent.repeatedStart(field), parent.repeatedEnd(field), field);
  }

  next(): boolean {
    if (!this.#field.next()) return false;
    this.item.bind(this.#field.bytes, this.#field.start, this.#field.stop);
    return true;
  }
}
