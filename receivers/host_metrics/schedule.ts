// Calls something at fixed times, one call at a time: what takes longer than the interval makes calls fall out, never pile
// up, and never shifts those that follow.

/** What setTimeout takes. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

export interface ScheduleOptions {
  readonly initialDelayMs: number;
  readonly intervalMs: number;
  /** Milliseconds since the epoch; may jump. */
  readonly now: () => number;
  /** Must not fail. */
  readonly run: () => Promise<void>;
}

export class Schedule {
  readonly #options: ScheduleOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #dueMs = 0;
  #isStopped = false;

  constructor(options: ScheduleOptions) {
    this.#options = options;
  }

  start(): void {
    const delayMs = Math.max(0, this.#options.initialDelayMs);
    this.#dueMs = this.#options.now() + delayMs;
    this.#wait(delayMs);
  }

  /** Resolves when no call is under way any more, or the signal aborts. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    if (!this.#running || deadline.aborted) return;
    const aborted = Promise.withResolvers<void>();
    const abort = (): void => aborted.resolve();
    deadline.addEventListener('abort', abort, { once: true });
    await Promise.race([this.#running, aborted.promise]);
    deadline.removeEventListener('abort', abort);
  }

  #wait(delayMs: number): void {
    this.#timer = setTimeout(
      () => {
        this.#running = this.#run();
      },
      Math.min(Math.max(0, delayMs), LONGEST_TIMEOUT_MS),
    );
  }

  async #run(): Promise<void> {
    const { intervalMs, now, run } = this.#options;
    await run();
    this.#running = undefined;
    if (this.#isStopped) return;
    const nowMs = now();
    this.#dueMs += intervalMs;
    // Missed times fall out. A clock that was set back begins a new row of times.
    if (this.#dueMs <= nowMs) this.#dueMs += (Math.floor((nowMs - this.#dueMs) / intervalMs) + 1) * intervalMs;
    if (this.#dueMs - nowMs > intervalMs) this.#dueMs = nowMs + intervalMs;
    this.#wait(this.#dueMs - nowMs);
  }
}
