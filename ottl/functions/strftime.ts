// Times as text by the ctime directives (`%Y-%m-%d`) that the collector's Time and FormatTime know, in UTC.

import { OttlEvaluationError, Time } from '../value.ts';

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

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
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  nano: bigint;
  isAfternoon: boolean | undefined;
  offsetMinutes: number;
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
    if (text === 'Z') return;
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
  p: { shape: 'AM|PM|am|pm', read: (text, parts) => (parts.isAfternoon = text.toUpperCase() === 'PM') },
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

export function parseTime(text: string, format: string): Time {
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
    year: 1970,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    nano: 0n,
    isAfternoon: undefined,
    offsetMinutes: 0,
  };
  for (const [index, reader] of readers.entries()) reader.read(found[index + 1] ?? '', parts);
  const hour = parts.isAfternoon === undefined ? parts.hour : (parts.hour % 12) + (parts.isAfternoon ? 12 : 0);
  const { year, month, day, minute, second } = parts;
  const milliseconds = Date.UTC(year, month - 1, day, hour, minute - parts.offsetMinutes, second);
  if (
    month > 12 ||
    month < 1 ||
    day < 1 ||
    new Date(Date.UTC(year, month - 1, day)).getUTCDate() !== day ||
    hour > 23 ||
    minute > 59 ||
    second > 59
  ) {
    throw new OttlEvaluationError(`${JSON.stringify(text)} is out of range for ${format}`);
  }
  return new Time(BigInt(milliseconds) * 1_000_000n + parts.nano);
}

export function formatTime(time: Time, format: string): string {
  const nano = ((time.nano % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const date = new Date(Number((time.nano - nano) / 1_000_000n));
  return expand(format).replace(/%(.)/gs, (whole, directive: string) => {
    switch (directive) {
      case 'Y':
        return String(date.getUTCFullYear()).padStart(4, '0');
      case 'y':
        return two(date.getUTCFullYear() % 100);
      case 'm':
        return two(date.getUTCMonth() + 1);
      case 'd':
        return two(date.getUTCDate());
      case 'e':
        return String(date.getUTCDate()).padStart(2);
      case 'H':
        return two(date.getUTCHours());
      case 'k':
        return String(date.getUTCHours()).padStart(2);
      case 'I':
        return two(date.getUTCHours() % 12 === 0 ? 12 : date.getUTCHours() % 12);
      case 'l':
        return String(date.getUTCHours() % 12 === 0 ? 12 : date.getUTCHours() % 12).padStart(2);
      case 'M':
        return two(date.getUTCMinutes());
      case 'S':
        return two(date.getUTCSeconds());
      case 'L':
        return String(nano / 1_000_000n).padStart(3, '0');
      case 'f':
        return String(nano / 1_000n).padStart(6, '0');
      case 's':
        return String(nano).padStart(9, '0');
      case 'p':
        return date.getUTCHours() < 12 ? 'AM' : 'PM';
      case 'b':
      case 'h':
        return MONTHS[date.getUTCMonth()]?.slice(0, 3) ?? '';
      case 'B':
        return MONTHS[date.getUTCMonth()] ?? '';
      case 'a':
        return DAYS[date.getUTCDay()]?.slice(0, 3) ?? '';
      case 'A':
        return DAYS[date.getUTCDay()] ?? '';
      case 'z':
        return '+0000';
      case 'j':
        return '+00:00';
      case 'i':
        return '+00:00';
      case 'Z':
        return 'UTC';
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case '%':
        return '%';
      default:
        throw new OttlEvaluationError(`unsupported ctimefmt directive: ${whole}`);
    }
  });
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function expand(format: string): string {
  return format.replace(/%([DFTRrcxXv])/g, (whole, directive: string) => COMPOUND[directive] ?? whole);
}
