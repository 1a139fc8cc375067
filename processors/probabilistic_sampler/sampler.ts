// Keeps a share of spans or log records; what is dropped is recorded as meant.

import type { Batch } from '../../pipeline/batch.ts';
import type { ComponentContext, Processor } from '../../pipeline/component.ts';
import type { Consumer } from '../../pipeline/delivery.ts';
import { SAMPLED_IDS } from '../../pipeline/drops.ts';
import type { Signal } from '../../pipeline/signal.ts';
import { spliceBatch, type ChunkEditor } from '../../pipeline/splice-batch.ts';
import type { BoundCounter } from '../../pipeline/telemetry.ts';
import { spliceLogRecords, spliceSpans } from '../../proto/otlp/splice.ts';
import { POLICY, type Policy } from './carrier.ts';
import type { SamplerConfig } from './config.ts';
import { Decision } from './decision.ts';
import { LogCarrier } from './log-carrier.ts';
import { SpanCarrier } from './span-carrier.ts';

const POLICY_NAMES: ReadonlyMap<Policy, string> = new Map([
  [POLICY.traceIdHash, 'trace_id_hash'],
  [POLICY.traceIdW3c, 'trace_id_w3c'],
  [POLICY.samplingRandomness, 'sampling_randomness'],
  [POLICY.samplingPriority, 'sampling_priority'],
  [POLICY.missingRandomness, 'missing_randomness'],
]);

interface Counts {
  takeCounts(take: (policy: Policy, isKept: boolean, count: number) => void): void;
}

export class ProbabilisticSampler implements Processor {
  readonly #config: SamplerConfig;
  readonly #context: ComponentContext;
  readonly #signal: Signal;
  readonly #next: Consumer;
  readonly #splicer: ChunkEditor;
  readonly #counts: Counts;
  readonly #counters = new Map<string, BoundCounter>();
  /** Of the current batch's dropped items. */
  #droppedIds: string[] = [];

  constructor(config: SamplerConfig, context: ComponentContext, signal: Signal, next: Consumer) {
    this.#config = config;
    this.#context = context;
    this.#signal = signal;
    this.#next = next;
    if (signal === 'logs') {
      const decision = new Decision(config, new LogCarrier(config));
      this.#counts = decision;
      this.#splicer = spliceLogRecords({
        item: (draft, record) => decision.keeps(draft, record) || this.#drop(record),
        pruneEmpty: true,
      });
    } else {
      const decision = new Decision(config, new SpanCarrier());
      this.#counts = decision;
      this.#splicer = spliceSpans({
        item: (draft, span) => decision.keeps(draft, span) || this.#drop(span),
        pruneEmpty: true,
      });
    }
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  /** Fails as the next component does, and with Rejected where the batch is malformed. */
  async consume(batch: Batch): Promise<void> {
    this.#droppedIds = [];
    const kept = spliceBatch(batch, this.#splicer);
    this.#account(batch.items - kept.items);
    if (kept.items > 0) await this.#next.consume(kept);
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  #drop(item: { readonly traceIdHex: string }): false {
    const ids = this.#droppedIds;
    if (ids.length < SAMPLED_IDS) {
      const id = item.traceIdHex;
      if (id !== '' && ids.at(-1) !== id) ids.push(id);
    }
    return false;
  }

  #account(dropped: number): void {
    this.#counts.takeCounts((policy, isKept, count) => this.#counterOf(policy, isKept).add(count));
    if (dropped === 0) return;
    this.#context.drops.record(
      {
        component: `processor:${this.#context.id}`,
        rule: 'not_sampled',
        reason: `not among the ${this.#config.sampling_percentage}% that are kept`,
        signal: this.#signal,
        count: dropped,
        intentional: true,
      },
      this.#droppedIds,
    );
  }

  #counterOf(policy: Policy, isKept: boolean): BoundCounter {
    const name = POLICY_NAMES.get(policy) ?? this.#config.from_attribute;
    const key = `${name} ${isKept}`;
    let counter = this.#counters.get(key);
    if (!counter) {
      const what = this.#signal === 'logs' ? 'logs' : 'traces';
      counter = this.#context.metrics.counter({
        name: `otelcol_processor_probabilistic_sampler_count_${what}_sampled`,
        help: `Count of ${what} that were sampled or not [Development]`,
        unit: '1',
        labels: { policy: name, sampled: String(isKept) },
      });
      this.#counters.set(key, counter);
    }
    return counter;
  }
}
