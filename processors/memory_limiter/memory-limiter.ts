// Measures memory on an interval and refuses data above the soft limit; above the hard limit it also forces
// collections, less and less often while they free little. Bytes in flight are bounded by admission before this
// (pipeline/admission.ts); this is the limit on everything else.

import type { Batch } from '../../pipeline/batch.ts';
import type { ComponentContext, Processor } from '../../pipeline/component.ts';
import { Refused, type Consumer } from '../../pipeline/delivery.ts';
import { ITEM_NAME, type Signal } from '../../pipeline/signal.ts';
import type { BoundCounter } from '../../pipeline/telemetry.ts';
import type { MemoryLimiterConfig } from './config.ts';
import { collectGarbage, limitBytesOf, usedBytes } from './memory.ts';

/** A collection that frees less than this share was not worth it. */
const EFFECTIVE_SHARE = 0.05;

export class MemoryLimiter implements Processor {
  readonly #config: MemoryLimiterConfig;
  readonly #context: ComponentContext;
  readonly #next: Consumer;
  readonly #accepted: BoundCounter;
  readonly #refused: BoundCounter;
  #hardBytes = Number.POSITIVE_INFINITY;
  #softBytes = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #refusing = false;
  #usedBytes = 0;
  #lastGcMs = 0;
  /** Added to the minimum interval while collections free little. */
  #backoffMs = 0;

  constructor(config: MemoryLimiterConfig, context: ComponentContext, signal: Signal, next: Consumer) {
    this.#config = config;
    this.#context = context;
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

  async start(): Promise<void> {
    const { hardBytes, softBytes } = await limitBytesOf(this.#config);
    this.#hardBytes = hardBytes;
    this.#softBytes = softBytes;
    this.#timer = setInterval(() => this.#check(), this.#config.check_interval).unref();
    this.#check();
  }

  stop(): Promise<void> {
    clearInterval(this.#timer);
    return Promise.resolve();
  }

  consume(batch: Batch): Promise<void> {
    if (!this.#refusing) {
      this.#accepted.add(batch.items);
      return this.#next.consume(batch);
    }
    this.#refused.add(batch.items);
    const used = Math.round(this.#usedBytes / 2 ** 20);
    const limit = Math.round(this.#softBytes / 2 ** 20);
    return Promise.reject(
      new Refused(`data refused due to high memory usage: ${used} MiB of ${limit} MiB`, {
        retryAfterMs: this.#config.check_interval,
      }),
    );
  }

  #check(): void {
    this.#usedBytes = usedBytes();
    if (this.#usedBytes > this.#softBytes) this.#collect();
    const refusing = this.#usedBytes > this.#softBytes;
    if (refusing !== this.#refusing) {
      const fields = {
        used_mib: Math.round(this.#usedBytes / 2 ** 20),
        limit_mib: Math.round(this.#softBytes / 2 ** 20),
      };
      if (refusing) this.#context.log.warn(fields, 'Memory usage is above the soft limit. Refusing data.');
      else this.#context.log.info(fields, 'Memory usage back within limits. Resuming normal operation.');
      this.#context.status(
        refusing ? 'RecoverableError' : 'OK',
        refusing ? 'memory usage is above the soft limit' : undefined,
      );
    }
    this.#refusing = refusing;
  }

  #collect(): void {
    const isHard = this.#usedBytes > this.#hardBytes;
    const least = isHard
      ? this.#config.min_gc_interval_when_hard_limited
      : this.#config.min_gc_interval_when_soft_limited;
    const most = isHard
      ? this.#config.max_gc_interval_when_hard_limited
      : this.#config.max_gc_interval_when_soft_limited;
    const now = this.#context.now();
    if (now - this.#lastGcMs < Math.max(least, Math.min(this.#backoffMs, most))) return;
    const before = this.#usedBytes;
    collectGarbage();
    this.#lastGcMs = now;
    this.#usedBytes = usedBytes();
    const isEffective = before - this.#usedBytes >= before * EFFECTIVE_SHARE;
    this.#backoffMs = isEffective ? 0 : Math.max(2 * this.#backoffMs, least, this.#config.check_interval);
  }
}
