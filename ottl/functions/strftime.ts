// Time: reads times by ctime directives (`%Y-%m-%d`), as the collector's strptime does.

import { OttlEvaluationError, Time } from '../value.ts';
import { DAYS, MONTHS } from '../../pipeline/calendar/names.ts';
import { momentOf, offsetText } from '../../pipeline/calendar/time-zones.ts';

/** Directives that stand for several. */
const COMPOUND: Readonly<Record<string, string>> = {
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  T: '%H:%M:%S',
  R: '%H:%M',
  r: '%I:%M:%S %p',
  c: '%a %b %e %H:%M:%S %Y',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
  v: '%e-%b-%Y',
};

interface Parts {
  year: number | undefined;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  nano: bigint;
  isAfternoon: boolean | undefined;
  /** Minutes east of UTC where the text says so. */
  offsetMinutes: number | undefined;
}

/** A piece of text and how it changes the time. */
interface Directive {
  readonly shape: string;
  read(text: string, parts: Parts): void;
}

const number = (shape: string, put: (value: number, parts: Parts) => void): Directive => ({
  shape,
  read: (text, parts) => put(Number(text.trim()), parts),
});

const fraction = (shape: string): Directive => ({
  shape,
  read: (text, parts) => (parts.nano = BigInt(text.padEnd(9, '0').slice(0, 9))),
});

const zone: Directive = {
  shape: 'Z|[-+]\\d{2}:?\\d{2}',
  read(text, parts) {
    if (text === 'Z') {
      parts.offsetMinutes = 0;
      return;
    }
    const digits = text.replace(':', '');
    const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3));
    parts.offsetMinutes = digits.startsWith('-') ? -minutes : minutes;
  },
};

const named = (names: readonly string[], put: (index: number, parts: Parts) => void): Directive => ({
  shape: names.join('|'),
  read: (text, parts) => put(names.indexOf(text), parts),
});

const short = (names: readonly string[]): string[] => names.map((name) => name.slice(0, 3));

const DIRECTIVES: Readonly<Record<string, Directive>> = {
  Y: number('\\d{4}', (value, parts) => (parts.year = value)),
  y: number('\\d{2}', (value, parts) => (parts.year = value < 69 ? 2000 + value : 1900 + value)),
  m: number('\\d{1,2}', (value, parts) => (parts.month = value)),
  d: number('\\d{1,2}', (value, parts) => (parts.day = value)),
  e: number(' ?\\d{1,2}', (value, parts) => (parts.day = value)),
  H: number('\\d{1,2}', (value, parts) => (parts.hour = value)),
  k: number(' ?\\d{1,2}', (value, parts) => (parts.hour = value)),
  I: number('\\d{1,2}', (value, parts) => (parts.hour = value)),
  l: number(' ?\\d{1,2}', (value, parts) => (parts.hour = value)),
  M: number('\\d{1,2}', (value, parts) => (parts.minute = value)),
  S: number('\\d{1,2}', (value, parts) => (parts.second = value)),
  L: fraction('\\d{3}'),
  f: fraction('\\d{1,9}'),
  s: number('\\d{1,9}', (value, parts) => (parts.nano = BigInt(value))),
  p: { shape: 'AM|PM', read: (text, parts) => (parts.isAfternoon = text === 'PM') },
  P: { shape: 'am|pm', read: (text, parts) => (parts.isAfternoon = text === 'pm') },
  b: named(short(MONTHS), (index, parts) => (parts.month = index + 1)),
  B: named(MONTHS, (index, parts) => (parts.month = index + 1)),
  h: named(short(MONTHS), (index, parts) => (parts.month = index + 1)),
  a: named(short(DAYS), () => undefined),
  A: named(DAYS, () => undefined),
  z: zone,
  j: zone,
  i: zone,
  Z: { shape: '[A-Z]{1,5}', read: () => undefined },
  n: { shape: '\\n', read: () => undefined },
  t: { shape: '\\t', read: () => undefined },
  '%': { shape: '%', read: () => undefined },
};

export interface ParseOptions {
  /** The zone of times that do not say theirs. */
  readonly zone: string;
  /** For formats without a year. */
  readonly nowMs: number;
}

export function parseTime(text: string, format: string, { zone: local, nowMs }: ParseOptions): Time {
  const readers: Directive[] = [];
  const shape = expand(format).replace(/%(.)|[\\^$.*+?()[\]{}|]/gs, (whole, directive: string | undefined) => {
    if (directive === undefined) return `\\${whole}`;
    const known = Object.hasOwn(DIRECTIVES, directive) ? DIRECTIVES[directive] : undefined;
    if (known === undefined) throw new OttlEvaluationError(`unsupported ctimefmt directive: ${whole}`);
    readers.push(known);
    return `(${known.shape})`;
  });
  const found = new RegExp(`^${shape}$`).exec(text);
  if (!found) throw new OttlEvaluationError(`${JSON.stringify(text)} is not a time of the format ${format}`);
  const parts: Parts = {
    year: undefined,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    nano: 0n,
    isAfternoon: undefined,
    offsetMinutes: undefined,
  };
  for (const [index, reader] of readers.entries()) reader.read(found[index + 1] ?? '', parts);
  const hour = parts.isAfternoon === undefined ? parts.hour : (parts.hour % 12) + (parts.isAfternoon ? 12 : 0);
  const { month, day, minute, second } = parts;
  const year = parts.year ?? new Date(nowMs).getUTCFullYear();
  const isDate = month >= 1 && month <= 12 && day >= 1 && new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
  if (!isDate || hour > 23 || minute > 59 || second > 59) {
    throw new OttlEvaluationError(`${JSON.stringify(text)} is out of range for ${format}`);
  }
  const thisYear = momentIn(parts, local, Date.UTC(year, month - 1, day, hour, minute, second));
  // Without a year a time more than a week ahead is taken to be of last year.
  const isLastYear = parts.year === undefined && thisYear > nowMs + 7 * 86_400_000;
  const unixMs = isLastYear
    ? momentIn(parts, local, Date.UTC(year - 1, month - 1, day, hour, minute, second))
    : thisYear;
  return new Time(BigInt(unixMs) * 1_000_000n + parts.nano, zoneName(parts, local));
}

function momentIn({ offsetMinutes }: Parts, zoneOfText: string, localMs: number): number {
  return offsetMinutes === undefined ? momentOf(localMs, zoneOfText) : localMs - offsetMinutes * 60_000;
}

function zoneName({ offsetMinutes }: Parts, zoneOfText: string): string {
  if (offsetMinutes === undefined) return zoneOfText;
  return offsetMinutes === 0 ? 'UTC' : offsetText(offsetMinutes * 60, ':');
}

function expand(format: string): string {
  return format.replace(/%([DFTRrcxXv])/g, (whole, directive: string) => COMPOUND[directive] ?? whole);
}
