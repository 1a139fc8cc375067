// FormatTime: times as text by ctime directives (`%Y-%m-%d`), each as the collector renders it.

import { OttlEvaluationError, type Time } from '../value.ts';
import { localTime, type LocalTime, offsetText } from '../../pipeline/calendar/time-zones.ts';
import { DAYS, MONTHS } from '../../pipeline/calendar/names.ts';

type Render = (time: LocalTime) => string;

const two = (value: number): string => String(value).padStart(2, '0');
const twelve = (hour: number): number => (hour % 12 === 0 ? 12 : hour % 12);
const isMorning = ({ date }: LocalTime): boolean => date.getUTCHours() < 12;
const seconds = ({ offsetSeconds }: LocalTime): string => two(Math.abs(offsetSeconds) % 60);

const SIMPLE: Readonly<Record<string, Render>> = {
  Y: ({ date }) => String(date.getUTCFullYear()).padStart(4, '0'),
  y: ({ date }) => two(date.getUTCFullYear() % 100),
  m: ({ date }) => two(date.getUTCMonth() + 1),
  o: ({ date }) => String(date.getUTCMonth() + 1).padStart(2),
  q: ({ date }) => String(date.getUTCMonth() + 1),
  b: ({ date }) => (MONTHS[date.getUTCMonth()] ?? '').slice(0, 3),
  h: ({ date }) => (MONTHS[date.getUTCMonth()] ?? '').slice(0, 3),
  B: ({ date }) => MONTHS[date.getUTCMonth()] ?? '',
  d: ({ date }) => two(date.getUTCDate()),
  e: ({ date }) => String(date.getUTCDate()).padStart(2),
  g: ({ date }) => String(date.getUTCDate()),
  a: ({ date }) => (DAYS[date.getUTCDay()] ?? '').slice(0, 3),
  A: ({ date }) => DAYS[date.getUTCDay()] ?? '',
  H: ({ date }) => two(date.getUTCHours()),
  l: ({ date }) => String(twelve(date.getUTCHours())),
  I: ({ date }) => two(twelve(date.getUTCHours())),
  p: (time) => (isMorning(time) ? 'AM' : 'PM'),
  P: (time) => (isMorning(time) ? 'am' : 'pm'),
  M: ({ date }) => two(date.getUTCMinutes()),
  S: ({ date }) => two(date.getUTCSeconds()),
  Z: ({ abbreviation }) => abbreviation,
  z: ({ offsetSeconds }) => (offsetSeconds === 0 ? 'Z' : offsetText(offsetSeconds, '')),
  w: (time) => `${offsetText(time.offsetSeconds, '')}${seconds(time)}`,
  i: ({ offsetSeconds }) => offsetText(offsetSeconds, '').slice(0, 3),
  j: ({ offsetSeconds }) => offsetText(offsetSeconds, ':'),
  k: (time) => `${offsetText(time.offsetSeconds, ':')}:${seconds(time)}`,
  n: () => '\n',
  t: () => '\t',
  '%': () => '%',
};

const COMPOUND: Readonly<Record<string, string>> = {
  D: '%m/%d/%Y',
  x: '%m/%d/%Y',
  F: '%Y-%m-%d',
  T: '%H:%M:%S',
  X: '%H:%M:%S',
  r: '%I:%M:%S %P',
  R: '%H:%M',
  c: '%a %b %d %H:%M:%S %Y',
};

/** Digits of a second's fraction, and what stands for it where no point or comma comes before: the collector's own slip. */
const FRACTIONS: Readonly<Record<string, number>> = { L: 3, f: 6, s: 9 };

export function formatTime(time: Time, format: string): string {
  const local = localTime(time);
  const plain = format.replaceAll(/%([DxFTXrRc])/g, (whole, directive: string) => COMPOUND[directive] ?? whole);
  return plain.replaceAll(/([.,]?)%([\s\S])/g, (whole, before: string, directive: string) => {
    const digits = FRACTIONS[directive];
    if (digits !== undefined) return before === '' ? '9'.repeat(digits) : fraction(local, before, digits);
    const render = Object.hasOwn(SIMPLE, directive) ? SIMPLE[directive] : undefined;
    if (render === undefined) throw new OttlEvaluationError(`unsupported directive ${whole.slice(-2)}`);
    return before + render(local);
  });
}

/** Without zeros at the end, and without the point where nothing is left. */
function fraction({ nanosecond }: LocalTime, before: string, digits: number): string {
  const text = String(nanosecond).padStart(9, '0').slice(0, digits).replace(/0+$/, '');
  return text === '' ? '' : before + text;
}
