// Sampling of log lines as zap does it: of lines with the same level and message, the first `initial` in each tick are
// written, then every `thereafter`-th.

/** Messages counted per tick at most; further ones are written unsampled. Messages are constant sentences, so few exist. */
const MAX_MESSAGES = 4096;

export interface SamplingOptions {
  readonly tickMs: number;
  readonly initial: number;
  /** 0: nothing after the first ones. */
  readonly thereafter: number;
}

export class LogSampler {
  readonly #options: SamplingOptions;
  readonly #now: () => number;
  readonly #counts = new Map<string, number>();
  #tickEnd = 0;

  constructor(options: SamplingOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
  }

  /** Whether to write this line. */
  admits(level: number, message: string): boolean {
    const now = this.#now();
    if (now >= this.#tickEnd) {
      this.#counts.clear();
      this.#tickEnd = now + this.#options.tickMs;
    }
    const key = `${level} ${message}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    if (count === 1 && this.#counts.size >= MAX_MESSAGES) return true;
    this.#counts.set(key, count);
    const { initial, thereafter } = this.#options;
    return count <= initial || (thereafter > 0 && (count - initial) % thereafter === 0);
  }
}
