// Attribute values as text, as the collector's `pcommon.Value.AsString` writes them.

import { ANY_STRING, type AnyValueView, type JsValue } from './any-value.ts';

/** Strings as they are, bytes in base64, arrays and maps as JSON with sorted keys, the empty value as ''. */
export function valueText(value: AnyValueView): string {
  return value.type === ANY_STRING ? value.string() : jsValueText(value.toJs());
}

/** The same of a value that is JavaScript already. */
export function jsValueText(value: JsValue): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  // JavaScript's own form of numbers is the one the collector imitates.
  if (typeof value === 'number') return numberText(value);
  if (value instanceof Uint8Array) return base64(value);
  // Where a number has no JSON form the collector writes nothing at all.
  return jsonText(value) ?? '';
}

function jsonText(value: JsValue): string | undefined {
  if (value === null) return 'null';
  if (typeof value === 'string') return jsonString(value);
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? numberText(value) : undefined;
  // Empty bytes are nil in Go.
  if (value instanceof Uint8Array) return value.length === 0 ? 'null' : jsonString(base64(value));
  const parts: string[] = [];
  if (Array.isArray(value)) {
    for (const element of value) {
      const text = jsonText(element);
      if (text === undefined) return undefined;
      parts.push(text);
    }
    return `[${parts.join(',')}]`;
  }
  const entries = [...value].toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const [key, element] of entries) {
    const text = jsonText(element);
    if (text === undefined) return undefined;
    parts.push(`${jsonString(key)}:${text}`);
  }
  return `{${parts.join(',')}}`;
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

/** Go escapes the two line separators that JavaScript leaves alone. */
function jsonString(text: string): string {
  return JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}
