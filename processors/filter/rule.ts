// One rule of a filter: a test, and what it dropped of the current batch.

import { ExprEvaluationError } from '../../expr/errors.ts';
import { OttlEvaluationError } from '../../ottl/value.ts';
import type { ViewItem } from '../../ottl/views/item.ts';
import { SAMPLED_IDS } from '../../pipeline/drops.ts';
import type { ErrorMode } from './config.ts';

export class Rule {
  /** Where it stands in the configuration: `traces.span[0]`. */
  readonly name: string;
  /** The condition, for the reason. */
  readonly text: string;
  readonly errorMode: ErrorMode;
  /** Items it dropped of the current batch. */
  dropped = 0;
  readonly traceIds: string[] = [];
  /** The first error in the current batch. */
  error: OttlEvaluationError | ExprEvaluationError | undefined;
  readonly #test: (item: ViewItem) => boolean;

  constructor(name: string, text: string, errorMode: ErrorMode, test: (item: ViewItem) => boolean) {
    this.name = name;
    this.text = text;
    this.errorMode = errorMode;
    this.#test = test;
  }

  begin(): void {
    this.dropped = 0;
    this.traceIds.length = 0;
    this.error = undefined;
  }

  /** A condition that can not be evaluated counts as false. */
  matches(item: ViewItem): boolean {
    try {
      return this.#test(item);
    } catch (error) {
      if (!(error instanceof OttlEvaluationError) && !(error instanceof ExprEvaluationError)) throw error;
      this.error ??= error;
      return false;
    }
  }

  count(items: number): void {
    this.dropped += items;
  }

  /** Keeps an id of what was dropped, while there is room. */
  note(traceId: string): void {
    if (traceId !== '' && this.traceIds.length < SAMPLED_IDS && this.traceIds.at(-1) !== traceId) {
      this.traceIds.push(traceId);
    }
  }
}

/** The first rule that matches; undefined where none does. */
export function firstMatch(rules: readonly Rule[], item: ViewItem): Rule | undefined {
  for (const rule of rules) if (rule.matches(item)) return rule;
  return undefined;
}
