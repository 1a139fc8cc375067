// Splits a statement into tokens, by the rules of the collector's lexer.

import { invalid } from './errors.ts';

export type TokenKind = 'bytes' | 'float' | 'int' | 'string' | 'name' | 'symbol' | 'end';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Offset in the statement, from 0. */
  readonly at: number;
}

const TOKEN =
  /(?<bytes>0x[0-9a-fA-F]+)|(?<float>(?:\d+\.\d*|\d*\.\d+)(?:[eE][-+]?\d+)?)|(?<int>\d+)|(?<string>"(?:\\.|[^\\"])*")|(?<name>[A-Za-z][A-Za-z0-9_]*|_(?![A-Za-z0-9_]))|(?<symbol>==|!=|>=|<=|=>|[<>+\-*/=(){}:,.[\]])/y;
const BLANK = /\s*/y;

/** Longer statements are a mistake. */
const MAX_LENGTH = 100_000;

/** The tokens, the last one of kind `end`. Throws an AgentError with the position. */
export function tokenize(statement: string): Token[] {
  if (statement.length > MAX_LENGTH) {
    throw invalid(statement.slice(0, 40), 0, `a statement of more than ${MAX_LENGTH} characters`);
  }
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    BLANK.lastIndex = at;
    at += BLANK.exec(statement)?.[0].length ?? 0;
    if (at >= statement.length) break;
    TOKEN.lastIndex = at;
    const groups = TOKEN.exec(statement)?.groups;
    const found = groups && Object.entries(groups).find(([, text]) => text !== undefined);
    if (found === undefined) {
      const problem = statement[at] === '"' ? 'a string that does not end' : `an unexpected ${statement[at]}`;
      throw invalid(statement, at, problem);
    }
    const [kind, text] = found;
    // Safe: the groups of the pattern are named as the kinds are.
    tokens.push({ kind: kind as TokenKind, text, at });
    at += text.length;
  }
  tokens.push({ kind: 'end', text: '', at: statement.length });
  return tokens;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

/** The text of a string token; Go's escapes. */
export function unquote(statement: string, token: Token): string {
  const body = token.text.slice(1, -1);
  return body.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)/gs, (whole, escape: string) => {
    const simple = ESCAPES[escape];
    if (simple !== undefined) return simple;
    if (escape.length === 1) throw invalid(statement, token.at, `a string with the unknown escape ${whole}`);
    const code = /^[0-7]/.test(escape) ? Number.parseInt(escape, 8) : Number.parseInt(escape.slice(1), 16);
    if (code > 0x10ffff) throw invalid(statement, token.at, `a string with the unknown escape ${whole}`);
    return String.fromCodePoint(code);
  });
}
