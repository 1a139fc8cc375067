// Values as text, as the collector's StringLike getters give them.

import type { JsValue } from '../proto/otlp/any-value.ts';
import { jsValueText } from '../proto/otlp/value-text.ts';
import { Duration, Id, Opaque, OttlEvaluationError, Time, typeName, type OttlValue } from './value.ts';

/** Strings as they are, bytes in hex, ids as JSON lists of numbers, maps and lists as JSON, what is opaque as `{}`. */
export function valueAsText(value: OttlValue): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof Id) return JSON.stringify([...value.bytes]);
  if (value instanceof Opaque) return '{}';
  // Durations and times are what Go's JSON makes of them.
  if (value instanceof Duration) return String(value.nano);
  if (value instanceof Time) return JSON.stringify(rfc3339(value.nano));
  return jsValueText(toJsValue(value));
}

/** To the nanosecond, without zeros at the end. */
function rfc3339(nano: bigint): string {
  const rest = ((nano % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const seconds = new Date(Number((nano - rest) / 1_000_000n)).toISOString().slice(0, 19);
  return rest === 0n ? `${seconds}Z` : `${seconds}.${String(rest).padStart(9, '0').replace(/0+$/, '')}Z`;
}

/** As an attribute value. Throws where OTLP has no such value. */
export function toJsValue(value: OttlValue): JsValue {
  if (value instanceof Time || value instanceof Duration || value instanceof Id || value instanceof Opaque) {
    throw new OttlEvaluationError(`${typeName(value)} can not be an attribute value`);
  }
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(toJsValue);
  if (value instanceof Map) return new Map([...value].map(([key, inner]) => [key, toJsValue(inner)]));
  return value;
}
