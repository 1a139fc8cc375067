// JavaScript values as encoded AnyValue messages, for attribute edits and for records built here.

import { ProtoWriter } from '../wire-writer.ts';
import { ANY_ARRAY, ANY_BOOL, ANY_BYTES, ANY_DOUBLE, ANY_INT, ANY_MAP, ANY_STRING, type JsValue } from './any-value.ts';

/** The AnyValue message of a value: bigint is an int, number a double, null the empty value. */
export function encodeAnyValue(value: JsValue): Uint8Array {
  const writer = new ProtoWriter(64);
  writeAnyValue(writer, value);
  return writer.finish();
}

/** Writes the fields of an AnyValue message (the caller has begun it). */
export function writeAnyValue(writer: ProtoWriter, value: JsValue): void {
  if (value === null) return;
  if (typeof value === 'string') writer.stringField(ANY_STRING, value);
  else if (typeof value === 'boolean') writer.boolField(ANY_BOOL, value);
  else if (typeof value === 'bigint') writer.int64Field(ANY_INT, value);
  else if (typeof value === 'number') writer.doubleField(ANY_DOUBLE, value);
  else if (value instanceof Uint8Array) writer.bytesField(ANY_BYTES, value);
  else if (Array.isArray(value)) writeArray(writer, value);
  else writeMap(writer, value);
}

function writeArray(writer: ProtoWriter, values: readonly JsValue[]): void {
  const array = writer.begin(ANY_ARRAY);
  for (const value of values) {
    const element = writer.begin(1);
    writeAnyValue(writer, value);
    writer.end(element);
  }
  writer.end(array);
}

function writeMap(writer: ProtoWriter, values: ReadonlyMap<string, JsValue>): void {
  const map = writer.begin(ANY_MAP);
  for (const [key, value] of values) {
    const entry = writer.begin(1);
    writer.stringField(1, key);
    const inner = writer.begin(2);
    writeAnyValue(writer, value);
    writer.end(inner);
    writer.end(entry);
  }
  writer.end(map);
}
