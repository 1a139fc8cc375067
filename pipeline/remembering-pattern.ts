// A regular expression that is asked about the same few texts over and over, as attribute keys and span names are: answers
// are remembered, up to a limit.

import type { Re2 } from './regexp.ts';

/** Texts whose answer is kept; when as many are known all are forgotten, which keeps the look-up a single one. */
const MAX_REMEMBERED = 4_096;
/** Longer texts are rarely equal to earlier ones and cost memory. */
const MAX_LENGTH = 256;

export class RememberingPattern {
  readonly #pattern: Re2;
  readonly #answers = new Map<string, boolean>();

  constructor(pattern: Re2) {
    this.#pattern = pattern;
  }

  /** Whether the pattern matches anywhere in the text. */
  matches(text: string): boolean {
    if (text.length > MAX_LENGTH) return this.#pattern.test(text);
    const known = this.#answers.get(text);
    if (known !== undefined) return known;
    if (this.#answers.size >= MAX_REMEMBERED) this.#answers.clear();
    const answer = this.#pattern.test(text);
    this.#answers.set(text, answer);
    return answer;
  }
}
