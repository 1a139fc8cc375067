// What one evaluation may use: elements it makes, and steps it takes.

import { ExprEvaluationError } from './errors.ts';

/** Elements of arrays and maps that are made, as in expr itself. */
const MAX_ELEMENTS = 1_000_000;
/** Elements that predicates look at: some hundreds of milliseconds. */
const MAX_STEPS = 5_000_000;

export class Meter {
  #elements = 0;
  #steps = 0;

  reset(): void {
    this.#elements = 0;
    this.#steps = 0;
  }

  /** Before that many elements are made. */
  grow(elements: number): void {
    this.#elements += elements;
    if (!(this.#elements < MAX_ELEMENTS)) {
      throw new ExprEvaluationError(`more than ${MAX_ELEMENTS} elements made in one evaluation`);
    }
  }

  /** Before that many elements are looked at. */
  step(steps: number): void {
    this.#steps += steps;
    if (this.#steps > MAX_STEPS) throw new ExprEvaluationError(`more than ${MAX_STEPS} steps in one evaluation`);
  }
}
