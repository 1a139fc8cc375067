// Attribute values as text, as the collector's `pcommon.Value` has them.

import type { ProtoObject, ProtoValue } from '../../proto/objects.ts';

/** The message in a field; an empty one where it is absent. */
export function messageIn(object: ProtoObject, field: string): ProtoObject {
  const value = object[field];
  return isMessage(value) ? value : {};
}

/** The messages in a repeated field. */
export function messagesIn(object: ProtoObject, field: string): readonly ProtoObject[] {
  const value = object[field];
  return Array.isArray(value) ? value.filter(isMessage) : [];
}

export function textIn(object: ProtoObject, field: string): string {
  const value = object[field];
  return typeof value === 'string' ? value : '';
}

export function textsIn(object: ProtoObject, field: string): readonly string[] {
  const value = object[field];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

export function numberIn(object: ProtoObject, field: string): number {
  const value = object[field];
  return typeof value === 'number' ? value : 0;
}

export function numbersIn(object: ProtoObject, field: string): readonly number[] {
  const value = object[field];
  return Array.isArray(value) ? value.filter((one): one is number => typeof one === 'number') : [];
}

export function bigIn(object: ProtoObject, field: string): bigint {
  const value = object[field];
  return typeof value === 'bigint' ? value : 0n;
}

export function bigsIn(object: ProtoObject, field: string): readonly bigint[] {
  const value = object[field];
  return Array.isArray(value) ? value.filter((one): one is bigint => typeof one === 'bigint') : [];
}

/** An id in hex; an id of only zeros is no id. */
export function idIn(object: ProtoObject, field: string): string {
  const value = object[field];
  if (!(value instanceof Uint8Array) || value.every((byte) => byte === 0)) return '';
  return Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex');
}

function isMessage(value: ProtoValue | undefined): value is ProtoObject {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** The type's name and the value as text: `Str(x)`, `Map({"a":1})`. */
export function typedText(value: ProtoObject): string {
  return `${typeOf(value)}(${valueText(value)})`;
}

function typeOf(value: ProtoObject): string {
  if (value['stringValue'] !== undefined) return 'Str';
  if (value['boolValue'] !== undefined) return 'Bool';
  if (value['intValue'] !== undefined) return 'Int';
  if (value['doubleValue'] !== undefined) return 'Double';
  if (value['kvlistValue'] !== undefined) return 'Map';
  if (value['arrayValue'] !== undefined) return 'Slice';
  return value['bytesValue'] === undefined ? 'Empty' : 'Bytes';
}

export function valueText(value: ProtoObject): string {
  const { stringValue, boolValue, intValue, doubleValue, bytesValue } = value;
  if (typeof stringValue === 'string') return stringValue;
  if (typeof boolValue === 'boolean') return String(boolValue);
  if (typeof intValue === 'bigint') return intValue.toString();
  // JavaScript's own form of numbers is the one the collector imitates.
  if (typeof doubleValue === 'number') return Object.is(doubleValue, -0) ? '-0' : String(doubleValue);
  if (bytesValue instanceof Uint8Array) return Buffer.from(bytesValue).toString('base64');
  if (value['kvlistValue'] === undefined && value['arrayValue'] === undefined) return '';
  return jsonText(value) ?? '';
}

/** JSON with sorted keys; undefined where a number has no JSON form, which makes the collector print nothing. */
function jsonText(value: ProtoObject): string | undefined {
  const { boolValue, intValue, doubleValue, stringValue, bytesValue } = value;
  if (typeof stringValue === 'string') return jsonString(stringValue);
  if (typeof boolValue === 'boolean') return String(boolValue);
  if (typeof intValue === 'bigint') return intValue.toString();
  if (typeof doubleValue === 'number') {
    if (!Number.isFinite(doubleValue)) return undefined;
    return Object.is(doubleValue, -0) ? '-0' : String(doubleValue);
  }
  // The collector holds empty bytes as nil.
  if (bytesValue instanceof Uint8Array) {
    return bytesValue.length === 0 ? 'null' : jsonString(Buffer.from(bytesValue).toString('base64'));
  }
  if (value['arrayValue'] !== undefined) {
    const parts = messagesIn(messageIn(value, 'arrayValue'), 'values').map(jsonText);
    return parts.includes(undefined) ? undefined : `[${parts.join(',')}]`;
  }
  if (value['kvlistValue'] === undefined) return 'null';
  const entries = new Map<string, string | undefined>();
  for (const entry of messagesIn(messageIn(value, 'kvlistValue'), 'values')) {
    entries.set(textIn(entry, 'key'), jsonText(messageIn(entry, 'value')));
  }
  const parts = [...entries]
    .toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([key, text]) => (text === undefined ? undefined : `${jsonString(key)}:${text}`));
  return parts.includes(undefined) ? undefined : `{${parts.join(',')}}`;
}

/** Go escapes the two line separators that JavaScript leaves alone. */
function jsonString(text: string): string {
  return JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}
