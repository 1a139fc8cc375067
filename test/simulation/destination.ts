// A destination with moods: accepts, refuses, rejects all or a part, hangs, flaps, or takes data and never says so. It
// checks what it is sent.

import type { Batch } from '../../pipeline/batch.ts';
import { Refused, Rejected } from '../../pipeline/delivery.ts';
import type { Attempt, Destination } from '../../pipeline/sending/exporter.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { itemsOf } from './items.ts';
import { Violation, type Ledger } from './ledger.ts';
import type { Moods, Plan } from './plan.ts';

/** The exporter makes one attempt at a time once nothing has succeeded for so long (pipeline/sending/circuit.ts). */
const DEAD_AFTER_MS = 1_000;

export interface DestinationOptions {
  readonly name: string;
  readonly plan: Plan;
  readonly ledger: Ledger;
  readonly random: SeededRandom;
  readonly now: () => number;
  readonly note: (line: string) => void;
  /** Hears of violations: thrown they would be failures to try again. */
  readonly fail: (violation: Error) => void;
  /** Requests under way at most. */
  readonly parallel: number;
  readonly maxItems: number;
  /** Metadata that has to be there. */
  readonly keys: readonly string[];
  /** Which batches begin in the order in which they came: all of one group. Undefined where callers wait for room. */
  readonly orderedBy: ((batch: Batch) => string) | undefined;
}

export class MoodyDestination implements Destination {
  readonly #options: DestinationOptions;
  readonly #startedMs: number;
  /** When a refused request may come again. */
  readonly #notBefore = new Map<Batch, number>();
  readonly #lastBegun = new Map<string, number>();
  #lastDelivered = -1;
  /** When it last said that it took something. */
  #aliveMs: number;
  inFlight = 0;
  hasStopped = false;

  constructor(options: DestinationOptions) {
    this.#options = options;
    this.#startedMs = options.now();
    this.#aliveMs = options.now();
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    if (this.inFlight > 0) this.#options.fail(new Violation(`stopped with ${this.inFlight} requests under way`));
    this.hasStopped = true;
    return Promise.resolve();
  }

  mergeable(batch: Batch): boolean {
    return batch.signal !== 'profiles' && batch.wire === undefined;
  }

  mayShare(one: Batch, other: Batch): boolean {
    if (!this.#options.plan.tellsUsersApart) return true;
    return one.context.metadata.get('user')?.join() === other.context.metadata.get('user')?.join();
  }

  async send(batch: Batch, attempt: Attempt): Promise<void> {
    const { ledger, parallel, maxItems, keys, note, name } = this.#options;
    const items = itemsOf(batch);
    const mood = this.#mood();
    note(`${name} gets ${batch.signal} ${items.join()}: ${mood}`);
    this.inFlight += 1;
    try {
      if (this.hasStopped) throw new Violation('a request after the stop');
      if (this.inFlight > parallel) throw new Violation(`${this.inFlight} requests under way, more than ${parallel}`);
      ledger.checkRequest(batch, items, maxItems, keys);
      this.#checkOrder(batch, items);
      this.#checkDelay(batch);
      await this.#act(mood, batch, items, attempt);
      this.#aliveMs = this.#options.now();
      note(`${name} took ${items.join()}`);
    } catch (error) {
      if (error instanceof Violation) this.#options.fail(error);
      note(`${name} did not take ${items.join()}: ${String(error)}`);
      throw error;
    } finally {
      this.inFlight -= 1;
    }
  }

  #mood(): keyof Moods {
    const { plan, random, now } = this.#options;
    if (plan.flapMs > 0 && Math.floor((now() - this.#startedMs) / plan.flapMs) % 2 === 1) return 'refuse';
    let left = random.next() * Object.values(plan.moods).reduce((sum: number, weight: number) => sum + weight, 0);
    for (const [mood, weight] of Object.entries(plan.moods)) {
      left -= weight;
      // The keys of a `Moods` are those.
      if (left < 0) return mood as keyof Moods;
    }
    return 'refuse';
  }

  async #act(mood: keyof Moods, batch: Batch, items: readonly number[], attempt: Attempt): Promise<void> {
    const { random, plan, now } = this.#options;
    if (mood === 'takeAndHang') this.#take(items);
    await answerAfter(
      mood === 'hang' || mood === 'takeAndHang' ? undefined : random.between(1, plan.latencyMs),
      attempt,
    );
    switch (mood) {
      case 'accept':
        this.#take(items);
        return;
      case 'refuse':
        throw new Refused('busy');
      case 'refuseWithDelay': {
        const retryAfterMs = random.between(1, 300);
        this.#notBefore.set(batch, now() + retryAfterMs);
        throw new Refused('busy for a while', { retryAfterMs });
      }
      case 'reject':
        throw new Rejected('never', { count: items.length });
      case 'rejectPart': {
        const count = random.between(1, items.length);
        const from = random.below(items.length - count + 1);
        this.#take(items.filter((_, index) => index < from || index >= from + count));
        throw new Rejected('some of it never', { count });
      }
      default:
        throw new TypeError('a bug of the destination');
    }
  }

  #take(items: readonly number[]): void {
    const { ledger, parallel, orderedBy } = this.#options;
    if (parallel === 1 && orderedBy) {
      for (const item of items) {
        if (ledger.isDelivered(item)) continue;
        if (item < this.#lastDelivered) throw new Violation(`item ${item} arrived after ${this.#lastDelivered}`);
        this.#lastDelivered = item;
      }
    }
    ledger.delivered(items);
  }

  /** Whatever retries do afterwards, batches are tried for the first time in the order in which they came. */
  #checkOrder(batch: Batch, items: readonly number[]): void {
    const { ledger, orderedBy, now } = this.#options;
    const group = orderedBy?.(batch) ?? '';
    for (const submission of ledger.submissionsIn(items)) {
      if (submission.firstAttemptMs !== undefined) continue;
      submission.firstAttemptMs = now();
      // Who tries first at a destination that is taken for dead is chance.
      if (!orderedBy || now() - this.#aliveMs >= DEAD_AFTER_MS) continue;
      const last = this.#lastBegun.get(group) ?? -1;
      if (submission.number < last) throw new Violation(`batch ${submission.number} was begun after ${last}`);
      this.#lastBegun.set(group, submission.number);
    }
  }

  #checkDelay(batch: Batch): void {
    const notBefore = this.#notBefore.get(batch) ?? 0;
    if (this.#options.now() < notBefore) {
      throw new Violation(`came again ${notBefore - this.#options.now()} ms before the time that was asked for`);
    }
  }
}

/** Resolves after `ms`, never where undefined; fails when the attempt is cancelled. */
function answerAfter(ms: number | undefined, attempt: Attempt): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
    attempt.onCancel((reason) => {
      clearTimeout(timer);
      reject(reason);
    });
  });
}
