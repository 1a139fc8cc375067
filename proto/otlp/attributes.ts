// The attributes of a resource, scope, span, event, link, log record or data point: looked up by encoded key, or walked.

import { AnyValueView, KeyValueView } from './any-value.ts';
import { type MessageView, RepeatedField } from './message-view.ts';

/** A reusable view of a repeated KeyValue field; `bind` it to the message that has it. */
export class AttributesView {
  /** The current attribute while walking, the found one after `find`. */
  readonly entry = new KeyValueView();
  readonly #field = new RepeatedField();
  #bytes: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #number = 0;

  /** Points the view at `field` of `message` and rewinds it. */
  bind(message: MessageView, field: number): void {
    this.#bytes = message.bytes;
    this.#start = message.repeatedStart(field);
    this.#end = message.repeatedEnd(field);
    this.#number = field;
    this.rewind();
  }

  /** Goes back before the first attribute. */
  rewind(): void {
    this.#field.reset(this.#bytes, this.#start, this.#end, this.#number);
  }

  /** Goes to the next attribute: `entry`. */
  next(): boolean {
    if (!this.#field.next()) return false;
    this.entry.bind(this.#bytes, this.#field.start, this.#field.stop);
    return true;
  }

  /** Finds the first attribute with this key (UTF-8, `encodeUtf8`) and leaves it in `entry`. */
  find(key: Uint8Array): boolean {
    this.rewind();
    while (this.next()) if (this.entry.keyEquals(key)) return true;
    return false;
  }

  /** The value of this key, or undefined; the view is reused by the next call. */
  get(key: Uint8Array): AnyValueView | undefined {
    return this.find(key) ? this.entry.value : undefined;
  }

  /** The text of a string attribute, or undefined where it is absent or no string. */
  getString(key: Uint8Array): string | undefined {
    const value = this.get(key);
    return value?.type === 1 ? value.string() : undefined;
  }

  count(): number {
    let count = 0;
    this.rewind();
    while (this.#field.next()) count++;
    return count;
  }
}
