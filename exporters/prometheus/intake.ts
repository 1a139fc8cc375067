// Takes batches into the store. What a series is called is worked out once: afterwards a point finds its series by the bytes
// of its attributes, below the bytes of its metric, scope and resource.

import type { Batch } from '../../pipeline/batch.ts';
import type { MessageView } from '../../proto/otlp/message-view.ts';
import {
  type DataPointView,
  ExponentialHistogramDataPointView,
  HistogramDataPointView,
  METRIC,
  MetricCursor,
  type MetricView,
  NumberDataPointView,
  SummaryDataPointView,
  TEMPORALITY_DELTA,
  TEMPORALITY_UNSPECIFIED,
} from '../../proto/otlp/metrics.ts';
import { exemplarBytes } from './exemplars.ts';
import { digest, type FamilyType, type Refusal, Series, type SeriesStore } from './series-store.ts';
import { type Texts, texts } from '../../proto/prometheus/attribute-texts.ts';
import type { TranslatedResource, TranslatedScope, Translation } from './translation.ts';
import {
  ExponentialValue,
  HistogramValue,
  NumberValue,
  type Outcome,
  type SeriesValue,
  SummaryValue,
} from '../../proto/prometheus/accumulated-values.ts';

/** Why points are dropped. */
export type DropRule =
  | Refusal
  | Exclude<Outcome, 'taken'>
  | 'invalid_name'
  | 'out_of_order'
  | 'unspecified_temporality';

/** Points dropped of one batch, by rule. */
export type Dropped = ReadonlyMap<DropRule, number>;

interface KnownResource extends TranslatedResource {
  readonly scopes: Map<string, KnownScope>;
}

interface KnownScope extends TranslatedScope {
  readonly metrics: Map<string, KnownMetric>;
}

interface KnownMetric {
  readonly name: string | undefined;
  readonly help: string;
  readonly type: FamilyType;
  readonly series: Map<string, Series>;
}

/** Where a point is. */
interface Place {
  readonly metric: KnownMetric;
  readonly scope: KnownScope;
  readonly resource: KnownResource;
}

/** What is remembered to find series by, per series that may be kept; beyond it everything is worked out anew. */
const REMEMBERED_PER_SERIES = 4;
const REMEMBERED_BYTES_PER_SERIES = 1_024;
/** Also where few series are kept, their resources, scopes and metrics are remembered. */
const MIN_REMEMBERED = 10_000;

export class Intake {
  readonly #store: SeriesStore;
  readonly #translation: Translation;
  readonly #helpConflict: () => void;
  readonly #cursor = new MetricCursor();
  readonly #resources = new Map<string, KnownResource>();
  #remembered = 0;
  #rememberedBytes = 0;
  #dropped = new Map<DropRule, number>();
  #nowMs = 0;

  /** `helpConflict` is told of each new series whose description is not the family's. */
  constructor(store: SeriesStore, translation: Translation, helpConflict: () => void) {
    this.#store = store;
    this.#translation = translation;
    this.#helpConflict = helpConflict;
  }

  /** `nowMs` on the steady clock. Throws `MalformedProto`. */
  take(batch: Batch, nowMs: number): Dropped {
    this.#dropped = new Map();
    this.#nowMs = nowMs;
    const series = Math.max(this.#store.maxSeries, MIN_REMEMBERED);
    const isTooMuch = this.#remembered > series * REMEMBERED_PER_SERIES;
    if (isTooMuch || this.#rememberedBytes > series * REMEMBERED_BYTES_PER_SERIES) this.#forget();
    const cursor = this.#cursor;
    cursor.reset(batch.chunks);
    let resourceIndex = -1;
    let scopeIndex = -1;
    let resource: KnownResource | undefined;
    let scope: KnownScope | undefined;
    while (cursor.next()) {
      if (!resource || cursor.resourceIndex !== resourceIndex) {
        resource = this.#resource();
        ({ resourceIndex } = cursor);
      }
      if (!scope || cursor.scopeIndex !== scopeIndex) {
        scope = this.#scope(resource);
        ({ scopeIndex } = cursor);
      }
      this.#takeMetric(cursor.item, scope, resource);
    }
    return this.#dropped;
  }

  #takeMetric(metric: MetricView, scope: KnownScope, resource: KnownResource): void {
    const temporality = metric.aggregationTemporality;
    const { type } = metric;
    const hasNoTemporality = type === METRIC.gauge || type === METRIC.summary;
    if (type === 0) return;
    const known = this.#metric(metric, scope);
    const place: Place = { metric: known, scope, resource };
    const points = metric.dataPoints();
    while (points.next()) {
      if (temporality === TEMPORALITY_UNSPECIFIED && !hasNoTemporality) this.#drop('unspecified_temporality');
      else this.#takePoint(points.item, temporality === TEMPORALITY_DELTA, place);
    }
  }

  #takePoint(point: DataPointView, isDelta: boolean, place: Place): void {
    const { series: bySource } = place.metric;
    const source = rawField(point.message, point.attributesField);
    const isEnd = (point.flags & NO_RECORDED_VALUE) !== 0;
    let series = bySource.get(source);
    if (!series || series.isGone) {
      const found = this.#obtain(point, place);
      if (!(found instanceof Series)) {
        // The end of what is not shown is no loss.
        if (!isEnd) this.#drop(found);
        return;
      }
      series = found;
      bySource.set(source, series);
      this.#note(source);
    }
    if (isEnd) {
      this.#store.remove(series);
      return;
    }
    const outcome = this.#update(series, point, isDelta);
    if (outcome !== 'taken') {
      if (series.isNew) this.#store.remove(series);
      this.#drop(outcome);
      return;
    }
    const { target } = series;
    if (target && place.resource.targetLabels) target.labels = place.resource.targetLabels;
  }

  #update(series: Series, point: DataPointView, isDelta: boolean): 'taken' | DropRule {
    if (point.message.end - point.message.start > MAX_POINT_BYTES) return 'too_large';
    const time = point.timeUnixNano;
    const isFirst = series.isNew;
    // Two deltas of the same time are one that came twice; a cumulative value may be said again.
    const isLate = isDelta ? time <= series.timeUnixNano && time > 0n : time < series.timeUnixNano;
    if (!isFirst && isLate) return 'out_of_order';
    const outcome = takeInto(series.value, point, isDelta && !isFirst);
    if (outcome !== 'taken') return outcome;
    // A sum of deltas began with the first of them.
    if (!isDelta || isFirst) series.startTimeUnixNano = point.startTimeUnixNano;
    series.timeUnixNano = time;
    series.updatedMs = this.#nowMs;
    series.isNew = false;
    series.exemplars = exemplarBytes(point.message, series.value.kind);
    return outcome;
  }

  #obtain(point: DataPointView, place: Place): Series | DropRule {
    const { metric, scope, resource } = place;
    const { name, type, help } = metric;
    if (name === undefined) return 'invalid_name';
    const attributes = texts(point.attributes);
    const labels = this.#translation.labels(type, attributes, scope, resource);
    if (!labels) return 'invalid_name';
    const origin = originOf(this.#cursor.item, scope, attributes);
    const { targetKey } = resource;
    const found = this.#store.obtain({ name, help, type, labels, origin, value: valueFor(point), targetKey });
    if (found instanceof Series && found.isNew && found.family.help !== help) this.#helpConflict();
    return found;
  }

  #resource(): KnownResource {
    const view = this.#cursor.resource;
    const source = rawMessage(view.message);
    let known = this.#resources.get(source);
    if (!known) {
      known = { ...this.#translation.resource(view), scopes: new Map() };
      this.#resources.set(source, known);
      this.#note(source);
    }
    return known;
  }

  #scope(resource: KnownResource): KnownScope {
    const view = this.#cursor.scope;
    const source = `${view.schemaUrl}\u0000${rawMessage(view.message)}`;
    let known = resource.scopes.get(source);
    if (!known) {
      known = { ...this.#translation.scope(view), metrics: new Map() };
      resource.scopes.set(source, known);
      this.#note(source);
    }
    return known;
  }

  #metric(metric: MetricView, scope: KnownScope): KnownMetric {
    const type = familyType(metric);
    const { description } = metric;
    const source = `${type}\u0000${metric.type}\u0000${metric.unit}\u0000${metric.name}\u0000${description}`;
    let known = scope.metrics.get(source);
    if (!known) {
      known = { name: this.#translation.name(metric), help: description, type, series: new Map() };
      scope.metrics.set(source, known);
      this.#note(source);
    }
    return known;
  }

  #note(source: string): void {
    this.#remembered += 1;
    this.#rememberedBytes += source.length;
  }

  #forget(): void {
    this.#resources.clear();
    this.#remembered = 0;
    this.#rememberedBytes = 0;
  }

  #drop(rule: DropRule): void {
    this.#dropped.set(rule, (this.#dropped.get(rule) ?? 0) + 1);
  }
}

/** What is decoded of one point at once stays small, whatever somebody sends. */
const MAX_POINT_BYTES = 1 << 20;
/** Bit of a point's flags: there is no value any more. */
const NO_RECORDED_VALUE = 1;

function familyType(metric: MetricView): FamilyType {
  switch (metric.type) {
    case METRIC.histogram:
    case METRIC.exponentialHistogram:
      return 'histogram';
    case METRIC.summary:
      return 'summary';
    default:
      return metric.isMonotonic ? 'counter' : 'gauge';
  }
}

function valueFor(point: DataPointView): SeriesValue {
  if (point instanceof NumberDataPointView) return new NumberValue();
  if (point instanceof HistogramDataPointView) return new HistogramValue();
  return point instanceof SummaryDataPointView ? new SummaryValue() : new ExponentialValue();
}

function takeInto(value: SeriesValue, point: DataPointView, isAdded: boolean): Outcome | Refusal {
  if (value instanceof NumberValue && point instanceof NumberDataPointView) return value.take(point, isAdded);
  if (value instanceof HistogramValue && point instanceof HistogramDataPointView) return value.take(point, isAdded);
  if (value instanceof SummaryValue && point instanceof SummaryDataPointView) return value.take(point);
  if (value instanceof ExponentialValue && point instanceof ExponentialHistogramDataPointView) {
    return value.take(point, isAdded);
  }
  return 'type_conflict';
}

/** Where a series comes from, so that two that translate to the same name and labels are not taken for one. */
function originOf(metric: MetricView, scope: TranslatedScope, attributes: Texts): string {
  const { name, version, schemaUrl } = scope;
  const keys = [...attributes.keys()].toSorted();
  return digest(
    [metric.name, metric.unit, metric.type, name, version, schemaUrl, ...pairs(scope.attributes), ...keys].join(
      '\u0000',
    ),
  );
}

function pairs(attributes: Texts): string[] {
  return [...attributes].flat();
}

function rawMessage({ bytes, start, end }: MessageView): string {
  return latin1(bytes, start, end);
}

function rawField(message: MessageView, field: number): string {
  return latin1(message.bytes, message.repeatedStart(field), message.repeatedEnd(field));
}

/** Bytes as a string that a map can look up. */
function latin1(bytes: Uint8Array, start: number, end: number): string {
  if (start === end) return '';
  // Chunks are mostly Buffers; of others one is made.
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString('latin1', start, end);
}
