// What every exporter that talks to a destination shares: timeout, retry, queue, accounting. A component brings only
// `send`, one attempt to deliver one batch.

import type { Batch } from '../batch.ts';
import type { ComponentContext, Exporter } from '../component.ts';
import { asDeliveryError, Refused, Rejected } from '../delivery.ts';
import { ITEM_NAME, type Signal } from '../signal.ts';
import type { Span } from '../spans.ts';
import type { Storage } from '../storage/storage.ts';
import type { BoundCounter } from '../telemetry.ts';
import { nextDelayMs, type RetrySettings } from './backoff.ts';
import { Circuit } from './circuit.ts';
import { holdBatch, releaseBatch } from './held-batch.ts';
import { DurableQueue, limitsBehindLog } from './durable-queue.ts';
import { SendQueue, type QueueLimits } from './send-queue.ts';
import { endDelivery, noteRetry, SendSpans } from './send-spans.ts';

/** The settings of `timeout`, `retry_on_failure` and `sending_queue`, in the engine's units. */
export interface SendingSettings {
  /** Of one attempt; 0 means none. */
  readonly timeoutMs: number;
  readonly retry: RetrySettings;
  /** Undefined when the queue is off. */
  readonly queue?: QueueLimits & {
    readonly consumers: number;
    /** What keeps the queue on disk: the id of a storage extension, or a storage of the exporter's own. */
    readonly storage?: string | Storage;
  };
  /** Sends under way at most where there is no queue whose `consumers` say so. */
  readonly parallelWithoutQueue?: number;
}

/** One attempt to send. A plain object rather than an AbortSignal, whose listeners cost more than a small send. */
export class Attempt {
  /** The span of the delivery this attempt belongs to, while such are recorded. */
  readonly span: Span | undefined;
  #cancelled: Refused | undefined;
  #onCancel: ((reason: Refused) => void) | undefined;

  constructor(span?: Span) {
    this.span = span;
  }

  /** `listener` hears of a cancellation at once, even of one in the past. */
  onCancel(listener: (reason: Refused) => void): void {
    this.#onCancel = listener;
    if (this.#cancelled) listener(this.#cancelled);
  }

  /** What comes of the work, or the cancellation where that comes first. */
  race<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.onCancel(reject);
      work.then(resolve, reject);
    });
  }

  cancel(reason: Refused): void {
    if (this.#cancelled) return;
    this.#cancelled = reason;
    this.#onCancel?.(reason);
  }
}

/** A destination: what one exporter component implements. */
export interface Destination {
  start(): Promise<void>;
  /**
   * One attempt. Resolves when the destination has taken the batch; fails with Refused (may be retried) or Rejected.
   * `attempt` is cancelled when the timeout has passed or the agent stops waiting.
   */
  send(batch: Batch, attempt: Attempt): Promise<void>;
  /** Called after the last `send` has settled. */
  stop(): Promise<void>;
  refresh?(): Promise<void>;
  /** Whether batches from different callers may go out in one request. */
  mergeable(batch: Batch): boolean;
  /** Whether two mergeable batches may share one, as far as the destination can tell them apart; yes where absent. */
  mayShare?(one: Batch, other: Batch): boolean;
}

/** Deliveries that began in the same stretch of time and are given up together. */
class Round {
  readonly attempts = new Set<Attempt>();
  readonly #abort = new AbortController();

  /** Aborts when nobody waits for these deliveries any more: no more retries. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** What is on its way may arrive; what fails is not tried again. */
  endRetries(): void {
    this.#abort.abort();
  }

  giveUp(): void {
    this.#abort.abort();
    for (const attempt of this.attempts) attempt.cancel(STOPPED);
  }
}

const STOPPED = new Refused('the agent stopped waiting for the destination');

/** Unless the settings say otherwise. */
const PARALLEL_WITHOUT_QUEUE = 64;

interface SentCounters {
  readonly sent: BoundCounter;
  readonly failed: BoundCounter;
  readonly notEnqueued: BoundCounter;
}

export function sendingExporter(
  context: ComponentContext,
  settings: SendingSettings,
  destination: Destination,
): Exporter {
  return new SendingExporter(context, settings, destination);
}

class SendingExporter implements Exporter {
  readonly #context: ComponentContext;
  readonly #settings: SendingSettings;
  readonly #destination: Destination;
  readonly #queue: SendQueue | DurableQueue;
  readonly #sender: SendQueue;
  /** The queue, where it is on disk. */
  readonly #durable: DurableQueue | undefined;
  readonly #counters: Partial<Record<Signal, SentCounters>> = {};
  readonly #spans: SendSpans | undefined;
  readonly #circuit: Circuit;
  #round = new Round();
  /** The round before, once callers are gone. */
  #lastRound: Round | undefined;

  constructor(context: ComponentContext, settings: SendingSettings, destination: Destination) {
    this.#context = context;
    this.#settings = settings;
    this.#destination = destination;
    const { queue } = settings;
    this.#spans = context.spans && new SendSpans(context.spans, context.id);
    this.#circuit = new Circuit(context);
    const storage = queue?.storage;
    const sender = new SendQueue({
      parallel: queue?.consumers ?? settings.parallelWithoutQueue ?? PARALLEL_WITHOUT_QUEUE,
      ...(queue ? { queue: storage === undefined ? queue : limitsBehindLog(queue) } : {}),
      mergeable: (batch) => destination.mergeable(batch),
      ...(destination.mayShare ? { mayShare: (one, other) => destination.mayShare?.(one, other) ?? true } : {}),
      deliver: (batch) => this.#deliver(batch),
      lost: (batch, error) => this.#lost(batch, error),
      partlyRejected: (batch, error) => this.#drop(batch, 'partial_success', error.message, error.count),
      held: (batch) => holdBatch(context.admission, batch),
      released: (batch) => releaseBatch(context.admission, batch),
    });
    if (queue && storage !== undefined) {
      const lost = (batch: Batch, error: Refused | Rejected): void => this.#lost(batch, error);
      this.#durable = new DurableQueue({ context, storage, limits: queue, sender, lost });
    }
    this.#queue = this.#durable ?? sender;
    this.#sender = sender;
    if (queue) {
      const { metrics } = context;
      metrics.gauge(
        { name: 'otelcol_exporter_queue_size', help: 'Current size of the sending queue.' },
        () => this.#queue.size,
      );
      metrics.gauge(
        { name: 'otelcol_exporter_queue_capacity', help: 'Fixed capacity of the sending queue.' },
        () => queue.capacity,
      );
    }
    context.metrics.gauge(
      { name: 'otelcol_exporter_in_flight_requests', help: 'Requests to the destination under way.' },
      () => this.#queue.sendsInFlight,
    );
  }

  async start(): Promise<void> {
    await this.#destination.start();
    await this.#durable?.start();
  }

  async refresh(): Promise<void> {
    await this.#destination.refresh?.();
  }

  async consume(batch: Batch): Promise<void> {
    if (batch.items === 0) return;
    try {
      if (this.#spans && this.#settings.queue) await this.#spans.enqueue(batch, (inside) => this.#queue.submit(inside));
      else await this.#queue.submit(batch);
    } catch (error) {
      if (this.#settings.queue && !this.#settings.queue.waitForResult) {
        this.#countersOf(batch.signal).notEnqueued.add(batch.items);
      }
      throw error;
    }
  }

  async stop(deadline: AbortSignal): Promise<void> {
    const cut = (): void => {
      this.#lastRound?.giveUp();
      this.#round.giveUp();
    };
    // First of all: a deadline that is over already is to cut what begins from here on as well.
    if (this.#durable) this.#endRetries();
    if (deadline.aborted) cut();
    else deadline.addEventListener('abort', cut, { once: true });
    await this.#queue.stop(deadline);
    // What the deadline has cut answers at once.
    await this.#sender.sendsSettled();
    deadline.removeEventListener('abort', cut);
    await this.#destination.stop();
  }

  /** What is on disk is safe there: a destination that fails is the next start's concern. */
  #endRetries(): void {
    this.#round.endRetries();
    this.#lastRound = this.#round;
    this.#round = new Round();
  }

  /** What is on its way has until the next call, so that a destination that works gets even this. */
  giveUpUnacknowledged(): void {
    const { queue } = this.#settings;
    this.#queue.refuseBlocked();
    if (queue && !queue.waitForResult) return;
    this.#lastRound?.giveUp();
    this.#lastRound = this.#round;
    this.#round = new Round();
  }

  /** Attempts until the destination answers for good or the retry settings say enough. */
  async #deliver(batch: Batch): Promise<void> {
    const { retry } = this.#settings;
    const round = this.#round;
    const started = this.#context.steadyNow();
    const span = this.#spans?.deliver(batch);
    for (let attempt = 0; ; attempt += 1) {
      if (span && retry.enabled) span.event('Sending request.', { retry_num: attempt });
      // Where nobody tries again here, the sender does, and is to hear what the destination says.
      const vain = retry.enabled && this.#circuit.isOpen ? await this.#circuit.turn(round.signal) : undefined;
      const began = this.#context.steadyNow();
      const failure = vain ?? (await this.#attempt(batch, round, span));
      if (!failure) {
        this.#countersOf(batch.signal).sent.add(batch.items);
        this.#circuit.succeeded();
        if (span) endDelivery(span, batch.items, 0);
        return;
      }
      if (failure instanceof Rejected) {
        if (failure.kind === 'destination') this.#circuit.succeeded();
        else this.#circuit.skipped();
        const counters = this.#countersOf(batch.signal);
        counters.failed.add(failure.count);
        counters.sent.add(batch.items - failure.count);
        if (span) endDelivery(span, batch.items, failure.count, failure);
        throw failure;
      }
      const isLast = round.signal.aborted || this.#durable?.isStopping === true;
      const delay =
        retry.enabled && !isLast
          ? nextDelayMs(retry, attempt, this.#context.steadyNow() - started, failure.retryAfterMs, this.#context.random)
          : undefined;
      if (failure === STOPPED) this.#circuit.skipped();
      else if (failure !== vain) this.#circuit.failed(failure, began, delay);
      if (delay === undefined) {
        const isKept = this.#durable?.isStopping === true;
        if (!isKept) this.#countersOf(batch.signal).failed.add(batch.items);
        if (span) endDelivery(span, batch.items, batch.items, failure);
        throw failure;
      }
      if (span) noteRetry(span, delay, failure);
      await this.#circuit.sleep(delay, failure, round.signal);
    }
  }

  /** One attempt within the timeout; the failure, or undefined. */
  async #attempt(batch: Batch, round: Round, span: Span | undefined): Promise<Refused | Rejected | undefined> {
    const { timeoutMs } = this.#settings;
    if (round.signal.aborted) return STOPPED;
    const attempt = new Attempt(span);
    round.attempts.add(attempt);
    const timer =
      timeoutMs > 0
        ? setTimeout(() => attempt.cancel(new Refused(`no answer within ${timeoutMs} ms`)), timeoutMs)
        : undefined;
    try {
      await this.#destination.send(batch, attempt);
      return undefined;
    } catch (error) {
      return asDeliveryError(error, batch.items);
    } finally {
      clearTimeout(timer);
      round.attempts.delete(attempt);
    }
  }

  #lost(batch: Batch, error: Refused | Rejected): void {
    const rule =
      error instanceof Rejected ? 'rejected_by_destination' : this.#round.signal.aborted ? 'shutdown' : 'retry_elapsed';
    this.#drop(batch, rule, error.message, error instanceof Rejected ? error.count : batch.items);
  }

  #drop(batch: Batch, rule: string, reason: string, count: number): void {
    if (count === 0) return;
    const component = `exporter:${this.#context.id}`;
    this.#context.drops.record({ component, rule, reason, signal: batch.signal, count, intentional: false }, batch);
  }

  #countersOf(signal: Signal): SentCounters {
    const known = this.#counters[signal];
    if (known) return known;
    const { metrics } = this.#context;
    const items = ITEM_NAME[signal];
    const made: SentCounters = {
      sent: metrics.counter({ name: `otelcol_exporter_sent_${items}`, help: 'Items the destination has taken.' }),
      failed: metrics.counter({
        name: `otelcol_exporter_send_failed_${items}`,
        help: 'Items that could not be delivered to the destination.',
      }),
      notEnqueued: metrics.counter({
        name: `otelcol_exporter_enqueue_failed_${items}`,
        help: 'Items the sending queue refused.',
      }),
    };
    this.#counters[signal] = made;
    return made;
  }
}
