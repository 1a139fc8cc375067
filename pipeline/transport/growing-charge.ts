// What one body is charged: its bytes as they come, and what it grows to when it is decompressed. Units are rounded per
// charge, so each is remembered as it was made and given back as such.

import type { Admission } from '../admission.ts';
import type { OutputBudget } from './inflate.ts';

export class GrowingCharge implements OutputBudget {
  readonly #admission: Admission;
  readonly #charges: number[] = [];
  #bytes: number;

  /** `held` is what the body has been charged elsewhere. */
  constructor(admission: Admission, held: number) {
    this.#admission = admission;
    this.#bytes = held;
  }

  get bytes(): number {
    return this.#bytes;
  }

  grow(bytes: number): boolean {
    if (!this.#admission.tryGrow(this.#bytes, bytes)) return false;
    this.#charges.push(bytes);
    this.#bytes += bytes;
    return true;
  }

  release(): void {
    for (const bytes of this.#charges) this.#admission.release(bytes);
    this.#charges.length = 0;
    this.#bytes = 0;
  }
}
