// Runs one plan through the real exporter (queue, merging, retries, timeouts) and batch processor in virtual time, and
// checks after every step what has to be true at any time, and at the end what became of every item.

import { isDeepStrictEqual } from 'node:util';
import { Admission } from '../../pipeline/admission.ts';
import { NO_CLIENT, type Batch, type WireForm } from '../../pipeline/batch.ts';
import type { ComponentContext, ComponentKind, Exporter } from '../../pipeline/component.ts';
import type { Consumer } from '../../pipeline/delivery.ts';
import { Entry, Junction } from '../../pipeline/junction.ts';
import { SharedListenerPool } from '../../pipeline/listener-pool.ts';
import { sendingExporter } from '../../pipeline/sending/exporter.ts';
import { BatchProcessor } from '../../processors/batch/batch.ts';
import { config } from '../../processors/batch/config.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { MoodyDestination } from './destination.ts';
import { itemsOf, numberedBatch } from './items.ts';
import { Ledger, Violation } from './ledger.ts';
import { isExact, planOf, type Arrival, type Plan } from './plan.ts';
import { SimulatedMetrics } from './simulated-metrics.ts';
import { SimulatedStorage } from './storage.ts';

export interface Outcome {
  readonly plan: Plan;
  readonly steps: number;
  /** What was wrong; undefined: nothing. */
  readonly violation: Error | undefined;
  /** Whatever happened, in order, where that was asked for. */
  readonly log: readonly string[];
}

const MAX_STEPS = 200_000;
/** Without a queue, of the exporter. */
const PARALLEL = 64;
/** Until a batch is stored and given out again. */
const STORING_MS = 60;

/** An exporter, and what is before it. */
interface Instance {
  readonly head: Consumer;
  readonly destination: MoodyDestination;
  readonly metrics: SimulatedMetrics;
  readonly parts: readonly { readonly entry: Entry; readonly component: Exporter }[];
}

/** Nothing else may use the global timers meanwhile. */
export async function simulate(seed: number, options: { readonly isLogged?: boolean } = {}): Promise<Outcome> {
  let simulation: Simulation;
  const fail = (error: unknown): void => simulation.fail(error);
  process.on('unhandledRejection', fail);
  {
    using clock = new VirtualClock().install();
    simulation = new Simulation(planOf(seed), clock, options.isLogged === true);
    await simulation.run();
  }
  // Only after a turn of the real event loop is it known which promises nobody handled.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', fail);
  return simulation;
}

class Simulation implements Outcome {
  readonly plan: Plan;
  readonly log: string[] = [];
  steps = 0;
  violation: Error | undefined;
  readonly #clock: VirtualClock;
  readonly #startMs: number;
  readonly #isLogged: boolean;
  readonly #random: SeededRandom;
  readonly #ledger: Ledger;
  readonly #admission = new Admission(1 << 30);
  readonly #storage: SimulatedStorage;
  readonly #junction = new Junction();
  readonly #instances: Instance[] = [];
  #stopsUnderWay = 0;
  #isStopping = false;

  constructor(plan: Plan, clock: VirtualClock, isLogged: boolean) {
    this.plan = plan;
    this.#clock = clock;
    this.#startMs = clock.now();
    this.#isLogged = isLogged;
    this.#random = new SeededRandom(plan.seed ^ 0x5eed);
    this.#ledger = new Ledger(plan);
    this.#storage = new SimulatedStorage(this.#random, clock.now, plan.writeFailures);
  }

  async run(): Promise<void> {
    const { plan } = this;
    await this.#start(plan);
    for (const arrival of plan.arrivals) this.#at(arrival.atMs, () => this.#arrive(arrival));
    const { handoverAtMs } = plan;
    if (handoverAtMs !== undefined)
      this.#at(handoverAtMs, () => void this.#handOver().catch((error: unknown) => this.fail(error)));
    this.#at(plan.stopAtMs, () => void this.#stopLast().catch((error: unknown) => this.fail(error)));
    await this.#runOut();
    if (this.#storage.pending.requests > 0 && !this.violation) await this.#startAgain();
    if (!this.violation) this.#guard(() => this.#checkEnd());
  }

  /** Until nothing is left to happen. */
  async #runOut(): Promise<void> {
    while (!this.violation && (await this.#clock.step())) {
      this.steps += 1;
      if (this.steps > MAX_STEPS) this.fail(new Violation('goes on for ever'));
      this.#guard(() => this.#checkAlways());
    }
  }

  /** What is left on disk goes to a destination that works. */
  async #startAgain(): Promise<void> {
    this.#note(`starts again with ${this.#storage.pending.items} items on disk`);
    await this.#start({ ...this.plan, moods: GOOD_MOOD, flapMs: 0 });
    await this.#runOut();
    const { items } = this.#storage.pending;
    if (items > 0) this.fail(new Violation(`${items} items stay on disk`));
    const last = this.#instances.at(-1);
    if (!last) return;
    void this.#stop(last).catch((error: unknown) => this.fail(error));
    await this.#runOut();
  }

  #at(ms: number, run: () => void): void {
    this.#clock.after(ms, () => this.#guard(run));
  }

  #note(line: string): void {
    if (this.#isLogged) this.log.push(`${String(this.#clock.now() - this.#startMs).padStart(6)} ms  ${line}`);
  }

  fail(error: unknown): void {
    this.violation ??= error instanceof Error ? error : new Error(String(error));
    this.#note(`VIOLATION ${String(error)}`);
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.fail(error);
    }
  }

  #arrive({ signal, items, isLarge, isWire, metadata }: Arrival): void {
    const entries = Object.entries(metadata);
    const context =
      entries.length === 0 ? NO_CLIENT : { metadata: new Map(entries.map(([key, value]) => [key, [value]])) };
    const made = numberedBatch(signal, this.#ledger.nextItem, items, context, isLarge);
    const wire: WireForm = { encoding: 'gzip', body: new Uint8Array(1) };
    const batch = isWire ? { ...made, wire } : made;
    const submission = this.#ledger.submitted(batch, this.#clock.now());
    const { number, firstItem } = submission;
    this.#note(`batch ${number}: ${signal} ${firstItem}–${firstItem + items - 1}, ${JSON.stringify(metadata)}`);
    const answered = (answer: 'taken' | Error): void => {
      this.#note(`batch ${number} is answered: ${String(answer)}`);
      this.#guard(() => this.#ledger.answered(submission, answer));
    };
    this.#junction.consume(batch).then(
      () => answered('taken'),
      (error: unknown) => answered(error instanceof Error ? error : new Error(String(error))),
    );
  }

  async #start(plan: Plan): Promise<void> {
    const name = `destination ${this.#instances.length + 1}`;
    const { queue } = plan.settings;
    const section = plan.processor === undefined ? undefined : config.parse(plan.processor);
    const batching = queue?.batch;
    const processorKeys = section?.metadata_keys.map((key) => key.toLowerCase());
    const metrics = new SimulatedMetrics();
    const destination = new MoodyDestination({
      name,
      plan,
      ledger: this.#ledger,
      random: this.#random,
      now: this.#clock.now,
      note: (line) => this.#note(line),
      fail: (violation) => this.fail(violation),
      parallel: queue?.consumers ?? PARALLEL,
      maxItems: batching?.sizer === 'items' ? batching.maxSize : 0,
      keys: (batching?.metadataKeys ?? processorKeys ?? []).filter((key) => processorKeys?.includes(key) ?? true),
      orderedBy: keepsOrder(plan) ? (batch) => JSON.stringify([...batch.context.metadata]) : undefined,
    });
    const exporter = sendingExporter(this.#contextOf('exporter', 'x', metrics), plan.settings, destination);
    const last = new Entry(exporter);
    const parts = [{ entry: last, component: exporter }];
    if (section) {
      const limited: Consumer = {
        consume: (batch) => {
          this.#guard(() =>
            this.#ledger.checkRequest(batch, itemsOf(batch), section.send_batch_max_size, processorKeys ?? []),
          );
          return last.consume(batch);
        },
      };
      const processor = new BatchProcessor(section, this.#contextOf('processor', 'batch', metrics), limited);
      parts.unshift({ entry: new Entry(processor), component: processor });
    }
    const head = parts[0]?.entry ?? last;
    for (const { component } of parts.toReversed()) await component.start();
    this.#instances.push({ head, destination, metrics, parts });
    this.#junction.connect(head);
  }

  #contextOf(kind: ComponentKind, id: string, metrics: SimulatedMetrics): ComponentContext {
    const quiet = (): void => undefined;
    return {
      id,
      kind,
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      metrics,
      drops: {
        record: (drop, dropped) => {
          this.#note(`${drop.count} items are dropped by ${drop.component}: ${drop.rule} (${drop.reason})`);
          // Whatever drops here drops batches.
          this.#guard(() => this.#ledger.drop(drop, dropped as Batch));
        },
      },
      admission: this.#admission,
      listeners: LISTENERS,
      now: this.#clock.now,
      steadyNow: this.#clock.now,
      random: this.#random.next,
      status: quiet,
      extension: (name) => (name === 'file_storage' ? this.#storage : undefined),
    };
  }

  async #handOver(): Promise<void> {
    if (this.#isStopping) return;
    this.#note('a second instance takes over');
    const [old] = this.#instances;
    await this.#start(this.plan);
    if (old) await this.#stop(old);
  }

  async #stopLast(): Promise<void> {
    this.#note(`stop, within ${this.plan.deadlineMs} ms`);
    this.#isStopping = true;
    this.#junction.connect(new Junction());
    const last = this.#instances.at(-1);
    if (!last) return;
    let isOver = false;
    const giveUp = (): void => {
      if (isOver) return;
      for (const { component } of last.parts) component.giveUpUnacknowledged?.();
      this.#at(this.plan.giveUpEveryMs, giveUp);
    };
    this.#at(this.plan.giveUpEveryMs, giveUp);
    await this.#stop(last);
    isOver = true;
  }

  /** As the engine stops its nodes: upstream first, each once nothing is inside any more. */
  async #stop({ parts, destination }: Instance): Promise<void> {
    this.#stopsUnderWay += 1;
    const deadline = new AbortController();
    const { deadlineMs } = this.plan;
    const endMs = this.#clock.now() + deadlineMs;
    const timer = deadlineMs === 0 ? undefined : setTimeout(() => deadline.abort(), deadlineMs);
    if (timer === undefined) deadline.abort();
    for (const { entry, component } of parts) {
      await entry.idle(deadline.signal);
      await component.stop(deadline.signal);
    }
    clearTimeout(timer);
    this.#note('stopped');
    if (this.#clock.now() > endMs) throw new Violation(`the stop took ${this.#clock.now() - endMs} ms too long`);
    if (!destination.hasStopped) throw new Violation('the destination was not stopped');
    this.#stopsUnderWay -= 1;
  }

  /** What is true whenever nothing runs. */
  #checkAlways(): void {
    const { queue } = this.plan.settings;
    const usedBytes = this.#admission.usedBytes;
    if (usedBytes < 0) throw new Violation(`the admission charge is ${usedBytes} bytes`);
    for (const { metrics } of this.#instances) {
      const sends = metrics.gaugeOf('otelcol_exporter_in_flight_requests');
      if (sends > (queue?.consumers ?? PARALLEL)) throw new Violation(`${sends} sends are under way`);
      if (!queue) continue;
      const size = metrics.gaugeOf('otelcol_exporter_queue_size');
      if (size < 0 || size > queue.capacity) throw new Violation(`the queue holds ${size} of ${queue.capacity}`);
    }
    this.#checkProgress();
  }

  /** Data waits no longer than it has to where nothing is on its way. */
  #checkProgress(): void {
    const { settings, processor } = this.plan;
    const { queue } = settings;
    // Otherwise what waits may be where a batch processor tries again, one by one, what was rejected as a whole.
    const isSimple = queue?.blockOnOverflow !== true && (!processor || queue?.waitForResult === false);
    const isBusy = this.#instances.some(({ metrics }) => metrics.gaugeOf('otelcol_exporter_in_flight_requests') > 0);
    const isSingle = this.#instances.length === 1;
    // What the log has not read ahead can not fill a batch.
    if (queue?.storage !== undefined && queue.batch) return;
    if (!isSimple || !isSingle || isBusy || this.#isStopping) return;
    const patienceMs = queue?.storage === undefined ? (queue?.batch?.flushTimeoutMs ?? 0) + 1 : STORING_MS;
    for (const submission of this.#ledger.submissions) {
      const waitedMs = this.#clock.now() - submission.atMs;
      if (waitedMs > patienceMs && this.#ledger.isWaiting(submission)) {
        throw new Violation(`batch ${submission.number} has waited ${waitedMs} ms while nothing was on its way`);
      }
    }
  }

  #checkEnd(): void {
    if (!this.#isStopping || this.#stopsUnderWay > 0) throw new Violation('the stop never ended');
    this.#ledger.checkAll();
    const { usedBytes } = this.#admission;
    if (usedBytes !== 0) throw new Violation(`${usedBytes} bytes stay charged`);
    if (this.#clock.pendingTimeouts > 0) throw new Violation('a timer was left');
    let sent = 0;
    for (const { metrics, parts } of this.#instances) {
      for (const { entry } of parts) {
        if (entry.flow.inFlightBatches !== 0)
          throw new Violation(`${entry.flow.inFlightBatches} batches are still inside`);
      }
      for (const name of ['otelcol_exporter_in_flight_requests', 'otelcol_exporter_queue_size']) {
        if (metrics.gaugeOf(name) !== 0) throw new Violation(`${name} is ${metrics.gaugeOf(name)} at the end`);
      }
      sent += metrics.sumOf('otelcol_exporter_sent_');
    }
    if (isExact(this.plan) && sent !== this.#ledger.deliveredItems) {
      throw new Violation(`${sent} items were counted as sent, and ${this.#ledger.deliveredItems} were delivered`);
    }
  }
}

/**
 * Whether batches reach the exporter's queue in the order in which they came. They do not where the batch processor has a
 * reason to hold something back, or to hand it on again or in parts, nor across instances.
 */
function keepsOrder({ processor, handoverAtMs, settings: { queue } }: Plan): boolean {
  // Then both instances write to the same log.
  if (queue?.storage !== undefined && handoverAtMs !== undefined) return false;
  if (!processor) return true;
  if (queue?.blockOnOverflow === true) return false;
  const { send_batch_max_size: maxSize, metadata_keys: keys } = processor;
  const isTakenWhole = maxSize === 0 && (queue?.batch?.maxSize ?? 0) === 0;
  return isTakenWhole && isDeepStrictEqual(keys, []) && queue?.sizer === 'requests' && !queue.waitForResult;
}

const GOOD_MOOD = {
  accept: 1,
  refuse: 0,
  refuseWithDelay: 0,
  reject: 0,
  rejectPart: 0,
  hang: 0,
  takeAndHang: 0,
  throwBug: 0,
};

const LISTENERS = new SharedListenerPool();
