// The methods of times, durations, zones, months and weekdays, as in Go.

import { durationText } from '../pipeline/calendar/durations.ts';
import { DAYS, MONTHS } from '../pipeline/calendar/names.ts';
import { localTime } from '../pipeline/calendar/time-zones.ts';
import { timeDifference } from './arithmetic.ts';
import { ExprEvaluationError } from './errors.ts';
import { dayOfYear, formatTime } from './time-layout.ts';
import { Duration, FunctionValue, Named, Time, typeName, Zone, type Value } from './value.ts';

interface Method<Self> {
  readonly params: readonly ((value: Value) => boolean)[];
  readonly run: (self: Self, args: readonly Value[]) => Value;
}

type Methods<Self> = Readonly<Record<string, Method<Self>>>;

const isInt = (value: Value): value is bigint => typeof value === 'bigint';
const isText = (value: Value): value is string => typeof value === 'string';
const isTime = (value: Value): value is Time => value instanceof Time;
const isDuration = (value: Value): value is Duration => value instanceof Duration;
const isZone = (value: Value): value is Zone => value instanceof Zone;

const plain = <Self>(run: (self: Self) => Value): Method<Self> => ({ params: [], run });

function given<Self, Param extends Value>(
  isParam: (value: Value) => value is Param,
  run: (self: Self, param: Param) => Value,
): Method<Self> {
  // Safe: the parameters are checked before a method runs.
  return { params: [isParam], run: (self, [param]) => run(self, param as Param) };
}

const part = (read: (date: Date) => number): Method<Time> => plain((time) => BigInt(read(localTime(time).date)));
const quotient = (divisor: bigint): Method<Time> => plain(({ nano }) => floorDivide(nano, divisor));
/** A layout that shows a time as Go's `String` does. */
const STRING_LAYOUT = '2006-01-02 15:04:05.999999999 -0700 MST';
/** From the year 1, where Go's zero time is, to the epoch. */
const YEAR_ONE = 62_135_596_800n * 1_000_000_000n;

const TIME_METHODS: Methods<Time> = {
  Year: part((date) => date.getUTCFullYear()),
  Month: plain((time) => month(localTime(time).date)),
  Day: part((date) => date.getUTCDate()),
  Hour: part((date) => date.getUTCHours()),
  Minute: part((date) => date.getUTCMinutes()),
  Second: part((date) => date.getUTCSeconds()),
  Nanosecond: plain(({ nano }) => remainder(nano, 1_000_000_000n)),
  YearDay: part(dayOfYear),
  Weekday: plain((time) => weekday(localTime(time).date)),
  Unix: quotient(1_000_000_000n),
  UnixMilli: quotient(1_000_000n),
  UnixMicro: quotient(1_000n),
  UnixNano: quotient(1n),
  String: plain((time) => formatTime(time, STRING_LAYOUT)),
  Format: given(isText, formatTime),
  Add: given(isDuration, (time, { nano }) => new Time(time.nano + nano, time.zone)),
  Sub: given(isTime, timeDifference),
  AddDate: { params: [isInt, isInt, isInt], run: addDate },
  Truncate: given(
    isDuration,
    ({ nano, zone }, { nano: size }) =>
      // Go counts from the year 1.
      new Time(size <= 0n ? nano : nano - remainder(nano + YEAR_ONE, size), zone),
  ),
  Before: given(isTime, (time, other) => time.nano < other.nano),
  After: given(isTime, (time, other) => time.nano > other.nano),
  Equal: given(isTime, (time, other) => time.nano === other.nano),
  Compare: given(isTime, (time, other) => (time.nano < other.nano ? -1n : time.nano > other.nano ? 1n : 0n)),
  IsZero: plain(({ nano }) => nano === -YEAR_ONE),
  UTC: plain(({ nano }) => new Time(nano)),
  In: given(isZone, ({ nano }, { name }) => new Time(nano, name)),
};

const DURATION_METHODS: Methods<Duration> = {
  Hours: plain(({ nano }) => Number(nano) / 3600e9),
  Minutes: plain(({ nano }) => Number(nano) / 60e9),
  Seconds: plain(({ nano }) => Number(nano) / 1e9),
  Milliseconds: plain(({ nano }) => nano / 1_000_000n),
  Microseconds: plain(({ nano }) => nano / 1_000n),
  Nanoseconds: plain(({ nano }) => nano),
  String: plain(({ nano }) => durationText(nano)),
  Abs: plain(({ nano }) => new Duration(nano < 0n ? -nano : nano)),
  Truncate: given(isDuration, ({ nano }, { nano: size }) => new Duration(size <= 0n ? nano : nano - (nano % size))),
  Round: given(isDuration, ({ nano }, { nano: size }) => new Duration(rounded(nano, size))),
};

const NAMED_METHODS: Methods<Named> = { String: plain(({ name }) => name) };
const ZONE_METHODS: Methods<Zone> = { String: plain(({ name }) => name) };

/** The method bound to what it belongs to; undefined where there is none. */
export function methodOf(value: Value, name: string): FunctionValue | undefined {
  if (value instanceof Time) return bound(TIME_METHODS, value, name);
  if (value instanceof Duration) return bound(DURATION_METHODS, value, name);
  if (value instanceof Named) return bound(NAMED_METHODS, value, name);
  return value instanceof Zone ? bound(ZONE_METHODS, value, name) : undefined;
}

function bound<Self>(methods: Methods<Self>, self: Self, name: string): FunctionValue | undefined {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method === undefined) return undefined;
  const { params, run } = method;
  return new FunctionValue((args) => {
    if (args.length !== params.length) {
      throw new ExprEvaluationError(`${name} takes ${params.length} arguments, not ${args.length}`);
    }
    for (const [index, fits] of params.entries()) {
      const arg = args[index] ?? null;
      if (!fits(arg)) throw new ExprEvaluationError(`${name} does not take ${typeName(arg)}`);
    }
    return run(self, args);
  });
}

function month(date: Date): Named {
  return new Named('time.Month', date.getUTCMonth() + 1, MONTHS[date.getUTCMonth()] ?? '');
}

function weekday(date: Date): Named {
  return new Named('time.Weekday', date.getUTCDay(), DAYS[date.getUTCDay()] ?? '');
}

function addDate(time: Time, args: readonly Value[]): Value {
  const [years = 0, months = 0, days = 0] = args.map(Number);
  const { date } = localTime(time);
  const moved = new Date(date);
  moved.setUTCFullYear(date.getUTCFullYear() + years, date.getUTCMonth() + months, date.getUTCDate() + days);
  const movedMs = moved.getTime() - date.getTime();
  if (!Number.isFinite(movedMs)) throw new ExprEvaluationError('a date beyond what there is');
  return new Time(time.nano + BigInt(movedMs) * 1_000_000n, time.zone);
}

function rounded(nano: bigint, size: bigint): bigint {
  if (size <= 0n) return nano;
  const rest = nano % size;
  const low = nano - rest;
  const isUp = 2n * (rest < 0n ? -rest : rest) >= size;
  return isUp ? low + (nano < 0n ? -size : size) : low;
}

function remainder(a: bigint, b: bigint): bigint {
  return ((a % b) + b) % b;
}

function floorDivide(a: bigint, b: bigint): bigint {
  return (a - remainder(a, b)) / b;
}
