// What a converter or editor is: its parameters, and how a call of it is prepared once and then evaluated per item.

import type { OttlValue } from './value.ts';

/** Where functions get time and randomness from. */
export interface Tools {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export type Evaluate = (args: readonly OttlValue[]) => OttlValue;

/** A function that gives a value. */
export interface Converter {
  /** Names in order; those that end in `?` may be left out, which reads as nil. */
  readonly params: readonly string[];
  /**
   * Called once per call in a statement, with the arguments that are the same for every item; undefined for the others.
   * Throws an AgentError or Error where they can never work.
   */
  prepare(constants: readonly (OttlValue | undefined)[], tools: Tools): Evaluate;
  /** The result depends on more than the arguments. */
  readonly isVolatile?: boolean;
}

/** A function of a context, which sees the item. */
export interface ItemFunction<Item> {
  readonly params: readonly string[];
  prepare(constants: readonly (OttlValue | undefined)[]): (item: Item) => OttlValue;
}

/** What a function with lambdas works with; parameters are counted from 0. */
export interface LambdaArguments {
  /** Evaluated when asked for; nil where it was left out. */
  value(param: number): OttlValue;
  /** Whether the lambda was given. */
  has(param: number): boolean;
  /** What the lambda gives for these arguments. */
  call(param: number, args: readonly OttlValue[]): OttlValue;
}

/** A function that calls lambdas. */
export interface LambdaConverter {
  readonly params: readonly string[];
  /** The parameters that are lambdas, by name without `?`, and how many parameters these have. */
  readonly lambdas: Readonly<Record<string, number>>;
  evaluate(args: LambdaArguments): OttlValue;
}

export type Converters = Readonly<Record<string, Converter | LambdaConverter>>;

/** A converter that has nothing to prepare. */
export function converter(params: readonly string[], evaluate: Evaluate): Converter {
  return { params, prepare: () => evaluate };
}
