// Splits an expression into tokens, by the rules of expr's lexer (expr-lang/expr v1.17).

import { invalid } from './errors.ts';
import { readString } from './strings.ts';
import type { Token } from './token.ts';

/** Longer expressions are a mistake. */
const MAX_LENGTH = 100_000;

const BLANK =
  /(?:[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const NUMBER =
  /(?:0[xX][0-9a-fA-F_]*|0[oO][0-7_]*|0[bB][01_]*|[0-9][0-9_]*|(?=\.[0-9]))(?:\.(?!\.)[0-9_]*)?(?:[eE][+-]?[0-9_]*)?/y;
const WORD = /[\p{L}\p{Nd}_$]+/uy;
const SYMBOL = /\.\.|\?\.|\?\?|\|\||::|##|[&!=*<>][&=*]|[.?|:#,;%+\-^/&!=*<>]/y;

const WORD_OPERATORS: ReadonlySet<string> = new Set([
  'not',
  'in',
  'or',
  'and',
  'matches',
  'contains',
  'startsWith',
  'endsWith',
  'let',
  'if',
  'else',
]);

/** The tokens, the last one of kind `end`. Throws EXPR_INVALID with the place. */
export function tokenize(source: string): Token[] {
  if (source.length > MAX_LENGTH) {
    throw invalid(source.slice(0, 40), 0, `an expression of more than ${MAX_LENGTH} characters`);
  }
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += matchAt(BLANK, source, at).length;
    if (at >= source.length) break;
    const token = tokenAt(source, at);
    tokens.push(token.token);
    at = token.end;
    // A name after `#` is one even where it would be an operator.
    if (token.token.text === '#' && token.token.kind === 'operator') {
      const word = matchAt(WORD, source, at);
      if (word !== '') tokens.push({ kind: 'identifier', text: word, at });
      at += word.length;
    }
  }
  tokens.push({ kind: 'end', text: '', at: source.length });
  return tokens;
}

function matchAt(pattern: RegExp, source: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0] ?? '';
}

function tokenAt(source: string, at: number): { readonly token: Token; readonly end: number } {
  const first = source.charAt(at);
  if (first === '"' || first === "'" || first === '`') return readString(source, at);
  const second = source.charAt(at + 1);
  if ((first === 'b' || first === 'B') && (second === '"' || second === "'")) return readString(source, at);
  if (source.startsWith('/*', at)) throw invalid(source, at, 'a comment that does not end');
  if (/[0-9]/.test(first) || (first === '.' && /[0-9]/.test(second))) {
    const text = matchAt(NUMBER, source, at);
    if (matchAt(WORD, source, at + text.length) !== '') throw invalid(source, at, 'a number that goes on as a name');
    return { token: { kind: 'number', text, at }, end: at + text.length };
  }
  const word = matchAt(WORD, source, at);
  if (word !== '') {
    const kind = WORD_OPERATORS.has(word) ? 'operator' : 'identifier';
    return { token: { kind, text: word, at }, end: at + word.length };
  }
  if ('([{)]}'.includes(first)) return { token: { kind: 'bracket', text: first, at }, end: at + 1 };
  const symbol = matchAt(SYMBOL, source, at);
  if (symbol === '') throw invalid(source, at, `an unexpected ${JSON.stringify(first)}`);
  return { token: { kind: 'operator', text: symbol, at }, end: at + symbol.length };
}
