// When one target is scraped: at fixed times that differ from target to target, one scrape at a time. A scrape that takes
// longer than the interval makes times fall out, never pile up, and never shifts those that follow.

import { createHash } from 'node:crypto';

/** What setTimeout takes. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;
/** A scrape this late keeps the timestamp of when it was due, so that timestamps are evenly spaced; as in Prometheus. */
const TOLERANCE_MS = 2;

export interface ScheduleOptions {
  readonly intervalMs: number;
  /** Until the first scrape. */
  readonly firstDelayMs: number;
  /** Milliseconds since the epoch; may jump. */
  readonly now: () => number;
  /** Milliseconds on a clock that nobody sets. */
  readonly steadyNow: () => number;
  /** Must not fail. `timeMs` is the timestamp of the scrape. */
  readonly run: (timeMs: number) => Promise<void>;
}

export class Schedule {
  readonly #options: ScheduleOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  /** On the steady clock. */
  #dueMs = 0;
  #alignedMs = 0;
  #isStopped = false;

  constructor(options: ScheduleOptions) {
    this.#options = options;
  }

  start(): void {
    const { firstDelayMs, now, steadyNow } = this.#options;
    this.#dueMs = steadyNow() + firstDelayMs;
    this.#alignedMs = now() + firstDelayMs;
    this.#wait();
  }

  /** Nothing is run any more once this resolves. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Until the next time, had it not been stopped. */
  get untilNextMs(): number {
    const { intervalMs, steadyNow } = this.#options;
    const leftMs = this.#dueMs - steadyNow();
    return leftMs > 0 ? leftMs : intervalMs - (-leftMs % intervalMs);
  }

  #wait(): void {
    const delayMs = Math.ceil(Math.max(0, this.#dueMs - this.#options.steadyNow()));
    this.#timer = setTimeout(
      () => {
        this.#running = this.#run();
      },
      Math.min(delayMs, LONGEST_TIMEOUT_MS),
    );
  }

  async #run(): Promise<void> {
    const { intervalMs, steadyNow, run } = this.#options;
    if (steadyNow() < this.#dueMs - 1) {
      // An interval longer than a timer can wait.
      this.#wait();
      return;
    }
    await run(this.#timestamp());
    this.#running = undefined;
    if (this.#isStopped) return;
    const missed = Math.floor((steadyNow() - this.#dueMs) / intervalMs);
    this.#dueMs += intervalMs * Math.max(1, missed);
    this.#wait();
  }

  /** Now, or when the scrape was due where that is hardly ago. */
  #timestamp(): number {
    const { intervalMs, now } = this.#options;
    const timeMs = now();
    const lateMs = timeMs - this.#alignedMs;
    const toleranceMs = Math.min(intervalMs / 100, TOLERANCE_MS);
    // Times that were left out are counted; a clock that was set back begins a new row of times.
    if (lateMs >= intervalMs) this.#alignedMs += Math.floor(lateMs / intervalMs) * intervalMs;
    else if (lateMs < -toleranceMs) this.#alignedMs = timeMs;
    return Math.abs(timeMs - this.#alignedMs) <= toleranceMs ? Math.round(this.#alignedMs) : timeMs;
  }
}

/**
 * How long from `nowMs` until a target's first scrape: its place within the interval is the same after every start and as
 * good as random among targets, so that they are spread over it. `seed` differs from host to host, so that two agents with the
 * same targets do not meet there.
 */
export function firstDelay(target: string, seed: string, intervalMs: number, nowMs: number): number {
  const hash = createHash('sha256').update(seed).update('\0').update(target).digest();
  const place = hash.readUIntBE(0, 6) % intervalMs;
  return (place - (nowMs % intervalMs) + intervalMs) % intervalMs;
}
