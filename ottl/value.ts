// The values OTTL computes with, and how they compare. Compare: contrib pkg/ottl/compare.go, v0.161.

import { equalValues } from '../proto/otlp/equal-values.ts';

/** A point in time, in nanoseconds since the epoch, and the zone it is shown in: its name or its offset. */
export class Time {
  readonly nano: bigint;
  readonly zone: string;

  constructor(nano: bigint, zone = 'UTC') {
    this.nano = nano;
    this.zone = zone;
  }

  /** The same moment; the zone does not count. */
  equals(other: unknown): boolean {
    return other instanceof Time && other.nano === this.nano;
  }
}

/** A length of time, in nanoseconds. */
export class Duration {
  readonly nano: bigint;

  constructor(nano: bigint) {
    this.nano = nano;
  }

  equals(other: unknown): boolean {
    return other instanceof Duration && other.nano === this.nano;
  }
}

/** A trace, span or profile id. It is no byte string: OTTL compares ids only with ids. */
export class Id {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  equals(other: unknown): boolean {
    return other instanceof Id && Buffer.compare(other.bytes, this.bytes) === 0;
  }
}

/** Something that expressions can only ask to be there, such as a profile's samples: equal to itself, to nothing else. */
export class Opaque {
  /** The name of its type in Go, as errors have it. */
  readonly type: string;

  constructor(type: string) {
    this.type = type;
  }

  equals(other: unknown): boolean {
    return other === this;
  }
}

/** null is OTTL's nil; a bigint is an int64, a number a float64. */
export type OttlValue =
  | null
  | string
  | boolean
  | bigint
  | number
  | Uint8Array
  | Time
  | Duration
  | Id
  | Opaque
  | OttlValue[]
  | Map<string, OttlValue>;

/** Evaluation failed for one item; the statement is valid. */
export class OttlEvaluationError extends Error {
  override readonly name = 'OttlEvaluationError';

  /** Messages hold values of the item, which may be of any length; logs should not. */
  constructor(message: string) {
    super(message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH)}…` : message);
  }
}

const MAX_MESSAGE_LENGTH = 500;

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** The name of a value's type, in Go's words, as errors have it. */
export function typeName(value: OttlValue): string {
  if (value === null) return 'nil';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int64';
  if (typeof value === 'number') return 'float64';
  if (value instanceof Uint8Array) return '[]uint8';
  if (value instanceof Map) return 'pcommon.Map';
  if (Array.isArray(value)) return 'pcommon.Slice';
  if (value instanceof Time) return 'time.Time';
  if (value instanceof Opaque) return value.type;
  return value instanceof Duration ? 'time.Duration' : 'id';
}

/** Empty bytes are nil, as Go holds them. */
export function isNil(value: OttlValue): boolean {
  return value === null || (value instanceof Uint8Array && value.length === 0);
}

export function compareValues(a: OttlValue, b: OttlValue, op: Comparison): boolean {
  if (isNil(a)) return compareNil(b, op);
  if (isNil(b)) return compareNil(a, op);
  // Safe: isNil holds for null.
  return compareOthers(a as NonNullable<OttlValue>, b as NonNullable<OttlValue>, op);
}

function compareOthers(a: NonNullable<OttlValue>, b: NonNullable<OttlValue>, op: Comparison): boolean {
  if (typeof a === 'string') return typeof b === 'string' ? ordered(compareText(a, b), op) : op === '!=';
  if (typeof a === 'boolean') return typeof b === 'boolean' ? ordered(Number(a) - Number(b), op) : op === '!=';
  if (typeof a === 'bigint' || typeof a === 'number') {
    if (typeof b !== 'bigint' && typeof b !== 'number') return op === '!=';
    return typeof a === typeof b ? compareNumbers(a, b, op) : compareNumbers(Number(a), Number(b), op);
  }
  if (a instanceof Uint8Array) return b instanceof Uint8Array ? ordered(Buffer.compare(a, b), op) : op === '!=';
  if (a instanceof Time) return b instanceof Time ? compareNumbers(a.nano, b.nano, op) : op === '!=';
  if (a instanceof Duration) return b instanceof Duration ? compareNumbers(a.nano, b.nano, op) : op === '!=';
  if (op === '==') return equalValues(a, b);
  return op === '!=' && !equalValues(a, b);
}

/** nil equals nil and nothing else; so nil <= nil and nil >= nil hold too, as in the collector. */
function compareNil(other: OttlValue, op: Comparison): boolean {
  return op === '!=' ? !isNil(other) : isNil(other) && op !== '<' && op !== '>';
}

/** Go orders strings by their bytes; UTF-16 differs from that only beyond U+FFFF. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Two numbers of the same type. */
export function compareNumbers(a: bigint | number, b: bigint | number, op: Comparison): boolean {
  switch (op) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    default:
      return a >= b;
  }
}

function ordered(order: number, op: Comparison): boolean {
  return compareNumbers(order, 0, op);
}
