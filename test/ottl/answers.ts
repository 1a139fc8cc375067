// The form in which the collector's answers to expressions are kept in test/data, and ours in the same form.

import { Duration, Id, Opaque, Time, type OttlValue } from '../../ottl/value.ts';

/** A value of ours as an AnyValue, or as what stands for values that OTLP has not. */
export function encoded(value: OttlValue): unknown {
  if (value === null) return {};
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'bigint') return { intValue: String(value) };
  if (typeof value === 'number') return { doubleValue: value };
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(encoded) } };
  if (value instanceof Time) return { timeUnixNano: String(value.nano) };
  if (value instanceof Duration) return { durationNano: String(value.nano) };
  if (value instanceof Id) return { idHex: Buffer.from(value.bytes).toString('hex') };
  if (value instanceof Opaque) return { opaque: value.type };
  const entries = [...value].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { kvlistValue: { values: entries.map(([key, one]) => ({ key, value: encoded(one) })) } };
}

/** The collector's doubles are written as text, and its lists of one type as JSON. */
export function expected(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(expected);
  if (typeof value !== 'object' || value === null) return value;
  if ('doubleValue' in value) return { doubleValue: Number(value.doubleValue) };
  if ('typedSlice' in value && typeof value.typedSlice === 'string') {
    // Safe: the data holds lists of plain values here.
    return encoded(JSON.parse(value.typedSlice) as OttlValue[]);
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, expected(one)]));
}
