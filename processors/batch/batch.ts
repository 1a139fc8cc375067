// Natural batching: data is handed on at once when nothing is on its way, and merged while something is. Nobody is
// answered before the next component has the data, so nothing acknowledged lives only here
// (docs/decisions/0003-batching.md says why the collector's way is not ours).

import { NO_CLIENT, type Batch, type ClientContext } from '../../pipeline/batch.ts';
import type { ComponentContext, Processor } from '../../pipeline/component.ts';
import { Refused, type Consumer } from '../../pipeline/delivery.ts';
import { SendQueue } from '../../pipeline/sending/send-queue.ts';
import type { BoundCounter, BoundHistogram } from '../../pipeline/telemetry.ts';
import type { BatchConfig } from './config.ts';

/** Batches on their way to the next component at most, per group. */
const PARALLEL = 16;

/** Groups from which on idle ones are forgotten where the configuration sets no limit. */
const MANY_GROUPS = 1_000;

const ITEM_BUCKETS = [
  10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000, 10_000, 20_000,
  30_000, 50_000, 100_000,
];
const BYTE_BUCKETS = Array.from({ length: 18 }, (_, index) => 128 * 2 ** index);

/** Data that may be merged. */
interface Group {
  readonly queue: SendQueue;
  /**
   * The client of all that leaves: the metadata that the group has in common and nothing else, as in the collector. Whatever
   * a merged batch kept of one client would be said of the others' data as well.
   */
  readonly client: ClientContext;
}

export class BatchProcessor implements Processor {
  readonly #config: BatchConfig;
  readonly #context: ComponentContext;
  readonly #next: Consumer;
  readonly #keys: readonly string[];
  /** One per combination of the metadata keys' values. */
  readonly #groups = new Map<string, Group>();
  readonly #sizes: BoundHistogram;
  readonly #bytes: BoundHistogram;
  readonly #sizeTriggers: BoundCounter;
  readonly #timeoutTriggers: BoundCounter;
  #isStopping = false;

  constructor(config: BatchConfig, context: ComponentContext, next: Consumer) {
    this.#config = config;
    this.#context = context;
    this.#next = next;
    this.#keys = config.metadata_keys.map((key) => key.toLowerCase());
    const { metrics } = context;
    this.#sizes = metrics.histogram({
      name: 'otelcol_processor_batch_batch_send_size',
      help: 'Number of units in the batch [Development]',
      unit: '{unit}',
      buckets: ITEM_BUCKETS,
    });
    this.#bytes = metrics.histogram({
      name: 'otelcol_processor_batch_batch_send_size_bytes',
      help: 'Number of bytes in batch that was sent. Only available on detailed level. [Development]',
      unit: 'By',
      level: 'detailed',
      buckets: BYTE_BUCKETS,
    });
    this.#sizeTriggers = metrics.counter({
      name: 'otelcol_processor_batch_batch_size_trigger_send',
      help: 'Number of times the batch was sent due to a size trigger [Development]',
      unit: '{time}',
    });
    this.#timeoutTriggers = metrics.counter({
      name: 'otelcol_processor_batch_timeout_trigger_send',
      help: 'Number of times the batch was sent without having reached its size [Development]',
      unit: '{time}',
    });
    metrics.gauge(
      {
        name: 'otelcol_processor_batch_metadata_cardinality',
        help: 'Number of distinct metadata value combinations being processed [Development]',
        unit: '{combination}',
      },
      () => (this.#keys.length === 0 ? 1 : this.#groups.size),
    );
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  consume(batch: Batch): Promise<void> {
    if (this.#isStopping) return Promise.reject(new Refused('the batch processor is stopping'));
    const key = this.#keys.length === 0 ? '' : this.#keyOf(batch);
    const group = this.#groups.get(key) ?? this.#newGroup(key, batch);
    if (group instanceof Refused) return Promise.reject(group);
    const { client } = group;
    const { account } = batch.context;
    // Of one client's data a queue behind this one still knows whose it is.
    if (account) return group.queue.submit({ ...batch, context: { ...client, account } });
    return group.queue.submit(batch.context === client ? batch : { ...batch, context: client });
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#isStopping = true;
    await Promise.all([...this.#groups.values()].map(({ queue }) => queue.stop(deadline)));
  }

  /** A group for the metadata of this batch, or the reason why there can be none now. */
  #newGroup(key: string, { context }: Batch): Group | Refused {
    const { metadata_cardinality_limit: limit } = this.#config;
    if (this.#groups.size >= (limit || MANY_GROUPS)) this.#forgetIdleGroups();
    if (this.#keys.length > 0 && limit > 0 && this.#groups.size >= limit) {
      return new Refused(
        `too many combinations of ${this.#keys.join(', ')} at a time: the limit is ${limit}; raise metadata_cardinality_limit`,
      );
    }
    const metadata = new Map(this.#keys.map((name) => [name, context.metadata.get(name) ?? []]));
    const group = { queue: this.#newQueue(), client: metadata.size === 0 ? NO_CLIENT : { metadata } };
    this.#groups.set(key, group);
    return group;
  }

  /** Nothing is in them, so nothing is lost; the collector keeps them for ever and refuses data of new clients for good. */
  #forgetIdleGroups(): void {
    for (const [key, { queue }] of this.#groups) if (queue.isIdle) this.#groups.delete(key);
  }

  #newQueue(): SendQueue {
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
      released: () => undefined,
    });
  }

  async #deliver(batch: Batch): Promise<void> {
    await this.#next.consume(batch);
    this.#sizes.record(batch.items);
    this.#bytes.record(batch.bytes);
    (batch.items >= this.#config.send_batch_size ? this.#sizeTriggers : this.#timeoutTriggers).add(1);
  }

  #keyOf(batch: Batch): string {
    const { metadata } = batch.context;
    return JSON.stringify(this.#keys.map((key) => metadata.get(key) ?? []));
  }
}
