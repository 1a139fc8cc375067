// Refuses data while the agent uses too much memory. Bytes in flight are bounded by admission before this
// (pipeline/admission.ts); this is the limit on everything else.

import type { Batch } from '../../pipeline/batch.ts';
import type { ComponentContext, Processor } from '../../pipeline/component.ts';
import { Refused, type Consumer } from '../../pipeline/delivery.ts';
import { ITEM_NAME, type Signal } from '../../pipeline/signal.ts';
import type { BoundCounter } from '../../pipeline/telemetry.ts';
import type { MemoryLimiterConfig } from './config.ts';
import { memoryWatchOf, type MemoryWatch, type Watcher } from './memory-watch.ts';

export class MemoryLimiter implements Processor, Watcher {
  readonly context: ComponentContext;
  readonly #watch: MemoryWatch;
  readonly #retryAfterMs: number;
  readonly #next: Consumer;
  readonly #accepted: BoundCounter;
  readonly #refused: BoundCounter;

  constructor(config: MemoryLimiterConfig, context: ComponentContext, signal: Signal, next: Consumer) {
    this.context = context;
    this.#watch = memoryWatchOf(config);
    this.#retryAfterMs = config.check_interval;
    this.#next = next;
    const items = ITEM_NAME[signal];
    const words = items.replaceAll('_', ' ');
    this.#accepted = context.metrics.counter({
      name: `otelcol_processor_memory_limiter_accepted_${items}`,
      help: `Number of ${words} successfully pushed into the next component in the pipeline. [Alpha]`,
    });
    this.#refused = context.metrics.counter({
      name: `otelcol_processor_memory_limiter_refused_${items}`,
      help: `Number of ${words} that were rejected by the next component in the pipeline. [Alpha]`,
    });
  }

  start(): Promise<void> {
    this.#watch.begin(this);
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#watch.end(this);
    return Promise.resolve();
  }

  consume(batch: Batch): Promise<void> {
    const watch = this.#watch;
    if (!watch.isRefusing) {
      this.#accepted.add(batch.items);
      return this.#next.consume(batch);
    }
    this.#refused.add(batch.items);
    return Promise.reject(
      new Refused(`data refused due to high memory usage: ${watch.usedMib} MiB of ${watch.softMib} MiB`, {
        retryAfterMs: this.#retryAfterMs,
      }),
    );
  }

  refusingChanged(isRefusing: boolean): void {
    if (isRefusing) this.context.status('RecoverableError', 'memory usage is above the soft limit');
    else this.context.status('OK');
  }
}
