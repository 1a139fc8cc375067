// Looks again and again, one look at a time, and says once when looking begins to fail and once when it works again.

import type { ComponentLogger } from '../../../pipeline/telemetry.ts';

/** Timers hold no more, 24 days; a longer one would go off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface RefreshingOptions {
  readonly intervalMs: number;
  /** Fails with an Error that says why there is nothing new. */
  readonly look: () => Promise<void>;
  readonly log: ComponentLogger;
  /** What is looked at, as fields of the log. */
  readonly fields: Readonly<Record<string, string>>;
}

export class Refreshing {
  readonly #options: RefreshingOptions;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #again = false;
  #failure = '';
  #stopped = false;

  constructor(options: RefreshingOptions) {
    this.#options = options;
  }

  /** Begins to look, at once and then at every interval. */
  start(): void {
    const intervalMs = Math.min(this.#options.intervalMs, LONGEST_TIMER_MS);
    this.#timer = setInterval(() => this.lookNow(), intervalMs).unref();
    this.lookNow();
  }

  /** Looks, or once more after the look that is under way. */
  lookNow(): void {
    if (this.#stopped) return;
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = this.#look().finally(() => {
      this.#looking = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.lookNow();
    });
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  /** Does not wait for a look under way, which may hang on a file system that does not answer. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const { look, log, fields } = this.#options;
    try {
      await look();
      if (this.#failure !== '' && !this.#stopped) log.info(fields, 'service discovery works again');
      this.#failure = '';
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (this.#stopped || reason === this.#failure) return;
      this.#failure = reason;
      log.warn({ ...fields, reason }, 'service discovery failed; the targets known so far stay');
    }
  }
}
