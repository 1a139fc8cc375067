// Local time: how far a zone is from UTC at a moment, and what it calls itself then.

/** A moment, in nanoseconds since the epoch, and the zone it is shown in: its name or its offset. */
interface Moment {
  readonly nano: bigint;
  readonly zone: string;
}

/** The parts of a moment in its own zone. */
export interface LocalTime {
  /** As UTC's fields: `getUTCHours` is the local hour. */
  readonly date: Date;
  readonly nanosecond: bigint;
  readonly offsetSeconds: number;
  /** The zone's abbreviation, e.g. CET. */
  readonly abbreviation: string;
}

export function localTime({ nano, zone }: Moment): LocalTime {
  const nanosecond = ((nano % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const unixMs = Number((nano - nanosecond) / 1_000_000n);
  const offsetSeconds = zone === 'UTC' ? 0 : offsetAt(zone, unixMs);
  const abbreviation = zone === 'UTC' ? 'UTC' : abbreviationAt(zone, unixMs);
  return { date: new Date(unixMs + offsetSeconds * 1_000), nanosecond, offsetSeconds, abbreviation };
}

/** The moment at which clocks in the zone show this (milliseconds as if they were UTC). */
export function momentOf(localMs: number, zone: string): number {
  if (zone === 'UTC') return localMs;
  // An offset guessed at the wrong side of a change of clocks is put right by asking again at the moment it gives.
  const guess = localMs - offsetAt(zone, localMs) * 1_000;
  return localMs - offsetAt(zone, guess) * 1_000;
}

/** Throws a plain Error where there is no such zone. */
export function checkZone(zone: string): void {
  if (zone !== 'UTC') formatterOf(zone);
}

/** Zones come from the configuration; more than these are a mistake. */
const MAX_ZONES = 1_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  if (formatters.size >= MAX_ZONES) formatters.clear();
  let made: Intl.DateTimeFormat;
  try {
    made = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      era: 'short',
    });
  } catch {
    throw new Error(`failed to load location ${zone}: unknown time zone ${zone}`);
  }
  formatters.set(zone, made);
  return made;
}

function offsetAt(zone: string, unixMs: number): number {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  for (const { type, value } of formatterOf(zone).formatToParts(unixMs)) parts[type] = value;
  const year = Number(parts.year) * (parts.era === 'BC' ? -1 : 1) + (parts.era === 'BC' ? 1 : 0);
  const local = new Date(0);
  local.setUTCFullYear(year, Number(parts.month) - 1, Number(parts.day));
  local.setUTCHours(Number(parts.hour), Number(parts.minute), Number(parts.second));
  return Math.round((local.getTime() - Math.floor(unixMs / 1_000) * 1_000) / 1_000);
}

/** English has names for few zones; others get what the British use, or their offset. */
function abbreviationAt(zone: string, unixMs: number): string {
  for (const locale of ['en-US', 'en-GB', 'en-IN', 'en-AU', 'fr-FR']) {
    const parts = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: 'short' }).formatToParts(unixMs);
    const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
    if (/^[A-Z]{2,5}$/.test(name)) return name;
  }
  return offsetText(offsetAt(zone, unixMs), '');
}

/** `+0530`, with a separator `+05:30`. */
export function offsetText(offsetSeconds: number, separator: string): string {
  const minutes = Math.floor(Math.abs(offsetSeconds) / 60);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${offsetSeconds < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${separator}${two(minutes % 60)}`;
}
