// One target: scraped when it is time, what came of it handed on, and what went wrong said once.

import type { ComponentLogger } from '../../pipeline/telemetry.ts';
import { PageError } from '../../proto/prometheus/page-reader.ts';
import { NoMemoryForBody } from '../../pipeline/transport/body-errors.ts';
import type { Delivery } from './delivery.ts';
import type { FailureLog } from './failure-log.ts';
import type { Gate } from './gate.ts';
import { NoPage, type PageFetch } from './page-fetch.ts';
import { firstDelay, Schedule } from './schedule.ts';
import type { ScrapeTarget } from './targets.ts';

/** Reasons that are said while a target can not be scraped; some have line numbers, which differ each time. */
const MAX_SAID = 4;

/** What a scrape was, beside what the page says: the series `up`, `scrape_duration_seconds` and so on. */
export interface ScrapeReport {
  readonly isUp: boolean;
  readonly durationSeconds: number;
  /** Samples of the page, those that metric relabelling left, and series that were not there before. */
  readonly scraped: number;
  readonly kept: number;
  readonly added: number;
  /** Of the page, uncompressed; -1 where it was too large, 0 where there was none. */
  readonly bodyBytes: number;
}

/** A serialised `ExportMetricsServiceRequest`. */
export interface Scraped {
  readonly request: Uint8Array;
  readonly points: number;
}

/** The series of a target, from page to page. */
export interface Series {
  /** Fails with an Error for a page that can not be taken as a whole; nothing of it counts then. */
  convert(
    page: Uint8Array,
    contentType: string,
    timeMs: number,
  ): Omit<ScrapeReport, 'isUp' | 'durationSeconds' | 'bodyBytes'>;
  /** Of the page that was converted last, as far as it was where that failed. */
  readonly counts: Omit<ScrapeReport, 'isUp' | 'durationSeconds' | 'bodyBytes'>;
  /** As if the page were empty: what was there before gets its marker that it is gone. */
  convertNothing(timeMs: number): void;
  /** Adds the report to what was converted last, and gives all of it. */
  finish(report: ScrapeReport, timeMs: number): Scraped;
  /** Markers that all series are gone, those of reports too. */
  stale(timeMs: number): Scraped;
}

export interface LoopOptions {
  readonly job: string;
  readonly target: ScrapeTarget;
  readonly fetch: PageFetch;
  readonly series: Series;
  readonly gate: Gate;
  readonly log: ComponentLogger;
  readonly failureLog: FailureLog | undefined;
  /** Differs from host to host. */
  readonly seed: string;
  /** Until the first scrape, besides the target's place in the interval. */
  readonly initialOffsetMs: number;
  readonly now: () => number;
  readonly steadyNow: () => number;
  readonly delivery: Delivery;
}

export type Health = 'up' | 'down' | 'unknown';

export class ScrapeLoop {
  readonly #options: LoopOptions;
  #schedule: Schedule;
  #isStopped = false;
  #health: Health = 'unknown';
  #lastScrapeMs: number | undefined;
  #lastPoints = 0;
  #failures = 0;
  /** Reasons that were said since the target can not be scraped. */
  readonly #said = new Set<string>();
  #forcedError: string | undefined;
  /** Of the time after which its series are said to be gone. */
  #timer: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;
  /** Counted, so that one that was called back knows it. */
  #retirement = 0;
  #isRetired = false;

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#schedule = this.#newSchedule();
  }

  get target(): ScrapeTarget {
    return this.#options.target;
  }

  get health(): Health {
    return this.#health;
  }

  /** Milliseconds since the epoch. */
  get lastScrapeMs(): number | undefined {
    return this.#lastScrapeMs;
  }

  start(): void {
    this.#schedule.start();
  }

  /**
   * Nothing is asked or handed on any more once this resolves; no markers, as the agent may be back soon. `isLastScraped` has
   * the target scraped once more before that.
   */
  async stop(isLastScraped: boolean): Promise<void> {
    this.#endRetirement();
    if (isLastScraped && !this.#isRetired) {
      await this.#schedule.stop();
      await this.#scrape(this.#options.now());
    }
    this.#isStopped = true;
    await this.#schedule.stop();
  }

  /** Ends a request that is under way when the agent stops. */
  abandon(): void {
    this.#isStopped = true;
  }

  /** Every scrape fails with this, without asking the target; undefined ends that. */
  force(error: string | undefined): void {
    this.#forcedError = error;
  }

  /**
   * The target is gone: no scrape any more, and when two would have been, its series are said to be gone, at the time of the
   * first. Resolves to whether that was done, false where it was called back or stopped. `mayMark` is asked before.
   */
  async retire(mayMark: () => boolean): Promise<boolean> {
    const turn = ++this.#retirement;
    this.#isRetired = true;
    await this.#schedule.stop();
    if (this.#isStopped || turn !== this.#retirement) return false;
    if (this.#lastScrapeMs === undefined) return true;
    const { intervalMs } = this.target;
    await this.#wait(this.#schedule.untilNextMs);
    const staleMs = this.#options.now();
    if (turn === this.#retirement) await this.#wait(intervalMs + intervalMs / 10);
    if (this.#isStopped || turn !== this.#retirement) return false;
    if (mayMark()) await this.#send(this.#options.series.stale(staleMs));
    return true;
  }

  /** The target is back before its series were said to be gone. */
  revive(): void {
    this.#endRetirement();
    this.#isRetired = false;
    this.#schedule = this.#newSchedule();
    this.#schedule.start();
  }

  #endRetirement(): void {
    this.#retirement++;
    clearTimeout(this.#timer);
    this.#wake?.();
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer = setTimeout(resolve, Math.min(ms, 2 ** 31 - 1));
    });
  }

  #newSchedule(): Schedule {
    const { target, seed, now, steadyNow, initialOffsetMs } = this.#options;
    return new Schedule({
      intervalMs: target.intervalMs,
      firstDelayMs: initialOffsetMs + firstDelay(target.id, seed, target.intervalMs, now()),
      now,
      steadyNow,
      run: (timeMs) => this.#scrape(timeMs),
    });
  }

  async #scrape(timeMs: number): Promise<void> {
    const { series, steadyNow, delivery, log } = this.#options;
    const startMs = steadyNow();
    let counts = { scraped: 0, kept: 0, added: 0 };
    let bodyBytes = 0;
    let problem = this.#forcedError;
    try {
      if (problem === undefined) {
        const page = await this.#page();
        try {
          if (this.#isStopped) return;
          bodyBytes = page.body.length;
          counts = page.body.length > 0 ? series.convert(page.body, page.contentType, timeMs) : this.#nothing(timeMs);
        } finally {
          page.release();
        }
      } else series.convertNothing(timeMs);
    } catch (error) {
      if (this.#isStopped) return;
      if (error instanceof NoMemoryForBody) {
        delivery.leftOut(this.#lastPoints);
        return;
      }
      if (error instanceof NoPage) ({ bodyBytes } = error);
      if (error instanceof PageError) ({ counts } = series);
      problem = error instanceof Error ? error.message : String(error);
      series.convertNothing(timeMs);
    }
    this.#lastScrapeMs = timeMs;
    this.#settle(problem);
    const report = {
      isUp: problem === undefined,
      durationSeconds: (steadyNow() - startMs) / 1_000,
      bodyBytes,
      ...counts,
    };
    try {
      const scraped = series.finish(report, timeMs);
      this.#lastPoints = scraped.points;
      await this.#send(scraped);
    } catch (error) {
      log.error({ error, target: this.target.url }, 'A scrape could not be handed on, which is a bug');
    }
  }

  #send({ request, points }: Scraped): Promise<void> {
    return this.#options.delivery.send(request, points);
  }

  #nothing(timeMs: number): { scraped: number; kept: number; added: number } {
    this.#options.series.convertNothing(timeMs);
    return { scraped: 0, kept: 0, added: 0 };
  }

  /** The target's page, in its turn. */
  async #page(): ReturnType<PageFetch['get']> {
    const { gate, fetch, steadyNow } = this.#options;
    const room = gate.enter();
    let leftMs = this.target.timeoutMs;
    if (room) {
      const startMs = steadyNow();
      await room;
      leftMs = Math.max(1, leftMs - (steadyNow() - startMs));
    }
    try {
      return await fetch.get(leftMs);
    } finally {
      gate.leave();
    }
  }

  /** Says a change of state in the log, once, and other reasons that come meanwhile, once each. */
  #settle(problem: string | undefined): void {
    const { job, log, failureLog, target } = this.#options;
    const at = { job, target: target.url };
    if (problem === undefined) {
      if (this.#health === 'down') log.info({ ...at, failures: this.#failures }, 'A target can be scraped again');
      this.#health = 'up';
      this.#failures = 0;
      this.#said.clear();
      return;
    }
    if (this.#said.has(problem) || this.#said.size >= MAX_SAID) {
      log.debug({ ...at, error: problem }, 'A target still can not be scraped');
    } else {
      this.#said.add(problem);
      log.warn({ ...at, error: problem }, 'A target can not be scraped');
    }
    this.#health = 'down';
    this.#failures++;
    failureLog?.write(job, target.url, problem);
  }
}
