// Makes deltas of cumulative metrics: sums that only grow, histograms, exponential histograms. Other metrics go on as they are.

import type { Batch } from '../../pipeline/batch.ts';
import type { ComponentContext, Processor } from '../../pipeline/component.ts';
import type { Consumer } from '../../pipeline/delivery.ts';
import { textTest, type TextTest } from '../../pipeline/match-properties/values.ts';
import { DataRewriter, type Decision } from '../../pipeline/metric-series/data-rewriter.ts';
import { seriesEditor, SeriesKey } from '../../pipeline/metric-series/series-key.ts';
import { spliceBatch, type ChunkEditor } from '../../pipeline/splice-batch.ts';
import type { BoundCounter } from '../../pipeline/telemetry.ts';
import type { MessageDraft } from '../../proto/otlp/message-draft.ts';
import { TEMPORALITY_CUMULATIVE } from '../../proto/otlp/metric-writer.ts';
import {
  ExponentialHistogramDataPointView,
  HistogramDataPointView,
  METRIC,
  NumberDataPointView,
  TEMPORALITY_DELTA,
  type DataPointView,
  type MetricView,
} from '../../proto/otlp/metrics.ts';
import { DROP, KEEP } from '../../proto/otlp/splice.ts';
import type { CumulativeToDeltaConfig } from './config.ts';
import { writeDelta } from './write.ts';
import { Tracker, type Delta, type Point, type Reason } from './tracker.ts';

/** The bit of a point's flags that says that it has no value. */
const NO_RECORDED_VALUE = 1;

const REASONS: Readonly<Record<Reason | 'no_value', string>> = {
  initial: 'the first point of a series has nothing it could be compared with',
  reset: 'the series began anew',
  bucket_mismatch: 'the buckets are others than before',
  too_many_series: 'more series than can be remembered',
  no_value: 'a point without a value',
};
const NAMES = Object.keys(REASONS) as readonly (keyof typeof REASONS)[]; // Safe: the keys of that object.

type TypeName = 'sum' | 'histogram' | 'exponentialhistogram';

const TYPE_NAMES: ReadonlyMap<number, TypeName> = new Map([
  [METRIC.sum, 'sum'],
  [METRIC.histogram, 'histogram'],
  [METRIC.exponentialHistogram, 'exponentialhistogram'],
]);

/** What the collector's own metrics call the types. */
const LABELS: Readonly<Record<TypeName, string>> = {
  sum: 'sum',
  histogram: 'histogram',
  exponentialhistogram: 'exponential_histogram',
};

/** Counts of one type of metrics, of the current batch what was dropped. */
class TypeMeter {
  readonly #converted: BoundCounter;
  readonly #dropped: ReadonlyMap<string, BoundCounter>;

  constructor({ metrics }: ComponentContext, type: TypeName) {
    const labels = { metric_type: LABELS[type] };
    this.#converted = metrics.counter({
      name: 'otelcol_cumulativetodelta_datapoints',
      help: 'Number of datapoints converted from cumulative to delta temporality.',
      unit: '{datapoint}',
      labels,
    });
    this.#dropped = new Map(
      NAMES.map((reason) => [
        reason,
        metrics.counter({
          name: 'otelcol_cumulativetodelta_datapoints_dropped',
          help: 'Number of datapoints dropped instead of being converted.',
          unit: '{datapoint}',
          labels: { ...labels, reason },
        }),
      ]),
    );
  }

  converted(): void {
    this.#converted.add(1);
  }

  dropped(reason: string): void {
    this.#dropped.get(reason)?.add(1);
  }
}

export class CumulativeToDelta implements Processor {
  readonly #context: ComponentContext;
  readonly #next: Consumer;
  readonly #included: Selection;
  readonly #excluded: Selection;
  readonly #tracker: Tracker;
  readonly #key = new SeriesKey({ scopesByAttributes: false });
  readonly #rewriter = new DataRewriter(TEMPORALITY_DELTA, writeDelta);
  readonly #splicer: ChunkEditor;
  readonly #meters: Readonly<Record<TypeName, TypeMeter>>;
  /** Of the current metric. */
  #meter: TypeMeter;
  /** Of the current batch, by reason. */
  readonly #tally: Record<string, number> = {};

  readonly #decide = (point: DataPointView): Decision<Delta> => {
    if ((point.flags & NO_RECORDED_VALUE) !== 0) return this.#drop('no_value');
    const value = pointOf(point);
    if (value.kind === 'number' && typeof value.value === 'number' && Number.isNaN(value.value)) return 'keep';
    const valueType = value.kind === 'number' ? typeof value.value : value.kind;
    const { startTimeUnixNano: start, timeUnixNano: time } = point;
    // An int and a float never continue each other, nor do series with other start times.
    const key = this.#key.of(point, `${valueType}${start.toString(36)}`);
    const delta = this.#tracker.convert(key, value, { start, time });
    if (typeof delta === 'string') return this.#drop(delta);
    this.#meter.converted();
    return delta;
  };

  constructor(config: CumulativeToDeltaConfig, context: ComponentContext, next: Consumer) {
    this.#context = context;
    this.#next = next;
    this.#included = new Selection(config.include);
    this.#excluded = new Selection(config.exclude);
    this.#tracker = new Tracker(config, context.now);
    this.#splicer = seriesEditor(this.#key, (draft, metric) => this.#convert(draft, metric));
    this.#meters = {
      sum: new TypeMeter(context, 'sum'),
      histogram: new TypeMeter(context, 'histogram'),
      exponentialhistogram: new TypeMeter(context, 'exponentialhistogram'),
    };
    this.#meter = this.#meters.sum;
    context.metrics.gauge(
      {
        name: 'otelcol_cumulativetodelta_streams_tracked',
        help: 'Number of metric streams currently tracked in memory for cumulative-to-delta conversion.',
        unit: '{stream}',
      },
      () => this.#tracker.size,
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
    this.#tracker.sweep();
    for (const reason of NAMES) this.#tally[reason] = 0;
    const converted = spliceBatch(batch, this.#splicer);
    for (const reason of NAMES) {
      const count = this.#tally[reason] ?? 0;
      if (count === 0) continue;
      this.#context.drops.record(
        {
          component: `processor:${this.#context.id}`,
          rule: reason,
          reason: REASONS[reason],
          signal: 'metrics',
          count,
          intentional: reason !== 'too_many_series',
        },
        [],
      );
    }
    return converted;
  }

  #convert(draft: MessageDraft, metric: MetricView): boolean {
    const type = TYPE_NAMES.get(metric.type);
    if (type === undefined || !this.#isConverted(metric, type)) return KEEP;
    this.#meter = this.#meters[type];
    this.#key.enterMetric(metric);
    const data = this.#rewriter.rewrite(metric, this.#decide);
    if (this.#rewriter.kept === 0) return DROP;
    draft.setBytes(metric.type, data);
    return KEEP;
  }

  #isConverted(metric: MetricView, type: TypeName): boolean {
    if (metric.aggregationTemporality !== TEMPORALITY_CUMULATIVE) return false;
    if (type === 'sum' && !metric.isMonotonic) return false;
    // A histogram without points stays; a sum without points goes, as in the collector.
    if (type !== 'sum' && !metric.dataPoints().next()) return false;
    const { name } = metric;
    return this.#included.allows(name, type) && !this.#excluded.names(name, type);
  }

  #drop(reason: Reason | 'no_value'): 'drop' {
    this.#meter.dropped(reason);
    this.#tally[reason] = (this.#tally[reason] ?? 0) + 1;
    return 'drop';
  }
}

/** One of include and exclude. */
class Selection {
  readonly #names: TextTest | undefined;
  readonly #types: ReadonlySet<string>;

  constructor({ match_type: type, metrics, metric_types: types }: CumulativeToDeltaConfig['include']) {
    this.#names = textTest(metrics ?? [], type);
    this.#types = new Set(types);
  }

  /** Whether both say so, each where it is given. */
  allows(name: string, type: string): boolean {
    return (this.#types.size === 0 || this.#types.has(type)) && (this.#names?.matches(name) ?? true);
  }

  /** Whether one of them says so. */
  names(name: string, type: string): boolean {
    return this.#types.has(type) || (this.#names?.matches(name) ?? false);
  }
}

function pointOf(point: DataPointView): Point {
  if (point instanceof NumberDataPointView) {
    return { kind: 'number', value: point.valueType === 'double' ? point.value : point.intValue };
  }
  if (point instanceof HistogramDataPointView) {
    const { count, sum } = point;
    return { kind: 'histogram', count, sum, bounds: point.explicitBounds(), counts: point.bucketCounts() };
  }
  if (!(point instanceof ExponentialHistogramDataPointView)) throw new Error('a point of a summary is not converted');
  const { count, sum, scale, zeroCount, zeroThreshold } = point;
  const positive = { offset: point.positiveOffset, counts: point.positiveBucketCounts() };
  const negative = { offset: point.negativeOffset, counts: point.negativeBucketCounts() };
  return { kind: 'exponential', count, sum, scale, zeroCount, zeroThreshold, positive, negative };
}
