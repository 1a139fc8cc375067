// The action `hash`: SHA-256 of a value, in hex.

import { hash } from 'node:crypto';
import { ANY_BOOL, ANY_DOUBLE, ANY_INT, ANY_STRING, type AnyValueView } from '../../proto/otlp/any-value.ts';
import { encodeAnyValue } from '../../proto/otlp/encode-value.ts';

const EMPTY = encodeAnyValue('');
const HASH_OF_TRUE = encodeAnyValue(hash('sha256', Uint8Array.of(1), 'hex'));
const HASH_OF_FALSE = encodeAnyValue(hash('sha256', Uint8Array.of(0), 'hex'));

const eightBytes = new Uint8Array(8);
const asDataView = new DataView(eightBytes.buffer);

/**
 * The hash of a value, as encoded AnyValue. Text is hashed as UTF-8, numbers as their eight bytes in little-endian order, truth
 * values as one byte; everything else becomes the empty text, all of it as in the collector.
 */
export function hashedValue(value: AnyValueView): Uint8Array {
  switch (value.type) {
    case ANY_STRING:
      return encodeAnyValue(hash('sha256', value.bytes.subarray(value.start, value.end), 'hex'));
    case ANY_BOOL:
      return value.bool() ? HASH_OF_TRUE : HASH_OF_FALSE;
    case ANY_INT:
      asDataView.setBigInt64(0, value.int(), true);
      return encodeAnyValue(hash('sha256', eightBytes, 'hex'));
    case ANY_DOUBLE:
      return encodeAnyValue(hash('sha256', value.bytes.subarray(value.start, value.start + 8), 'hex'));
    default:
      return EMPTY;
  }
}
