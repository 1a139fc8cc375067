// Values as text, as Go's `%v` writes them.

import { floatText } from '../proto/prometheus/number-text.ts';
import { boundedText } from './arithmetic.ts';
import { ExprEvaluationError } from './errors.ts';
import { methodOf } from './methods.ts';
import { compareText, Duration, isArray, Named, Time, typeName, type Value, Zone } from './value.ts';
import { durationText } from '../pipeline/calendar/durations.ts';

/** Deeper values are refused. */
const MAX_DEPTH = 500;

export function valueText(value: Value, depth = 0): string {
  if (depth > MAX_DEPTH) throw new ExprEvaluationError(`a value nested more than ${MAX_DEPTH} deep`);
  if (value === null) return '<nil>';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : floatText(value);
  if (value instanceof Uint8Array) return `[${value.join(' ')}]`;
  if (isArray(value)) return boundedText(`[${value.map((element) => valueText(element, depth + 1)).join(' ')}]`);
  if (value instanceof Map) return mapText(value, depth);
  if (value instanceof Duration) return durationText(value.nano);
  if (value instanceof Named) return value.name;
  if (value instanceof Time) return valueText(methodOf(value, 'String')?.call([]) ?? '', depth + 1);
  if (value instanceof Zone) return value.name;
  // Go would write an address.
  return typeName(value);
}

function mapText(map: ReadonlyMap<Value, Value>, depth: number): string {
  const entries = [...map].toSorted(([a], [b]) => compareKeys(a, b));
  const text = entries.map(([key, value]) => `${valueText(key, depth + 1)}:${valueText(value, depth + 1)}`);
  return boundedText(`map[${text.join(' ')}]`);
}

/** Go's order of keys: nil, then by type as far as there is more than one, then by value. */
function compareKeys(a: Value, b: Value): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  return RANKS.indexOf(a === null ? 'nil' : typeof a) - RANKS.indexOf(b === null ? 'nil' : typeof b);
}

const RANKS = ['nil', 'bigint', 'number', 'string', 'boolean', 'object'];
