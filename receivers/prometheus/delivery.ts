// Hands on what was scraped, one batch per scrape, and accounts for what the pipeline does not take: nobody could send it again,
// and the next scrape says the same again.

import { batchOf, type Batch } from '../../pipeline/batch.ts';
import type { ComponentContext } from '../../pipeline/component.ts';
import { asDeliveryError, Rejected, type Consumer } from '../../pipeline/delivery.ts';
import type { ReceiverCounters } from '../../pipeline/telemetry.ts';

export class Delivery {
  readonly #context: ComponentContext;
  readonly #next: Consumer;
  readonly #counters: ReceiverCounters;

  constructor(context: ComponentContext, next: Consumer) {
    this.#context = context;
    this.#next = next;
    this.#counters = context.metrics.receiver('metrics', 'http');
  }

  /** Resolves when the pipeline has the data, or it is accounted for as lost. */
  async send(request: Uint8Array, points: number): Promise<void> {
    if (points === 0) return;
    const { admission } = this.#context;
    const batch = batchOf('metrics', request, points);
    admission.acquire(batch.bytes);
    try {
      await this.#next.consume(batch);
      this.#counters.accepted.add(points);
    } catch (error) {
      const failure = asDeliveryError(error, points);
      const isRejected = failure instanceof Rejected;
      const count = isRejected ? failure.count : points;
      this.#counters[isRejected ? 'failed' : 'refused'].add(count);
      this.#counters.accepted.add(points - count);
      this.#drop(isRejected ? 'rejected' : 'refused', failure.message, count, batch);
    } finally {
      admission.release(batch.bytes);
    }
  }

  /** A scrape for which there was no memory; `points` is what the last one of the target had. */
  leftOut(points: number): void {
    const count = Math.max(1, points);
    this.#counters.refused.add(count);
    this.#drop('no_memory', 'a page was not read, as there is no memory for more data in flight', count, []);
  }

  #drop(rule: string, reason: string, count: number, dropped: Batch | readonly string[]): void {
    const component = `receiver:${this.#context.id}`;
    this.#context.drops.record({ component, rule, reason, signal: 'metrics', count, intentional: false }, dropped);
  }
}
