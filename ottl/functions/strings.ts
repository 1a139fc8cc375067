// Converters of strings.

import { converter, type Converters } from '../function.ts';
import { valueAsText } from '../text-of-value.ts';
import { compareValues, OttlEvaluationError, typeName, type OttlValue } from '../value.ts';
import { goFormat } from './format.ts';
import { toCamelCase, toSnakeCase } from './letter-case.ts';
import { boolOf, intOf, listOf, textOf } from './arguments.ts';

export const STRING_CONVERTERS: Converters = {
  Concat: converter(['vals', 'delimiter'], ([values, delimiter]) =>
    listOf(values)
      .map((value) => (value === null ? '<nil>' : valueAsText(value)))
      .join(textOf(delimiter)),
  ),
  ConvertCase: {
    params: ['target', 'to_case'],
    prepare([, wanted]) {
      if (wanted !== undefined && !(typeof wanted === 'string' && Object.hasOwn(CASES, wanted))) {
        throw new Error(
          `invalid case: ${typeof wanted === 'string' ? wanted : typeName(wanted)}, allowed cases are: lower, upper, snake, camel`,
        );
      }
      return ([text, to]) => convert(textOf(text), textOf(to));
    },
  },
  ToLowerCase: converter(['target'], ([text]) => convert(textOf(text), 'lower')),
  ToUpperCase: converter(['target'], ([text]) => convert(textOf(text), 'upper')),
  ToSnakeCase: converter(['target'], ([text]) => convert(textOf(text), 'snake')),
  ToCamelCase: converter(['target'], ([text]) => convert(textOf(text), 'camel')),
  Format: converter(['target', 'vals'], ([format, values]) => goFormat(textOf(format), listOf(values))),
  HasPrefix: converter(['target', 'prefix'], ([text, prefix]) => textOf(text).startsWith(textOf(prefix))),
  HasSuffix: converter(['target', 'suffix'], ([text, suffix]) => textOf(text).endsWith(textOf(suffix))),
  TrimPrefix: converter(['target', 'prefix'], ([text, prefix]) => {
    const whole = textOf(text);
    return whole.startsWith(textOf(prefix)) ? whole.slice(textOf(prefix).length) : whole;
  }),
  TrimSuffix: converter(['target', 'suffix'], ([text, suffix]) => {
    const whole = textOf(text);
    const end = textOf(suffix);
    return whole.endsWith(end) ? whole.slice(0, whole.length - end.length) : whole;
  }),
  Trim: converter(['target', 'replacement?'], ([text, characters = null]) =>
    trim(textOf(text), characters === null ? ' ' : textOf(characters)),
  ),
  Split: converter(['target', 'delimiter'], ([text, delimiter]) => textOf(text).split(textOf(delimiter))),
  Substring: converter(['target', 'start', 'length', 'utf8_safe?'], ([text, start, length, isSafe = null]) =>
    substring(textOf(text), Number(intOf(start)), Number(intOf(length)), isSafe !== null && boolOf(isSafe)),
  ),
  Index: converter(['target', 'value'], ([target = null, value = null]) => indexOf(target, value)),
};

const CASES: Readonly<Record<string, (text: string) => string>> = {
  lower: (text) => text.toLowerCase(),
  upper: (text) => text.toUpperCase(),
  snake: toSnakeCase,
  camel: toCamelCase,
};

function convert(text: string, to: string): string {
  const change = Object.hasOwn(CASES, to) ? CASES[to] : undefined;
  if (change === undefined) throw new OttlEvaluationError(`invalid case: ${to}`);
  return change(text);
}

function trim(text: string, characters: string): string {
  const all = Array.from(text);
  let start = 0;
  let end = all.length;
  while (start < end && characters.includes(all[start] ?? '')) start += 1;
  while (end > start && characters.includes(all[end - 1] ?? '')) end -= 1;
  return all.slice(start, end).join('');
}

/** Counts bytes, as Go does. */
function substring(text: string, start: number, length: number, isUtf8Safe: boolean): string {
  const bytes = Buffer.from(text);
  if (start < 0) throw new OttlEvaluationError(`invalid start for substring function, ${start} cannot be negative`);
  if (length <= 0) throw new OttlEvaluationError(`invalid length for substring function, ${length} must be positive`);
  if (start + length > bytes.length) {
    throw new OttlEvaluationError(`invalid range for substring function, ${start + length} is past the end`);
  }
  let from = start;
  let to = start + length;
  if (isUtf8Safe) {
    while (isContinuation(bytes[from])) from += 1;
    while (to > from && isContinuation(bytes[to])) to -= 1;
    to = Math.max(from, to);
  }
  return bytes.toString('utf8', from, to);
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function indexOf(target: OttlValue, value: OttlValue): bigint {
  if (typeof target === 'string') {
    const at = target.indexOf(textOf(value));
    return BigInt(at < 0 ? -1 : Buffer.byteLength(target.slice(0, at)));
  }
  return BigInt(listOf(target).findIndex((element) => compareValues(element, value, '==')));
}
