// A key and a value encoded once, for edits that write the same attribute into many messages.

import { LENGTH_DELIMITED } from '../wire.ts';
import { ProtoWriter, varintSize } from '../wire-writer.ts';

const KEY_TAG = (1 << 3) | LENGTH_DELIMITED;
const VALUE_TAG = (2 << 3) | LENGTH_DELIMITED;

export class EncodedAttribute {
  /** The KeyValue as it stands behind its tag: its length, then key and value. A DataView, as it is copied by words. */
  readonly content: DataView;

  /** `key` is UTF-8, `value` an encoded AnyValue. */
  constructor(key: Uint8Array, value: Uint8Array) {
    const writer = new ProtoWriter();
    writeKeyValue(writer, key, value);
    const { buffer, byteOffset, byteLength } = writer.finish();
    this.content = new DataView(buffer, byteOffset, byteLength);
  }
}

/** Writes a KeyValue as it stands behind its tag. */
export function writeKeyValue(writer: ProtoWriter, key: Uint8Array, value: Uint8Array): void {
  const size = 2 + varintSize(key.length) + key.length + varintSize(value.length) + value.length;
  writer.reserve(size + 10);
  writer.varint(size);
  writer.varint(KEY_TAG);
  writer.varint(key.length);
  writer.raw(key, 0, key.length);
  writer.varint(VALUE_TAG);
  writer.varint(value.length);
  writer.raw(value, 0, value.length);
}
