// Where an evaluation keeps what it works on. One frame serves all evaluations of an expression, one after another; every
// variable and every predicate has a place in it that compilation chose.

import { Meter } from './meter.ts';
import type { Value } from './value.ts';

export class Frame<Env> {
  readonly meter = new Meter();
  /** Values of `let`. */
  readonly variables: Value[] = [];
  /** Of each nested predicate: `#`, `#index`, `#acc`. */
  readonly items: Value[] = [];
  readonly indexes: number[] = [];
  readonly accumulators: Value[] = [];
  /** The place of what was evaluated last, for errors. */
  at = 0;
  #env: Env | undefined;

  get env(): Env {
    // Safe: begin() comes before any evaluation.
    return this.#env as Env;
  }

  begin(env: Env): void {
    this.#env = env;
    this.meter.reset();
  }

  /** Keeps nothing of what was evaluated. */
  end(): void {
    this.#env = undefined;
    this.variables.length = 0;
    this.items.length = 0;
    this.accumulators.length = 0;
  }
}

/** A compiled node. */
export type Get<Env> = (frame: Frame<Env>) => Value;
