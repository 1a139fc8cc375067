// What is known of resources, scopes, metrics and series that came before, so that a point finds its series of remote write
// without being translated again. Bounded: what is too much is forgotten as a whole and worked out anew.

import type { DeltaState } from '../../pipeline/metric-series/delta-store.ts';
import { type DataPointView, METRIC, type MetricCursor, type MetricView } from '../../proto/otlp/metrics.ts';
import { type Texts, texts } from '../../proto/prometheus/attribute-texts.ts';
import type { SeriesValue } from '../../proto/prometheus/accumulated-values.ts';
import { decimalText } from '../../proto/prometheus/number-text.ts';
import { METRIC_TYPE } from '../../proto/prometheus/remote-write/fields.ts';
import type { SeriesMetadata } from '../../proto/prometheus/remote-write/writer.ts';
import { KnownByBytes } from './known-by-bytes.ts';
import { type BaseLabels, type LabelRules, namedLabels, type ResourceLabels } from './labels.ts';
import { OutSeries } from './series.ts';

export interface KnownResource extends ResourceLabels {
  readonly scopes: KnownByBytes<KnownScope>;
  readonly targetSeries: OutSeries | undefined;
}

export interface KnownScope {
  readonly labels: Texts;
  readonly metrics: KnownByBytes<KnownMetric>;
}

export interface KnownMetric {
  /** Undefined where it has no valid name. */
  readonly name: string | undefined;
  readonly metadata: SeriesMetadata;
  /** null: the attributes make no labels. */
  readonly series: KnownByBytes<KnownSeries | null>;
}

/** The series of remote write that one series of OpenTelemetry becomes. */
export interface PointSeries {
  /** Of a number. */
  readonly value: OutSeries;
  /** Of a native histogram. */
  readonly native: OutSeries;
  readonly sum: OutSeries;
  readonly count: OutSeries;
  readonly infiniteBucket: OutSeries;
  /** Of the bucket that is the `index`th and has this upper bound. */
  bucket(index: number, bound: number): OutSeries;
  /** Of the summary's `index`th quantile. */
  quantile(index: number, quantile: number): OutSeries;
}

/** Made when they are first needed. */
export class KnownSeries implements PointSeries {
  readonly #catalog: Catalog;
  readonly #name: string;
  readonly #metadata: SeriesMetadata;
  readonly #base: BaseLabels;
  #value: OutSeries | undefined;
  #native: OutSeries | undefined;
  #sum: OutSeries | undefined;
  #count: OutSeries | undefined;
  readonly #buckets: OutSeries[] = [];
  readonly #bounds: number[] = [];
  #infinite: OutSeries | undefined;
  delta: DeltaState<SeriesValue> | undefined;

  constructor(catalog: Catalog, name: string, metadata: SeriesMetadata, base: BaseLabels) {
    this.#catalog = catalog;
    this.#name = name;
    this.#metadata = metadata;
    this.#base = base;
  }

  get value(): OutSeries {
    return (this.#value ??= this.#series('', '', ''));
  }

  get native(): OutSeries {
    return (this.#native ??= this.#catalog.series(namedLabels(this.#name, this.#base), this.#metadata, NATIVE));
  }

  get sum(): OutSeries {
    return (this.#sum ??= this.#series('_sum', '', ''));
  }

  get count(): OutSeries {
    return (this.#count ??= this.#series('_count', '', ''));
  }

  bucket(index: number, bound: number): OutSeries {
    const known = this.#buckets[index];
    if (known && this.#bounds[index] === bound) return known;
    this.#bounds[index] = bound;
    return (this.#buckets[index] = this.#series('_bucket', 'le', decimalText(bound)));
  }

  get infiniteBucket(): OutSeries {
    return (this.#infinite ??= this.#series('_bucket', 'le', '+Inf'));
  }

  quantile(index: number, quantile: number): OutSeries {
    const known = this.#buckets[index];
    if (known && this.#bounds[index] === quantile) return known;
    this.#bounds[index] = quantile;
    return (this.#buckets[index] = this.#series('', 'quantile', decimalText(quantile)));
  }

  /** Names the series among those that deltas are added up of. */
  get key(): string {
    return this.value.labels.texts.join('\u0000');
  }

  #series(suffix: string, extraName: string, extraValue: string): OutSeries {
    const labels = namedLabels(this.#name + suffix, this.#base, extraName, extraValue);
    return this.#catalog.series(labels, this.#metadata, '');
  }
}

/** Native histograms and numbers never share a series. */
const NATIVE = '\u0001';

/** Series that are remembered, and the length of their labels. A series takes 2 KB here. */
const MAX_SERIES = 50_000;
const MAX_LENGTH = 64 << 20;
/** Of metrics that are known without their scope, and what each takes besides its bytes. */
const MAX_SHARED_LENGTH = 8 << 20;
const METRIC_LENGTH = 500;

export class Catalog {
  readonly #rules: LabelRules;
  readonly #resources = { known: new KnownByBytes<KnownResource>() };
  readonly #series = new Map<string, OutSeries>();
  #shared = new KnownByBytes<KnownMetric>();
  #sharedLength = 0;
  #entries = 0;
  #length = 0;
  /** Points whose series was known, and others, since what was known was forgotten. */
  #hits = 0;
  #misses = 0;

  constructor(rules: LabelRules) {
    this.#rules = rules;
  }

  /** To be called between batches. Whether remembering was of no use: most series were forgotten before they came again. */
  trim(): boolean {
    if (this.#entries <= MAX_SERIES && this.#length <= MAX_LENGTH) return false;
    const isUseless = this.#misses > this.#hits;
    this.#resources.known = new KnownByBytes();
    this.#series.clear();
    this.#entries = 0;
    this.#length = 0;
    this.#hits = 0;
    this.#misses = 0;
    return isUseless;
  }

  /** The one series of these labels; of several metrics' metadata the first counts. */
  series(labels: readonly string[], metadata: SeriesMetadata, kind: string): OutSeries {
    const key = kind + labels.join('\u0000');
    let series = this.#series.get(key);
    if (!series) {
      series = new OutSeries(labels, metadata);
      this.#series.set(key, series);
      this.#note(key.length);
    }
    return series;
  }

  resource(cursor: MetricCursor): KnownResource {
    const { bytes, start, end } = cursor.resource.message;
    const { known } = this.#resources;
    const found = known.find(bytes, start, end);
    if (found) return found;
    const labels = this.#rules.resource(cursor.resource);
    const targetSeries = labels.targetInfo && this.series(labels.targetInfo, TARGET_METADATA, '');
    this.#note(end - start);
    return known.add(bytes, start, end, { ...labels, targetSeries, scopes: new KnownByBytes() });
  }

  scope(cursor: MetricCursor, resource: KnownResource): KnownScope {
    const { bytes, start, end } = cursor.scope.message;
    const found = resource.scopes.find(bytes, start, end);
    if (found) return found;
    this.#note(end - start);
    const labels = this.#rules.scope(cursor.scope);
    return resource.scopes.add(bytes, start, end, { labels, metrics: new KnownByBytes() });
  }

  metric(metric: MetricView, scope: KnownScope): KnownMetric {
    const { bytes, length } = headOf(metric);
    const found = scope.metrics.find(bytes, 0, length);
    if (found) return found;
    this.#note(length);
    return scope.metrics.add(bytes, 0, length, this.#newMetric(metric));
  }

  /** The same without a scope: what its series are is not to be asked. */
  sharedMetric(metric: MetricView): KnownMetric {
    const { bytes, length } = headOf(metric);
    const found = this.#shared.find(bytes, 0, length);
    if (found) return found;
    this.#sharedLength += length + METRIC_LENGTH;
    if (this.#sharedLength > MAX_SHARED_LENGTH) {
      this.#shared = new KnownByBytes();
      this.#sharedLength = 0;
    }
    return this.#shared.add(bytes, 0, length, this.#newMetric(metric));
  }

  /** null where the metric has no name, or the point's attributes make no labels. */
  point(point: DataPointView, metric: KnownMetric, scope: KnownScope, resource: KnownResource): KnownSeries | null {
    const { message, attributesField } = point;
    const start = message.repeatedStart(attributesField);
    const end = message.repeatedEnd(attributesField);
    const found = metric.series.find(message.bytes, start, end);
    if (found !== undefined) {
      this.#hits += 1;
      return found;
    }
    this.#misses += 1;
    this.#note(end - start);
    const { name } = metric;
    const base = this.#rules.base(texts(point.attributes), scope.labels, resource);
    const series = base && name !== undefined ? new KnownSeries(this, name, metric.metadata, base) : null;
    return metric.series.add(message.bytes, start, end, series);
  }

  #newMetric(metric: MetricView): KnownMetric {
    const metadata = { type: metricTypeOf(metric), help: metric.description, unit: this.#rules.unit(metric) };
    return { name: this.#rules.name(metric), metadata, series: new KnownByBytes() };
  }

  #note(length: number): void {
    this.#entries += 1;
    this.#length += length;
  }
}

const TARGET_METADATA: SeriesMetadata = { type: METRIC_TYPE.gauge, help: 'Target metadata', unit: '' };

let head = new Uint8Array(1024);

/** The metric's bytes without its points, and what says how those count; valid until the next call. */
function headOf(metric: MetricView): { readonly bytes: Uint8Array; readonly length: number } {
  const { message, type } = metric;
  const { bytes, start, end } = message;
  const dataStart = message.repeatedStart(type);
  const dataEnd = message.repeatedEnd(type);
  const length = dataStart - start + (end - dataEnd) + 1;
  if (head.length < length) head = new Uint8Array(length * 2);
  head[0] = type * 2 + (metric.isMonotonic ? 1 : 0);
  let at = 1;
  for (let from = start; from < dataStart; from++) head[at++] = bytes[from] ?? 0;
  for (let from = dataEnd; from < end; from++) head[at++] = bytes[from] ?? 0;
  result.bytes = head;
  result.length = length;
  return result;
}

const result = { bytes: head, length: 0 };

/** As the collector tells them, by the metadata that a Prometheus receiver leaves. */
function metricTypeOf(metric: MetricView): number {
  switch (metric.type) {
    case METRIC.histogram:
    case METRIC.exponentialHistogram:
      return METRIC_TYPE.histogram;
    case METRIC.summary:
      return METRIC_TYPE.summary;
    default:
  }
  if (metric.isMonotonic) return METRIC_TYPE.counter;
  const said = texts(metric.metadata).get('prometheus.type');
  if (metric.type === METRIC.gauge) return said === 'unknown' ? METRIC_TYPE.unknown : METRIC_TYPE.gauge;
  if (said === 'info') return METRIC_TYPE.info;
  return said === 'stateset' ? METRIC_TYPE.stateset : METRIC_TYPE.gauge;
}
