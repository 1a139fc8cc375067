// Drops what the rules say, in one walk per pass, and tells of everything it dropped.

import { viewItem, type ViewItem } from '../../ottl/views/item.ts';
import type { Batch } from '../../pipeline/batch.ts';
import type { ComponentContext, Processor } from '../../pipeline/component.ts';
import { Rejected, type Consumer } from '../../pipeline/delivery.ts';
import type { Signal } from '../../pipeline/signal.ts';
import { spliceBatch, type ChunkEditor } from '../../pipeline/splice-batch.ts';
import type { BoundCounter } from '../../pipeline/telemetry.ts';
import { RepeatedField } from '../../proto/otlp/message-view.ts';
import type { FilterConfig } from './config.ts';
import type { Rule } from './rule.ts';
import { passesOf, type Pass } from './rules.ts';
import { splicerOf } from './splicers.ts';

const COUNTERS: Readonly<Record<Signal, readonly [string, string]>> = {
  traces: ['spans', 'spans'],
  metrics: ['datapoints', 'metric data points'],
  logs: ['logs', 'logs'],
  profiles: ['profiles', 'profiles'],
};

export class FilterProcessor implements Processor {
  readonly #context: ComponentContext;
  readonly #signal: Signal;
  readonly #next: Consumer;
  readonly #editors: readonly ChunkEditor[];
  readonly #rules: readonly Rule[];
  /** Rules that drop span events, which are not items of their own. */
  readonly #eventRules: ReadonlySet<Rule>;
  readonly #filtered: BoundCounter;

  constructor(config: FilterConfig, context: ComponentContext, signal: Signal, next: Consumer) {
    this.#context = context;
    this.#signal = signal;
    this.#next = next;
    const passes: readonly Pass[] = passesOf(config, signal, { now: context.now, random: context.random });
    const view: ViewItem = viewItem();
    this.#editors = passes.map((pass) => splicerOf(signal, pass, view));
    this.#rules = passes.flatMap(({ resource, scope, item, child }) => [...resource, ...scope, ...item, ...child]);
    this.#eventRules = new Set(signal === 'traces' ? passes.flatMap(({ child }) => child) : []);
    const [name, words] = COUNTERS[signal];
    this.#filtered = context.metrics.counter({
      name: `otelcol_processor_filter_${name}_filtered`,
      help: `Number of ${words} dropped by the filter processor`,
      unit: '1',
      labels: { filter: context.id },
    });
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  /** Fails as the next component does; with Rejected where the batch is malformed, or a condition fails under `propagate`. */
  async consume(batch: Batch): Promise<void> {
    const filtered = this.#filter(batch);
    if (filtered !== batch && isEmpty(filtered)) return;
    await this.#next.consume(filtered);
  }

  /** Synchronous, so that the rules' tallies belong to one batch. */
  #filter(batch: Batch): Batch {
    for (const rule of this.#rules) rule.begin();
    let filtered = batch;
    for (const editor of this.#editors) filtered = spliceBatch(filtered, editor);
    this.#reportErrors(batch);
    if (filtered === batch) return batch;
    this.#filtered.add(batch.items - filtered.items);
    for (const rule of this.#rules) {
      if (rule.dropped === 0) continue;
      const what = this.#eventRules.has(rule) ? 'span events for which' : 'for these';
      this.#context.drops.record(
        {
          component: `processor:${this.#context.id}`,
          rule: rule.name,
          reason: `${what} ${rule.text}`,
          signal: this.#signal,
          count: rule.dropped,
          intentional: true,
        },
        [...rule.traceIds],
      );
    }
    return filtered;
  }

  #reportErrors(batch: Batch): void {
    for (const { error, errorMode, name } of this.#rules) {
      if (error === undefined || errorMode === 'silent') continue;
      if (errorMode === 'propagate') {
        throw new Rejected(`${name}: ${error.message}`, { count: batch.items, cause: error });
      }
      this.#context.log.warn({ rule: name, error: error.message }, 'A condition could not be evaluated');
    }
  }
}

/** Whether no resource is left; of profiles the dictionary always is. */
function isEmpty({ signal, chunks }: Batch): boolean {
  if (signal !== 'profiles') return chunks.length === 0;
  const resources = new RepeatedField();
  return chunks.every((chunk) => {
    resources.reset(chunk, 0, chunk.length, 1);
    return !resources.next();
  });
}
