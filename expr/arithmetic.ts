// The operators that compute: Go's int64 and float64, strings, times and durations.

import { truncateToInt64 } from '../pipeline/go-numbers.ts';
import { ExprEvaluationError } from './errors.ts';
import { Duration, isNumeric, Time, typeName, type Value } from './value.ts';

/** Longer strings are refused. */
const MAX_TEXT = 16 << 20;

function unfit(operator: string, a: Value, b: Value): ExprEvaluationError {
  return new ExprEvaluationError(`${operator} between ${typeName(a)} and ${typeName(b)}`);
}

export function add(a: Value, b: Value): Value {
  if (typeof a === 'string' && typeof b === 'string') return boundedText(a + b);
  if (typeof a === 'bigint' && typeof b === 'bigint') return BigInt.asIntN(64, a + b);
  if (isNumeric(a) && isNumeric(b)) return Number(a) + Number(b);
  if (a instanceof Time && b instanceof Duration) return new Time(a.nano + b.nano, a.zone);
  if (a instanceof Duration && b instanceof Time) return new Time(a.nano + b.nano, b.zone);
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.nano + b.nano);
  throw unfit('+', a, b);
}

/** Fails where a string has become too long. */
export function boundedText(text: string): string {
  if (text.length > MAX_TEXT) throw new ExprEvaluationError(`a string of more than ${MAX_TEXT} characters`);
  return text;
}

export function subtract(a: Value, b: Value): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return BigInt.asIntN(64, a - b);
  if (isNumeric(a) && isNumeric(b)) return Number(a) - Number(b);
  if (a instanceof Time && b instanceof Time) return timeDifference(a, b);
  if (a instanceof Time && b instanceof Duration) return new Time(a.nano - b.nano, a.zone);
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.nano - b.nano);
  throw unfit('-', a, b);
}

const MAX_INT64 = 2n ** 63n - 1n;

/** Go gives the longest duration where the difference is longer. */
export function timeDifference(a: Time, b: Time): Duration {
  const nano = a.nano - b.nano;
  return new Duration(nano > MAX_INT64 ? MAX_INT64 : nano < -MAX_INT64 - 1n ? -MAX_INT64 - 1n : nano);
}

export function multiply(a: Value, b: Value): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return BigInt.asIntN(64, a * b);
  if (isNumeric(a) && isNumeric(b)) return Number(a) * Number(b);
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.nano * b.nano);
  // A float and a duration give a float of nanoseconds, as in Go's generated code.
  if (a instanceof Duration && isNumeric(b)) return scaled(a, b);
  if (b instanceof Duration && isNumeric(a)) return scaled(b, a);
  throw unfit('*', a, b);
}

function scaled({ nano }: Duration, factor: bigint | number): Value {
  return typeof factor === 'bigint' ? new Duration(nano * factor) : Number(nano) * factor;
}

/** Always a float. */
export function divide(a: Value, b: Value): number {
  if (!isNumeric(a) || !isNumeric(b)) throw unfit('/', a, b);
  return Number(a) / Number(b);
}

export function modulo(a: Value, b: Value): bigint {
  if (typeof a !== 'bigint' || typeof b !== 'bigint') throw unfit('%', a, b);
  if (b === 0n) throw new ExprEvaluationError('% by zero');
  return BigInt.asIntN(64, a % b);
}

export function power(a: Value, b: Value): number {
  if (!isNumeric(a) || !isNumeric(b)) throw unfit('**', a, b);
  const base = Number(a);
  const exponent = Number(b);
  // Two cases in which Go follows the C standard and JavaScript does not.
  if (base === 1 || (base === -1 && Math.abs(exponent) === Infinity)) return 1;
  return base ** exponent;
}

export function negate(value: Value): Value {
  if (typeof value === 'bigint') return BigInt.asIntN(64, -value);
  if (typeof value === 'number') return -value;
  throw new ExprEvaluationError(`- of ${typeName(value)}`);
}

/** As an int where an index or a count is needed; a float loses its fraction. */
export function toInt(value: Value): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return truncateToInt64(value);
  throw new ExprEvaluationError(`${typeName(value)} where an int is needed`);
}
