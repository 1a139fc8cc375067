// The arguments of builtins, by what they have to be.

import { toInt } from '../arithmetic.ts';
import { ExprEvaluationError } from '../errors.ts';
import type { Meter } from '../meter.ts';
import { elementsOf, typeName, type Value } from '../value.ts';

/** What builtins may ask besides their arguments. */
export interface BuiltinTools {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly meter: Meter;
}

export type BuiltinFunction = (args: readonly Value[], tools: BuiltinTools) => Value;

export type Builtins = Readonly<Record<string, BuiltinFunction>>;

export function textOf(value: Value | undefined): string {
  if (typeof value === 'string') return value;
  throw new ExprEvaluationError(`${typeName(value ?? null)} where a string is needed`);
}

export function arrayOf(value: Value | undefined): readonly Value[] {
  const elements = elementsOf(value ?? null);
  if (elements === undefined) throw new ExprEvaluationError(`${typeName(value ?? null)} where an array is needed`);
  return elements;
}

export function mapOf(value: Value | undefined): ReadonlyMap<Value, Value> {
  if (value instanceof Map) return value;
  throw new ExprEvaluationError(`${typeName(value ?? null)} where a map is needed`);
}

/** An int, or a float without its fraction. */
export function countOf(value: Value | undefined): number {
  return Number(toInt(value ?? null));
}

/** An int and nothing else. */
export function intOf(value: Value | undefined): bigint {
  if (typeof value === 'bigint') return value;
  throw new ExprEvaluationError(`${typeName(value ?? null)} where an int is needed`);
}
