// `value["key"][0]`: reading and writing inside maps and lists.

import { OttlEvaluationError, typeName, type OttlValue } from './value.ts';

/** Longer lists are not made up to write into their end. */
const MAX_MADE = 10_000n;

/** What lies under these keys; nil where a map on the way has no such key. */
export function indexValue(value: OttlValue, key: OttlValue): OttlValue {
  if (value === null) return null;
  if (value instanceof Map) return value.get(mapKey(key)) ?? null;
  if (Array.isArray(value)) return value[sliceIndex(key, value.length)] ?? null;
  throw new OttlEvaluationError(`type ${typeName(value)} does not support indexing`);
}

/** The same in what a converter gave: there a missing key is an error. */
export function indexResult(value: OttlValue, key: OttlValue): OttlValue {
  if (value === null) throw new OttlEvaluationError('type <nil> does not support indexing');
  if (value instanceof Map && !value.has(mapKey(key))) throw new OttlEvaluationError('key not found in map');
  return indexValue(value, key);
}

/** Writes under the keys, of which there is one at least, making maps on the way where nothing is. */
export function setIndexed(container: OttlValue, keys: readonly OttlValue[], value: OttlValue): void {
  let current = container;
  for (let depth = 0; depth < keys.length; depth += 1) {
    const key = keys[depth] ?? null;
    const isLast = depth === keys.length - 1;
    if (current instanceof Map) {
      const name = mapKey(key);
      if (isLast) current.set(name, value);
      else
        current = childOf(current.get(name), keys[depth + 1] ?? null, (child) =>
          (current as Map<string, OttlValue>).set(name, child),
        ); // safe: tested above
    } else if (Array.isArray(current)) {
      const index = sliceIndex(key, current.length);
      if (isLast) current[index] = value;
      else
        current = childOf(
          current[index],
          keys[depth + 1] ?? null,
          (child) => ((current as OttlValue[])[index] = child),
        ); // safe: tested above
    } else {
      throw new OttlEvaluationError(`type ${typeName(current)} does not support indexing`);
    }
  }
}

/** What a key is written into where nothing is: a map, or a list with nils before the index. */
export function emptyFor(key: OttlValue): Map<string, OttlValue> | OttlValue[] {
  if (typeof key === 'string') return new Map();
  if (typeof key !== 'bigint') {
    throw new OttlEvaluationError('neither a string nor an int index was given, this is an error in the OTTL');
  }
  if (key < 0n || key >= MAX_MADE) throw new OttlEvaluationError(`index ${key} out of bounds`);
  return Array.from({ length: Number(key) + 1 }, () => null);
}

function childOf(child: OttlValue | undefined, nextKey: OttlValue, put: (child: OttlValue) => void): OttlValue {
  if (child instanceof Map || Array.isArray(child)) return child;
  if (child !== undefined && child !== null) {
    throw new OttlEvaluationError(`type ${typeName(child)} does not support indexing`);
  }
  const made = emptyFor(nextKey);
  put(made);
  return made;
}

function mapKey(key: OttlValue): string {
  if (typeof key === 'string') return key;
  throw new OttlEvaluationError('unable to resolve a string index in map: invalid key type');
}

function sliceIndex(key: OttlValue, length: number): number {
  if (typeof key !== 'bigint') {
    throw new OttlEvaluationError(
      `unable to resolve an integer index in slice: could not resolve key for map/slice, expecting 'int64' but got '${typeName(key)}'`,
    );
  }
  if (key < 0n || key >= BigInt(length)) throw new OttlEvaluationError(`index ${key} out of bounds`);
  return Number(key);
}
