// Values of any YAML type, as a configuration holds them, on their way to becoming attribute values.

import type { JsValue } from '../proto/otlp/any-value.ts';

/**
 * What a configuration's value means as an attribute value: whole numbers are ints, others doubles, maps and lists are
 * taken with all they hold. (YAML's `1.0` is a whole number here.) Undefined where there is none, or it is no value.
 */
export function configValue(value: unknown): JsValue | undefined {
  if (value === undefined || value === null) return undefined;
  return nestedValue(value);
}

function nestedValue(value: unknown): JsValue {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return BigInt.asIntN(64, value);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(nestedValue);
  if (typeof value !== 'object' || value === null) return null;
  return new Map(Object.entries(value).map(([key, inner]) => [key, nestedValue(inner)]));
}
