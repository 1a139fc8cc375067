// Builtins of times.

import { parseDurationNano } from '../../pipeline/calendar/durations.ts';
import { checkZone } from '../../pipeline/calendar/time-zones.ts';
import { ExprEvaluationError } from '../errors.ts';
import { parseTime } from '../time-layout.ts';
import { Duration, Time, Zone, type Value } from '../value.ts';
import { textOf, type Builtins } from './arguments.ts';

/** What `date` reads where no layout is given. */
const LAYOUTS: readonly string[] = [
  '2006-01-02',
  '15:04:05',
  '2006-01-02 15:04:05',
  '2006-01-02T15:04:05Z07:00',
  '02 Jan 06 15:04 MST',
  'Monday, 02-Jan-06 15:04:05 MST',
  'Mon, 02 Jan 2006 15:04:05 MST',
];

export const TIME_BUILTINS: Builtins = {
  now: ([zone], { now }) =>
    new Time(BigInt(Math.round(now() * 1_000)) * 1_000n, zone instanceof Zone ? zone.name : 'UTC'),
  duration: ([text]) => {
    const nano = parseDurationNano(textOf(text));
    if (nano === undefined) throw new ExprEvaluationError(`${JSON.stringify(text)} is no duration`);
    return new Duration(nano);
  },
  timezone: ([name]) => new Zone(knownZone(textOf(name))),
  date: (args) => {
    const [first] = args;
    const zone = first instanceof Zone ? first.name : undefined;
    const [text, layout, zoneName] = zone === undefined ? args : args.slice(1);
    return dateOf(textOf(text), layout, zoneName === undefined ? (zone ?? 'UTC') : knownZone(textOf(zoneName)));
  },
};

function dateOf(text: string, layout: Value | undefined, zone: string): Time {
  const layouts = layout === undefined ? LAYOUTS : [textOf(layout)];
  for (const one of layouts) {
    const time = parseTime(text, one, zone);
    if (time !== undefined) return time;
  }
  throw new ExprEvaluationError(
    `${JSON.stringify(text)} is no date ${layout === undefined ? 'that is known' : `of ${textOf(layout)}`}`,
  );
}

function knownZone(name: string): string {
  const zone = name === '' ? 'UTC' : name;
  try {
    checkZone(zone);
  } catch (error) {
    throw new ExprEvaluationError(error instanceof Error ? error.message : String(error));
  }
  return zone;
}
