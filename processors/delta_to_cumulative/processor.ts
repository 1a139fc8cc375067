// Makes cumulative metrics of deltas: sums, histograms, exponential histograms. Other metrics go on as they are.

import type { Batch } from '../../pipeline/batch.ts';
import type { ComponentContext, Processor } from '../../pipeline/component.ts';
import type { Consumer } from '../../pipeline/delivery.ts';
import { DataRewriter, type Decision } from '../../pipeline/metric-series/data-rewriter.ts';
import { seriesEditor, SeriesKey } from '../../pipeline/metric-series/series-key.ts';
import { spliceBatch, type ChunkEditor } from '../../pipeline/splice-batch.ts';
import type { BoundCounter } from '../../pipeline/telemetry.ts';
import type { MessageDraft } from '../../proto/otlp/message-draft.ts';
import { TEMPORALITY_CUMULATIVE } from '../../proto/otlp/metric-writer.ts';
import { TEMPORALITY_DELTA, type DataPointView, type MetricView } from '../../proto/otlp/metrics.ts';
import { DROP, KEEP } from '../../proto/otlp/splice.ts';
import type { DeltaToCumulativeConfig } from './config.ts';
import { SeriesTotals, type Reason } from './series-totals.ts';
import type { Total } from './totals.ts';
import { writeTotal } from './write.ts';

/** The label `error` of the collector's metric, and a sentence. */
const REASONS: Readonly<Record<Reason, { readonly error: string; readonly text: string }>> = {
  limit: { error: 'limit', text: 'more series than max_streams allows' },
  older_start: {
    error: 'delta.ErrOlderStart',
    text: 'the point belongs to a time before its series began; several processes may be sending the same series',
  },
  out_of_order: { error: 'delta.ErrOutOfOrder', text: 'the point is not later than the one before it' },
  too_large: { error: 'too_large', text: 'a histogram of more than 10,000 buckets' },
};
const NAMES = Object.keys(REASONS) as readonly Reason[]; // Safe: the keys of that object.

export class DeltaToCumulative implements Processor {
  readonly #context: ComponentContext;
  readonly #next: Consumer;
  readonly #totals: SeriesTotals;
  readonly #key = new SeriesKey({ scopesByAttributes: true });
  readonly #rewriter = new DataRewriter<Total>(TEMPORALITY_CUMULATIVE, writeTotal);
  readonly #splicer: ChunkEditor;
  readonly #converted: BoundCounter;
  readonly #failed: ReadonlyMap<Reason, BoundCounter>;
  /** Points of the current batch that are dropped. */
  readonly #tally: Record<Reason, number> = { limit: 0, older_start: 0, out_of_order: 0, too_large: 0 };
  #convertedNow = 0;

  readonly #decide = (point: DataPointView): Decision<Total> => {
    const total = this.#totals.add(this.#key.of(point), point);
    if (typeof total === 'string' && total !== 'keep') {
      this.#tally[total] += 1;
      return 'drop';
    }
    this.#convertedNow += 1;
    return total;
  };

  constructor(config: DeltaToCumulativeConfig, context: ComponentContext, next: Consumer) {
    this.#context = context;
    this.#next = next;
    this.#totals = new SeriesTotals(config);
    this.#splicer = seriesEditor(this.#key, (draft, metric) => this.#convert(draft, metric));
    const { metrics } = context;
    const datapoints = {
      name: 'otelcol_deltatocumulative_datapoints',
      help: "Total number of datapoints processed. May have 'error' attribute, if processing failed.",
      unit: '{datapoint}',
    };
    this.#converted = metrics.counter(datapoints);
    this.#failed = new Map(
      NAMES.map((reason) => [reason, metrics.counter({ ...datapoints, labels: { error: REASONS[reason].error } })]),
    );
    metrics.gauge(
      { name: 'otelcol_deltatocumulative_streams_tracked', help: 'Number of streams tracked.', unit: '{dps}' },
      () => this.#totals.size,
    );
    metrics.gauge(
      {
        name: 'otelcol_deltatocumulative_streams_limit',
        help: 'Upper limit of tracked streams.',
        unit: '{stream}',
      },
      () => config.max_streams,
    );
    metrics.gauge(
      {
        name: 'otelcol_deltatocumulative_streams_max_stale',
        help: 'Duration after which inactive streams are dropped.',
        unit: 's',
      },
      () => Math.trunc(config.max_stale / 1_000),
    );
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  /** Fails as the next component does, and with Rejected where the batch is malformed. */
  async consume(batch: Batch): Promise<void> {
    const converted = this.#splice(batch);
    if (converted.chunks.length > 0) await this.#next.consume(converted);
  }

  /** Synchronous, so that the tally belongs to one batch. */
  #splice(batch: Batch): Batch {
    this.#totals.begin(this.#context.steadyNow());
    this.#convertedNow = 0;
    for (const reason of NAMES) this.#tally[reason] = 0;
    const converted = spliceBatch(batch, this.#splicer);
    if (this.#convertedNow > 0) this.#converted.add(this.#convertedNow);
    for (const reason of NAMES) if (this.#tally[reason] > 0) this.#drop(reason, this.#tally[reason]);
    return converted;
  }

  #convert(draft: MessageDraft, metric: MetricView): boolean {
    if (metric.aggregationTemporality !== TEMPORALITY_DELTA) return KEEP;
    this.#key.enterMetric(metric);
    const data = this.#rewriter.rewrite(metric, this.#decide);
    if (this.#rewriter.kept === 0) return DROP;
    draft.setBytes(metric.type, data);
    return KEEP;
  }

  #drop(reason: Reason, count: number): void {
    this.#failed.get(reason)?.add(count);
    this.#context.drops.record(
      {
        component: `processor:${this.#context.id}`,
        rule: reason,
        reason: REASONS[reason].text,
        signal: 'metrics',
        count,
        intentional: false,
      },
      [],
    );
  }
}
