// Times as text by Go's layouts (`2006-01-02 15:04:05`), both ways. Source: Go's time package, format.go.

import { DAYS, MONTHS } from '../pipeline/calendar/names.ts';
import { localTime, momentOf, offsetText, type LocalTime } from '../pipeline/calendar/time-zones.ts';
import { Time } from './value.ts';

const ELEMENT =
  /January|Jan|Monday|Mon|MST|2006|Z07:00:00|Z070000|Z07:00|Z0700|Z07|-07:00:00|-070000|-07:00|-0700|-07|002|__2|_2(?!006)|15|01|02|03|04|05|06|PM|pm|[.,](?:0+|9+)(?!\d)|[1-5]/g;

/** Layouts come with the data, too; more than these are not kept. */
const MAX_LAYOUTS = 200;
const layouts = new Map<string, readonly string[]>();

/** Elements at odd places, the text between them at even ones. */
function partsOf(layout: string): readonly string[] {
  let parts = layouts.get(layout);
  if (parts === undefined) {
    parts = split(layout);
    if (layouts.size >= MAX_LAYOUTS) layouts.clear();
    layouts.set(layout, parts);
  }
  return parts;
}

function split(layout: string): string[] {
  const parts: string[] = [];
  let end = 0;
  for (const match of layout.matchAll(ELEMENT)) {
    // A month's or day's short name that goes on in small letters is text.
    const [element] = match;
    const isShort = element === 'Jan' || element === 'Mon';
    if (isShort && /[a-z]/.test(layout.charAt(match.index + 3))) continue;
    parts.push(layout.slice(end, match.index), element);
    end = match.index + element.length;
  }
  parts.push(layout.slice(end));
  return parts;
}

const two = (value: number): string => String(value).padStart(2, '0');
const twelve = (hour: number): number => (hour % 12 === 0 ? 12 : hour % 12);

export function formatTime(time: Time, layout: string): string {
  const local = localTime(time);
  return partsOf(layout)
    .map((part, index) => (index % 2 === 0 ? part : rendered(local, part)))
    .join('');
}

/** The day of the year, from 1. */
export function dayOfYear(date: Date): number {
  const start = new Date(0);
  start.setUTCFullYear(date.getUTCFullYear(), 0, 1);
  return Math.floor((date.getTime() - start.getTime()) / 86_400_000) + 1;
}

function rendered(local: LocalTime, element: string): string {
  const { date, offsetSeconds } = local;
  switch (element) {
    case 'January':
      return MONTHS[date.getUTCMonth()] ?? '';
    case 'Jan':
      return (MONTHS[date.getUTCMonth()] ?? '').slice(0, 3);
    case '1':
      return String(date.getUTCMonth() + 1);
    case '01':
      return two(date.getUTCMonth() + 1);
    case 'Monday':
      return DAYS[date.getUTCDay()] ?? '';
    case 'Mon':
      return (DAYS[date.getUTCDay()] ?? '').slice(0, 3);
    case '2':
      return String(date.getUTCDate());
    case '_2':
      return String(date.getUTCDate()).padStart(2);
    case '02':
      return two(date.getUTCDate());
    case '__2':
      return String(dayOfYear(date)).padStart(3);
    case '002':
      return String(dayOfYear(date)).padStart(3, '0');
    case '15':
      return two(date.getUTCHours());
    case '3':
      return String(twelve(date.getUTCHours()));
    case '03':
      return two(twelve(date.getUTCHours()));
    case '4':
      return String(date.getUTCMinutes());
    case '04':
      return two(date.getUTCMinutes());
    case '5':
      return String(date.getUTCSeconds());
    case '05':
      return two(date.getUTCSeconds());
    case '2006':
      return String(date.getUTCFullYear()).padStart(4, '0');
    case '06':
      return two(date.getUTCFullYear() % 100);
    case 'PM':
      return date.getUTCHours() < 12 ? 'AM' : 'PM';
    case 'pm':
      return date.getUTCHours() < 12 ? 'am' : 'pm';
    case 'MST':
      return local.abbreviation;
    default:
      return /^[.,]/.test(element) ? fraction(local, element) : offset(offsetSeconds, element);
  }
}

function fraction({ nanosecond }: LocalTime, element: string): string {
  const digits = String(nanosecond)
    .padStart(9, '0')
    .slice(0, element.length - 1);
  if (element.charAt(1) === '0') return element.charAt(0) + digits;
  const short = digits.replace(/0+$/, '');
  return short === '' ? '' : element.charAt(0) + short;
}

function offset(seconds: number, element: string): string {
  if (element.startsWith('Z') && seconds === 0) return 'Z';
  const separator = element.includes(':') ? ':' : '';
  const text = offsetText(seconds, separator);
  if (element.length <= 3) return text.slice(0, 3);
  return element.replaceAll(':', '').length > 5 ? `${text}${separator}${two(Math.abs(seconds) % 60)}` : text;
}

interface Parts {
  year: number;
  month: number;
  day: number;
  yearDay: number | undefined;
  hour: number;
  minute: number;
  second: number;
  nano: bigint;
  isAfternoon: boolean | undefined;
  offsetSeconds: number | undefined;
}

/** `time.ParseInLocation`; undefined where the text is not as the layout says. */
export function parseTime(text: string, layout: string, zone: string): Time | undefined {
  const parts: Parts = {
    year: 0,
    month: 1,
    day: 1,
    yearDay: undefined,
    hour: 0,
    minute: 0,
    second: 0,
    nano: 0n,
    isAfternoon: undefined,
    offsetSeconds: undefined,
  };
  let rest = text;
  const pieces = partsOf(layout);
  for (const [index, piece] of pieces.entries()) {
    const next: string | undefined = index % 2 === 0 ? withoutText(rest, piece) : withoutElement(rest, piece, parts);
    if (next === undefined) return undefined;
    rest = next;
    const isSecond = index % 2 === 1 && (piece === '05' || piece === '5');
    // A fraction may follow seconds though the layout has none.
    if (isSecond && !/^[.,]/.test(pieces[index + 2] ?? '')) {
      const [whole = '', digits = ''] = /^[.,](\d+)/.exec(rest) ?? [];
      if (whole !== '' && pieces[index + 1] !== '.') {
        parts.nano = BigInt(digits.slice(0, 9).padEnd(9, '0'));
        rest = rest.slice(whole.length);
      }
    }
  }
  return rest === '' ? moment(parts, zone) : undefined;
}

/** Blanks of the layout stand for any number of blanks, none included. */
function withoutText(text: string, prefix: string): string | undefined {
  let rest = text;
  for (const character of prefix) {
    if (character === ' ') {
      if (rest !== '' && !rest.startsWith(' ')) return undefined;
      rest = rest.replace(/^ +/, '');
    } else if (rest.startsWith(character)) rest = rest.slice(character.length);
    else return undefined;
  }
  return rest;
}

const DIGITS: Readonly<Record<string, RegExp>> = {
  1: /^\d\d?/,
  2: /^\d\d?/,
  _2: /^ ?\d\d?/,
  3: /^\d\d?/,
  4: /^\d\d?/,
  5: /^\d\d?/,
  15: /^\d\d?/,
  2006: /^\d{4}/,
  '002': /^\d{3}/,
  __2: /^ {0,2}\d{1,3}/,
};
const TWO_DIGITS = /^\d\d/;

function withoutElement(text: string, element: string, parts: Parts): string | undefined {
  if (/^[A-Z][a-z]/.test(element)) return withoutName(text, element, parts);
  if (element === 'PM' || element === 'pm') {
    const half = text.slice(0, 2);
    if (half !== (element === 'PM' ? half.toUpperCase() : half.toLowerCase()) || !/^[AP]M$/i.test(half))
      return undefined;
    parts.isAfternoon = half.toUpperCase() === 'PM';
    return text.slice(2);
  }
  if (element === 'MST') return withoutZoneName(text, parts);
  if (/^[.,]/.test(element)) {
    const isFixed = element.charAt(1) === '0';
    const [whole = '', digits = ''] = /^[.,](\d+)/.exec(text) ?? [];
    if (whole === '') return isFixed ? undefined : text;
    if (isFixed && digits.length !== element.length - 1) return undefined;
    parts.nano = BigInt(digits.slice(0, 9).padEnd(9, '0'));
    return text.slice(whole.length);
  }
  if (/^[Z-]/.test(element)) return withoutOffset(text, element, parts);
  const [digits] = (DIGITS[element] ?? TWO_DIGITS).exec(text) ?? [];
  if (digits === undefined) return undefined;
  return setNumber(element, Number(digits), parts) ? text.slice(digits.length) : undefined;
}

function setNumber(element: string, value: number, parts: Parts): boolean {
  switch (element) {
    case '2006':
      parts.year = value;
      return true;
    case '06':
      parts.year = value >= 69 ? 1900 + value : 2000 + value;
      return true;
    case '1':
    case '01':
      parts.month = value;
      return value >= 1 && value <= 12;
    case '002':
    case '__2':
      parts.yearDay = value;
      return value >= 1 && value <= 366;
    case '15':
      parts.hour = value;
      return value < 24;
    case '3':
    case '03':
      parts.hour = value;
      return value <= 12;
    case '4':
    case '04':
      parts.minute = value;
      return value < 60;
    case '5':
    case '05':
      parts.second = value;
      return value < 60;
    default:
      parts.day = value;
      return true;
  }
}

function withoutName(text: string, element: string, parts: Parts): string | undefined {
  const names = element.startsWith('Jan') ? MONTHS : DAYS;
  const isShort = element.length === 3;
  for (const [index, name] of names.entries()) {
    const wanted = isShort ? name.slice(0, 3) : name;
    if (text.slice(0, wanted.length).toLowerCase() !== wanted.toLowerCase()) continue;
    if (names === MONTHS) parts.month = index + 1;
    return text.slice(wanted.length);
  }
  return undefined;
}

/** Go makes up a zone at UTC for abbreviations it does not know, which are all but UTC here. */
function withoutZoneName(text: string, parts: Parts): string | undefined {
  const [name] = /^(?:UTC|[A-Z]{3,5}(?:[+-]\d{1,2})?|[+-]\d{2}(?:\d{2})?)/.exec(text) ?? [];
  if (name === undefined) return undefined;
  parts.offsetSeconds = 0;
  return text.slice(name.length);
}

function withoutOffset(text: string, element: string, parts: Parts): string | undefined {
  if (element.startsWith('Z') && text.startsWith('Z')) {
    parts.offsetSeconds = 0;
    return text.slice(1);
  }
  const shape = element.slice(1).replaceAll(/\d\d/g, '(\\d\\d)');
  const [whole, hours = '0', minutes = '0', seconds = '0'] = new RegExp(`^[+-]${shape}`).exec(text) ?? [];
  if (whole === undefined || Number(hours) > 24 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const size = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
  parts.offsetSeconds = whole.startsWith('-') ? -size : size;
  return text.slice(whole.length);
}

function moment(parts: Parts, zone: string): Time | undefined {
  let { hour } = parts;
  if (parts.isAfternoon === true && hour < 12) hour += 12;
  if (parts.isAfternoon === false && hour === 12) hour = 0;
  const date = new Date(0);
  if (parts.yearDay === undefined) {
    date.setUTCFullYear(parts.year, parts.month - 1, parts.day);
    if (date.getUTCMonth() !== parts.month - 1 || parts.day < 1) return undefined;
  } else {
    date.setUTCFullYear(parts.year, 0, parts.yearDay);
    if (date.getUTCFullYear() !== parts.year) return undefined;
  }
  date.setUTCHours(hour, parts.minute, parts.second);
  const localMs = date.getTime();
  const { offsetSeconds } = parts;
  const unixMs = offsetSeconds === undefined ? momentOf(localMs, zone) : localMs - offsetSeconds * 1_000;
  const shown = offsetSeconds === undefined ? zone : offsetSeconds === 0 ? 'UTC' : offsetText(offsetSeconds, ':');
  return new Time(BigInt(unixMs) * 1_000_000n + parts.nano, shown);
}
