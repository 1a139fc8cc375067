// A regular expression that is asked about the same few texts over and over, as attribute keys and span names are: answers
// are remembered, up to a limit.

import { RememberedText } from '../proto/otlp/remembered-text.ts';
import type { Re2 } from './regexp.ts';

/** Texts whose answer is kept; when as many are known all are forgotten, which keeps the look-up a single one. */
const MAX_REMEMBERED = 4_096;
/** Longer texts are rarely equal to earlier ones and cost memory. */
const MAX_LENGTH = 256;
/** Texts given as bytes whose answer is kept. */
const PLACES = 1_024;

export class RememberingPattern {
  readonly #pattern: Re2;
  readonly #answers = new Map<string, boolean>();
  readonly #answersByBytes: RememberedText<boolean>;

  constructor(pattern: Re2) {
    this.#pattern = pattern;
    this.#answersByBytes = new RememberedText(PLACES, (text) => pattern.test(text));
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

  /** The same for UTF-8 in [start, end), of which no string is made where the answer is known. */
  matchesUtf8(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#answersByBytes.of(bytes, start, end);
  }
}
