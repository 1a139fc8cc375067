// Whether a destination works, as all deliveries of an exporter have seen it together. While it does not, one attempt at a
// time is made and the others wait for what comes of it: nobody hammers a dead destination, and one that works again gets
// everything at once.

import type { ComponentContext } from '../component.ts';
import type { Refused } from '../delivery.ts';

export type CircuitState = 'closed' | 'open' | 'half_open';

const STATES: readonly CircuitState[] = ['closed', 'open', 'half_open'];

/**
 * A destination is taken for dead when something failed so long ago and nothing has succeeded since. One that sheds a part of its load never gets
 * there, so that neither its successes defeat the delays of what it refused nor its refusals hold up the rest.
 */
const OPEN_AFTER_MS = 1_000;
/** Nobody waits longer for another's attempt, which may hang for as long as `timeout` lets it. */
const TURN_MAX_MS = 5_000;
/** The reason in the status is written anew at most so often. */
const REPORT_EVERY_MS = 1_000;

type CircuitContext = Pick<ComponentContext, 'log' | 'metrics' | 'now' | 'status' | 'steadyNow'>;

/** Times are those of `steadyNow`. */
interface Sleeper {
  readonly dueMs: number;
  /** Whether it may go before its time: not where the destination itself has said when. */
  readonly mayHurry: boolean;
  readonly wake: () => void;
}

export class Circuit {
  readonly #context: CircuitContext;
  /** Attempts that failed since the last one that did not. */
  #failures = 0;
  /** When the first of them began, or when something succeeded after that. */
  #failingSinceMs = 0;
  #succeededMs = 0;
  #isTrying = false;
  #reportedMs = 0;
  /** Who waits for the attempt under way; as many as there are sends at most. */
  readonly #waiting = new Set<(outcome: Refused | undefined) => void>();
  /** Who waits for the next attempt of its own; as many as there are sends at most. */
  readonly #sleeping = new Set<Sleeper>();

  constructor(context: CircuitContext) {
    this.#context = context;
    const { metrics } = context;
    for (const state of STATES) {
      metrics.gauge(
        {
          name: 'genesis_exporter_circuit_state',
          help: 'Whether the destination is taken to work (closed) or not (open), or is being tried again (half_open): 1 for what holds.',
          labels: { state },
        },
        () => (this.state === state ? 1 : 0),
      );
    }
    metrics.gauge(
      {
        name: 'genesis_exporter_consecutive_failures',
        help: 'Attempts to send that failed since the last one that did not.',
      },
      () => this.#failures,
    );
  }

  get state(): CircuitState {
    if (!this.isOpen) return 'closed';
    return this.#isTrying ? 'half_open' : 'open';
  }

  get isOpen(): boolean {
    return this.#failures > 0 && this.#context.steadyNow() - this.#failingSinceMs >= OPEN_AFTER_MS;
  }

  /**
   * Resolves when an attempt may be made, or with the failure of another one that shows that it would be in vain. Who was
   * let through calls one of `succeeded`, `failed` and `skipped`.
   */
  async turn(abort: AbortSignal): Promise<Refused | undefined> {
    const untilMs = this.#context.steadyNow() + TURN_MAX_MS;
    while (this.isOpen && this.#isTrying && !abort.aborted) {
      const leftMs = untilMs - this.#context.steadyNow();
      if (leftMs <= 0) break;
      const failure = await this.#outcome(leftMs, abort);
      if (failure) return failure;
    }
    if (this.isOpen) this.#isTrying = true;
    return undefined;
  }

  /** The destination has answered for good. */
  succeeded(): void {
    this.#succeededMs = this.#context.steadyNow();
    if (this.#failures > 0) this.#close();
  }

  /** The attempt said nothing about the destination: it was given up, or never left the agent. */
  skipped(): void {
    this.#endTry(undefined);
  }

  /** `sinceMs`: when the attempt began, by `steadyNow`. `delayMs`: when this delivery tries again; undefined when it does not. */
  failed(failure: Refused, sinceMs: number, delayMs: number | undefined): void {
    const now = this.#context.steadyNow();
    if (this.#failures === 0) this.#failingSinceMs = Math.max(sinceMs, this.#succeededMs);
    this.#failures += 1;
    if (this.#failures === 1) {
      this.#context.log.warn(
        { error: failure.message, ...(delayMs === undefined ? {} : { retry_in_ms: Math.round(delayMs) }) },
        'Exporting failed; further failures of this kind are not logged until it recovers',
      );
    }
    if (this.#failures === 1 || now - this.#reportedMs >= REPORT_EVERY_MS) {
      this.#reportedMs = now;
      this.#context.status('RecoverableError', this.#reason(failure, delayMs, now));
    }
    // Who is told when to come again hears that for its own request: others may be welcome.
    this.#endTry(failure.retryAfterMs === undefined ? failure : undefined);
  }

  /** The wait before the next attempt; over at once when another one has succeeded, unless `failure` says when to come. */
  sleep(delayMs: number, failure: Refused, abort: AbortSignal): Promise<void> {
    if (abort.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        abort.removeEventListener('abort', wake);
        this.#sleeping.delete(sleeper);
        resolve();
      };
      const timer = setTimeout(wake, delayMs);
      abort.addEventListener('abort', wake, { once: true });
      const mayHurry = failure.retryAfterMs === undefined;
      const sleeper: Sleeper = { dueMs: this.#context.steadyNow() + delayMs, mayHurry, wake };
      this.#sleeping.add(sleeper);
    });
  }

  #outcome(maxMs: number, abort: AbortSignal): Promise<Refused | undefined> {
    return new Promise((resolve) => {
      const done = (outcome: Refused | undefined): void => {
        clearTimeout(timer);
        abort.removeEventListener('abort', gone);
        this.#waiting.delete(done);
        resolve(outcome);
      };
      const gone = (): void => done(undefined);
      const timer = setTimeout(gone, maxMs);
      abort.addEventListener('abort', gone, { once: true });
      this.#waiting.add(done);
    });
  }

  #endTry(outcome: Refused | undefined): void {
    this.#isTrying = false;
    for (const done of this.#waiting) done(outcome);
  }

  #close(): void {
    const wasOpen = this.isOpen;
    this.#context.log.info(
      { failures: this.#failures, failing_for_ms: Math.round(this.#context.steadyNow() - this.#failingSinceMs) },
      'Exporting works again',
    );
    this.#failures = 0;
    this.#context.status('OK');
    this.#endTry(undefined);
    if (wasOpen) for (const { mayHurry, wake } of this.#sleeping) if (mayHurry) wake();
  }

  #reason(failure: Refused, delayMs: number | undefined, nowMs: number): string {
    const times = this.#failures === 1 ? 'once' : `${this.#failures} times in a row`;
    let next = delayMs === undefined ? Infinity : nowMs + delayMs;
    for (const { dueMs } of this.#sleeping) next = Math.min(next, dueMs);
    const originUnixMs = this.#context.now() - nowMs;
    const when = next === Infinity ? '' : `; next attempt at ${clockTime(originUnixMs + next)}`;
    return `${failure.message} (failed ${times} since ${clockTime(originUnixMs + this.#failingSinceMs)}${when})`;
  }
}

/** To the second, in UTC. */
function clockTime(unixMs: number): string {
  return `${new Date(unixMs).toISOString().slice(0, 19)}Z`;
}
