// OTLP protobuf as OTLP/JSON (OTLP specification, "JSON Protobuf Encoding"): ids as hex, enums as integers, 64-bit
// integers as decimal strings.

import type { OtlpSignal } from '../otlp/signals.ts';
import {
  fieldsByName,
  isScalar,
  REQUEST_MESSAGE,
  type Field,
  type MessageName,
  type ScalarType,
} from '../descriptors.ts';
import { decodeHex } from '../otlp/text.ts';
import { decodeMessage, type ProtoObject, type ProtoValue } from '../objects.ts';

/** JSON.stringify alone writes -0 as 0. Safe: Node has had this since 21; TypeScript's library does not know it. */
const NEGATIVE_ZERO = (JSON as JSON & { rawJSON(text: string): unknown }).rawJSON('-0');

/** Throws MalformedProto. Unknown fields are left out: JSON has no place for them. */
export function protoToJson(signal: OtlpSignal, bytes: Uint8Array): string {
  const message = REQUEST_MESSAGE[signal];
  return JSON.stringify(messageToJson(message, decodeMessage(message, bytes)));
}

/** A decoded message as a value for JSON.stringify. */
export function messageToJson(message: MessageName, object: ProtoObject): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  const fields = fieldsByName(message);
  // In the order of the wire, which is that of the field numbers in what nearly every sender writes.
  for (const name in object) {
    const field = fields.get(name);
    const value = object[name];
    if (!field || value === undefined) continue;
    // `decodeMessage` makes an array of every repeated field and of no other.
    if (field.rule === 'repeated') json[name] = (value as readonly ProtoValue[]).map((one) => toJson(field, one));
    else if (field.rule !== 'single' || !isDefault(value)) json[name] = toJson(field, value);
  }
  return json;
}

/** Proto3 leaves default values out; a present message is written even when empty. */
function isDefault(value: ProtoValue): boolean {
  return (
    // Not -0, which has bits of its own.
    Object.is(value, 0) ||
    value === 0n ||
    value === '' ||
    value === false ||
    (value instanceof Uint8Array && value.length === 0)
  );
}

function toJson(field: Field, value: ProtoValue): unknown {
  const { type } = field;
  if (isScalar(type)) return scalarToJson(type, value);
  // The table says that this field holds a message.
  return messageToJson(type, value as ProtoObject);
}

function scalarToJson(type: ScalarType, value: ProtoValue): unknown {
  if (value instanceof Uint8Array) {
    if (type === 'id') return decodeHex(value, 0, value.length);
    return Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64');
  }
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (Object.is(value, -0)) return NEGATIVE_ZERO;
  return value;
}
