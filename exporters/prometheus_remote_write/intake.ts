// Takes the points of a batch apart into samples of remote write's series: straight from the bytes, without an object per
// point. What is written of them is requests.ts'.

import type { Batch } from '../../pipeline/batch.ts';
import {
  type DataPointView,
  EXPONENTIAL_HISTOGRAM_DATA_POINT,
  ExponentialHistogramDataPointView,
  HISTOGRAM_DATA_POINT,
  HistogramDataPointView,
  METRIC,
  MetricCursor,
  type MetricView,
  NUMBER_DATA_POINT,
  NumberDataPointView,
  SummaryDataPointView,
  TEMPORALITY_DELTA,
  TEMPORALITY_UNSPECIFIED,
} from '../../proto/otlp/metrics.ts';
import { doublesInto, fixed64sInto } from '../../proto/otlp/repeated-numbers.ts';
import { ExponentialValue, HistogramValue, NumberValue } from '../../proto/prometheus/accumulated-values.ts';
import { MAX_SCHEMA, METRIC_TYPE, MIN_SCHEMA } from '../../proto/prometheus/remote-write/fields.ts';
import {
  writeCustomBuckets,
  writeExponential,
  writeStaleCustomBuckets,
} from '../../proto/prometheus/remote-write/writer-histogram.ts';
import { ProtoWriter } from '../../proto/wire-writer.ts';
import { Accumulator } from './accumulator.ts';
import type { RemoteWriteConfig } from './config.ts';
import type { DropRule } from './drop-rules.ts';
import { type Exemplar, exemplarsOf } from './exemplars.ts';
import { type ClassicHistogram, withRest } from './explicit-buckets.ts';
import { Catalog, type KnownMetric, type KnownResource, type KnownScope, type KnownSeries } from './known.ts';
import { LabelRules } from './labels.ts';
import { Collected, type OutSeries } from './series.ts';

/** Bit of a point's flags: there is no value any more. */
const NO_RECORDED_VALUE = 1;
/** What is decoded of one point at once stays small, whatever somebody sends. */
const MAX_POINT_BYTES = 1 << 20;

export class Intake {
  readonly collected = new Collected();
  /** The native histograms of the batch, as messages without their length. */
  readonly histograms = new ProtoWriter(4096);
  readonly accumulator: Accumulator;
  /** Metrics as they came, for the metadata of 1.0: name, then what is said. */
  readonly families = new Map<string, KnownMetric>();
  readonly #customBuckets: boolean;
  readonly #classic: boolean;
  readonly #catalog: Catalog;
  readonly #cursor = new MetricCursor();
  readonly #exponential = new ExponentialValue();
  readonly #histogram: { bounds: number[]; counts: number[]; count: number; sum: number; hasSum: boolean } = {
    bounds: [],
    counts: [],
    count: 0,
    sum: 0,
    hasSum: false,
  };
  #dropped = new Map<DropRule, number>();
  /** The newest point of the resource. */
  #newestMs = 0;

  constructor(config: RemoteWriteConfig) {
    this.#catalog = new Catalog(new LabelRules(config));
    this.#customBuckets = config.convert_explicit_histograms_to_nhcb;
    this.#classic = !this.#customBuckets || config.keep_classic_histograms;
    this.accumulator = new Accumulator({ maxSeries: config.max_delta_series, expirationMs: config.delta_expiration });
  }

  /**
   * Leaves the batch in `collected`, `histograms` and `families`, until the next call. Gives what was dropped, by rule;
   * `nowMs` on the steady clock. Throws `MalformedProto`.
   */
  take(batch: Batch, nowMs: number): Map<DropRule, number> {
    this.collected.clear();
    this.histograms.clear();
    this.families.clear();
    this.#catalog.trim();
    this.accumulator.begin(nowMs);
    this.#dropped = new Map();
    this.#newestMs = 0;
    const cursor = this.#cursor;
    cursor.reset(batch.chunks);
    let resourceIndex = -1;
    let scopeIndex = -1;
    let resource: KnownResource | undefined;
    let scope: KnownScope | undefined;
    while (cursor.next()) {
      if (!resource || cursor.resourceIndex !== resourceIndex) {
        if (resource) this.#endResource(resource);
        resource = this.#catalog.resource(cursor);
        ({ resourceIndex } = cursor);
      }
      if (!scope || cursor.scopeIndex !== scopeIndex) {
        scope = this.#catalog.scope(cursor, resource);
        ({ scopeIndex } = cursor);
      }
      this.#takeMetric(cursor.item, scope, resource);
    }
    if (resource) this.#endResource(resource);
    return this.#dropped;
  }

  drop(rule: DropRule, count = 1): void {
    this.#dropped.set(rule, (this.#dropped.get(rule) ?? 0) + count);
  }

  #endResource({ targetSeries }: KnownResource): void {
    if (targetSeries && this.#newestMs > 0) this.collected.add(targetSeries, 1, this.#newestMs, 0, false);
    this.#newestMs = 0;
  }

  #takeMetric(metric: MetricView, scope: KnownScope, resource: KnownResource): void {
    const { type } = metric;
    if (type === 0) return;
    const temporality = metric.aggregationTemporality;
    const isUnspecified = temporality === TEMPORALITY_UNSPECIFIED && type !== METRIC.gauge && type !== METRIC.summary;
    const known = this.#catalog.metric(metric, scope);
    const points = metric.dataPoints();
    while (points.next()) {
      const point = points.item;
      const timeMs = point.message.nanosAsMillis(TIME);
      if (timeMs > this.#newestMs) this.#newestMs = timeMs;
      if (isUnspecified) {
        this.drop('unspecified_temporality');
        continue;
      }
      const series = this.#catalog.point(point, known, scope, resource);
      if (!series) this.drop('invalid_name');
      else this.#takePoint(point, known, series, temporality === TEMPORALITY_DELTA, timeMs);
    }
    if (known.name !== undefined && !this.families.has(known.name)) this.families.set(known.name, known);
  }

  #takePoint(point: DataPointView, known: KnownMetric, series: KnownSeries, isDelta: boolean, timeMs: number): void {
    const isStale = (point.flags & NO_RECORDED_VALUE) !== 0;
    if (isStale && isDelta) this.accumulator.end(series);
    const isAdded = isDelta && !isStale;
    if (point instanceof NumberDataPointView) this.#takeNumber(point, known, series, { isAdded, isStale, timeMs });
    else if (point.message.end - point.message.start > MAX_POINT_BYTES) this.drop('too_large');
    else if (point instanceof HistogramDataPointView) this.#takeHistogram(point, series, { isAdded, isStale, timeMs });
    else if (point instanceof SummaryDataPointView) this.#takeSummary(point, series, timeMs, isStale);
    else if (point instanceof ExponentialHistogramDataPointView) {
      this.#takeExponential(point, series, { isAdded, isStale, timeMs });
    }
  }

  #takeNumber(point: NumberDataPointView, known: KnownMetric, series: KnownSeries, at: At): void {
    const { message } = point;
    const out = series.value;
    const isCounter = known.metadata.type === METRIC_TYPE.counter;
    if (at.isAdded) {
      const state = this.accumulator.add(series, point, () => new NumberValue());
      if (typeof state === 'string') return this.drop(state);
      // Safe: the accumulator keeps the kind of value that it was given.
      const { value } = state.value as NumberValue;
      this.collected.add(out, value, at.timeMs, isCounter ? state.startMs : 0, false);
    } else {
      const startMs = isCounter ? message.nanosAsMillis(START) : 0;
      this.collected.add(out, point.value, at.timeMs, startMs, at.isStale);
    }
    out.points += 1;
    if (message.has(NUMBER_DATA_POINT.exemplars)) {
      keepExemplars(out, exemplarsOf(message, NUMBER_DATA_POINT.exemplars));
    }
  }

  #takeHistogram(point: HistogramDataPointView, series: KnownSeries, at: At): void {
    let startMs = point.message.nanosAsMillis(START);
    let histogram: ClassicHistogram = this.#histogram;
    if (at.isAdded) {
      const state = this.accumulator.add(series, point, () => new HistogramValue());
      if (typeof state === 'string') return this.drop(state);
      // Safe: the accumulator keeps the kind of value that it was given.
      histogram = state.value as HistogramValue;
      ({ startMs } = state);
    } else this.#readHistogram(point);
    const exemplars = point.message.has(HISTOGRAM_DATA_POINT.exemplars)
      ? exemplarsOf(point.message, HISTOGRAM_DATA_POINT.exemplars)
      : NO_EXEMPLARS;
    const isNative = this.#customBuckets && this.#takeCustomBuckets(histogram, series, { ...at, startMs }, exemplars);
    if (this.#classic) this.#takeClassic(histogram, series, { ...at, startMs, isNative }, exemplars);
    else if (!isNative) this.drop('invalid_buckets');
  }

  #readHistogram(point: HistogramDataPointView): void {
    const histogram = this.#histogram;
    doublesInto(point.message, HISTOGRAM_DATA_POINT.explicitBounds, histogram.bounds);
    fixed64sInto(point.message, HISTOGRAM_DATA_POINT.bucketCounts, histogram.counts);
    histogram.count = point.message.fixed64AsNumber(HISTOGRAM_DATA_POINT.count);
    histogram.sum = point.sum;
    histogram.hasSum = point.hasSum;
  }

  #takeClassic(
    { bounds, counts, count, sum, hasSum }: ClassicHistogram,
    series: KnownSeries,
    { timeMs, startMs, isStale, isNative }: At & { readonly startMs: number; readonly isNative: boolean },
    exemplars: readonly Exemplar[],
  ): void {
    const { collected } = this;
    if (hasSum) collected.add(series.sum, sum, timeMs, startMs, isStale);
    const counted = series.count;
    collected.add(counted, count, timeMs, startMs, isStale);
    // Where both are sent, the native one stands for the point.
    if (!isNative) counted.points += 1;
    let below = 0;
    const buckets = Math.min(bounds.length, counts.length);
    for (let index = 0; index < buckets; index++) {
      // Safe: index lies within both.
      below += counts[index] as number;
      collected.add(series.bucket(index, bounds[index] as number), below, timeMs, startMs, isStale);
    }
    collected.add(series.infiniteBucket, count, timeMs, startMs, isStale);
    for (const exemplar of exemplars) {
      let nearest = -1;
      for (let index = 0; index < buckets; index++) {
        const bound = bounds[index] as number;
        if (exemplar.value <= bound && (nearest < 0 || bound < (bounds[nearest] as number))) nearest = index;
      }
      const out = nearest < 0 ? series.infiniteBucket : series.bucket(nearest, bounds[nearest] as number);
      keepExemplars(out, [exemplar]);
    }
  }

  /** False where the histogram's bounds do not allow it. */
  #takeCustomBuckets(
    histogram: ClassicHistogram,
    series: KnownSeries,
    { timeMs, startMs, isStale }: At & { readonly startMs: number },
    exemplars: readonly Exemplar[],
  ): boolean {
    const from = this.histograms.length;
    if (isStale) writeStaleCustomBuckets(this.histograms, timeMs);
    else {
      const native = withRest(histogram);
      if (!native) return false;
      writeCustomBuckets(this.histograms, native, timeMs);
    }
    this.#addNative(series.native, from, timeMs, startMs);
    if (exemplars.length > 0) keepExemplars(series.native, exemplars);
    return true;
  }

  #takeExponential(point: ExponentialHistogramDataPointView, series: KnownSeries, at: At): void {
    const { message } = point;
    let value = this.#exponential;
    let startMs = message.nanosAsMillis(START);
    if (at.isAdded) {
      const state = this.accumulator.add(series, point, () => new ExponentialValue());
      if (typeof state === 'string') return this.drop(state);
      // Safe: the accumulator keeps the kind of value that it was given.
      value = state.value as ExponentialValue;
      ({ startMs } = state);
    } else if (!at.isStale) {
      const outcome = value.take(point, false);
      if (outcome !== 'taken') return this.drop(outcome);
    }
    const from = this.histograms.length;
    if (at.isStale) {
      const scale = Math.min(Math.max(point.scale, MIN_SCHEMA), MAX_SCHEMA);
      writeExponential(this.histograms, { ...NOTHING, scale }, at.timeMs, true);
    } else writeExponential(this.histograms, value, at.timeMs, false);
    this.#addNative(series.native, from, at.timeMs, startMs);
    if (message.has(EXPONENTIAL_HISTOGRAM_DATA_POINT.exemplars)) {
      keepExemplars(series.native, exemplarsOf(message, EXPONENTIAL_HISTOGRAM_DATA_POINT.exemplars));
    }
  }

  #addNative(out: OutSeries, from: number, timeMs: number, startMs: number): void {
    this.collected.addHistogram(out, from, this.histograms.length - from, timeMs, startMs);
    out.points += 1;
  }

  #takeSummary(point: SummaryDataPointView, series: KnownSeries, timeMs: number, isStale: boolean): void {
    const { collected } = this;
    const { message } = point;
    const startMs = message.nanosAsMillis(START);
    collected.add(series.sum, point.sum, timeMs, startMs, isStale);
    collected.add(series.count, message.fixed64AsNumber(COUNT), timeMs, startMs, isStale);
    series.count.points += 1;
    const quantiles = point.quantileValues();
    for (let index = 0; quantiles.next(); index++) {
      const { item } = quantiles;
      collected.add(series.quantile(index, item.doubleField(1)), item.doubleField(2), timeMs, startMs, isStale);
    }
  }
}

/** Of one point. */
interface At {
  /** Whether it is a delta that is added to those before. */
  readonly isAdded: boolean;
  readonly isStale: boolean;
  readonly timeMs: number;
}

/** Fields that data points of all kinds share, and histograms and summaries. */
const START = NUMBER_DATA_POINT.startTimeUnixNano;
const TIME = NUMBER_DATA_POINT.timeUnixNano;
const COUNT = HISTOGRAM_DATA_POINT.count;

const NO_EXEMPLARS: readonly Exemplar[] = [];
const NO_BUCKETS = { offset: 0, counts: [] };
const NOTHING = {
  count: 0,
  sum: 0,
  zeroCount: 0,
  zeroThreshold: 0,
  positive: NO_BUCKETS,
  negative: NO_BUCKETS,
};

function keepExemplars(out: OutSeries, exemplars: readonly Exemplar[]): void {
  if (out.exemplars) out.exemplars.push(...exemplars);
  else out.exemplars = [...exemplars];
}
