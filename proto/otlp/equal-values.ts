// Deep equality of attribute values in plain JavaScript, and of what is computed with them.

/** A value of a type of its own, such as a point in time. */
export interface Comparable {
  equals(other: unknown): boolean;
}

/** JsValue, and values that know themselves what they are equal to. */
export type EqualityValue =
  | null
  | string
  | boolean
  | bigint
  | number
  | Uint8Array
  | Comparable
  | EqualityValue[]
  | Map<string, EqualityValue>;

/** Types count: the int 1 is not the double 1. The order of a map's keys does not. NaN equals nothing. */
export function equalValues(a: EqualityValue, b: EqualityValue): boolean {
  if (a === null || typeof a !== 'object') return a === b;
  if (a instanceof Map) {
    if (!(b instanceof Map) || a.size !== b.size) return false;
    for (const [key, value] of a) {
      const other = b.get(key);
      if (other === undefined || !equalValues(value, other)) return false;
    }
    return true;
  }
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((one, index) => equalValues(one, b[index] ?? null));
  }
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  return a.equals(b);
}
