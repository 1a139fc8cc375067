// Converters of times and durations.

import { parseDurationNano } from '../../pipeline/calendar/durations.ts';
import { converter, type Converters } from '../function.ts';
import { Duration, OttlEvaluationError, Time, type OttlValue } from '../value.ts';
import { durationOf, intOf, textOf, timeOf } from './arguments.ts';
import { parseTime } from './strftime.ts';
import { formatTime } from './time-format.ts';
import { checkZone, localTime } from '../../pipeline/calendar/time-zones.ts';

/** The date as the time's own zone has it. */
const date = (value: OttlValue | undefined): Date => localTime(timeOf(value)).date;

const part = (read: (date: Date) => number) => converter(['time'], ([time]) => BigInt(read(date(time))));

const quotient = (divisor: bigint) => converter(['time'], ([time]) => floorDivide(timeOf(time).nano, divisor));

export const TIME_CONVERTERS: Converters = {
  Year: part((time) => time.getUTCFullYear()),
  Month: part((time) => time.getUTCMonth() + 1),
  Day: part((time) => time.getUTCDate()),
  Hour: part((time) => time.getUTCHours()),
  Minute: part((time) => time.getUTCMinutes()),
  Second: part((time) => time.getUTCSeconds()),
  Weekday: part((time) => time.getUTCDay()),
  Nanosecond: converter(['time'], ([time]) => modulo(timeOf(time).nano, 1_000_000_000n)),
  Hours: converter(['duration'], ([one]) => Number(durationOf(one).nano) / 3600e9),
  Minutes: converter(['duration'], ([one]) => Number(durationOf(one).nano) / 60e9),
  Seconds: converter(['duration'], ([one]) => Number(durationOf(one).nano) / 1e9),
  Milliseconds: converter(['duration'], ([one]) => durationOf(one).nano / 1_000_000n),
  Microseconds: converter(['duration'], ([one]) => durationOf(one).nano / 1_000n),
  Nanoseconds: converter(['duration'], ([one]) => durationOf(one).nano),
  Duration: {
    params: ['duration'],
    prepare([constant]) {
      if (constant === undefined) return ([text]) => parseGoDuration(textOf(text));
      const fixed = parseGoDuration(textOf(constant));
      return () => fixed;
    },
  },
  Now: {
    params: [],
    isVolatile: true,
    prepare:
      (_constants, { now }) =>
      () =>
        new Time(BigInt(Math.round(now())) * 1_000_000n),
  },
  Time: {
    params: ['time', 'format', 'location?', 'locale?'],
    prepare([, format, location = null, locale = null], { now }) {
      if (format === '') throw new Error('format cannot be nil');
      if (locale !== null && !textOf(locale).startsWith('en')) {
        throw new Error(`the locale ${textOf(locale)} is not available here; use en`);
      }
      const zone = location === null || textOf(location) === '' ? 'UTC' : textOf(location);
      checkZone(zone);
      return ([text, shape]) => {
        if (textOf(text) === '') throw new OttlEvaluationError('time cannot be nil');
        return parseTime(textOf(text), textOf(shape), { zone, nowMs: now() });
      };
    },
  },
  FormatTime: {
    params: ['time', 'format'],
    prepare([, format]) {
      if (format === '') throw new Error('format cannot be nil');
      return ([time, shape]) => formatTime(timeOf(time), textOf(shape));
    },
  },
  TruncateTime: converter(['time', 'duration'], ([time, step]) => {
    const { nano, zone } = timeOf(time);
    const { nano: size } = durationOf(step);
    // Go counts from the year 1, in which weeks and days begin as they do here.
    return new Time(size <= 0n ? nano : nano - modulo(nano + YEAR_ONE, size), zone);
  }),
  Unix: converter(
    ['seconds', 'nanoseconds?'],
    ([seconds, nano = null]) => new Time(intOf(seconds) * 1_000_000_000n + (nano === null ? 0n : intOf(nano))),
  ),
  UnixSeconds: quotient(1_000_000_000n),
  UnixMilli: quotient(1_000_000n),
  UnixMicro: quotient(1_000n),
  UnixNano: quotient(1n),
};

/** From the year 1 to the epoch, in nanoseconds. */
const YEAR_ONE = 62_135_596_800n * 1_000_000_000n;

function modulo(a: bigint, b: bigint): bigint {
  return ((a % b) + b) % b;
}

function floorDivide(a: bigint, b: bigint): bigint {
  return (a - modulo(a, b)) / b;
}

function parseGoDuration(text: string): Duration {
  const nano = parseDurationNano(text);
  if (nano === undefined) throw new OttlEvaluationError(`invalid duration ${JSON.stringify(text)}`);
  return new Duration(nano);
}
