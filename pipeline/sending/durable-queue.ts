// The queue of an exporter with `sending_queue.storage`: a batch is answered once it is in the log on disk, and settled
// there once it is delivered or dropped. Sending itself is the memory queue's, which is given what the log gives out.

import type { Batch } from '../batch.ts';
import type { ComponentContext } from '../component.ts';
import { asDeliveryError, Refused, Rejected } from '../delivery.ts';
import { AgentError } from '../errors.ts';
import type { Signal } from '../signal.ts';
import { isStorage, storageName } from '../storage/storage.ts';
import type { Amount, DurableLog, LogHolder, LogRecord, Storage } from '../storage/storage.ts';
import type { BoundCounter, BoundHistogram } from '../telemetry.ts';
import { holdBatch, releaseBatch } from './held-batch.ts';
import { sizeOf, type QueueLimits, type SendQueue } from './send-queue.ts';

export interface DurableQueueOptions {
  readonly context: ComponentContext;
  /** The id of a storage extension, or a storage. */
  readonly storage: string | Storage;
  readonly limits: QueueLimits;
  /** Sends, and tells what became of each batch. */
  readonly sender: SendQueue;
  /** A batch could not be delivered and is not tried again. */
  lost(batch: Batch, error: Refused | Rejected): void;
}

interface Blocked {
  readonly batch: Batch;
  readonly resolve: (stored: Promise<void>) => void;
  readonly reject: (error: Refused) => void;
}

const SYNC_BUCKETS_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];
const STOPPING = 'the exporter is stopping';

/** Limits for a sender that stands behind a log: what is in it was counted and answered before. */
export function limitsBehindLog(limits: QueueLimits): QueueLimits {
  return { ...limits, capacity: Number.POSITIVE_INFINITY, blockOnOverflow: false, waitForResult: true };
}

export class DurableQueue implements LogHolder {
  readonly #options: DurableQueueOptions;
  readonly #blocked: Blocked[] = [];
  readonly #damagedSegments: BoundCounter;
  readonly #damagedItems: BoundCounter;
  readonly #syncSeconds: BoundHistogram;
  #log: DurableLog | undefined;
  /** Given by the log and neither settled nor returned. */
  #out = 0;
  #isStopping = false;
  /** While stopping: sends nothing further. */
  readonly #cut = new AbortController();
  #onIdle: (() => void) | undefined;

  constructor(options: DurableQueueOptions) {
    this.#options = options;
    const { metrics } = options.context;
    this.#damagedSegments = metrics.counter({
      name: 'otelcol_exporter_queue_damaged_segments',
      help: 'Files of the queue on disk in which something could not be read; they are kept aside.',
    });
    this.#damagedItems = metrics.counter({
      name: 'otelcol_exporter_queue_damaged_items',
      help: 'Items that were lost because the queue on disk was damaged.',
    });
    this.#syncSeconds = metrics.histogram({
      name: 'otelcol_exporter_queue_sync_duration_seconds',
      help: 'Time to write a group of batches to the disk and make it durable.',
      unit: 's',
      buckets: SYNC_BUCKETS_SECONDS,
    });
    metrics.gauge(
      { name: 'otelcol_exporter_queue_disk_bytes', help: 'Bytes of the queue on disk.', unit: 'By' },
      () => this.#log?.diskBytes ?? 0,
    );
  }

  /** Filled part of the capacity, in the queue's sizer; what is being sent counts. */
  get size(): number {
    return this.#log?.pending[this.#options.limits.sizer] ?? 0;
  }

  /** While this is so a failed delivery is for the next start. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  get sendsInFlight(): number {
    return this.#options.sender.sendsInFlight;
  }

  /** Fails with AgentError: STORAGE_MISSING, STORAGE_LOCKED or STORAGE_UNUSABLE. */
  async start(): Promise<void> {
    const { context } = this.#options;
    const log = await this.#storage().openLog(storageName(context.kind, context.id), this);
    this.#log = log;
    const { pending, possibleDuplicates: twice } = log;
    if (twice.items > 0) {
      context.metrics
        .counter({
          name: 'otelcol_exporter_queue_possible_duplicate_items',
          help: 'Items on disk after a crash that may have reached the destination before it.',
        })
        .add(twice.items);
    }
    if (pending.requests > 0 && !log.isShared) {
      context.log.info(
        { ...amountOf(pending), possible_duplicate_items: twice.items },
        'The queue on disk has data of the last run, which is sent first',
      );
    }
    log.start();
  }

  #storage(): Storage {
    const { context, storage } = this.#options;
    if (typeof storage !== 'string') return storage;
    const extension = context.extension(storage);
    if (isStorage(extension)) return extension;
    throw new AgentError(
      'STORAGE_MISSING',
      `sending_queue::storage names ${storage}, which is ${extension === undefined ? 'not running' : 'no storage'}`,
      {
        component: `${context.kind}:${context.id}`,
        mend: `configure ${storage} under extensions and list it in service::extensions`,
      },
    );
  }

  submit(batch: Batch): Promise<void> {
    const log = this.#log;
    if (!log || this.#isStopping) return Promise.reject(new Refused(STOPPING, { retryAfterMs: 1_000 }));
    const { limits } = this.#options;
    const size = sizeOf(batch, limits.sizer);
    // Nobody overtakes those who wait for room: a large batch would wait for ever.
    const isFree = this.#blocked.length === 0 && this.size + size <= limits.capacity;
    if (isFree) return this.#append(log, batch);
    if (size > limits.capacity) {
      return Promise.reject(
        new Rejected(`the batch (${size} ${limits.sizer}) is larger than the sending queue (${limits.capacity})`, {
          count: batch.items,
          kind: 'too_large',
        }),
      );
    }
    if (!limits.blockOnOverflow) return Promise.reject(new Refused('the sending queue is full'));
    return new Promise((resolve, reject) => {
      this.#blocked.push({ batch, resolve, reject });
    });
  }

  /** Refuses what waits for room in the queue. */
  refuseBlocked(): void {
    for (const blocked of this.#blocked.splice(0)) blocked.reject(new Refused(STOPPING, { retryAfterMs: 1_000 }));
  }

  /**
   * Sends what is in memory as long as that works and `deadline` allows; the rest stays on disk, for the successor of a
   * reload or for the next start. The caller sees to it that no delivery outlives the deadline by much.
   */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#isStopping = true;
    this.refuseBlocked();
    const log = this.#log;
    if (!log) return;
    log.pause();
    if (log.isShared || deadline.aborted) this.#cut.abort();
    else deadline.addEventListener('abort', () => this.#cut.abort(), { once: true });
    await this.#options.sender.stop(this.#cut.signal);
    if (this.#out > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    const { pending } = log;
    if (!log.isShared && pending.requests > 0) {
      this.#options.context.log.info(amountOf(pending), 'Data is left in the queue on disk; the next start sends it');
    }
    await log.release();
  }

  take(record: LogRecord): void {
    const { context, sender } = this.#options;
    this.#out += 1;
    holdBatch(context.admission, record.batch);
    sender.submit(record.batch).then(
      () => this.#done(record, true),
      (error: unknown) => this.#failed(record, asDeliveryError(error, record.batch.items)),
    );
  }

  synced(seconds: number): void {
    this.#syncSeconds.record(seconds);
  }

  damaged(file: string, lost: Amount, signal: Signal | undefined): void {
    const { context, storage } = this.#options;
    this.#damagedSegments.add(1);
    this.#damagedItems.add(lost.items);
    context.log.error(
      { file, lost_requests: lost.requests, lost_items: lost.items },
      'A file of the queue on disk is damaged; it is kept aside, and what can be read of it is sent',
    );
    this.#admitBlocked();
    if (lost.items === 0 || signal === undefined) return;
    context.drops.record(
      {
        component: `${context.kind}:${context.id}`,
        rule: 'damaged_on_disk',
        reason: typeof storage === 'string' ? `${file} in ${storage} is damaged` : `${file} is damaged`,
        signal,
        count: lost.items,
        intentional: false,
      },
      [],
    );
  }

  failing(reason: string | undefined): void {
    const { context } = this.#options;
    if (reason === undefined) {
      context.status('OK');
      context.log.info({}, 'Writing to the queue on disk works again');
      return;
    }
    context.status('RecoverableError', reason);
    context.log.error({ error: reason }, 'Writing to the queue on disk fails; data is refused until it works again');
  }

  #append(log: DurableLog, batch: Batch): Promise<void> {
    const stored = log.append(batch);
    if (!this.#options.limits.blockOnOverflow) return stored;
    return stored.catch((error: unknown) => {
      this.#admitBlocked();
      throw error;
    });
  }

  #failed(record: LogRecord, error: Refused | Rejected): void {
    if (this.#isStopping && error instanceof Refused) {
      // What fails now would fail for the others as well.
      this.#cut.abort();
      this.#done(record, false);
      return;
    }
    this.#options.lost(record.batch, error);
    this.#done(record, true);
  }

  #done(record: LogRecord, isSettled: boolean): void {
    releaseBatch(this.#options.context.admission, record.batch);
    this.#out -= 1;
    if (isSettled) {
      this.#log?.settle(record);
      this.#admitBlocked();
    }
    if (this.#out === 0) this.#onIdle?.();
  }

  #admitBlocked(): void {
    const { limits } = this.#options;
    for (let [next] = this.#blocked; next && this.#log; [next] = this.#blocked) {
      if (this.size + sizeOf(next.batch, limits.sizer) > limits.capacity) return;
      this.#blocked.shift();
      next.resolve(this.#append(this.#log, next.batch));
    }
  }
}

function amountOf({ requests, items, bytes }: Amount): object {
  return { requests, items, bytes };
}
