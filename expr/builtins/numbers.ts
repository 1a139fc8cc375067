// Builtins of numbers.

import { parseFloat64, parseInt64, truncateToInt64 } from '../../pipeline/go-numbers.ts';
import { ExprEvaluationError } from '../errors.ts';
import { Duration, elementsOf, isNumeric, Named, order, typeName, type Value } from '../value.ts';
import { intOf, type BuiltinFunction, type Builtins } from './arguments.ts';

export const NUMBER_BUILTINS: Builtins = {
  abs: ([value = null]) => {
    if (typeof value === 'bigint') return BigInt.asIntN(64, value < 0n ? -value : value);
    if (typeof value === 'number') return value < 0 ? -value : value;
    throw unfit('abs', value);
  },
  ceil: rounding('ceil', Math.ceil),
  floor: rounding('floor', Math.floor),
  round: rounding('round', (value) => (value < 0 ? -roundHalfUp(-value) : roundHalfUp(value))),
  int: ([value = null]) => toInteger(value),
  float: ([value = null]) => {
    if (isNumeric(value)) return Number(value);
    const parsed = typeof value === 'string' ? parseFloat64(value) : undefined;
    if (parsed === undefined) throw unfit('float', value);
    return parsed;
  },
  max: extreme('max', (best, next) => order(best, next, '<') < 0),
  min: extreme('min', (best, next) => order(best, next, '>') > 0),
  mean: (args) => {
    const numbers = numbersIn(args, 'mean', 0);
    // Added in order, as Go does: another order rounds otherwise.
    let sum = 0;
    for (const number of numbers) sum += number;
    return numbers.length === 0 ? 0 : sum / numbers.length;
  },
  median: (args) => {
    const sorted = numbersIn(args, 'median', 0).sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    const high = sorted[middle] ?? 0;
    return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? 0) + high) / 2;
  },
  bitand: bits((a, b) => a & b),
  bitor: bits((a, b) => a | b),
  bitxor: bits((a, b) => a ^ b),
  bitnand: bits((a, b) => a & ~b),
  bitshl: shift((a, count) => (count >= 64n ? 0n : a << count)),
  bitshr: shift((a, count) => a >> (count >= 64n ? 63n : count)),
  bitushr: shift((a, count) => (count >= 64n ? 0n : BigInt.asUintN(64, a) >> count)),
  bitnot: ([value]) => ~intOf(value),
};

function unfit(name: string, value: Value): ExprEvaluationError {
  const shown = typeof value === 'string' ? JSON.stringify(value) : typeName(value);
  return new ExprEvaluationError(`${name} of ${shown}`);
}

/** Math.round would make of 0.49999999999999994 a one. */
function roundHalfUp(value: number): number {
  const floor = Math.floor(value);
  return value - floor >= 0.5 ? floor + 1 : floor;
}

function rounding(name: string, round: (value: number) => number): BuiltinFunction {
  return ([value = null]) => {
    if (typeof value === 'bigint') return Number(value);
    if (typeof value === 'number') return round(value);
    throw unfit(name, value);
  };
}

function toInteger(value: Value): Value {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return truncateToInt64(value);
  if (value instanceof Duration) return value.nano;
  if (value instanceof Named) return BigInt(value.number);
  const parsed = typeof value === 'string' ? parseInt64(value) : undefined;
  if (parsed === undefined) throw unfit('int', value);
  return parsed;
}

/** Arrays deeper than this are refused. */
const MAX_DEPTH = 500;

function numbersIn(values: readonly Value[], name: string, depth: number): number[] {
  if (depth > MAX_DEPTH) throw new ExprEvaluationError(`arrays nested more than ${MAX_DEPTH} deep`);
  const numbers: number[] = [];
  for (const value of values) {
    const elements = elementsOf(value);
    if (isNumeric(value)) numbers.push(Number(value));
    else if (value instanceof Duration) numbers.push(Number(value.nano));
    else if (value instanceof Named) numbers.push(value.number);
    else if (elements === undefined) throw unfit(name, value);
    else for (const number of numbersIn(elements, name, depth + 1)) numbers.push(number);
  }
  return numbers;
}

function extreme(name: string, isBetter: (best: Value, next: Value) => boolean): BuiltinFunction {
  const search = (values: readonly Value[], depth: number): Value => {
    if (depth > MAX_DEPTH) throw new ExprEvaluationError(`arrays nested more than ${MAX_DEPTH} deep`);
    let best: Value = null;
    for (const value of values) {
      const elements = elementsOf(value);
      if (elements === undefined && !isNumeric(value)) throw unfit(name, value);
      const next = elements === undefined ? value : search(elements, depth + 1);
      if (next !== null && (best === null || isBetter(best, next))) best = next;
    }
    return best;
  };
  return (args) => {
    const [only = null] = args;
    // A single argument that is neither number nor array is given back.
    if (args.length === 1 && elementsOf(only) === undefined && !isNumeric(only)) return only;
    return search(args, 0);
  };
}

function bits(combine: (a: bigint, b: bigint) => bigint): BuiltinFunction {
  return ([a, b]) => combine(intOf(a), intOf(b));
}

function shift(move: (value: bigint, count: bigint) => bigint): BuiltinFunction {
  return ([value, by]) => {
    const count = intOf(by);
    if (count < 0n) throw new ExprEvaluationError(`a shift by ${count}`);
    return BigInt.asIntN(64, move(intOf(value), count));
  };
}
