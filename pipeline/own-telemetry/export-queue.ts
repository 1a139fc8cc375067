// What waits to leave the agent as its own telemetry: the `batch` and `simple` processors of logs and traces. Its size is
// bounded, and what does not fit or can not be sent is counted and given up.

import { untilAborted } from './metric-export.ts';
import type { OwnExporter, Running } from './running.ts';
import type { ProcessorSettings } from './settings.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_QUEUE = 2_048;
const DEFAULT_BATCH = 512;

export interface ExportQueueOptions<T> {
  readonly exporter: OwnExporter;
  readonly serialize: (items: T[]) => Uint8Array | undefined;
  readonly delayMs: number;
  readonly timeoutMs: number;
  /** Items waiting at most, and items of one export. */
  readonly queueSize: number;
  readonly batchSize: number;
  /** Told how many items were given up, and why. */
  readonly onLost: (count: number, error: unknown) => void;
}

/** The queue's part of a processor's settings; `simple` sends each item as it comes. */
export function queueLimits(
  { batch }: ProcessorSettings<unknown>,
  exporter: OwnExporter,
  defaultDelayMs: number,
): Pick<ExportQueueOptions<unknown>, 'delayMs' | 'timeoutMs' | 'queueSize' | 'batchSize'> {
  return {
    delayMs: batch ? (batch.schedule_delay ?? defaultDelayMs) : 0,
    timeoutMs: Math.min(exporter.timeoutMs, batch?.export_timeout ?? DEFAULT_TIMEOUT_MS),
    queueSize: batch?.max_queue_size ?? DEFAULT_QUEUE,
    batchSize: batch ? (batch.max_export_batch_size ?? DEFAULT_BATCH) : 1,
  };
}

export class ExportQueue<T> implements Running {
  readonly #options: ExportQueueOptions<T>;
  #waiting: T[] = [];
  #lost = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #stopped = false;

  constructor(options: ExportQueueOptions<T>) {
    this.#options = options;
  }

  add(item: T): void {
    if (this.#stopped) return;
    const { queueSize, batchSize, delayMs } = this.#options;
    if (this.#waiting.length >= queueSize) {
      this.#lost += 1;
      return;
    }
    this.#waiting.push(item);
    if (batchSize > 1 && this.#waiting.length >= batchSize && !this.#sending) void this.#drain();
    else this.#timer ??= setTimeout(() => void this.#drain(), delayMs).unref();
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await untilAborted(
      this.#drain().then(() => this.#options.exporter.close()),
      deadline,
    );
  }

  #drain(): Promise<void> {
    clearTimeout(this.#timer);
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
      this.#timer = undefined;
    });
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    const { batchSize, exporter, timeoutMs, serialize } = this.#options;
    while (this.#waiting.length > 0) {
      const items = this.#waiting.splice(0, batchSize);
      try {
        const body = serialize(items);
        if (body) await exporter.send(body, timeoutMs);
      } catch (error) {
        this.#lost += items.length + this.#waiting.length;
        this.#waiting = [];
        this.#report(error);
        return;
      }
    }
    if (this.#lost > 0) this.#report(new Error('the queue was full'));
  }

  #report(error: unknown): void {
    const lost = this.#lost;
    this.#lost = 0;
    this.#options.onLost(lost, error);
  }
}
