// What a statement is made of once it is parsed. Nodes never change; `at` is their offset in the statement.

import type { Comparison } from './value.ts';

interface Node {
  readonly at: number;
}

export interface Literal extends Node {
  readonly kind: 'literal';
  readonly value: null | string | boolean | bigint | number | Uint8Array;
}

export interface Path extends Node {
  readonly kind: 'path';
  readonly fields: readonly Field[];
}

export interface Field extends Node {
  readonly name: string;
  readonly keys: readonly Expression[];
}

export interface Call extends Node {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Argument[];
  readonly keys: readonly Expression[];
}

export interface Argument extends Node {
  /** Where it was given by name. */
  readonly name: string | undefined;
  readonly value: Expression;
}

/** A name in capitals: an enum's symbol, or, as an argument, a function that is handed over. */
export interface Symbolic extends Node {
  readonly kind: 'symbol';
  readonly name: string;
}

export interface List extends Node {
  readonly kind: 'list';
  readonly elements: readonly Expression[];
}

export interface MapLiteral extends Node {
  readonly kind: 'map';
  readonly entries: readonly (readonly [string, Expression])[];
}

export interface Arithmetic extends Node {
  readonly kind: 'math';
  readonly op: '+' | '-' | '*' | '/';
  readonly left: Expression;
  readonly right: Expression;
}

/** `(key, value) => body`, as an argument; `_` is a parameter that the body does not use. */
export interface Lambda extends Node {
  readonly kind: 'lambda';
  readonly params: readonly string[];
  readonly body: { readonly value: Expression } | { readonly condition: Condition };
}

export type Expression = Literal | Path | Call | Symbolic | List | MapLiteral | Arithmetic | Lambda;

export type Condition =
  | (Node & { readonly kind: 'or' | 'and'; readonly terms: readonly Condition[] })
  | (Node & { readonly kind: 'not'; readonly inner: Condition })
  | (Node & { readonly kind: 'constant'; readonly value: boolean })
  | (Node & { readonly kind: 'test'; readonly call: Call })
  | (Node & {
      readonly kind: 'compare';
      readonly op: Comparison;
      readonly left: Expression;
      readonly right: Expression;
    });

export interface Statement extends Node {
  readonly editor: Call;
  readonly where: Condition | undefined;
}
