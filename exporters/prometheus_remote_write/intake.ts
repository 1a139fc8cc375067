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
import {
  ExponentialValue,
  HistogramValue,
  NumberValue,
  type SeriesValue,
} from '../../proto/prometheus/accumulated-values.ts';
import {
  MAX_SCHEMA,
  METRIC_TYPE,
  MIN_SCHEMA,
  type RemoteWriteMessage,
  V1_MESSAGE,
} from '../../proto/prometheus/remote-write/fields.ts';
import {
  writeCustomBuckets,
  writeExponential,
  writeStaleCustomBuckets,
} from '../../proto/prometheus/remote-write/writer-histogram.ts';
import { ProtoWriter } from '../../proto/wire-writer.ts';
import { Accumulator } from './accumulator.ts';
import type { RemoteWriteConfig } from './config.ts';
import { DirectSeries } from './direct-series.ts';
import type { DropRule } from './drop-rules.ts';
import { type Exemplar, exemplarsOf } from './exemplars.ts';
import { type ClassicHistogram, withRest } from './explicit-buckets.ts';
import {
  Catalog,
  type KnownMetric,
  type KnownResource,
  type KnownScope,
  KnownSeries,
  type PointSeries,
} from './known.ts';
import { LabelRules } from './labels.ts';
import { Collected, type OutSeries } from './series.ts';

/** Bit of a point's flags: there is no value any more. */
const NO_RECORDED_VALUE = 1;
/** So long series are not looked up where remembering them was of no use; there may be fewer then. */
const DIRECT_MS = 600_000;
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
  readonly #direct: DirectSeries;
  /** Until when series are not looked up, on the steady clock: there are more than can be remembered. */
  #directUntilMs: number;
  #isDirect = false;
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
  // Of the point that is being taken.
  #timeMs = 0;
  #startMs = 0;
  #isStale = false;
  /** Whether it is a delta that is added to those before. */
  #isAdded = false;

  /** `isDirect`: series are never looked up. */
  constructor(config: RemoteWriteConfig, isDirect = false) {
    const rules = new LabelRules(config);
    this.#catalog = new Catalog(rules);
    this.#direct = new DirectSeries(rules);
    this.#directUntilMs = isDirect ? Infinity : -Infinity;
    this.#customBuckets = config.convert_explicit_histograms_to_nhcb;
    this.#classic = !this.#customBuckets || config.keep_classic_histograms;
    this.accumulator = new Accumulator({ maxSeries: config.max_delta_series, expirationMs: config.delta_expiration });
  }

  /**
   * Leaves the batch in `collected`, `histograms` and `families`, until the next call. Gives what was dropped, by rule;
   * `nowMs` on the steady clock. Throws `MalformedProto`.
   */
  take(batch: Batch, protocol: RemoteWriteMessage, nowMs: number): Map<DropRule, number> {
    this.collected.clear();
    this.histograms.clear();
    this.families.clear();
    this.#direct.clear();
    if (this.#catalog.trim()) this.#directUntilMs = Math.max(this.#directUntilMs, nowMs + DIRECT_MS);
    // 2.0 has texts in a table, which are worth remembering one by one.
    this.#isDirect = protocol === V1_MESSAGE && nowMs < this.#directUntilMs;
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

  /** Whether the series of the last batch were looked up among those known. */
  get remembers(): boolean {
    return !this.#isDirect;
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
    const isDirect = this.#isDirect && !isUnspecified && temporality !== TEMPORALITY_DELTA;
    const known = isDirect ? this.#catalog.sharedMetric(metric) : this.#catalog.metric(metric, scope);
    const points = metric.dataPoints();
    while (points.next()) {
      const point = points.item;
      this.#timeMs = point.message.nanosAsMillis(TIME);
      if (this.#timeMs > this.#newestMs) this.#newestMs = this.#timeMs;
      if (isUnspecified) {
        this.drop('unspecified_temporality');
        continue;
      }
      let series: PointSeries | null | undefined;
      if (isDirect) series = this.#direct.of(point, known, scope, resource);
      series ??= this.#catalog.point(point, isDirect ? this.#catalog.metric(metric, scope) : known, scope, resource);
      if (!series) this.drop('invalid_name');
      else this.#takePoint(point, known, series, temporality === TEMPORALITY_DELTA);
    }
    if (known.name !== undefined && !this.families.has(known.name)) this.families.set(known.name, known);
  }

  #takePoint(point: DataPointView, known: KnownMetric, series: PointSeries, isDelta: boolean): void {
    this.#isStale = (point.flags & NO_RECORDED_VALUE) !== 0;
    this.#isAdded = isDelta && !this.#isStale;
    this.#startMs = point.message.nanosAsMillis(START);
    if (isDelta && this.#isStale) this.accumulator.end(knownOf(series));
    if (point instanceof NumberDataPointView) this.#takeNumber(point, known, series);
    else if (point.message.end - point.message.start > MAX_POINT_BYTES) this.drop('too_large');
    else if (point instanceof HistogramDataPointView) this.#takeHistogram(point, series);
    else if (point instanceof SummaryDataPointView) this.#takeSummary(point, series);
    else if (point instanceof ExponentialHistogramDataPointView) this.#takeExponential(point, series);
  }

  #takeNumber(point: NumberDataPointView, known: KnownMetric, series: PointSeries): void {
    const out = series.value;
    let { value } = point;
    if (this.#isAdded) {
      const state = this.#add(series, point, NumberValue);
      if (!state) return;
      // Safe: the accumulator keeps the kind of value that it was given.
      ({ value } = state as NumberValue);
    }
    const { message } = point;
    const isCounter = known.metadata.type === METRIC_TYPE.counter;
    this.collected.add(out, value, this.#timeMs, isCounter ? this.#startMs : 0, this.#isStale);
    out.points += 1;
    if (message.has(NUMBER_DATA_POINT.exemplars)) {
      keepExemplars(out, exemplarsOf(message, NUMBER_DATA_POINT.exemplars));
    }
  }

  #takeHistogram(point: HistogramDataPointView, series: PointSeries): void {
    let histogram: ClassicHistogram = this.#histogram;
    if (this.#isAdded) {
      const state = this.#add(series, point, HistogramValue);
      if (!state) return;
      // Safe: the accumulator keeps the kind of value that it was given.
      histogram = state as HistogramValue;
    } else this.#readHistogram(point);
    const exemplars = point.message.has(HISTOGRAM_DATA_POINT.exemplars)
      ? exemplarsOf(point.message, HISTOGRAM_DATA_POINT.exemplars)
      : NO_EXEMPLARS;
    const isNative = this.#customBuckets && this.#takeCustomBuckets(histogram, series, exemplars);
    if (this.#classic) this.#takeClassic(histogram, series, exemplars, isNative);
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
    series: PointSeries,
    exemplars: readonly Exemplar[],
    isNative: boolean,
  ): void {
    if (hasSum) this.#addSample(series.sum, sum);
    const counted = series.count;
    this.#addSample(counted, count);
    // Where both are sent, the native one stands for the point.
    if (!isNative) counted.points += 1;
    let below = 0;
    const buckets = Math.min(bounds.length, counts.length);
    for (let index = 0; index < buckets; index++) {
      // Safe, here and below: index lies within both.
      below += counts[index] as number;
      this.#addSample(series.bucket(index, bounds[index] as number), below);
    }
    this.#addSample(series.infiniteBucket, count);
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
  #takeCustomBuckets(histogram: ClassicHistogram, series: PointSeries, exemplars: readonly Exemplar[]): boolean {
    const from = this.histograms.length;
    if (this.#isStale) writeStaleCustomBuckets(this.histograms, this.#timeMs);
    else {
      const native = withRest(histogram);
      if (!native) return false;
      writeCustomBuckets(this.histograms, native, this.#timeMs);
    }
    this.#addNative(series.native, from);
    if (exemplars.length > 0) keepExemplars(series.native, exemplars);
    return true;
  }

  #takeExponential(point: ExponentialHistogramDataPointView, series: PointSeries): void {
    const { message } = point;
    let value = this.#exponential;
    if (this.#isAdded) {
      const state = this.#add(series, point, ExponentialValue);
      if (!state) return;
      // Safe: the accumulator keeps the kind of value that it was given.
      value = state as ExponentialValue;
    } else if (!this.#isStale) {
      const outcome = value.take(point, false);
      if (outcome !== 'taken') return this.drop(outcome);
    }
    const from = this.histograms.length;
    if (this.#isStale) {
      const scale = Math.min(Math.max(point.scale, MIN_SCHEMA), MAX_SCHEMA);
      writeExponential(this.histograms, { ...NOTHING, scale }, this.#timeMs, true);
    } else writeExponential(this.histograms, value, this.#timeMs, false);
    this.#addNative(series.native, from);
    if (message.has(EXPONENTIAL_HISTOGRAM_DATA_POINT.exemplars)) {
      keepExemplars(series.native, exemplarsOf(message, EXPONENTIAL_HISTOGRAM_DATA_POINT.exemplars));
    }
  }

  #takeSummary(point: SummaryDataPointView, series: PointSeries): void {
    this.#addSample(series.sum, point.sum);
    const counted = series.count;
    this.#addSample(counted, point.message.fixed64AsNumber(COUNT));
    counted.points += 1;
    const quantiles = point.quantileValues();
    for (let index = 0; quantiles.next(); index++) {
      const { item } = quantiles;
      this.#addSample(series.quantile(index, item.doubleField(1)), item.doubleField(2));
    }
  }

  /** What the deltas have come to, and since when; undefined where the point was dropped. */
  #add(series: PointSeries, point: DataPointView, kind: new () => SeriesValue): SeriesValue | undefined {
    const state = this.accumulator.add(knownOf(series), point, kind);
    if (typeof state === 'string') {
      this.drop(state);
      return undefined;
    }
    this.#startMs = state.startMs;
    return state.value;
  }

  #addSample(out: OutSeries, value: number): void {
    this.collected.add(out, value, this.#timeMs, this.#startMs, this.#isStale);
  }

  #addNative(out: OutSeries, from: number): void {
    this.collected.addHistogram(out, from, this.histograms.length - from, this.#timeMs, this.#startMs);
    out.points += 1;
  }
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

/** Deltas are added up by series that are known. */
function knownOf(series: PointSeries): KnownSeries {
  if (series instanceof KnownSeries) return series;
  throw new Error('deltas of a series that is not known');
}

function keepExemplars(out: OutSeries, exemplars: readonly Exemplar[]): void {
  if (out.exemplars) out.exemplars.push(...exemplars);
  else out.exemplars = [...exemplars];
}
