// Values as texts that are equal when the values are, type included: what items are counted together by. As in the collector
// (pdatautil.MapHash) the order of a map's keys makes no difference, and 1 is not 1.0.

import { ANY_STRING, type AnyValueView, type JsValue } from '../../proto/otlp/any-value.ts';

/** Throws MalformedProto when the value is nested too deep. */
export function valueKey(value: AnyValueView): string {
  return value.type === ANY_STRING ? JSON.stringify(value.string()) : jsValueKey(value.toJs());
}

/** The same of a value that is JavaScript already. No key is the beginning of another, so that they can be joined. */
export function jsValueKey(value: JsValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value === null || typeof value === 'boolean') return `${value};`;
  if (typeof value === 'bigint') return `i${value};`;
  if (typeof value === 'number') return Object.is(value, -0) ? 'd-0;' : `d${value};`;
  if (value instanceof Uint8Array) return `b${Buffer.from(value).toString('hex')};`;
  if (Array.isArray(value)) return `[${value.map(jsValueKey).join('')}]`;
  const entries = [...value].map(([key, one]) => `${JSON.stringify(key)}${jsValueKey(one)}`);
  return `{${entries.toSorted().join('')}}`;
}
