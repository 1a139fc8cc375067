// `toJSON` and `fromJSON`, as Go's encoding/json writes and reads.

import { boundedText } from './arithmetic.ts';
import { ExprEvaluationError } from './errors.ts';
import { formatTime } from './time-layout.ts';
import type { Meter } from './meter.ts';
import { AnyMap, compareText, Duration, isArray, Named, Time, typeName, Zone, type Value } from './value.ts';

/** Deeper values are refused, in both directions. */
const MAX_DEPTH = 500;
const STEP = '  ';

/** Indented by two blanks, keys in order. Fails for what JSON can not say. */
export function toJson(value: Value): string {
  return boundedText(written(value, '\n', 0));
}

function written(value: Value, newline: string, depth: number): string {
  if (depth > MAX_DEPTH) throw new ExprEvaluationError(`a value nested more than ${MAX_DEPTH} deep`);
  if (value === null) return 'null';
  if (typeof value === 'string') return jsonString(value);
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return jsonNumber(value);
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`;
  const inner = newline + STEP;
  if (isArray(value)) {
    if (value.length === 0) return '[]';
    return `[${inner}${value.map((element) => written(element, inner, depth + 1)).join(`,${inner}`)}${newline}]`;
  }
  if (value instanceof Map && !(value instanceof AnyMap)) {
    if (value.size === 0) return '{}';
    const entries = [...value].map(([key, element]): [string, Value] => [String(key), element as Value]);
    const parts = entries
      .toSorted(([a], [b]) => compareText(a, b))
      .map(([key, element]) => `${jsonString(key)}: ${written(element, inner, depth + 1)}`);
    return `{${inner}${parts.join(`,${inner}`)}${newline}}`;
  }
  if (value instanceof Duration) return String(value.nano);
  if (value instanceof Named) return String(value.number);
  if (value instanceof Time) return jsonString(formatTime(value, '2006-01-02T15:04:05.999999999Z07:00'));
  if (value instanceof Zone) return '{}';
  throw new ExprEvaluationError(`JSON has nothing for ${typeName(value)}`);
}

/** Go also escapes what could end a script in HTML, and two line separators. */
function jsonString(text: string): string {
  return JSON.stringify(text).replaceAll(/[<>&\u2028\u2029\u007f]/g, (character) =>
    character === '\u007f' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function jsonNumber(value: number): string {
  if (!Number.isFinite(value)) throw new ExprEvaluationError(`JSON has nothing for ${value}`);
  if (Object.is(value, -0)) return '-0';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-6 || size >= 1e21)) return value.toExponential().replace('e+', 'e+');
  return String(value);
}

/** Objects become maps, all numbers floats. */
export function fromJson(text: string, meter: Meter): Value {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new ExprEvaluationError(`this is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return read(parsed, meter, 0);
}

function read(value: unknown, meter: Meter, depth: number): Value {
  if (depth > MAX_DEPTH) throw new ExprEvaluationError(`JSON nested more than ${MAX_DEPTH} deep`);
  if (Array.isArray(value)) {
    meter.grow(value.length);
    return value.map((element) => read(element, meter, depth + 1));
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    meter.grow(entries.length);
    return new Map(entries.map(([key, element]) => [key, read(element, meter, depth + 1)]));
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new ExprEvaluationError('a number in JSON that is too large');
    return value;
  }
  // Safe: what is left of JSON's values.
  return value as null | boolean | string;
}
