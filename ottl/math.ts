// Arithmetic: int64 wraps around, mixed numbers become float64, times and durations as in Go.

import { Duration, OttlEvaluationError, Time, typeName, type OttlValue } from './value.ts';

export type MathOp = '+' | '-' | '*' | '/';

export function calculate(a: OttlValue, b: OttlValue, op: MathOp): OttlValue {
  if (a instanceof Time || a instanceof Duration) return calculateTime(a, b, op);
  if (typeof a === 'bigint' && typeof b === 'bigint') return BigInt.asIntN(64, integers(a, b, op));
  if ((typeof a !== 'bigint' && typeof a !== 'number') || (typeof b !== 'bigint' && typeof b !== 'number')) {
    throw new OttlEvaluationError(`math needs numbers, times or durations, not ${typeName(a)} ${op} ${typeName(b)}`);
  }
  return doubles(Number(a), Number(b), op);
}

function integers(a: bigint, b: bigint, op: MathOp): bigint {
  if (op === '+') return a + b;
  if (op === '-') return a - b;
  if (op === '*') return a * b;
  if (b === 0n) throw new OttlEvaluationError('attempted to divide by 0');
  return a / b;
}

function doubles(a: number, b: number, op: MathOp): number {
  if (op === '+') return a + b;
  if (op === '-') return a - b;
  if (op === '*') return a * b;
  if (b === 0) throw new OttlEvaluationError('attempted to divide by 0');
  return a / b;
}

function calculateTime(a: Time | Duration, b: OttlValue, op: MathOp): OttlValue {
  if (a instanceof Time && b instanceof Time && op === '-') return new Duration(a.nano - b.nano);
  if (b instanceof Duration && (op === '+' || op === '-')) {
    const nano = op === '+' ? a.nano + b.nano : a.nano - b.nano;
    return a instanceof Time ? new Time(nano, a.zone) : new Duration(nano);
  }
  if (a instanceof Duration && b instanceof Time && op === '+') return new Time(a.nano + b.nano, b.zone);
  throw new OttlEvaluationError(`there is no ${typeName(a)} ${op} ${typeName(b)}`);
}
