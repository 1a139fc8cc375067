// Values of any YAML type, as a configuration holds them, on their way to becoming attribute values.

import type { JsValue } from '../proto/otlp/any-value.ts';

/** A whole number that was written as a float, such as `1.0`: plain JavaScript numbers do not tell it from an integer. */
export class WholeDouble {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  /** Other than the integer, so that a configuration in which `1` has become `1.0` is seen to have changed. */
  toJSON(): unknown {
    return { double: this.value };
  }
}

/**
 * What a configuration's value means as an attribute value: whole numbers are ints, others and those written as floats
 * doubles, maps and lists are taken with all they hold. Undefined where there is none, or it is no value.
 */
export function configValue(value: unknown): JsValue | undefined {
  if (value === undefined || value === null) return undefined;
  return nestedValue(value);
}

function nestedValue(value: unknown): JsValue {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return BigInt.asIntN(64, value);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (value instanceof WholeDouble) return value.value;
  if (Array.isArray(value)) return value.map(nestedValue);
  if (typeof value !== 'object' || value === null) return null;
  return new Map(Object.entries(value).map(([key, inner]) => [key, nestedValue(inner)]));
}
