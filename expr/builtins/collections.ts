// Builtins of arrays and maps that take no predicate.

import { fetch, get, knownKey } from '../access.ts';
import { ExprEvaluationError } from '../errors.ts';
import {
  AnyMap,
  Duration,
  elementsOf,
  equal,
  FunctionValue,
  isArray,
  isHashable,
  Named,
  order,
  Time,
  typeName,
  type Value,
  Zone,
} from '../value.ts';
import { arrayOf, intOf, mapOf, textOf, type BuiltinFunction, type Builtins } from './arguments.ts';

export const COLLECTION_BUILTINS: Builtins = {
  len: ([value = null]) => BigInt(lengthOf(value)),
  type: ([value = null]) => typeOf(value),
  first: end(0n),
  last: end(-1n),
  get: ([from = null, key = null]) => get(from, key),
  take: ([array = null, count = null]) => {
    const size =
      count instanceof Duration ? Number(count.nano) : count instanceof Named ? count.number : Number(intOf(count));
    if (array instanceof Uint8Array) return array.subarray(0, checkedCount(size));
    return arrayOf(array).slice(0, checkedCount(size));
  },
  keys: ([map]) => [...mapOf(map).keys()],
  values: ([map]) => [...mapOf(map).values()],
  toPairs: ([map]) => [...mapOf(map)],
  fromPairs: ([pairs]) => {
    const map = new AnyMap();
    for (const pair of arrayOf(pairs)) {
      const [key = null, value = null, ...rest] = arrayOf(pair);
      if (rest.length > 0 || arrayOf(pair).length !== 2) throw new ExprEvaluationError('a pair has two elements');
      map.set(hashed(map, key), value);
    }
    return map;
  },
  reverse: ([array], { meter }) => {
    const elements = arrayOf(array);
    meter.grow(elements.length);
    return elements.toReversed();
  },
  uniq: ([array], { meter }) => unique(arrayOf(array), (steps) => meter.step(steps)),
  concat: (arrays, { meter }) => {
    const all = arrays.map(arrayOf);
    for (const { length } of all) meter.grow(length);
    return all.flat(1);
  },
  flatten: ([array], { meter }) => {
    const flat: Value[] = [];
    flattenInto(flat, arrayOf(array), 0);
    meter.grow(flat.length);
    return flat;
  },
  sort: ([array = null, direction = 'asc'], { meter }) => {
    // Of anything but an array expr makes an empty one.
    const elements = isArray(array) ? array : [];
    meter.grow(elements.length);
    return sorted(elements, elements, direction);
  },
};

/** The elements by the order of their keys. Fails where two keys have no order. */
export function sorted(elements: readonly Value[], keys: readonly Value[], direction: Value): readonly Value[] {
  const text = textOf(direction);
  if (text !== 'asc' && text !== 'desc') throw new ExprEvaluationError(`the order ${text}: there are asc and desc`);
  const sign = text === 'desc' ? -1 : 1;
  return elements
    .map((element, index) => ({ element, key: keys[index] ?? null }))
    .sort((a, b) => sign * order(a.key, b.key, '<') || 0)
    .map(({ element }) => element);
}

/** The key as a map may have it. */
export function hashed(map: ReadonlyMap<Value, Value>, key: Value): Value {
  if (!isHashable(key)) throw new ExprEvaluationError(`${typeName(key)} as key of a map`);
  return knownKey(map, key);
}

/** Characters of a string, elements of anything else. */
function lengthOf(value: Value): number {
  if (typeof value === 'string') return characters(value);
  if (isArray(value) || value instanceof Uint8Array) return value.length;
  if (value instanceof Map) return value.size;
  throw new ExprEvaluationError(`len of ${typeName(value)}`);
}

function characters(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length - 1; at += 1) {
    const unit = text.charCodeAt(at);
    const isPair =
      unit >= 0xd800 && unit < 0xdc00 && text.charCodeAt(at + 1) >= 0xdc00 && text.charCodeAt(at + 1) < 0xe000;
    if (isPair) count -= 1;
  }
  return count;
}

function typeOf(value: Value): string {
  if (value === null) return 'nil';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float';
  if (typeof value === 'string') return 'string';
  if (isArray(value) || value instanceof Uint8Array) return 'array';
  if (value instanceof Map) return 'map';
  if (value instanceof Time) return 'time.Time';
  if (value instanceof Duration) return 'time.Duration';
  if (value instanceof Named) return value.type;
  if (value instanceof FunctionValue) return 'func';
  return value instanceof Zone ? 'unknown' : 'struct';
}

/** nil where there is no such element, or no element can be. */
function end(index: bigint): BuiltinFunction {
  return ([array = null]) => {
    try {
      return fetch(array, index);
    } catch (error) {
      if (!(error instanceof ExprEvaluationError)) throw error;
      return null;
    }
  };
}

function checkedCount(count: number): number {
  if (count < 0) throw new ExprEvaluationError(`take ${count} elements`);
  return count;
}

function unique(elements: readonly Value[], step: (steps: number) => void): Value[] {
  const kept: Value[] = [];
  for (const element of elements) {
    step(kept.length + 1);
    if (!kept.some((one) => equal(one, element))) kept.push(element);
  }
  return kept;
}

/** Deeper arrays are refused. */
const MAX_DEPTH = 500;

function flattenInto(flat: Value[], elements: readonly Value[], depth: number): void {
  if (depth > MAX_DEPTH) throw new ExprEvaluationError(`arrays nested more than ${MAX_DEPTH} deep`);
  for (const element of elements) {
    const inner = elementsOf(element);
    if (inner === undefined) flat.push(element);
    else flattenInto(flat, inner, depth + 1);
  }
}
