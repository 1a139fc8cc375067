// Views of metrics and data points of all five kinds, and the cursor over a batch's metrics.

import { AttributesView } from './attributes.ts';
import { isMetricData } from './count.ts';
import { ItemCursor } from './envelope.ts';
import { ChildCursor, ItemView } from './item-view.ts';
import { MessageView } from './message-view.ts';
import { repeatedDouble, repeatedFixed64, repeatedVarint, repeatedVarintNumbers, zigzag } from './repeated-numbers.ts';

/** Field numbers of `Metric`; the five kinds of data are one oneof. */
export const METRIC = {
  name: 1,
  description: 2,
  unit: 3,
  gauge: 5,
  sum: 7,
  histogram: 9,
  exponentialHistogram: 10,
  summary: 11,
  metadata: 12,
} as const;

/** What a metric's data is: the field number in `Metric`, 0 for none. */
export type MetricType = 0 | 5 | 7 | 9 | 10 | 11;

/** Field numbers of the data messages. */
export const METRIC_DATA = { dataPoints: 1, aggregationTemporality: 2, isMonotonic: 3 } as const;

export const TEMPORALITY_UNSPECIFIED = 0;
export const TEMPORALITY_DELTA = 1;

/** Field numbers of `NumberDataPoint`; the other points share time fields 2 and 3. */
export const NUMBER_DATA_POINT = {
  startTimeUnixNano: 2,
  timeUnixNano: 3,
  asDouble: 4,
  exemplars: 5,
  asInt: 6,
  attributes: 7,
  flags: 8,
} as const;

/** Field numbers of `HistogramDataPoint`. */
export const HISTOGRAM_DATA_POINT = {
  startTimeUnixNano: 2,
  timeUnixNano: 3,
  count: 4,
  sum: 5,
  bucketCounts: 6,
  explicitBounds: 7,
  exemplars: 8,
  attributes: 9,
  flags: 10,
  min: 11,
  max: 12,
} as const;

/** Field numbers of `ExponentialHistogramDataPoint`. */
export const EXPONENTIAL_HISTOGRAM_DATA_POINT = {
  attributes: 1,
  startTimeUnixNano: 2,
  timeUnixNano: 3,
  count: 4,
  sum: 5,
  scale: 6,
  zeroCount: 7,
  positive: 8,
  negative: 9,
  flags: 10,
  exemplars: 11,
  min: 12,
  max: 13,
  zeroThreshold: 14,
} as const;

/** Field numbers of `SummaryDataPoint`. */
export const SUMMARY_DATA_POINT = {
  startTimeUnixNano: 2,
  timeUnixNano: 3,
  count: 4,
  sum: 5,
  quantileValues: 6,
  attributes: 7,
  flags: 8,
} as const;

/** One metric where it lies. */
export class MetricView extends ItemView {
  readonly #data = new MessageView();
  readonly #number = new ChildCursor<DataPointView>(new NumberDataPointView());
  readonly #histogram = new ChildCursor<DataPointView>(new HistogramDataPointView());
  readonly #exponential = new ChildCursor<DataPointView>(new ExponentialHistogramDataPointView());
  readonly #summary = new ChildCursor<DataPointView>(new SummaryDataPointView());
  #type: MetricType = 0;
  #dataBound = false;

  constructor() {
    super(METRIC.metadata);
  }

  override bind(bytes: Uint8Array, start?: number, end?: number): void {
    super.bind(bytes, start, end);
    this.#dataBound = false;
  }

  get name(): string {
    return this.message.stringField(METRIC.name);
  }

  get description(): string {
    return this.message.stringField(METRIC.description);
  }

  get unit(): string {
    return this.message.stringField(METRIC.unit);
  }

  /** Attributes about the metric itself, the `metadata` field. */
  get metadata(): AttributesView {
    return this.attributes;
  }

  get type(): MetricType {
    if (!this.#dataBound) this.#bindData();
    return this.#type;
  }

  /** The gauge, sum, histogram … message. */
  get data(): MessageView {
    if (!this.#dataBound) this.#bindData();
    return this.#data;
  }

  /** One of the TEMPORALITY_ constants; unspecified for gauges and summaries. */
  get aggregationTemporality(): number {
    const { type } = this;
    const has = type === METRIC.sum || type === METRIC.histogram || type === METRIC.exponentialHistogram;
    return has ? this.#data.int32Field(METRIC_DATA.aggregationTemporality) : TEMPORALITY_UNSPECIFIED;
  }

  /** False for all but sums. */
  get isMonotonic(): boolean {
    return this.type === METRIC.sum && this.#data.boolField(METRIC_DATA.isMonotonic);
  }

  /** A cursor over the data points, rewound. Its item's class follows `type`. */
  dataPoints(): ChildCursor<DataPointView> {
    const cursor = this.#cursor();
    cursor.reset(this.#data, METRIC_DATA.dataPoints);
    return cursor;
  }

  /** The view `dataPoints()` walks with; for those who bind it themselves. */
  get pointView(): DataPointView {
    return this.#cursor().item;
  }

  #cursor(): ChildCursor<DataPointView> {
    switch (this.type) {
      case METRIC.histogram:
        return this.#histogram;
      case METRIC.exponentialHistogram:
        return this.#exponential;
      case METRIC.summary:
        return this.#summary;
      default:
        return this.#number;
    }
  }

  #bindData(): void {
    // Of several kinds the last one in the message counts, as for every oneof.
    let type: MetricType = 0;
    let last = -1;
    for (let field = METRIC.gauge as number; field <= METRIC.summary; field++) {
      if (!isMetricData(field) || !this.message.has(field)) continue;
      const end = this.message.contentEnd(field);
      if (end <= last) continue;
      last = end;
      // Safe: isMetricData holds exactly for the numbers of MetricType above 0.
      type = field as MetricType;
    }
    this.#type = type;
    if (type === 0) this.#data.clear();
    else this.#data.bind(this.message.bytes, this.message.contentStart(type), this.message.contentEnd(type));
    this.#dataBound = true;
  }
}

/** What the data points of all kinds have in common. */
export abstract class DataPointView extends ItemView {
  abstract readonly type: MetricType | 'number';
  abstract get flags(): number;

  get startTimeUnixNano(): bigint {
    return this.message.fixed64Field(2);
  }

  get timeUnixNano(): bigint {
    return this.message.fixed64Field(3);
  }
}

/** A point of a gauge or sum. */
export class NumberDataPointView extends DataPointView {
  override readonly type = 'number';

  constructor() {
    super(NUMBER_DATA_POINT.attributes);
  }

  /** Whether the value is an integer, a double, or missing. */
  get valueType(): 'int' | 'double' | 'none' {
    const hasInt = this.message.has(NUMBER_DATA_POINT.asInt);
    if (!this.message.has(NUMBER_DATA_POINT.asDouble)) return hasInt ? 'int' : 'none';
    return hasInt &&
      this.message.repeatedEnd(NUMBER_DATA_POINT.asInt) > this.message.repeatedEnd(NUMBER_DATA_POINT.asDouble)
      ? 'int'
      : 'double';
  }

  /** The value as a number: doubles as they are, integers exact up to 2^53, 0 where it is missing. */
  get value(): number {
    return this.valueType === 'int'
      ? this.message.sfixed64AsNumber(NUMBER_DATA_POINT.asInt)
      : this.message.doubleField(NUMBER_DATA_POINT.asDouble);
  }

  get intValue(): bigint {
    return BigInt.asIntN(64, this.message.fixed64Field(NUMBER_DATA_POINT.asInt));
  }

  get flags(): number {
    return this.message.uint32Field(NUMBER_DATA_POINT.flags);
  }
}

export class HistogramDataPointView extends DataPointView {
  override readonly type = METRIC.histogram;

  constructor() {
    super(HISTOGRAM_DATA_POINT.attributes);
  }

  get count(): bigint {
    return this.message.fixed64Field(HISTOGRAM_DATA_POINT.count);
  }

  get hasSum(): boolean {
    return this.message.has(HISTOGRAM_DATA_POINT.sum);
  }

  get sum(): number {
    return this.message.doubleField(HISTOGRAM_DATA_POINT.sum);
  }

  get hasMin(): boolean {
    return this.message.has(HISTOGRAM_DATA_POINT.min);
  }

  get min(): number {
    return this.message.doubleField(HISTOGRAM_DATA_POINT.min);
  }

  get hasMax(): boolean {
    return this.message.has(HISTOGRAM_DATA_POINT.max);
  }

  get max(): number {
    return this.message.doubleField(HISTOGRAM_DATA_POINT.max);
  }

  /** A new array of the counts per bucket. */
  bucketCounts(): bigint[] {
    return repeatedFixed64(this.message, HISTOGRAM_DATA_POINT.bucketCounts);
  }

  /** A new array of the buckets' upper bounds. */
  explicitBounds(): number[] {
    return repeatedDouble(this.message, HISTOGRAM_DATA_POINT.explicitBounds);
  }

  get flags(): number {
    return this.message.uint32Field(HISTOGRAM_DATA_POINT.flags);
  }
}

export class ExponentialHistogramDataPointView extends DataPointView {
  override readonly type = METRIC.exponentialHistogram;
  readonly #buckets = new MessageView();

  constructor() {
    super(EXPONENTIAL_HISTOGRAM_DATA_POINT.attributes);
  }

  get count(): bigint {
    return this.message.fixed64Field(EXPONENTIAL_HISTOGRAM_DATA_POINT.count);
  }

  get hasSum(): boolean {
    return this.message.has(EXPONENTIAL_HISTOGRAM_DATA_POINT.sum);
  }

  get sum(): number {
    return this.message.doubleField(EXPONENTIAL_HISTOGRAM_DATA_POINT.sum);
  }

  get hasMin(): boolean {
    return this.message.has(EXPONENTIAL_HISTOGRAM_DATA_POINT.min);
  }

  get min(): number {
    return this.message.doubleField(EXPONENTIAL_HISTOGRAM_DATA_POINT.min);
  }

  get hasMax(): boolean {
    return this.message.has(EXPONENTIAL_HISTOGRAM_DATA_POINT.max);
  }

  get max(): number {
    return this.message.doubleField(EXPONENTIAL_HISTOGRAM_DATA_POINT.max);
  }

  get scale(): number {
    return zigzag(this.message.uint32Field(EXPONENTIAL_HISTOGRAM_DATA_POINT.scale));
  }

  get zeroCount(): bigint {
    return this.message.fixed64Field(EXPONENTIAL_HISTOGRAM_DATA_POINT.zeroCount);
  }

  get zeroThreshold(): number {
    return this.message.doubleField(EXPONENTIAL_HISTOGRAM_DATA_POINT.zeroThreshold);
  }

  /** The index of the first positive bucket. */
  get positiveOffset(): number {
    return this.#offset(EXPONENTIAL_HISTOGRAM_DATA_POINT.positive);
  }

  get negativeOffset(): number {
    return this.#offset(EXPONENTIAL_HISTOGRAM_DATA_POINT.negative);
  }

  /** A new array of the counts of the positive buckets, from `positiveOffset` on. */
  positiveBucketCounts(): bigint[] {
    return this.#counts(EXPONENTIAL_HISTOGRAM_DATA_POINT.positive);
  }

  negativeBucketCounts(): bigint[] {
    return this.#counts(EXPONENTIAL_HISTOGRAM_DATA_POINT.negative);
  }

  /** The counts as numbers, exact up to 2^53. */
  positiveCounts(): number[] {
    return repeatedVarintNumbers(this.#bound(EXPONENTIAL_HISTOGRAM_DATA_POINT.positive), 2);
  }

  negativeCounts(): number[] {
    return repeatedVarintNumbers(this.#bound(EXPONENTIAL_HISTOGRAM_DATA_POINT.negative), 2);
  }

  get flags(): number {
    return this.message.uint32Field(EXPONENTIAL_HISTOGRAM_DATA_POINT.flags);
  }

  #offset(field: number): number {
    return zigzag(this.#bound(field).uint32Field(1));
  }

  #counts(field: number): bigint[] {
    return repeatedVarint(this.#bound(field), 2);
  }

  #bound(field: number): MessageView {
    this.#buckets.bind(this.message.bytes, this.message.contentStart(field), this.message.contentEnd(field));
    return this.#buckets;
  }
}

export class SummaryDataPointView extends DataPointView {
  override readonly type = METRIC.summary;
  readonly #quantiles = new ChildCursor(new MessageView());

  constructor() {
    super(SUMMARY_DATA_POINT.attributes);
  }

  get count(): bigint {
    return this.message.fixed64Field(SUMMARY_DATA_POINT.count);
  }

  get sum(): number {
    return this.message.doubleField(SUMMARY_DATA_POINT.sum);
  }

  /** A cursor over the quantile values, rewound: double field 1 is the quantile (0 to 1), 2 its value. */
  quantileValues(): ChildCursor<MessageView> {
    this.#quantiles.reset(this.message, SUMMARY_DATA_POINT.quantileValues);
    return this.#quantiles;
  }

  get flags(): number {
    return this.message.uint32Field(SUMMARY_DATA_POINT.flags);
  }
}

/** Walks the metrics of a metrics batch; their points by `cursor.item.dataPoints()`. */
export class MetricCursor extends ItemCursor<MetricView> {
  constructor() {
    super(new MetricView());
  }
}
