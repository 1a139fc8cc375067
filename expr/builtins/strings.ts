// Builtins of strings, by the rules of Go's strings package: offsets count bytes, lengths count characters.

import { boundedText } from '../arithmetic.ts';
import { ExprEvaluationError } from '../errors.ts';
import { fromJson, toJson } from '../json.ts';
import { valueText } from '../text.ts';
import { arrayOf, countOf, textOf, type BuiltinFunction, type Builtins } from './arguments.ts';

/** What Go's unicode.IsSpace holds for. */
const BLANK = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+';
const OUTER_BLANK = new RegExp(`^${BLANK}|${BLANK}$`, 'g');

export const STRING_BUILTINS: Builtins = {
  string: ([value = null]) => valueText(value),
  trim: ([text, cut]) => (cut === undefined ? trimBlank(textOf(text)) : trimCharacters(textOf(text), textOf(cut))),
  trimPrefix: ([text, prefix = ' ']) => {
    const [whole, part] = [textOf(text), textOf(prefix)];
    return whole.startsWith(part) ? whole.slice(part.length) : whole;
  },
  trimSuffix: ([text, suffix = ' ']) => {
    const [whole, part] = [textOf(text), textOf(suffix)];
    return whole.endsWith(part) ? whole.slice(0, whole.length - part.length) : whole;
  },
  upper: ([text]) => cased(textOf(text), (character) => character.toUpperCase()),
  lower: ([text]) => cased(textOf(text), (character) => character.toLowerCase()),
  split: splitting(false),
  splitAfter: splitting(true),
  replace: ([text, old, by, count]) =>
    boundedText(
      replaced(textOf(text), textOf(old), { by: textOf(by), count: count === undefined ? -1 : countOf(count) }),
    ),
  repeat: ([text, times], { meter }) => {
    const count = countOf(times);
    if (count < 0) throw new ExprEvaluationError(`repeat ${count} times`);
    const whole = textOf(text);
    meter.grow(Math.max(count, Buffer.byteLength(whole) * count));
    return whole.repeat(count);
  },
  join: ([parts, glue = '']) => boundedText(arrayOf(parts).map(textOf).join(textOf(glue))),
  indexOf: ([text, part]) => byteOffset(textOf(text), textOf(text).indexOf(textOf(part))),
  lastIndexOf: ([text, part]) => byteOffset(textOf(text), textOf(text).lastIndexOf(textOf(part))),
  hasPrefix: ([text, prefix]) => textOf(text).startsWith(textOf(prefix)),
  hasSuffix: ([text, suffix]) => textOf(text).endsWith(textOf(suffix)),
  toJSON: ([value = null]) => toJson(value),
  fromJSON: ([text], { meter }) => fromJson(textOf(text), meter),
  toBase64: ([text]) => boundedText(Buffer.from(textOf(text)).toString('base64')),
  fromBase64: ([text]) => {
    // Go passes over line ends.
    const plain = textOf(text).replaceAll(/[\r\n]/g, '');
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(plain) || plain.length % 4 !== 0) {
      throw new ExprEvaluationError('this is no base64');
    }
    return Buffer.from(plain, 'base64').toString();
  },
};

function trimBlank(text: string): string {
  return text.replaceAll(OUTER_BLANK, '');
}

function trimCharacters(text: string, cut: string): string {
  const characters = Array.from(text);
  const known = new Set(cut);
  let start = 0;
  let end = characters.length;
  while (start < end && known.has(characters[start] ?? '')) start += 1;
  while (end > start && known.has(characters[end - 1] ?? '')) end -= 1;
  return characters.slice(start, end).join('');
}

/** Go changes each character into one, so that those which would become several stay. */
function cased(text: string, change: (character: string) => string): string {
  // eslint-disable-next-line no-control-regex -- ASCII, for which the whole can be changed at once
  if (/^[\x00-\x7f]*$/.test(text)) return change(text);
  // What becomes several characters makes the whole longer; a sigma is the one letter that its neighbours decide on.
  const whole = change(text);
  if (whole.length === text.length && !text.includes('Σ')) return whole;
  return Array.from(text, (character) => {
    const changed = change(character);
    return Array.from(changed).length === 1 ? changed : character;
  }).join('');
}

function splitting(keepsSeparator: boolean): BuiltinFunction {
  return ([text, separator, limit], { meter }) => {
    const parts = splitText(textOf(text), textOf(separator), {
      keepsSeparator,
      limit: limit === undefined ? -1 : countOf(limit),
    });
    meter.step(parts.length);
    return parts;
  };
}

/** As `strings.SplitN`: a limit of 0 gives nothing, a negative one everything, an empty separator each character. */
function splitText(
  text: string,
  separator: string,
  { limit, keepsSeparator }: { readonly limit: number; readonly keepsSeparator: boolean },
): string[] {
  if (limit === 0) return [];
  if (separator === '') {
    const characters = Array.from(text);
    if (limit < 0 || limit >= characters.length) return characters;
    return [...characters.slice(0, limit - 1), characters.slice(limit - 1).join('')];
  }
  const parts: string[] = [];
  const most = limit < 0 ? Infinity : limit - 1;
  let start = 0;
  while (parts.length < most) {
    const found = text.indexOf(separator, start);
    if (found === -1) break;
    parts.push(text.slice(start, keepsSeparator ? found + separator.length : found));
    start = found + separator.length;
  }
  parts.push(text.slice(start));
  return parts;
}

/** As `strings.Replace`: nothing to replace stands before each character and at the end. */
function replaced(text: string, old: string, { by, count }: { readonly by: string; readonly count: number }): string {
  if (old === by || count === 0) return text;
  const limit = count < 0 ? -1 : count + 1;
  if (old !== '') return splitText(text, old, { limit, keepsSeparator: false }).join(by);
  const characters = Array.from(text);
  const times = count < 0 ? characters.length + 1 : Math.min(count, characters.length + 1);
  return (
    characters.map((character, index) => (index < times ? by + character : character)).join('') +
    (times > characters.length ? by : '')
  );
}

function byteOffset(text: string, index: number): bigint {
  return BigInt(index < 0 ? -1 : Buffer.byteLength(text.slice(0, index)));
}
