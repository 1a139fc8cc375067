// The memory queue of an exporter. It also serves exporters without a queue: then every caller waits for its own data's
// result. What waits while sends are under way goes out merged in one request, because concatenated OTLP is OTLP.

import { withChunks, type Batch } from '../batch.ts';
import { splitChunks } from '../../proto/otlp/split.ts';
import { asDeliveryError, Refused, Rejected } from '../delivery.ts';
import { mergeBatches } from './merge-batches.ts';

/** A merged request is at most this large, so that one send neither blocks the loop nor meets a size limit. */
const MERGE_MAX_BYTES = 1 << 20;
/** Up to this many sends start at once even for small batches; more only when a full request is waiting. */
const EAGER_SENDS = 2;

/** How what waits is merged while earlier data is on its way. */
export interface MergeRules {
  /** Send without waiting for earlier sends once so many items wait. */
  readonly fullItems: number;
  /** Items of one request at most; a larger batch is split. 0: no limit. */
  readonly maxItems: number;
  /** Send after this long whatever is on its way, in ms. */
  readonly maxWaitMs: number;
  /** Lower-case names of request metadata that keep data apart. */
  readonly metadataKeys: readonly string[];
}

export type Sizer = 'requests' | 'items' | 'bytes';

/** `sending_queue.batch`. */
export interface BatchLimits {
  readonly minSize: number;
  /** 0: no limit. */
  readonly maxSize: number;
  readonly sizer: Sizer;
  readonly flushTimeoutMs: number;
  /** Lower-case names of request metadata that keep data apart. */
  readonly metadataKeys: readonly string[];
}

export interface QueueLimits {
  readonly capacity: number;
  readonly sizer: Sizer;
  /** When full: wait for room instead of refusing. */
  readonly blockOnOverflow: boolean;
  /** Resolve only when the destination has taken the data. */
  readonly waitForResult: boolean;
  /** Wait for more before sending; undefined sends what is there. */
  readonly batch?: BatchLimits;
}

export interface SendQueueOptions {
  /** Sends under way at most. */
  readonly parallel: number;
  /** Undefined: no queue, callers wait for the result. */
  readonly queue?: QueueLimits;
  /** Undefined: as much as fits one request, as soon as an earlier one is through. */
  readonly merge?: MergeRules;
  /** Whether batches of different callers may share a request. */
  mergeable(batch: Batch): boolean;
  /** Whether the clients of two batches look the same to the destination; yes where absent. */
  mayShare?(one: Batch, other: Batch): boolean;
  /** Delivers with retries. Rejects with Refused or Rejected. */
  deliver(batch: Batch): Promise<void>;
  /** Nobody waits for this batch any more and it could not be delivered. */
  lost(batch: Batch, error: Refused | Rejected): void;
  /** A merged request was partly rejected: nobody can say whose items they were. */
  partlyRejected(batch: Batch, error: Rejected): void;
  /** A batch enters the queue's care, and its caller is answered… */
  held(batch: Batch): void;
  /** …and leaves it. */
  released(batch: Batch): void;
}

interface Waiting {
  readonly batch: Batch;
  readonly resolve: (() => void) | undefined;
  readonly reject: ((error: Refused | Rejected) => void) | undefined;
}

interface Blocked {
  readonly batch: Batch;
  readonly admit: () => void;
  readonly reject: (error: Refused) => void;
}

export class SendQueue {
  readonly #options: SendQueueOptions;
  /** Entries from `#head` on are waiting; the array is compacted now and then. */
  #waiting: Waiting[] = [];
  #head = 0;
  #waitingBytes = 0;
  #size = 0;
  #batchSize = 0;
  #waitingItems = 0;
  #sends = 0;
  #stopping = false;
  #flushTimer: NodeJS.Timeout | undefined;
  /** So many entries, the first ones, have waited long enough: they go as soon as a send is free. */
  #due = 0;
  /** What arrives in one turn of the event loop, from however many connections, goes out in one request. */
  #nextPump: NodeJS.Immediate | undefined;
  readonly #blocked: Blocked[] = [];
  readonly #idle: (() => void)[] = [];

  constructor(options: SendQueueOptions) {
    this.#options = options;
  }

  /** Filled part of the capacity, in the queue's sizer; entries being sent count, as in the collector. */
  get size(): number {
    return this.#size;
  }

  get sendsInFlight(): number {
    return this.#sends;
  }

  /** Whether nothing waits and nothing is on its way. */
  get isIdle(): boolean {
    return this.#sends === 0 && this.#waiting.length === this.#head;
  }

  submit(batch: Batch): Promise<void> {
    if (this.#stopping) return Promise.reject(new Refused('the exporter is stopping', { retryAfterMs: 1_000 }));
    const { queue } = this.#options;
    if (!queue) return this.#enqueueAndWait(batch);
    const size = sizeOf(batch, queue.sizer);
    // Nobody overtakes those who wait for room: a large batch would wait for ever.
    if (this.#size + size > queue.capacity || this.#blocked.length > 0) {
      if (size > queue.capacity) {
        return Promise.reject(
          new Rejected(`the batch (${size} ${queue.sizer}) is larger than the sending queue (${queue.capacity})`, {
            count: batch.items,
            kind: 'too_large',
          }),
        );
      }
      // There is no room for what a batch would wait for.
      if (queue.batch) this.#flush();
      if (!queue.blockOnOverflow) return Promise.reject(new Refused('the sending queue is full'));
      return new Promise((resolve, reject) => {
        this.#blocked.push({ batch, admit: () => resolve(this.#accept(batch, size, queue)), reject });
      });
    }
    return this.#accept(batch, size, queue);
  }

  /** Drains until `deadline` aborts; afterwards `drainLeft` gives up the rest. New batches are refused from here on. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping = true;
    this.refuseBlocked();
    this.#pump();
    if (!this.isIdle) {
      await new Promise<void>((resolve) => {
        this.#idle.push(resolve);
        if (deadline.aborted) resolve();
        else deadline.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    clearTimeout(this.#flushTimer);
    clearImmediate(this.#nextPump);
    this.#giveUpWaiting();
  }

  /** Resolves when no send is under way. */
  async sendsSettled(): Promise<void> {
    if (this.#sends > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Refuses what waits for room in the queue. */
  refuseBlocked(): void {
    for (const blocked of this.#blocked.splice(0)) {
      blocked.reject(new Refused('the exporter is stopping', { retryAfterMs: 1_000 }));
    }
  }

  #accept(batch: Batch, size: number, queue: QueueLimits): Promise<void> {
    this.#size += size;
    if (queue.batch) this.#batchSize += sizeOf(batch, queue.batch.sizer);
    if (queue.waitForResult) return this.#enqueueAndWait(batch);
    this.#options.held(batch);
    this.#enqueue({ batch, resolve: undefined, reject: undefined });
    return Promise.resolve();
  }

  #enqueueAndWait(batch: Batch): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#enqueue({ batch, resolve, reject });
    });
  }

  #enqueue(entry: Waiting): void {
    this.#waiting.push(entry);
    this.#waitingBytes += entry.batch.bytes;
    this.#waitingItems += entry.batch.items;
    this.#nextPump ??= setImmediate(() => {
      this.#nextPump = undefined;
      this.#pump();
    });
  }

  #pump(): void {
    const { parallel, queue, merge } = this.#options;
    while (this.#waiting.length > this.#head && this.#sends < parallel && this.#isWorthASend()) {
      this.#send(this.#take());
    }
    const maxWaitMs = queue?.batch?.flushTimeoutMs ?? merge?.maxWaitMs;
    if (maxWaitMs === undefined || this.#waiting.length - this.#head === this.#due) return;
    this.#flushTimer ??= setTimeout(() => this.#flush(), maxWaitMs);
  }

  /** Whether two batches may go out in one request: nobody downstream could tell their clients apart. */
  #mayShare(first: Batch, other: Batch): boolean {
    if (first.signal !== other.signal || !this.#options.mergeable(other)) return false;
    if (first.context === other.context) return true;
    if (this.#options.mayShare?.(first, other) === false) return false;
    const keys = this.#options.merge?.metadataKeys ?? this.#options.queue?.batch?.metadataKeys;
    if (!keys) return first.context.metadata.size === 0 && other.context.metadata.size === 0;
    return keys.every((key) => {
      const values = first.context.metadata.get(key) ?? [];
      const others = other.context.metadata.get(key) ?? [];
      return values.length === others.length && values.every((value, index) => value === others[index]);
    });
  }

  /** A full request waits, or one that nothing can be merged with, or data that is due; or few sends are under way. */
  #isWorthASend(): boolean {
    if (this.#due > 0 || this.#stopping) return true;
    const { merge, queue } = this.#options;
    if (queue?.batch) return this.#batchSize >= queue.batch.minSize;
    if (this.#sends < EAGER_SENDS || this.#waitingBytes >= MERGE_MAX_BYTES) return true;
    return (merge !== undefined && this.#waitingItems >= merge.fullItems) || this.#nextStandsAlone();
  }

  /** Whatever waits now goes, however little it is. */
  #flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    this.#due = this.#waiting.length - this.#head;
    this.#pump();
  }

  #nextStandsAlone(): boolean {
    const next = this.#waiting[this.#head];
    return next !== undefined && !this.#options.mergeable(next.batch);
  }

  /** The next request's entries: one, or as many as may be merged. */
  #take(): Waiting[] {
    const { queue, merge } = this.#options;
    const maxSize = queue?.batch?.maxSize ?? 0;
    const maxItems = merge?.maxItems ?? 0;
    let items = 0;
    const taken: Waiting[] = [];
    let bytes = 0;
    let size = 0;
    let first: Batch | undefined;
    while (this.#head < this.#waiting.length) {
      const entry = this.#waiting[this.#head];
      if (!entry) break;
      const { batch } = entry;
      if (first) {
        if (bytes + batch.bytes > MERGE_MAX_BYTES || !this.#mayShare(first, batch)) break;
        if (maxItems > 0 && items + batch.items > maxItems) break;
        if (maxSize > 0 && queue?.batch && size + sizeOf(batch, queue.batch.sizer) > maxSize) break;
      }
      first ??= batch;
      bytes += batch.bytes;
      items += batch.items;
      if (queue?.batch) {
        const batchSize = sizeOf(batch, queue.batch.sizer);
        size += batchSize;
        this.#batchSize -= batchSize;
      }
      taken.push(entry);
      this.#head += 1;
      if (!this.#options.mergeable(first)) break;
    }
    this.#waitingBytes -= bytes;
    this.#waitingItems -= items;
    this.#due = Math.max(0, this.#due - taken.length);
    if (this.#head === this.#waiting.length) {
      this.#waiting = [];
      this.#head = 0;
      clearTimeout(this.#flushTimer);
      this.#flushTimer = undefined;
    } else if (this.#head > 1024) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }

  /** `deliver` owns the retries; this owns the answers. It never rejects: every path settles the entries. */
  #send(entries: readonly Waiting[]): void {
    this.#sends += 1;
    void this.#sendAndSettle(entries).finally(() => {
      this.#sends -= 1;
      this.#admitBlocked();
      this.#pump();
      if (this.isIdle) for (const done of this.#idle.splice(0)) done();
    });
  }

  async #sendAndSettle(entries: readonly Waiting[]): Promise<void> {
    const [first] = entries;
    if (!first) return;
    const merged = entries.length === 1 ? first.batch : mergeBatches(entries.map(({ batch }) => batch));
    try {
      const parts = this.#partsOf(merged);
      if (parts.length === 1) await this.#options.deliver(merged);
      else if (first.resolve) await this.#deliverParts(parts);
      else await this.#deliverPartsAlone(parts);
    } catch (error) {
      const failure = asDeliveryError(error, merged.items);
      if (entries.length > 1 && failure instanceof Rejected) {
        if (failure.count >= merged.items) {
          // One bad batch must not cost the others: each gets its own verdict.
          for (const entry of entries) await this.#sendAndSettle([entry]);
          return;
        }
        this.#options.partlyRejected(merged, failure);
        for (const entry of entries) this.#settle(entry, undefined);
        return;
      }
      for (const entry of entries) this.#settle(entry, failure);
      return;
    }
    for (const entry of entries) this.#settle(entry, undefined);
  }

  /**
   * A rejected part costs no other one: the error counts what all of them lost. After a refused part the rest is not
   * tried, and the whole batch comes again, with what was taken of it: at least once.
   */
  async #deliverParts(parts: readonly Batch[]): Promise<void> {
    let first: Rejected | undefined;
    let count = 0;
    for (const part of parts) {
      try {
        await this.#options.deliver(part);
      } catch (error) {
        const failure = asDeliveryError(error, part.items);
        if (failure instanceof Refused) throw failure;
        first ??= failure;
        count += failure.count;
      }
    }
    if (first) throw new Rejected(first.message, { count, kind: first.kind, cause: first });
  }

  /** Nobody waits for them: each part is lost or not by itself. */
  async #deliverPartsAlone(parts: readonly Batch[]): Promise<void> {
    for (const part of parts) {
      try {
        await this.#options.deliver(part);
      } catch (error) {
        this.#options.lost(part, asDeliveryError(error, part.items));
      }
    }
  }

  /** Only a single batch can be larger than a request may be: merging stops before that. */
  #partsOf(batch: Batch): readonly Batch[] {
    const { merge, queue } = this.#options;
    const maxItems = merge?.maxItems ?? (queue?.batch?.sizer === 'items' ? queue.batch.maxSize : 0);
    if (maxItems === 0 || batch.items <= maxItems || batch.signal === 'profiles') return [batch];
    const parts = splitChunks(batch.signal, batch.chunks, maxItems);
    return parts.map(({ chunks, items }) => withChunks(batch, chunks, items));
  }

  #settle(entry: Waiting, error: Refused | Rejected | undefined): void {
    const { queue } = this.#options;
    if (queue) this.#size -= sizeOf(entry.batch, queue.sizer);
    if (entry.resolve) {
      if (error) entry.reject?.(error);
      else entry.resolve();
      return;
    }
    this.#options.released(entry.batch);
    if (error) this.#options.lost(entry.batch, error);
  }

  #admitBlocked(): void {
    const { queue } = this.#options;
    if (!queue) return;
    while (this.#blocked.length > 0) {
      const [next] = this.#blocked;
      if (!next) return;
      if (this.#size + sizeOf(next.batch, queue.sizer) > queue.capacity) {
        if (queue.batch) this.#due = this.#waiting.length - this.#head;
        return;
      }
      this.#blocked.shift();
      next.admit();
    }
  }

  #giveUpWaiting(): void {
    const left = this.#waiting.slice(this.#head);
    this.#waiting = [];
    this.#head = 0;
    const error = new Refused('the agent stopped before the data could be sent');
    for (const entry of left) this.#settle(entry, error);
    for (const done of this.#idle.splice(0)) done();
  }
}

/** A batch's part of a queue's capacity. */
export function sizeOf(batch: Batch, sizer: Sizer): number {
  if (sizer === 'requests') return 1;
  return sizer === 'items' ? batch.items : batch.bytes;
}
