// Values as text, as the collector's StringLike getters give them.

import type { JsValue } from '../proto/otlp/any-value.ts';
import { jsValueText } from '../proto/otlp/value-text.ts';
import { formatDuration } from '../pipeline/schema.ts';
import { Duration, Id, OttlEvaluationError, Time, typeName, type OttlValue } from './value.ts';

/** Strings as they are, bytes in hex, ids as JSON lists of numbers, maps and lists as JSON. */
export function valueAsText(value: OttlValue): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof Id) return JSON.stringify([...value.bytes]);
  if (value instanceof Duration) return formatDuration(Number(value.nano) / 1e6);
  if (value instanceof Time) return new Date(Number(value.nano / 1_000_000n)).toISOString();
  return jsValueText(toJsValue(value));
}

/** As an attribute value. Throws where OTLP has no such value. */
export function toJsValue(value: OttlValue): JsValue {
  if (value instanceof Time || value instanceof Duration || value instanceof Id) {
    throw new OttlEvaluationError(`${typeName(value)} can not be an attribute value`);
  }
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(toJsValue);
  if (value instanceof Map) return new Map([...value].map(([key, inner]) => [key, toJsValue(inner)]));
  return value;
}
