// What the checker knows of a value before there is one. Most of what data brings is unknown; literals and the answers of
// builtins are not. Source: expr-lang/expr v1.17, checker/nature.

export type Nature =
  | { readonly kind: 'unknown' | 'nil' | 'bool' | 'int' | 'float' | 'string' }
  | { readonly kind: 'time' | 'duration' | 'zone' | 'month' | 'weekday' }
  /** `of` is what Go's slice is made of: only equal ones can be given for each other. */
  | { readonly kind: 'array'; readonly of: 'any' | 'string' | 'byte'; readonly element: Nature }
  | { readonly kind: 'map'; readonly keys: 'string' | 'any'; readonly element: Nature }
  | { readonly kind: 'function'; readonly params: readonly Nature[] | undefined; readonly returns: Nature };

export type Kind = Nature['kind'];

export const UNKNOWN: Nature = { kind: 'unknown' };
export const NIL: Nature = { kind: 'nil' };
export const BOOL: Nature = { kind: 'bool' };
export const INT: Nature = { kind: 'int' };
export const FLOAT: Nature = { kind: 'float' };
export const STRING: Nature = { kind: 'string' };
export const TIME: Nature = { kind: 'time' };
export const DURATION: Nature = { kind: 'duration' };
export const ZONE: Nature = { kind: 'zone' };
export const BYTES: Nature = { kind: 'array', of: 'byte', element: INT };
export const STRINGS: Nature = { kind: 'array', of: 'string', element: STRING };
export const ARRAY: Nature = arrayOf(UNKNOWN);
export const MAP: Nature = { kind: 'map', keys: 'string', element: UNKNOWN };
export const ANY_MAP: Nature = { kind: 'map', keys: 'any', element: UNKNOWN };

export function arrayOf(element: Nature): Nature {
  return { kind: 'array', of: 'any', element };
}

export function isNumber({ kind }: Nature): boolean {
  return kind === 'int' || kind === 'float';
}

/** In Go's words, for messages. */
export function nameOf(nature: Nature): string {
  switch (nature.kind) {
    case 'float':
      return 'float64';
    case 'array':
      return nature.of === 'any' ? 'array' : nature.of === 'string' ? 'array of strings' : 'bytes';
    case 'time':
      return 'time.Time';
    case 'duration':
      return 'time.Duration';
    case 'zone':
      return '*time.Location';
    case 'month':
      return 'time.Month';
    case 'weekday':
      return 'time.Weekday';
    default:
      return nature.kind;
  }
}

/** Whether a value of one nature can be given where the other is wanted; never where one is unknown, as in expr. */
export function isAssignable(from: Nature, to: Nature): boolean {
  if (from.kind === 'nil')
    return to.kind === 'zone' || to.kind === 'array' || to.kind === 'map' || to.kind === 'function';
  if (from.kind === 'unknown' || from.kind !== to.kind) return false;
  if (from.kind === 'array' && to.kind === 'array') return from.of === to.of;
  if (from.kind === 'map' && to.kind === 'map') return from.keys === to.keys;
  return from.kind !== 'function';
}

/** Whether `==` and `in` may compare them. */
export function isComparable(a: Nature, b: Nature): boolean {
  if (a.kind === 'unknown' || b.kind === 'unknown' || a.kind === 'nil' || b.kind === 'nil') return true;
  if (isNumber(a) && isNumber(b)) return true;
  if (a.kind === 'array' && b.kind === 'array') return true;
  return isAssignable(a, b);
}

/** Unknown on at least one side, and one of these kinds or unknown on the other. */
export function mayFit(a: Nature, b: Nature, kinds: readonly Kind[]): boolean {
  if (a.kind === 'unknown') return b.kind === 'unknown' || kinds.includes(b.kind);
  return b.kind === 'unknown' && kinds.includes(a.kind);
}

const method = (returns: Nature, ...params: readonly Nature[]): Nature => ({ kind: 'function', params, returns });
const MONTH: Nature = { kind: 'month' };
const WEEKDAY: Nature = { kind: 'weekday' };

/** The methods of Go's times and durations that are available here. */
export const METHODS: Readonly<Partial<Record<Kind, Readonly<Record<string, Nature>>>>> = {
  time: {
    Year: method(INT),
    Month: method(MONTH),
    Day: method(INT),
    Hour: method(INT),
    Minute: method(INT),
    Second: method(INT),
    Nanosecond: method(INT),
    YearDay: method(INT),
    Weekday: method(WEEKDAY),
    Unix: method(INT),
    UnixMilli: method(INT),
    UnixMicro: method(INT),
    UnixNano: method(INT),
    String: method(STRING),
    Format: method(STRING, STRING),
    Add: method(TIME, DURATION),
    Sub: method(DURATION, TIME),
    AddDate: method(TIME, INT, INT, INT),
    Truncate: method(TIME, DURATION),
    Before: method(BOOL, TIME),
    After: method(BOOL, TIME),
    Equal: method(BOOL, TIME),
    Compare: method(INT, TIME),
    IsZero: method(BOOL),
    UTC: method(TIME),
    In: method(TIME, ZONE),
  },
  duration: {
    Hours: method(FLOAT),
    Minutes: method(FLOAT),
    Seconds: method(FLOAT),
    Milliseconds: method(INT),
    Microseconds: method(INT),
    Nanoseconds: method(INT),
    String: method(STRING),
    Abs: method(DURATION),
    Truncate: method(DURATION, DURATION),
    Round: method(DURATION, DURATION),
  },
  month: { String: method(STRING) },
  weekday: { String: method(STRING) },
  zone: { String: method(STRING) },
};
