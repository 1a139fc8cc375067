// ExtractGrokPatterns: regular expressions put together from named ones, and the types of what they capture.

import { compileRe2, type Re2 } from '../../pipeline/regexp.ts';
import { parseFloat64, parseInt64 } from '../../pipeline/go-numbers.ts';
import type { Converter } from '../function.ts';
import { OttlEvaluationError, type OttlValue } from '../value.ts';
import { boolOf, listOf, textOf } from './arguments.ts';
import { GROK_PATTERNS } from './grok-patterns.ts';

/** `%{SYNTAX}`, `%{SYNTAX:field}`, `%{SYNTAX:field:type}`. */
const REFERENCE = /%\{(\w+)(?::([\w+.]+)(?::(\w+))?)?\}/g;
/** A group's name can hold no dot. */
const DOT = '___';
/** Patterns that refer to each other in a circle never end; no sensible one comes near either limit. */
const MAX_ROUNDS = 1_000;
const MAX_LENGTH = 1_000_000;

export const EXTRACT_GROK_PATTERNS: Converter = {
  params: ['target', 'pattern', 'named_captures_only?', 'pattern_definitions?'],
  prepare([, pattern, namedOnly = null, definitions = null]) {
    const options = {
      namedOnly: namedOnly !== null && boolOf(namedOnly),
      patterns: withDefinitions(definitions),
    };
    const fixed = pattern === undefined ? undefined : new Grok(textOf(pattern), options);
    return ([target, given]) => (fixed ?? new Grok(textOf(given), options)).extract(textOf(target));
  },
};

/** The known patterns and those given as `NAME=pattern`. */
function withDefinitions(definitions: OttlValue): ReadonlyMap<string, string> {
  const patterns = new Map(Object.entries(GROK_PATTERNS));
  for (const definition of definitions === null ? [] : listOf(definitions)) {
    const text = textOf(definition);
    const equals = text.indexOf('=');
    if (equals < 0) {
      throw new Error(`pattern ${JSON.stringify(text.slice(0, 20))} has incorrect format, expecting NAME=definition`);
    }
    const name = text.slice(0, equals);
    if (name.includes(':')) throw new Error(`pattern ID ${JSON.stringify(name)} should not contain ':'`);
    patterns.set(name, text.slice(equals + 1));
  }
  return patterns;
}

interface GrokOptions {
  /** Only what has a name of its own is captured. */
  readonly namedOnly: boolean;
  readonly patterns: ReadonlyMap<string, string>;
}

class Grok {
  readonly #pattern: Re2;
  readonly #types = new Map<string, string>();
  /** By the name of the group in the expression, which is unique, the name it was given. */
  readonly #names = new Map<string, string>();

  constructor(pattern: string, options: GrokOptions) {
    this.#pattern = compileRe2(this.#expand(pattern, options));
    if (options.namedOnly && this.#pattern.groupNames.length === 0) {
      throw new Error('at least 1 named capture group must be supplied in the given regex');
    }
  }

  /** Empty where the text does not match; captures without text are left out. Of a name that occurs twice the last counts. */
  extract(text: string): Map<string, OttlValue> {
    const found = new Map<string, OttlValue>();
    const groups = this.#pattern.groups(text) ?? [];
    for (const [index, value] of groups.entries()) {
      if (value === '') continue;
      const group = this.#pattern.groupNames[index] ?? '';
      const name = this.#names.get(group) ?? group;
      found.set(name.replaceAll(DOT, '.'), typed(value, this.#types.get(name)));
    }
    return found;
  }

  #expand(pattern: string, { namedOnly, patterns }: GrokOptions): string {
    let expanded = pattern;
    for (let round = 0; round < MAX_ROUNDS && expanded.search(REFERENCE) >= 0; round += 1) {
      expanded = expanded.replaceAll(REFERENCE, (_whole, syntax: string, field?: string, type?: string) => {
        const known = patterns.get(syntax);
        if (known === undefined) throw new Error(`pattern definition ${JSON.stringify(syntax)} unknown`);
        if (namedOnly && field === undefined) return `(${known})`;
        const name = (field ?? syntax).replaceAll('.', DOT);
        if (type !== undefined) this.#types.set(name, type);
        return `(?P<${this.#groupName(name)}>${known})`;
      });
      if (expanded.length > MAX_LENGTH) throw new Error('the patterns refer to each other without end');
    }
    return expanded;
  }

  /** RE2 wants every name once. */
  #groupName(name: string): string {
    let unique = name;
    for (let count = 2; this.#names.has(unique); count += 1) unique = `${name}_${count}`;
    this.#names.set(unique, name);
    return unique;
  }
}

function typed(text: string, type: string | undefined): OttlValue {
  switch (type) {
    case undefined:
    case 'string':
      return text;
    case 'int':
    case 'long':
      return orFail(parseInt64(text), text);
    case 'float':
    case 'double':
      return orFail(parseFloat64(text), text);
    case 'bool':
    case 'boolean':
      return orFail(text === 'true' ? true : text === 'false' ? false : undefined, text);
    default:
      throw new OttlEvaluationError(`invalid type ${type}`);
  }
}

function orFail<T>(value: T | undefined, text: string): T {
  if (value === undefined) throw new OttlEvaluationError(`parsing ${JSON.stringify(text)}: invalid syntax`);
  return value;
}
