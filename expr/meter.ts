// What one evaluation may use: elements it makes, and steps it takes.

import { ExprEvaluationError } from './errors.ts';
import { isArray, type Value } from './value.ts';

/** Elements of arrays and maps that are made, as in expr itself. */
const MAX_ELEMENTS = 1_000_000;
/** Elements that predicates look at: some hundreds of milliseconds. */
const MAX_STEPS = 5_000_000;

const sizes = new WeakMap<object, number>();

/** Elements of a value, those of its elements included, and a share of the length of its texts. */
function sizeOf(value: Value): number {
  if (typeof value === 'string') return value.length >>> 2;
  if (typeof value !== 'object' || value === null) return 0;
  if (!isArray(value) && !(value instanceof Map)) return value instanceof Uint8Array ? value.length : 0;
  const known = sizes.get(value);
  if (known !== undefined) return known;
  // Safe: the values of these maps are Values.
  const elements = (isArray(value) ? value : [...value.values()]) as readonly Value[];
  let size = elements.length;
  for (const element of elements) size += sizeOf(element);
  sizes.set(value, size);
  return size;
}

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

  /** Before elements are put into something new: what is in several places counts in each. */
  nest(elements: readonly Value[]): void {
    for (const element of elements) if (typeof element === 'object') this.grow(sizeOf(element));
  }

  /** Before all of a value is looked at. */
  look(value: Value): void {
    if (typeof value === 'string') this.step(value.length >>> 2);
    else if (typeof value === 'object') this.step(sizeOf(value));
  }

  /** Before two values are compared, or one is looked for in the other. */
  compare(a: Value, b: Value): void {
    if (typeof a === 'string') this.step(a.length >>> 5);
    else if (typeof a === 'object') this.step(sizeOf(a));
    if (typeof b === 'object' && b !== null && isArray(b)) this.step(sizeOf(b));
  }

  /** Before that many elements are looked at. */
  step(steps: number): void {
    this.#steps += steps;
    if (this.#steps > MAX_STEPS) throw new ExprEvaluationError(`more than ${MAX_STEPS} steps in one evaluation`);
  }
}
