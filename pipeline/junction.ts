// The joints of the graph: every hand-over between components goes through one. They count what passes, know what is
// in flight, and can be pointed elsewhere while data flows, which is what makes a reload lossless.

import type { Batch } from './batch.ts';
import { asDeliveryError, Refused, Rejected, type Consumer } from './delivery.ts';
import type { DropLog } from './drops.ts';

/** What a node counts, read by the live view and the metrics. Items. */
export interface Flow {
  consumedItems: number;
  refusedItems: number;
  rejectedItems: number;
  inFlightBatches: number;
  inFlightBytes: number;
}

export function newFlow(): Flow {
  return { consumedItems: 0, refusedItems: 0, rejectedItems: 0, inFlightBatches: 0, inFlightBytes: 0 };
}

/** The entry of one component: counts what goes in and lets a stopping engine wait until nothing is inside. */
export class Entry implements Consumer {
  readonly flow: Flow = newFlow();
  readonly #consumer: Consumer;
  readonly #idle: (() => void)[] = [];

  constructor(consumer: Consumer) {
    this.#consumer = consumer;
  }

  async consume(batch: Batch): Promise<void> {
    const { flow } = this;
    flow.consumedItems += batch.items;
    flow.inFlightBatches += 1;
    flow.inFlightBytes += batch.bytes;
    try {
      await this.#consumer.consume(batch);
    } catch (error) {
      if (error instanceof Rejected) flow.rejectedItems += error.count;
      else flow.refusedItems += batch.items;
      throw error;
    } finally {
      flow.inFlightBytes -= batch.bytes;
      flow.inFlightBatches -= 1;
      if (flow.inFlightBatches === 0 && this.#idle.length > 0) for (const done of this.#idle.splice(0)) done();
    }
  }

  /** Resolves when no batch is inside, or when `deadline` aborts. */
  async idle(deadline: AbortSignal): Promise<void> {
    if (this.flow.inFlightBatches === 0 || deadline.aborted) return;
    await new Promise<void>((resolve) => {
      this.#idle.push(resolve);
      deadline.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}

/** A hand-over whose target the engine may change. */
export class Junction implements Consumer {
  #target: Consumer;

  constructor(target: Consumer = UNCONNECTED) {
    this.#target = target;
  }

  connect(target: Consumer): void {
    this.#target = target;
  }

  consume(batch: Batch): Promise<void> {
    return this.#target.consume(batch);
  }
}

const UNCONNECTED: Consumer = {
  consume: () => Promise.reject(new Refused('the agent is starting or stopping', { retryAfterMs: 1_000 })),
};

/** One of a fan-out's destinations. */
export interface Branch {
  /** Named in the drop record when this branch alone rejects, e.g. `pipeline:traces/backup`. */
  readonly name: string;
  readonly consumer: Consumer;
}

/**
 * Hands one batch to several consumers at the same time; the batch is immutable, so nobody copies. Every branch gets its
 * attempt whatever the others do. If any branch refuses, the whole is refused (the sender tries again: at least once,
 * so the others may see a duplicate). If some reject and the rest took it, the rejection is recorded as a drop of that
 * branch and the sender hears success: telling it otherwise would make it drop data that others have taken.
 */
export class FanOut implements Consumer {
  readonly #branches: readonly Branch[];
  readonly #drops: DropLog;

  constructor(branches: readonly Branch[], drops: DropLog) {
    this.#branches = branches;
    this.#drops = drops;
  }

  async consume(batch: Batch): Promise<void> {
    const results = await Promise.allSettled(this.#branches.map((branch) => branch.consumer.consume(batch)));
    let refused: Refused | undefined;
    const rejected: { branch: Branch; error: Rejected }[] = [];
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') continue;
      const error = asDeliveryError(result.reason, batch.items);
      const branch = this.#branches[index];
      if (error instanceof Refused) refused = longerDelay(refused, error);
      else if (branch) rejected.push({ branch, error });
    }
    if (refused) throw refused;
    const [first] = rejected;
    if (!first) return;
    if (rejected.length === results.length) throw first.error;
    for (const { branch, error } of rejected) {
      this.#drops.record(
        {
          component: branch.name,
          rule: 'rejected_by_branch',
          reason: error.message,
          signal: batch.signal,
          count: error.count,
          intentional: false,
        },
        batch,
      );
    }
  }
}

function longerDelay(one: Refused | undefined, other: Refused): Refused {
  return one && (one.retryAfterMs ?? 0) >= (other.retryAfterMs ?? 0) ? one : other;
}
