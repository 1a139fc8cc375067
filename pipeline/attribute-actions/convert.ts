// The action `convert`: a value as int, double or string.

import { ANY_BOOL, ANY_DOUBLE, ANY_INT, ANY_STRING, type AnyValueView } from '../../proto/otlp/any-value.ts';
import { encodeAnyValue } from '../../proto/otlp/encode-value.ts';
import { valueText } from '../../proto/otlp/value-text.ts';
import { parseFloat64, parseInt64, truncateToInt64 } from '../go-numbers.ts';

/** The value in another type, as encoded AnyValue; undefined where it stays as it is, be it that it can not be converted. */
export function convertedValue(value: AnyValueView, type: string): Uint8Array | undefined {
  if (type === 'string') return value.type === ANY_STRING ? undefined : encodeAnyValue(valueText(value));
  const converted = type === 'int' ? asInt(value) : asDouble(value);
  return converted === undefined ? undefined : encodeAnyValue(converted);
}

function asInt(value: AnyValueView): bigint | undefined {
  switch (value.type) {
    case ANY_DOUBLE:
      return truncateToInt64(value.double());
    case ANY_BOOL:
      return value.bool() ? 1n : 0n;
    case ANY_STRING:
      return parseInt64(value.string());
    default:
      return undefined;
  }
}

function asDouble(value: AnyValueView): number | undefined {
  switch (value.type) {
    case ANY_INT:
      return Number(value.int());
    case ANY_BOOL:
      return value.bool() ? 1 : 0;
    case ANY_STRING:
      return parseFloat64(value.string());
    default:
      return undefined;
  }
}
