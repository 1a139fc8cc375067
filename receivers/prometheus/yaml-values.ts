// Settings as Prometheus' YAML reader takes them: a number or truth value counts as its text where text is expected, and a
// key without a value is the type's zero value rather than the default.

import { z } from 'zod';

function asText(value: unknown): unknown {
  if (value === null) return '';
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
}

export function text() {
  return z.preprocess(asText, z.string());
}

/** A secret, which is never printed. */
export function secret() {
  return z.preprocess(asText, z.string()).meta({ writeOnly: true });
}

export function flag() {
  return z.preprocess((value) => (value === null ? false : value), z.boolean());
}

/** A whole number that is not negative; 0 usually means without limit. */
export function limit() {
  return z.preprocess((value) => (value === null ? 0 : value), z.int().min(0));
}

export function decimal() {
  return z.preprocess((value) => (value === null ? 0 : value), z.number());
}

/** A list of texts. One text alone is none, as for Prometheus, though other settings of the agent take that. */
export function texts() {
  return z.preprocess((value, context) => {
    if (typeof value !== 'string') return value === null ? [] : value;
    context.issues.push({ code: 'custom', input: value, message: `expected a list; write [${value}]` });
    return z.NEVER;
  }, z.array(text()));
}

export function textMap() {
  return z.preprocess((value) => (value === null ? {} : value), z.record(z.string(), text()));
}

/** A list of sections, none of which may be empty. */
export function sections<S extends z.ZodType>(schema: S, what: string) {
  const entry = z.preprocess((value, context) => {
    if (value === null) {
      context.issues.push({ code: 'custom', input: value, message: `${what} is empty; fill it in or remove the dash` });
      return z.NEVER;
    }
    return value;
  }, schema);
  return z.preprocess((value) => (value === null ? [] : value), z.array(entry));
}

/** A section all of whose keys may be absent; a bare `tls_config:` is the same as none. */
export function section<S extends z.ZodObject>(schema: S) {
  return z.preprocess((value) => (value === null ? {} : value), schema);
}

/** A key that is recognised only to say what to do about it. */
export function refused(message: string) {
  return z
    .unknown()
    .superRefine((value, context) => {
      if (value !== undefined && value !== null) context.addIssue({ code: 'custom', message });
    })
    .optional()
    .describe(`Refused: ${message}.`);
}
