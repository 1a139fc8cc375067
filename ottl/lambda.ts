// Lambdas of one call in a statement: their parameters are places that are filled before the body is evaluated. One of each
// is enough, as no lambda can call itself.

import type { LambdaArguments } from './function.ts';
import type { OttlValue } from './value.ts';

/** What a parameter holds now. */
export interface Local {
  value: OttlValue;
}

export interface CompiledLambda<Item> {
  /** By position; undefined for `_`. */
  readonly locals: readonly (Local | undefined)[];
  readonly get: (item: Item) => OttlValue;
}

/** The arguments of one call: by position either a lambda, or a value, or neither where it was left out. */
export class LambdaCall<Item> implements LambdaArguments {
  readonly #lambdas: readonly (CompiledLambda<Item> | undefined)[];
  readonly #values: readonly (((item: Item) => OttlValue) | undefined)[];
  #item: Item | undefined;

  constructor(
    lambdas: readonly (CompiledLambda<Item> | undefined)[],
    values: readonly (((item: Item) => OttlValue) | undefined)[],
  ) {
    this.#lambdas = lambdas;
    this.#values = values;
  }

  /** The arguments for this item. */
  of(item: Item): this {
    this.#item = item;
    return this;
  }

  value(param: number): OttlValue {
    // Safe, here and below: of() comes first.
    return this.#values[param]?.(this.#item as Item) ?? null;
  }

  has(param: number): boolean {
    return this.#lambdas[param] !== undefined;
  }

  call(param: number, args: readonly OttlValue[]): OttlValue {
    const lambda = this.#lambdas[param];
    if (!lambda) return null;
    for (const [index, local] of lambda.locals.entries()) if (local) local.value = args[index] ?? null;
    return lambda.get(this.#item as Item);
  }
}
