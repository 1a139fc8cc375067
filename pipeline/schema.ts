// The building blocks of component schemas: durations, secrets, addresses, sizes, and sections that may be absent, as the
// collector's configuration language has them. Everything here can be shown as JSON Schema.

import { z } from 'zod';
import { formatComponentId, parseComponentId } from './component-id.ts';

const NANOSECONDS_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['\u00b5s', 1e3],
  ['\u03bcs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['m', 60e9],
  ['h', 3600e9],
]);

/** The longest duration Go can hold (2^63 nanoseconds, about 292 years), in ms. */
const LONGEST_MS = 2 ** 63 / 1e6;

const DURATION_SHAPE = /^[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+)$/;
const DURATION_PART = /(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g;

/** Go's `time.ParseDuration`: `1h2m3.5s`, `200ms`, `-5s`, `0`, as milliseconds; undefined where the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  if (!DURATION_SHAPE.test(text)) return undefined;
  let nanoseconds = 0;
  for (const [, amount, unit] of text.matchAll(DURATION_PART)) {
    nanoseconds += Number(amount) * (NANOSECONDS_PER_UNIT.get(unit ?? '') ?? Number.NaN);
  }
  const milliseconds = nanoseconds / 1e6;
  if (milliseconds >= LONGEST_MS) return undefined;
  return text.startsWith('-') ? -milliseconds : milliseconds;
}

/** Milliseconds as Go writes durations: `1h2m3.5s`, `200ms`, `0s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  const sign = milliseconds < 0 ? '-' : '';
  const ms = Math.abs(milliseconds);
  if (ms < 1e-3) return `${sign}${Math.round(ms * 1e6)}ns`;
  if (ms < 1) return `${sign}${Number((ms * 1e3).toFixed(3))}\u00b5s`;
  if (ms < 1000) return `${sign}${Number(ms.toFixed(6))}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = Number(((ms % 60_000) / 1000).toFixed(9));
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`;
}

/**
 * A length of time: a Go duration string (`1h2m3.5s`, `200ms`), or a bare number, which means nanoseconds as in the
 * collector. Gives milliseconds. Defaults are written as text: `duration().prefault('5s')`.
 */
export function duration() {
  return z
    .union([z.string(), z.number()])
    .transform((value, context) => {
      const milliseconds = typeof value === 'number' ? Math.trunc(value) / 1e6 : parseDuration(value);
      if (milliseconds !== undefined) return milliseconds;
      context.issues.push({
        code: 'custom',
        input: value,
        message: `${JSON.stringify(value)} is not a duration; expected a number with a unit (ns, us, ms, s, m, h), such as 200ms or 1h30m`,
      });
      return z.NEVER;
    })
    .meta({ format: 'go-duration', examples: ['200ms', '5s', '1h30m'] });
}

/** A duration that must be longer than zero. */
export function positiveDuration() {
  return duration().refine((ms) => ms > 0, 'must be longer than 0');
}

/** A duration that must not be negative. */
export function nonNegativeDuration() {
  return duration().refine((ms) => ms >= 0, 'must not be negative');
}

/**
 * A secret: a string that is never printed. Whoever shows a configuration writes `[REDACTED]` in its place
 * (pipeline/config/print.ts); JSON Schema calls such a value `writeOnly`.
 */
export function opaque() {
  return z.string().meta({ writeOnly: true });
}

/**
 * Header-like secrets: a map of name to value, or a list of `{name, value}` pairs. Gives a list of pairs, sorted by name
 * where it was a map. A name given twice is refused.
 */
export function opaquePairs() {
  return z
    .union([
      z.record(z.string(), opaque()),
      z.array(
        z.strictObject({
          name: z.string().default('').describe('The name.'),
          value: opaque().default('').describe('The value; a secret.'),
        }),
      ),
    ])
    .transform((value, context) => {
      if (!Array.isArray(value)) {
        return Object.entries(value)
          .map(([name, text]) => ({ name, value: text }))
          .toSorted((a, b) => (a.name < b.name ? -1 : 1));
      }
      const names = new Set<string>();
      for (const pair of value) {
        if (names.has(pair.name)) {
          context.issues.push({ code: 'custom', input: value, message: `the name "${pair.name}" appears twice` });
        }
        names.add(pair.name);
      }
      return value;
    });
}

/** An address to listen on or to connect to: `host:port`, `[v6]:port`, `:port`, or a path where the transport is unix. */
export function endpoint() {
  return z.string().meta({ examples: ['localhost:4317'] });
}

/** The id of another component, `type` or `type/name`, e.g. of an authenticator or a storage extension. */
export function componentId() {
  return z
    .string()
    .transform((text, context) => {
      const id = parseComponentId(text);
      if (typeof id !== 'string') return formatComponentId(id);
      context.issues.push({
        code: 'custom',
        input: text,
        message: `${JSON.stringify(text)} is not a component id: ${id}`,
      });
      return z.NEVER;
    })
    .meta({ componentId: true, examples: ['basicauth/server'] });
}

/** A value of any type that becomes an attribute's; the decoder gives `1.0` as a WholeDouble (pipeline/config-value.ts). */
export function anyValue() {
  return z.unknown().meta({ anyValue: true });
}

/** A whole number that is not negative. */
export function count() {
  return z.int().min(0);
}

/** A size in bytes: a whole number that is not negative. */
export function sizeBytes() {
  return z.int().min(0);
}

/** A size in MiB: a whole number that is not negative. */
export function sizeMiB() {
  return z.int().min(0);
}

/** Marks a key as deprecated: it still works, a warning in the log says what to write in its place. */
export function deprecated<S extends z.ZodType>(schema: S, instead: string): S {
  return schema.meta({ deprecated: true, description: `Deprecated: ${instead}` });
}

/**
 * A section that is off unless it is written: absent gives undefined, while a bare `grpc:` or `{}` means its defaults.
 * `enabled: false` in it turns it off again. (The collector's configoptional, Default.)
 */
export function optionalSection<S extends z.ZodObject>(schema: S) {
  return switchable(schema).optional();
}

/**
 * A section that is off unless it is written with something in it: absent and a bare `tls:` both give undefined, `{}`
 * gives its defaults. (The collector's configoptional, None.)
 */
export function nullableSection<S extends z.ZodObject>(schema: S) {
  return switchable(schema, { nullMeansAbsent: true }).optional();
}

/** A section that is on with its defaults unless it says `enabled: false`. (The collector's configoptional, Some.) */
export function defaultSection<S extends z.ZodObject>(schema: S) {
  return switchable(schema).prefault({});
}

function switchable<S extends z.ZodObject>(schema: S, options: { nullMeansAbsent?: boolean } = {}) {
  const known = new Set(['enabled', ...Object.keys(schema.shape)]);
  const withSwitch = schema.safeExtend({
    enabled: z.boolean().default(true).describe('Set to false to turn this section off.'),
  });
  return z
    .preprocess((value) => {
      if (value === null) return options.nullMeansAbsent === true ? undefined : {};
      if (typeof value !== 'object' || !('enabled' in value) || value.enabled !== false) return value;
      // What is turned off is not validated, as in the collector; only keys that do not exist are refused.
      return Object.keys(value).every((key) => known.has(key)) ? undefined : value;
    }, withSwitch.optional())
    .transform((value): z.output<S> | undefined => {
      if (value === undefined) return undefined;
      const { enabled: _, ...rest } = value;
      // Safe: without the switch, `value` is exactly what `schema` gives.
      return rest as z.output<S>;
    })
    .meta({ nullable: true });
}
