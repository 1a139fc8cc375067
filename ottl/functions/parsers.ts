// Converters that read structured text.

import { compileRe2, type Re2 } from '../../pipeline/regexp.ts';
import { converter, type Converters } from '../function.ts';
import { valueAsText } from '../text-of-value.ts';
import { OttlEvaluationError, type OttlValue } from '../value.ts';
import { boolOf, mapOf, textOf } from './arguments.ts';
import { parseCsvRow } from './csv.ts';
import { EXTRACT_GROK_PATTERNS } from './grok.ts';
import { PARSE_SEVERITY } from './severity.ts';

/** Deeper JSON is refused, so that no text can exhaust the stack. */
const MAX_DEPTH = 100;

export const PARSERS: Converters = {
  ParseJSON: converter(['target'], ([text]) => parseJson(textOf(text))),
  ParseCSV: converter(
    ['target', 'headers', 'delimiter?', 'header_delimiter?', 'mode?'],
    ([row, headers, delimiter = null, headerDelimiter = null, mode = null]) => {
      const separator = delimiter === null ? ',' : textOf(delimiter);
      const names = textOf(headers).split(headerDelimiter === null ? separator : textOf(headerDelimiter));
      if (names.length === 1 && names[0] === '') throw new OttlEvaluationError('headers must not be an empty string');
      const values = parseCsvRow(textOf(row), separator, mode === null ? 'strict' : textOf(mode));
      if (names.length !== values.length) {
        throw new OttlEvaluationError(`wrong number of fields: expected ${names.length}, found ${values.length}`);
      }
      return new Map(names.map((name, index) => [name, values[index] ?? '']));
    },
  ),
  ParseKeyValue: converter(['target', 'delimiter?', 'pair_delimiter?'], ([text, delimiter = null, pair = null]) =>
    parseKeyValue(textOf(text), delimiter === null ? '=' : textOf(delimiter), pair === null ? ' ' : textOf(pair)),
  ),
  ToKeyValueString: converter(
    ['target', 'delimiter?', 'pair_delimiter?', 'sort_output?'],
    ([map, delimiter = null, pair = null, isSorted = null]) => {
      const separator = delimiter === null ? '=' : textOf(delimiter);
      const between = pair === null ? ' ' : textOf(pair);
      const entries = [...mapOf(map)];
      if (isSorted !== null && boolOf(isSorted)) entries.sort(([a], [b]) => (a < b ? -1 : 1));
      checkDelimiters(separator, between);
      const quoted = (part: string): string => {
        const escaped = part.replaceAll('"', String.raw`\"`);
        return escaped.includes(separator) || escaped.includes(between) ? `"${escaped}"` : escaped;
      };
      return entries.map(([key, value]) => `${quoted(key)}${separator}${quoted(valueAsText(value))}`).join(between);
    },
  ),
  ParseSeverity: PARSE_SEVERITY,
  ExtractGrokPatterns: EXTRACT_GROK_PATTERNS,
  ExtractPatterns: {
    params: ['target', 'pattern'],
    prepare([, constant]) {
      const fixed = constant === undefined ? undefined : withNames(textOf(constant));
      return ([text, pattern]) => {
        const compiled = fixed ?? withNames(textOf(pattern));
        const found = compiled.groups(textOf(text));
        return new Map(found?.map((value, index) => [compiled.groupNames[index] ?? '', value]));
      };
    },
  },
};

function withNames(pattern: string): Re2 {
  const compiled = compileRe2(pattern);
  if (compiled.groupNames.length === 0) throw new Error('at least 1 named capture group must be supplied');
  return compiled;
}

/** All numbers are doubles, as in the collector. */
function parseJson(text: string): OttlValue {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new OttlEvaluationError(`ParseJSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof value !== 'object' || value === null) {
    throw new OttlEvaluationError('ParseJSON: could not convert parsed value to JSON object');
  }
  return fromJson(value, 0);
}

function fromJson(value: unknown, depth: number): OttlValue {
  if (depth > MAX_DEPTH) throw new OttlEvaluationError(`ParseJSON: nested more than ${MAX_DEPTH} deep`);
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value;
  if (Array.isArray(value)) return value.map((one) => fromJson(one, depth + 1));
  if (typeof value !== 'object' || value === null) return null;
  return new Map(Object.entries(value).map(([key, one]) => [key, fromJson(one, depth + 1)]));
}

function checkDelimiters(delimiter: string, pairDelimiter: string): void {
  if (delimiter === '' || pairDelimiter === '') throw new OttlEvaluationError('a delimiter cannot be an empty string');
  if (delimiter !== pairDelimiter) return;
  throw new OttlEvaluationError(`pair delimiter ${JSON.stringify(pairDelimiter)} cannot be equal to delimiter`);
}

function parseKeyValue(text: string, delimiter: string, pairDelimiter: string): Map<string, OttlValue> {
  checkDelimiters(delimiter, pairDelimiter);
  if (text === '') throw new OttlEvaluationError('cannot parse from empty target');
  const result = new Map<string, OttlValue>();
  for (const pair of splitOutsideQuotes(text, pairDelimiter)) {
    const at = pair.indexOf(delimiter);
    if (at < 0) throw new OttlEvaluationError(`cannot split ${JSON.stringify(pair)} into 2 items, got 1 item(s)`);
    result.set(pair.slice(0, at).trim(), pair.slice(at + delimiter.length).trim());
  }
  return result;
}

/** Quotes keep a delimiter in the text and are taken away; a backslash before one keeps it. */
function splitOutsideQuotes(text: string, delimiter: string): string[] {
  const parts: string[] = [];
  let current = '';
  let quote = '';
  let isEscaped = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quote === '' && text.startsWith(delimiter, at)) {
      if (current !== '') parts.push(current);
      current = '';
      at += delimiter.length - 1;
    } else if (!isEscaped && quote === '' && (character === '"' || character === "'")) quote = character;
    else if (!isEscaped && character === quote) quote = '';
    else {
      isEscaped = !isEscaped && character === '\\';
      current += character;
    }
  }
  if (quote !== '') throw new OttlEvaluationError('never reached the end of a quoted value');
  return current === '' ? parts : [...parts, current];
}
