// Regular expressions that users write: RE2's dialect, as in the collector, in time linear in the text. Patterns that are
// plain text between optional anchors, which most are, are compared as text.

import { RE2JS, RE2JSException } from 're2js';
import { AgentError } from './errors.ts';

/** A compiled pattern. Matches anywhere in the text unless the pattern says otherwise, as Go's `MatchString`. */
export interface Re2 {
  readonly source: string;
  /** Names of the named groups, in order. */
  readonly groupNames: readonly string[];
  /** The numbers of those groups. */
  readonly groupNumbers: readonly number[];
  test(text: string): boolean;
  /** The named groups of the first match, in the order of `groupNames`, empty where a group took no part; undefined without a match. */
  groups(text: string): readonly string[] | undefined;
  /** The first match and its numbered groups, group 0 first; undefined without a match. */
  find(text: string): readonly (string | undefined)[] | undefined;
  /** Replaces every match by the template, in which `$1`, `${1}`, `$name`, `${name}` and `$$` stand for groups, as in Go's `Expand`; `change` is given each expanded template. */
  replaceAll(text: string, template: string, change?: (expanded: string) => string): string;
}

/** Longer patterns are a mistake. */
const MAX_PATTERN_LENGTH = 10_000;

/** Fails with PATTERN_INVALID, which names the pattern and what RE2 does not know in it. */
export function compileRe2(pattern: string): Re2 {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw new AgentError(
      'PATTERN_INVALID',
      `a pattern of ${pattern.length} characters is longer than ${MAX_PATTERN_LENGTH}`,
    );
  }
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw new AgentError(
      'PATTERN_INVALID',
      `${JSON.stringify(pattern)} is not a regular expression: ${error.message}`,
      {
        cause: error,
        mend: 'the dialect is RE2: no look-around and no back-references; a backslash may need doubling in YAML with double quotes',
      },
    );
  }
  return new CompiledRe2(pattern, compiled);
}

class CompiledRe2 implements Re2 {
  readonly source: string;
  readonly groupNames: readonly string[];
  readonly groupNumbers: readonly number[];
  readonly #compiled: RE2JS;
  readonly #plain: PlainPattern | undefined;

  constructor(source: string, compiled: RE2JS) {
    this.source = source;
    this.#compiled = compiled;
    const named = Object.entries(compiled.namedGroups()).toSorted(([, a], [, b]) => a - b);
    this.groupNames = named.map(([name]) => name);
    this.groupNumbers = named.map(([, index]) => index);
    this.#plain = plainPattern(source);
  }

  test(text: string): boolean {
    return this.#plain ? this.#plain(text) : this.#compiled.test(text);
  }

  groups(text: string): readonly string[] | undefined {
    const found = this.find(text);
    return found && this.groupNumbers.map((index) => found[index] ?? '');
  }

  find(text: string): readonly (string | undefined)[] | undefined {
    const matcher = this.#compiled.matcher(text);
    if (!matcher.find()) return undefined;
    return Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index) ?? undefined);
  }

  replaceAll(text: string, template: string, change?: (expanded: string) => string): string {
    const matcher = this.#compiled.matcher(text);
    let result = '';
    let from = 0;
    while (matcher.find()) {
      result += text.slice(from, matcher.start());
      // As in Go, an empty match right behind another one is no match of its own.
      const isMatch = matcher.end() > from || matcher.start() === 0;
      from = matcher.end();
      if (!isMatch) continue;
      const expanded = this.#expand(template, (index) =>
        index <= matcher.groupCount() ? (matcher.group(index) ?? '') : '',
      );
      result += change ? change(expanded) : expanded;
    }
    return result + text.slice(from);
  }

  /** Go's rules: a name is as long as letters, digits and underscores go, an unknown one is empty, a lone `$` stays. */
  #expand(template: string, group: (index: number) => string): string {
    let result = '';
    for (let at = 0; at < template.length;) {
      const dollar = template.indexOf('$', at);
      if (dollar === -1) return result + template.slice(at);
      result += template.slice(at, dollar);
      if (template[dollar + 1] === '$') {
        result += '$';
        at = dollar + 2;
        continue;
      }
      const isBraced = template[dollar + 1] === '{';
      const start = dollar + (isBraced ? 2 : 1);
      let end = start;
      while (end < template.length && isWord(template.charCodeAt(end))) end += 1;
      if (end === start || (isBraced && template[end] !== '}')) {
        result += '$';
        at = dollar + 1;
        continue;
      }
      result += this.#named(template.slice(start, end), group);
      at = isBraced ? end + 1 : end;
    }
    return result;
  }

  #named(name: string, group: (index: number) => string): string {
    const isNumber = /^\d{1,4}$/.test(name);
    if (isNumber) return group(Number(name));
    const index = this.groupNumbers[this.groupNames.indexOf(name)];
    return index === undefined ? '' : group(index);
  }
}

function isWord(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
}

type PlainPattern = (text: string) => boolean;

const SPECIAL = new Set('\\.+*?()|[]{}^$');

/** The pattern as a comparison of text, when it is nothing else between `^` and `$`; undefined otherwise. */
function plainPattern(pattern: string): PlainPattern | undefined {
  const fromStart = pattern.startsWith('^');
  const toEnd = pattern.endsWith('$') && !pattern.endsWith(String.raw`\$`);
  const body = pattern.slice(fromStart ? 1 : 0, pattern.length - (toEnd ? 1 : 0));
  let literal = '';
  for (let at = 0; at < body.length; at += 1) {
    const character = body.charAt(at);
    if (character === '\\') {
      at += 1;
      const escaped = body.charAt(at);
      // Only escaped punctuation stands for itself; letters and digits are classes.
      if (escaped === '' || isWord(escaped.charCodeAt(0)) || escaped.charCodeAt(0) > 0x7f) return undefined;
      literal += escaped;
    } else if (SPECIAL.has(character)) return undefined;
    else literal += character;
  }
  if (fromStart && toEnd) return (text) => text === literal;
  if (fromStart) return (text) => text.startsWith(literal);
  return toEnd ? (text) => text.endsWith(literal) : (text) => text.includes(literal);
}
