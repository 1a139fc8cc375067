// The patterns of relabelling, which match a whole text or nothing. What most of them are, `(.*)`, plain text, a choice of
// plain texts or a plain text followed by anything, is compared without a regular expression.

import type { Re2 } from '../../pipeline/regexp.ts';
import { compileAnchored } from './relabel-config.ts';

/** Numbered groups of a match, the whole first. */
export type Groups = readonly (string | undefined)[];

export type Template = (groups: Groups) => string;

export interface AnchoredPattern {
  test(text: string): boolean;
  match(text: string): Groups | undefined;
  /** A text in which `$1`, `${1}`, `$name` and `${name}` stand for groups, as Go expands it. */
  template(text: string): Template;
  /** Go's `ReplaceAllString`. */
  replace(text: string, template: string): string;
}

/** Fails with PATTERN_INVALID. */
export function anchoredPattern(source: string): AnchoredPattern {
  const re = compileAnchored(source);
  const test = plainTest(source) ?? ((text: string) => re.test(text));
  return {
    test,
    match: plainMatch(source) ?? ((text) => (test(text) ? re.find(text) : undefined)),
    template: (text) => compileTemplate(text, re),
    replace: (text, template) => re.replaceAll(text, template),
  };
}

const PLAIN = /^[^\\.+*?()|[\]{}^$]*$/;

function plainTest(source: string): ((text: string) => boolean) | undefined {
  if (source === '(.*)' || source === '.*') return () => true;
  if (source === '(.+)' || source === '.+') return (text) => text !== '';
  const choices = (/^\((?:\?:)?([^()]*)\)$/.exec(source)?.[1] ?? source).split('|');
  if (choices.every((choice) => PLAIN.test(choice))) {
    const texts = new Set(choices);
    return (text) => texts.has(text);
  }
  const prefix = source.endsWith('.*')
    ? source.slice(0, -2)
    : source.endsWith('(.*)')
      ? source.slice(0, -4)
      : undefined;
  return prefix !== undefined && PLAIN.test(prefix) ? (text) => text.startsWith(prefix) : undefined;
}

function plainMatch(source: string): ((text: string) => Groups | undefined) | undefined {
  return source === '(.*)' ? (text) => [text, text] : undefined;
}

type Part = string | { readonly group: number };

/** Go's rules: a name is as long as letters, digits and underscores go, an unknown one is empty, a lone `$` stays. */
function compileTemplate(text: string, re: Re2): Template {
  const parts = templateParts(text, re);
  const [only] = parts;
  if (parts.length === 0) return () => '';
  if (parts.length === 1 && typeof only === 'string') return () => only;
  return (groups) => {
    let result = '';
    for (const part of parts) result += typeof part === 'string' ? part : (groups[part.group] ?? '');
    return result;
  };
}

const REFERENCE = /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;

function templateParts(text: string, re: Re2): Part[] {
  const parts: Part[] = [];
  let from = 0;
  const push = (plain: string): void => {
    if (plain !== '') parts.push(plain);
  };
  for (const found of text.matchAll(REFERENCE)) {
    push(text.slice(from, found.index));
    from = found.index + found[0].length;
    const name = found[1] ?? found[2];
    if (name === undefined) parts.push('$');
    else {
      const group = groupNumber(name, re);
      if (group !== undefined) parts.push({ group });
    }
  }
  push(text.slice(from));
  return parts;
}

function groupNumber(name: string, re: Re2): number | undefined {
  if (/^(?:0|[1-9]\d{0,7})$/.test(name)) return Number(name);
  const index = re.groupNumbers[re.groupNames.indexOf(name)];
  return index;
}
