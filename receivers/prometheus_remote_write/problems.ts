// What of a request was not taken, in words for the sender: each problem once, a few of them.

const SHOWN = 10;
const LONGEST = 300;

export class Problems {
  readonly #texts = new Set<string>();
  #count = 0;
  #samples = 0;

  reset(): void {
    this.#texts.clear();
    this.#count = 0;
    this.#samples = 0;
  }

  /** `samples`: samples and histograms that are lost by it. */
  add(samples: number, text: string): void {
    this.#count++;
    this.#samples += samples;
    if (this.#texts.size < SHOWN) this.#texts.add(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
  }

  /** Samples and histograms that are lost. */
  get samples(): number {
    return this.#samples;
  }

  /** '' where there were none. */
  text(): string {
    if (this.#count === 0) return '';
    const shown = [...this.#texts].join('; ');
    const more = this.#count > this.#texts.size ? `; ${this.#count} problems in all` : '';
    return `${this.#samples} samples and histograms were not taken: ${shown}${more}`;
  }
}
