// The operators with their precedence, and what the builtins that take a predicate take. Source: expr-lang/expr v1.17,
// parser/operator and parser/parser.go.

import type { BinaryOperator, Unary } from './ast.ts';

interface Operator {
  readonly precedence: number;
  readonly means: BinaryOperator;
  readonly isRight?: true;
}

/** `|` means no operator of its own: it calls what stands after it. */
export const BINARY: ReadonlyMap<string, Operator> = new Map([
  ['|', { precedence: 0, means: '||' }],
  ['or', { precedence: 10, means: '||' }],
  ['||', { precedence: 10, means: '||' }],
  ['and', { precedence: 15, means: '&&' }],
  ['&&', { precedence: 15, means: '&&' }],
  ['==', { precedence: 20, means: '==' }],
  ['!=', { precedence: 20, means: '!=' }],
  ['<', { precedence: 20, means: '<' }],
  ['>', { precedence: 20, means: '>' }],
  ['>=', { precedence: 20, means: '>=' }],
  ['<=', { precedence: 20, means: '<=' }],
  ['in', { precedence: 20, means: 'in' }],
  ['matches', { precedence: 20, means: 'matches' }],
  ['contains', { precedence: 20, means: 'contains' }],
  ['startsWith', { precedence: 20, means: 'startsWith' }],
  ['endsWith', { precedence: 20, means: 'endsWith' }],
  ['..', { precedence: 25, means: '..' }],
  ['+', { precedence: 30, means: '+' }],
  ['-', { precedence: 30, means: '-' }],
  ['*', { precedence: 60, means: '*' }],
  ['/', { precedence: 60, means: '/' }],
  ['%', { precedence: 60, means: '%' }],
  ['**', { precedence: 100, means: '**', isRight: true }],
  ['^', { precedence: 100, means: '**', isRight: true }],
  ['??', { precedence: 500, means: '??' }],
]);

export const UNARY: ReadonlyMap<string, { readonly precedence: number; readonly means: Unary['operator'] }> = new Map([
  ['not', { precedence: 50, means: '!' }],
  ['!', { precedence: 50, means: '!' }],
  ['-', { precedence: 90, means: '-' }],
  ['+', { precedence: 90, means: '+' }],
]);

/** What may stand after a `not` that stands between two values. */
export const NEGATABLE: ReadonlySet<string> = new Set(['contains', 'matches', 'startsWith', 'endsWith', 'in']);

export const COMPARISONS: ReadonlySet<string> = new Set(['<', '>', '>=', '<=']);

export interface Argument {
  readonly kind: 'value' | 'predicate';
  readonly isOptional?: true;
}

const VALUE: Argument = { kind: 'value' };
const PREDICATE: Argument = { kind: 'predicate' };
const PLAIN = [VALUE, PREDICATE];
const OPTIONAL_PREDICATE = [VALUE, { ...PREDICATE, isOptional: true as const }];
const WITH_OPTION = [VALUE, PREDICATE, { ...VALUE, isOptional: true as const }];

export const PREDICATE_BUILTINS: ReadonlyMap<string, readonly Argument[]> = new Map([
  ['all', PLAIN],
  ['none', PLAIN],
  ['any', PLAIN],
  ['one', PLAIN],
  ['filter', PLAIN],
  ['map', PLAIN],
  ['count', OPTIONAL_PREDICATE],
  ['sum', OPTIONAL_PREDICATE],
  ['find', PLAIN],
  ['findIndex', PLAIN],
  ['findLast', PLAIN],
  ['findLastIndex', PLAIN],
  ['groupBy', PLAIN],
  ['sortBy', WITH_OPTION],
  ['reduce', WITH_OPTION],
]);
