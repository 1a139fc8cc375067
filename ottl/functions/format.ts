// The part of Go's fmt.Sprintf that statements use.

import { formatDuration } from '../../pipeline/schema.ts';
import { valueAsText } from '../text-of-value.ts';
import { Duration, type OttlValue } from '../value.ts';

const VERB = /%(?<flags>[-+# 0]*)(?<width>\d*)(?:\.(?<precision>\d*))?(?<verb>[a-zA-Z%])/g;

/** Wider fields are a mistake, and would fill memory. */
const MAX_WIDTH = 10_000;

export function goFormat(format: string, values: readonly OttlValue[]): string {
  let next = 0;
  const text = format.replace(VERB, (...match) => {
    // Safe: the last argument of a replacer is the groups, where the pattern has named ones.
    const { flags = '', width = '', precision, verb = '' } = match.at(-1) as Record<string, string | undefined>;
    if (verb === '%') return '%';
    if (next >= values.length) return `%!${verb}(MISSING)`;
    const value = values[next] ?? null;
    next += 1;
    const body = formatted(value, verb, { flags, precision });
    return padded(body, Math.min(Number(width), MAX_WIDTH), flags);
  });
  const extra = values.slice(next).map((value) => `${goType(value)}=${shown(value)}`);
  return extra.length === 0 ? text : `${text}%!(EXTRA ${extra.join(', ')})`;
}

function formatted(
  value: OttlValue,
  verb: string,
  { flags, precision }: { readonly flags: string; readonly precision: string | undefined },
): string {
  const plus = flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  const signed = (text: string): string => (text.startsWith('-') ? text : plus + text);
  const digits = precision === undefined ? undefined : Math.min(Number(precision), 100);
  if (verb === 'v' || (verb === 's' && typeof value === 'string')) {
    const text = shown(value);
    return verb === 's' && digits !== undefined ? Array.from(text).slice(0, digits).join('') : text;
  }
  if (verb === 'q' && typeof value === 'string') return JSON.stringify(value);
  if (verb === 't' && typeof value === 'boolean') return String(value);
  if (verb === 'x' && typeof value === 'string') return Buffer.from(value).toString('hex');
  if (typeof value === 'bigint') {
    if (verb === 'd') return signed(String(value));
    if (verb === 'c') return String.fromCodePoint(Number(BigInt.asUintN(20, value)));
    if (verb === 'U') return `U+${value.toString(16).toUpperCase().padStart(4, '0')}`;
    const radix = { x: 16, X: 16, o: 8, b: 2 }[verb];
    if (radix !== undefined) return signed(verb === 'X' ? value.toString(16).toUpperCase() : value.toString(radix));
  }
  if (typeof value === 'number') {
    if (verb === 'f' || verb === 'F') return signed(value.toFixed(digits ?? 6));
    if (verb === 'e') return signed(value.toExponential(digits ?? 6).replace(/e([-+])(\d)$/, 'e$10$2'));
    if (verb === 'g') return signed(digits === undefined ? String(value) : String(Number(value.toPrecision(digits))));
  }
  return value === null ? `%!${verb}(<nil>)` : `%!${verb}(${goType(value)}=${shown(value)})`;
}

function padded(text: string, width: number, flags: string): string {
  if (flags.includes('-')) return text.padEnd(width);
  if (!flags.includes('0')) return text.padStart(width);
  const sign = /^[-+]/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}

function shown(value: OttlValue): string {
  if (value instanceof Duration) return formatDuration(Number(value.nano) / 1e6);
  return value === null ? '<nil>' : valueAsText(value);
}

function goType(value: OttlValue): string {
  if (typeof value === 'bigint') return 'int64';
  if (typeof value === 'number') return 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}
