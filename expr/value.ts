// The values expressions compute with, and how they are told apart, compared and ordered. Source: expr-lang/expr v1.17,
// vm/runtime.

import { ExprEvaluationError } from './errors.ts';

/** A point in time, in nanoseconds since the epoch, and the zone it is shown in: its name or its offset. */
export class Time {
  readonly nano: bigint;
  readonly zone: string;

  constructor(nano: bigint, zone = 'UTC') {
    this.nano = nano;
    this.zone = zone;
  }
}

/** A length of time, in nanoseconds. */
export class Duration {
  readonly nano: bigint;

  constructor(nano: bigint) {
    this.nano = BigInt.asIntN(64, nano);
  }
}

export class Zone {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** A month or day of the week: a number with a name. */
export class Named {
  readonly type: 'time.Month' | 'time.Weekday';
  readonly number: number;
  readonly name: string;

  constructor(type: Named['type'], number: number, name: string) {
    this.type = type;
    this.number = number;
    this.name = name;
  }
}

/** What can be called: a function of the environment, or a method with what it belongs to. */
export class FunctionValue {
  readonly call: (args: readonly Value[]) => Value;

  constructor(call: (args: readonly Value[]) => Value) {
    this.call = call;
  }
}

/** `$env`: what the names stand for. */
export class EnvironmentValue {
  /** Undefined where there is no such name. */
  readonly get: (name: string) => Value | undefined;

  constructor(get: (name: string) => Value | undefined) {
    this.get = get;
  }
}

/** A map whose keys need not be strings, such as `groupBy` gives. */
export class AnyMap extends Map<Value, Value> {}

/** null is nil; a bigint is an int, a number a float. Bytes are an array of ints from 0 to 255. */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | Time
  | Duration
  | Zone
  | Named
  | FunctionValue
  | EnvironmentValue
  | readonly Value[]
  | ReadonlyMap<Value, Value>;

/** The name of a value's type, in Go's words, as errors have it. */
export function typeName(value: Value): string {
  if (value === null) return 'nil';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float64';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof Map) return 'map';
  if (value instanceof Time) return 'time.Time';
  if (value instanceof Duration) return 'time.Duration';
  if (value instanceof Zone) return '*time.Location';
  if (value instanceof Named) return value.type;
  if (value instanceof FunctionValue) return 'function';
  return value instanceof EnvironmentValue ? 'the environment' : 'array';
}

export function isArray(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** Arrays and bytes as elements; undefined of anything else. */
export function elementsOf(value: Value): readonly Value[] | undefined {
  if (isArray(value)) return value;
  return value instanceof Uint8Array ? Array.from(value, BigInt) : undefined;
}

export function isNumeric(value: Value): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number';
}

export function equal(a: Value, b: Value): boolean {
  // Functions are equal to nothing, as in Go.
  if (a === b) return !(a instanceof FunctionValue);
  if (isNumeric(a) && isNumeric(b)) return typeof a === typeof b ? false : Number(a) === Number(b);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  const left = elementsOf(a);
  const right = left === undefined ? undefined : elementsOf(b);
  if (left !== undefined && right !== undefined) {
    return left.length === right.length && left.every((element, index) => equal(element, right[index] ?? null));
  }
  return equalExactly(a, b);
}

/** As `reflect.DeepEqual`, which knows an int from a float of the same size. */
function equalExactly(a: Value, b: Value): boolean {
  if (a === b) return !(a instanceof FunctionValue);
  if (a instanceof Time && b instanceof Time) return a.nano === b.nano;
  if (a instanceof Duration && b instanceof Duration) return a.nano === b.nano;
  if (a instanceof Zone && b instanceof Zone) return a.name === b.name;
  if (a instanceof Named && b instanceof Named) return a.type === b.type && a.number === b.number;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (a !== null && b !== null && isArray(a)) {
    return isArray(b) && a.length === b.length && a.every((one, index) => equalExactly(one, b[index] ?? null));
  }
  if (!(a instanceof Map) || !(b instanceof Map) || a.size !== b.size) return false;
  if (a instanceof AnyMap !== b instanceof AnyMap) return false;
  for (const [key, value] of a) {
    const other = b.get(key) as Value | undefined; // Safe: the values of these maps are Values.
    if (other === undefined || !equalExactly(value as Value, other)) return false;
  }
  return true;
}

/** Negative, zero or positive; NaN where one is NaN. Fails where they have no order. */
export function order(a: Value, b: Value, operator: string): number {
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0;
  if (isNumeric(a) && isNumeric(b)) return Math.sign(Number(a) - Number(b)) || sameNumber(Number(a), Number(b));
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (a instanceof Time && b instanceof Time) return a.nano < b.nano ? -1 : a.nano > b.nano ? 1 : 0;
  if (a instanceof Duration && b instanceof Duration) return a.nano < b.nano ? -1 : a.nano > b.nano ? 1 : 0;
  throw new ExprEvaluationError(`${operator} between ${typeName(a)} and ${typeName(b)}`);
}

/** Zero, or NaN where the difference of infinities hides an order or one of them is no number. */
function sameNumber(a: number, b: number): number {
  return a === b ? 0 : Number.NaN;
}

/** Go orders strings by their bytes; UTF-16 differs from that only beyond U+FFFF. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Whether a key can be one in Go. */
export function isHashable(key: Value): boolean {
  return !(isArray(key) || key instanceof Uint8Array || key instanceof Map || key instanceof FunctionValue);
}
