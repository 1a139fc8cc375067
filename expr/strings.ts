// String and bytes literals with their escapes, by the rules of expr's lexer.

import { invalid } from './errors.ts';
import type { Token } from './token.ts';

interface Read {
  readonly token: Token;
  /** The offset after the literal. */
  readonly end: number;
}

/** The literal that begins here: `"…"`, `'…'`, `` `…` ``, `b"…"`. Throws EXPR_INVALID with the place. */
export function readString(source: string, at: number): Read {
  if (source.charAt(at) === '`') return rawString(source, at);
  const isBytes = source.charAt(at) === 'b' || source.charAt(at) === 'B';
  const start = isBytes ? at + 1 : at;
  const quote = source.charAt(start);
  const parts: string[] = [];
  const bytes: number[] = [];
  let next = start + 1;
  for (;;) {
    const character = source.charAt(next);
    if (character === '' || character === '\n') throw invalid(source, at, 'a string that does not end');
    if (character === quote) break;
    if (character !== '\\') {
      const whole = String.fromCodePoint(source.codePointAt(next) ?? 0);
      // Line ends are \n.
      const meant = whole === '\r' ? '\n' : whole;
      if (isBytes) bytes.push(...Buffer.from(meant));
      else parts.push(meant);
      next += whole.length;
      continue;
    }
    const escape = readEscape(source, next, { quote, isBytes });
    if (isBytes) bytes.push(escape.code);
    else parts.push(String.fromCodePoint(escape.code));
    next = escape.end;
  }
  if (isBytes) return { token: { kind: 'bytes', text: '', bytes: Uint8Array.from(bytes), at }, end: next + 1 };
  return { token: { kind: 'string', text: parts.join(''), at }, end: next + 1 };
}

/** A backtick within is written twice. */
function rawString(source: string, at: number): Read {
  const parts: string[] = [];
  let next = at + 1;
  for (;;) {
    const close = source.indexOf('`', next);
    if (close === -1) throw invalid(source, at, 'a string that does not end');
    parts.push(source.slice(next, close));
    if (source.charAt(close + 1) !== '`') {
      return { token: { kind: 'string', text: parts.join(''), at }, end: close + 1 };
    }
    parts.push('`');
    next = close + 2;
  }
}

const SIMPLE: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 };
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

function readEscape(
  source: string,
  at: number,
  { quote, isBytes }: { readonly quote: string; readonly isBytes: boolean },
): { readonly code: number; readonly end: number } {
  const kind = source.charAt(at + 1);
  if (kind === quote) return { code: quote.charCodeAt(0), end: at + 2 };
  const simple = Object.hasOwn(SIMPLE, kind) ? SIMPLE[kind] : undefined;
  if (simple !== undefined) return { code: simple, end: at + 2 };
  const unknown = (): Error =>
    invalid(source, at, 'a string with an unknown escape', 'a backslash that is meant is written \\\\');
  const digitsOf = (pattern: RegExp, radix: number, skipped: number): { code: number; end: number } => {
    pattern.lastIndex = at + skipped;
    const [whole = '', digits = ''] = pattern.exec(source) ?? [];
    const code = Number.parseInt(digits, radix);
    if (digits === '' || code > 0x10ffff) throw unknown();
    // Half of a surrogate pair is no character.
    return { code: code >= 0xd800 && code <= 0xdfff ? 0xfffd : code, end: at + skipped + whole.length };
  };
  if (/[0-3]/.test(kind)) return digitsOf(/([0-3][0-7]{2})/y, 8, 1);
  if (isBytes && kind !== 'x') throw unknown();
  if (kind === 'u' && source.charAt(at + 2) === '{') return digitsOf(/\{([0-9a-fA-F]{1,6})\}/y, 16, 2);
  const count = Object.hasOwn(HEX_DIGITS, kind) ? HEX_DIGITS[kind] : undefined;
  if (count === undefined) throw unknown();
  return digitsOf(new RegExp(`([0-9a-fA-F]{${count}})`, 'y'), 16, 2);
}
