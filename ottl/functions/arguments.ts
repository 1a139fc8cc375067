// Reads arguments as the types that functions want, with errors as the collector words them.

import { Duration, OttlEvaluationError, Time, typeName, type OttlValue } from '../value.ts';

export function textOf(value: OttlValue | undefined): string {
  if (typeof value === 'string') return value;
  throw new OttlEvaluationError(`expected string but got ${typeName(value ?? null)}`);
}

export function intOf(value: OttlValue | undefined): bigint {
  if (typeof value === 'bigint') return value;
  throw new OttlEvaluationError(`expected int64 but got ${typeName(value ?? null)}`);
}

export function boolOf(value: OttlValue | undefined): boolean {
  if (typeof value === 'boolean') return value;
  throw new OttlEvaluationError(`expected bool but got ${typeName(value ?? null)}`);
}

export function listOf(value: OttlValue | undefined): readonly OttlValue[] {
  if (Array.isArray(value)) return value;
  throw new OttlEvaluationError(`expected a list but got ${typeName(value ?? null)}`);
}

export function mapOf(value: OttlValue | undefined): Map<string, OttlValue> {
  if (value instanceof Map) return value;
  throw new OttlEvaluationError(`expected a map but got ${typeName(value ?? null)}`);
}

export function timeOf(value: OttlValue | undefined): Time {
  if (value instanceof Time) return value;
  throw new OttlEvaluationError(`expected time but got ${typeName(value ?? null)}`);
}

export function durationOf(value: OttlValue | undefined): Duration {
  if (value instanceof Duration) return value;
  throw new OttlEvaluationError(`expected duration but got ${typeName(value ?? null)}`);
}
