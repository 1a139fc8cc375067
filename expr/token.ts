// What the lexer gives the parser.

export type TokenKind = 'identifier' | 'number' | 'string' | 'bytes' | 'operator' | 'bracket' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** Of a string: what it means. */
  readonly text: string;
  /** Of a bytes literal. */
  readonly bytes?: Uint8Array;
  /** Offset in the source, from 0. */
  readonly at: number;
}
