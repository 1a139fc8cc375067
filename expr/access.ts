// Members, slices and membership: `a.b`, `a[0]`, `a[1:3]`, `x in a`. Source: expr-lang/expr v1.17, vm/runtime.

import { toInt } from './arithmetic.ts';
import { ExprEvaluationError } from './errors.ts';
import { methodOf } from './methods.ts';
import { AnyMap, EnvironmentValue, equal, isArray, isHashable, Time, typeName, type Value } from './value.ts';

/** Fails where there is nothing to choose from, or an index is beyond the end; a key that a map does not have gives nil. */
export function fetch(from: Value, key: Value): Value {
  if (from instanceof Map) return from.get(mapKey(from, key)) ?? null;
  if (isArray(from)) return from[indexIn(key, from.length)] ?? null;
  if (typeof from === 'string' || from instanceof Uint8Array) {
    const bytes = typeof from === 'string' ? Buffer.from(from) : from;
    return BigInt(bytes[indexIn(key, bytes.length)] ?? 0);
  }
  if (typeof key === 'string') {
    const found = from instanceof EnvironmentValue ? from.get(key) : methodOf(from, key);
    if (found !== undefined) return found;
  }
  throw new ExprEvaluationError(`${typeName(from)} has no ${shownKey(key)}`);
}

/** The same for `get`, which gives nil where there is nothing. */
export function get(from: Value, key: Value): Value {
  if (from === null) return null;
  if (from instanceof Map) return from.get(mapKey(from, key)) ?? null;
  if (isArray(from) || typeof from === 'string' || from instanceof Uint8Array) {
    const length = typeof from === 'string' ? Buffer.byteLength(from) : from.length;
    const index = Number(toInt(key));
    return index >= length || index < -length ? null : fetch(from, key);
  }
  if (typeof key !== 'string') return null;
  return (from instanceof EnvironmentValue ? from.get(key) : methodOf(from, key)) ?? null;
}

function shownKey(key: Value): string {
  return typeof key === 'string' || typeof key === 'bigint' ? `member ${key}` : `member that is ${typeName(key)}`;
}

/** Go looks a nil key up as the zero value of the map's keys. */
function mapKey(map: ReadonlyMap<Value, Value>, key: Value): Value {
  if (map instanceof AnyMap) {
    if (!isHashable(key)) throw new ExprEvaluationError(`${typeName(key)} as key of a map`);
    return knownKey(map, key);
  }
  if (typeof key === 'string') return key;
  if (key === null) return '';
  throw new ExprEvaluationError(`${typeName(key)} as key of a map of strings`);
}

/** The key itself, or the equal one the map has: times and durations are objects here. */
export function knownKey(map: ReadonlyMap<Value, Value>, key: Value): Value {
  if (typeof key !== 'object' || key === null) return key;
  for (const known of map.keys()) if (typeof known === 'object' && equal(known, key)) return known;
  return key;
}

function indexIn(key: Value, length: number): number {
  const given = Number(toInt(key));
  const index = given < 0 ? length + given : given;
  if (index < 0 || index >= length) {
    throw new ExprEvaluationError(`index ${given} is out of range: there are ${length} elements`);
  }
  return index;
}

/** Ends beyond the value are moved to it. Strings are sliced by bytes. */
export function slice(value: Value, from: Value | undefined, to: Value | undefined): Value {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  if (!isArray(bytes) && !(bytes instanceof Uint8Array)) throw new ExprEvaluationError(`a slice of ${typeName(value)}`);
  const { length } = bytes;
  const end = to === undefined ? length : Math.min(position(to, length), length);
  const start = Math.min(from === undefined ? 0 : position(from, length), end);
  if (isArray(bytes)) return bytes.slice(start, end);
  const part = bytes.subarray(start, end);
  return typeof value === 'string' ? part.toString() : part;
}

function position(value: Value, length: number): number {
  const given = Number(toInt(value));
  return Math.max(0, given < 0 ? length + given : given);
}

export function isIn(needle: Value, haystack: Value): boolean {
  if (haystack === null) return false;
  if (isArray(haystack)) {
    for (const element of haystack) if (equal(element, needle)) return true;
    return false;
  }
  if (haystack instanceof Map) return haystack.has(mapKey(haystack, needle));
  if (haystack instanceof Uint8Array) return haystack.some((byte) => equal(BigInt(byte), needle));
  if (haystack instanceof EnvironmentValue && typeof needle === 'string') return haystack.get(needle) !== undefined;
  // A time has no members that can be seen.
  if (haystack instanceof Time && typeof needle === 'string') return false;
  throw new ExprEvaluationError(`in is not for ${typeName(haystack)}`);
}
