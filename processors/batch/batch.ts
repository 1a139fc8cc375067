// Natural batching: data is handed on at once when nothing is on its way, and merged while something is. Nobody is
// answered before the next component has the data, so nothing acknowledged lives only here
// (docs/decisions/0003-batching.md says why the collector's way is not ours).

import type { Batch } from '../../pipeline/batch.ts';
import type { ComponentContext, Processor } from '../../pipeline/component.ts';
import { Refused, type Consumer } from '../../pipeline/delivery.ts';
import { SendQueue } from '../../pipeline/sending/send-queue.ts';
import type { BoundCounter, BoundHistogram } from '../../pipeline/telemetry.ts';
import type { BatchConfig } from './config.ts';

/** Batches on their way to the next component at most, per group. */
const PARALLEL = 16;

const ITEM_BUCKETS = [
  10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000, 10_000, 20_000,
  30_000, 50_000, 100_000,
];
const BYTE_BUCKETS = Array.from({ length: 18 }, (_, index) => 128 * 2 ** index);

export class BatchProcessor implements Processor {
  readonly #config: BatchConfig;
  readonly #context: ComponentContext;
  readonly #next: Consumer;
  readonly #keys: readonly string[];
  /** One queue per combination of the metadata keys' values. */
  readonly #groups = new Map<string, SendQueue>();
  readonly #sizes: BoundHistogram;
  readonly #bytes: BoundHistogram;
  readonly #sizeTriggers: BoundCounter;
  readonly #timeoutTriggers: BoundCounter;

  constructor(config: BatchConfig, context: ComponentContext, next: Consumer) {
    this.#config = config;
    this.#context = context;
    this.#next = next;
    this.#keys = config.metadata_keys.map((key) => key.toLowerCase());
    const { metrics } = context;
    this.#sizes = metrics.histogram({
      name: 'otelcol_processor_batch_batch_send_size',
      help: 'Number of units in the batch',
      unit: '{unit}',
      buckets: ITEM_BUCKETS,
    });
    this.#bytes = metrics.histogram({
      name: 'otelcol_processor_batch_batch_send_size_bytes',
      help: 'Number of bytes in batch that was sent. Only available on detailed level.',
      unit: 'By',
      level: 'detailed',
      buckets: BYTE_BUCKETS,
    });
    this.#sizeTriggers = metrics.counter({
      name: 'otelcol_processor_batch_batch_size_trigger_send',
      help: 'Number of times the batch was sent due to a size trigger',
      unit: '{time}',
    });
    this.#timeoutTriggers = metrics.counter({
      name: 'otelcol_processor_batch_timeout_trigger_send',
      help: 'Number of times the batch was sent without having reached its size',
      unit: '{time}',
    });
    metrics.gauge(
      {
        name: 'otelcol_processor_batch_metadata_cardinality',
        help: 'Number of distinct metadata value combinations being processed',
        unit: '{combination}',
      },
      () => this.#groups.size,
    );
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  consume(batch: Batch): Promise<void> {
    const key = this.#keys.length === 0 ? '' : this.#keyOf(batch);
    let group = this.#groups.get(key);
    if (!group) {
      const { metadata_cardinality_limit: limit } = this.#config;
      if (this.#keys.length > 0 && limit > 0 && this.#groups.size >= limit) {
        return Promise.reject(
          new Refused(
            `too many combinations of ${this.#keys.join(', ')}: the limit is ${limit}; raise metadata_cardinality_limit`,
          ),
        );
      }
      group = this.#newGroup();
      this.#groups.set(key, group);
    }
    return group.submit(batch);
  }

  async stop(deadline: AbortSignal): Promise<void> {
    await Promise.all([...this.#groups.values()].map((group) => group.stop(deadline)));
  }

  #newGroup(): SendQueue {
    const { send_batch_size: fullItems, send_batch_max_size: maxItems, timeout: maxWaitMs } = this.#config;
    return new SendQueue({
      parallel: PARALLEL,
      merge: { fullItems: maxWaitMs === 0 ? 0 : fullItems, maxItems, maxWaitMs, metadataKeys: this.#keys },
      // A profile's samples point into its own dictionary.
      mergeable: (batch) => batch.signal !== 'profiles',
      deliver: (batch) => this.#deliver(batch),
      // Every batch here has a caller who is told; nothing is lost or held without one.
      lost: () => undefined,
      partlyRejected: (batch, error) => {
        const component = `processor:${this.#context.id}`;
        const { signal } = batch;
        const drop = { component, rule: 'partly_rejected', reason: error.message, signal, count: error.count };
        this.#context.drops.record({ ...drop, intentional: false }, batch);
      },
      held: () => undefined,
    });
  }

  #deliver(batch: Batch): Promise<void> {
    this.#sizes.record(batch.items);
    this.#bytes.record(batch.bytes);
    (batch.items >= this.#config.send_batch_size ? this.#sizeTriggers : this.#timeoutTriggers).add(1);
    return this.#next.consume(batch);
  }

  #keyOf(batch: Batch): string {
    const { metadata } = batch.context;
    return JSON.stringify(this.#keys.map((key) => metadata.get(key) ?? []));
  }
}
