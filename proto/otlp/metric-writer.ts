// Writes metrics that are made here (scraped, not received) as one serialised export request, point by point into one
// buffer that is used again: nothing is built as an object first.

import { ProtoWriter } from '../wire-writer.ts';
import type { JsValue } from './any-value.ts';
import { EncodedAttribute } from './encoded-attribute.ts';
import { encodeAnyValue } from './encode-value.ts';
import { ENVELOPE_FIELDS } from './envelope.ts';
import { HISTOGRAM_DATA_POINT, METRIC, METRIC_DATA, NUMBER_DATA_POINT } from './metrics.ts';
import { encodeUtf8 } from './text.ts';

export const TEMPORALITY_CUMULATIVE = 2;

/** A point of usual size has a length of one byte, everything around it of three. */
const POINT_LENGTH = 100;
const OUTER_LENGTH = 20_000;

/** Attributes encoded once, for the many points or resources that carry them. */
export class AttributeList {
  readonly #attributes: readonly EncodedAttribute[];
  /** The repeated field as a whole, by field number. */
  readonly #fields: (Uint8Array | undefined)[] = [];

  /** In the order in which they are to be written; a key must not come twice. */
  constructor(pairs: Iterable<readonly [key: string, value: JsValue]>) {
    this.#attributes = Array.from(
      pairs,
      ([key, value]) => new EncodedAttribute(encodeUtf8(key), encodeAnyValue(value)),
    );
  }

  /** All of them as repeated field `field` of a message. */
  asField(field: number): Uint8Array {
    const known = this.#fields[field];
    if (known) return known;
    const writer = new ProtoWriter(128);
    for (const { content } of this.#attributes) {
      writer.tag(field, 2);
      writer.raw(new Uint8Array(content.buffer, content.byteOffset, content.byteLength));
    }
    return (this.#fields[field] = writer.finish());
  }
}

export const NO_ATTRIBUTES = new AttributeList([]);

/** What is said of a metric besides its points. */
export interface MetricDescription {
  readonly name: string;
  readonly description: string;
  /** UCUM: `s`, `By`, `{packet}`. */
  readonly unit: string;
  /** Sums and histograms are cumulative. */
  readonly type: 'gauge' | 'sum' | 'histogram';
  /** Of sums. */
  readonly isMonotonic?: boolean;
  /** Whether numbers are written as integers. */
  readonly isInteger?: boolean;
}

/** A metric's description, encoded once. */
export class MetricShape {
  /** Fields of `Metric` before its data. */
  readonly head: Uint8Array;
  /** Fields of the data message before its points. */
  readonly dataHead: Uint8Array;
  readonly dataField: number;
  readonly isInteger: boolean;

  constructor(description: MetricDescription) {
    const { name, unit, type } = description;
    const head = new ProtoWriter(256);
    head.stringField(METRIC.name, name);
    if (description.description !== '') head.stringField(METRIC.description, description.description);
    if (unit !== '') head.stringField(METRIC.unit, unit);
    this.head = head.finish();
    const data = new ProtoWriter(16);
    if (type !== 'gauge') data.int32Field(METRIC_DATA.aggregationTemporality, TEMPORALITY_CUMULATIVE);
    if (type === 'sum' && description.isMonotonic === true) data.boolField(METRIC_DATA.isMonotonic, true);
    this.dataHead = data.finish();
    this.dataField = METRIC[type];
    this.isInteger = description.isInteger ?? false;
  }
}

/** A point of a histogram. */
export interface HistogramValue {
  readonly count: number;
  readonly sum?: number | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** One more than `explicitBounds`, not cumulative. */
  readonly bucketCounts: readonly number[];
  /** Ascending. */
  readonly explicitBounds: readonly number[];
}

/**
 * Calls go from the outside in: `resource`, `scope`, `times`, `metric`, points. Each closes what was open on its level and
 * below; a metric without points, a scope without metrics and a resource without scopes leave nothing behind. `finish`
 * gives the request and makes the writer ready for the next.
 */
export class MetricWriter {
  readonly #out = new ProtoWriter(16 << 10);
  /** Both time fields of a number point, and of a histogram's, as they are written. */
  readonly #times = new ProtoWriter(32);
  #points = 0;
  #schemaUrl = '';
  #isInteger = false;
  /** Of what is open: where it began, -1 for nothing, and what closes it. */
  #resourceStart = -1;
  #resourceMark = 0;
  #resourceMetrics = 0;
  #scopeStart = -1;
  #scopeMark = 0;
  #scopeMetrics = 0;
  #metricStart = -1;
  #metricMark = 0;
  #dataMark = 0;
  #metricPoints = 0;

  /** Points since the last `finish`. */
  get points(): number {
    return this.#points + (this.#metricStart < 0 ? 0 : this.#metricPoints);
  }

  resource(attributes: AttributeList = NO_ATTRIBUTES, schemaUrl = ''): void {
    this.#endResource();
    const out = this.#out;
    this.#resourceStart = out.length;
    this.#resourceMark = out.begin(1, OUTER_LENGTH);
    const encoded = attributes.asField(1);
    const mark = out.begin(ENVELOPE_FIELDS.inner, encoded.length);
    out.raw(encoded);
    out.end(mark);
    this.#schemaUrl = schemaUrl;
    this.#resourceMetrics = 0;
  }

  scope(name: string, version: string): void {
    this.#endScope();
    const out = this.#out;
    this.#scopeStart = out.length;
    this.#scopeMark = out.begin(ENVELOPE_FIELDS.items, OUTER_LENGTH);
    const mark = out.begin(ENVELOPE_FIELDS.inner);
    out.stringField(1, name);
    if (version !== '') out.stringField(2, version);
    out.end(mark);
    this.#scopeMetrics = 0;
  }

  /** The times of the points that follow, in nanoseconds since the epoch; a start of 0 is left out. */
  times(startUnixNano: bigint, unixNano: bigint): void {
    const times = this.#times;
    times.clear();
    if (startUnixNano !== 0n) times.fixed64Field(NUMBER_DATA_POINT.startTimeUnixNano, startUnixNano);
    times.fixed64Field(NUMBER_DATA_POINT.timeUnixNano, unixNano);
  }

  metric(shape: MetricShape): void {
    this.#endMetric();
    const out = this.#out;
    this.#metricStart = out.length;
    this.#metricMark = out.begin(ENVELOPE_FIELDS.items, POINT_LENGTH * 10);
    out.raw(shape.head);
    this.#dataMark = out.begin(shape.dataField, POINT_LENGTH * 10);
    out.raw(shape.dataHead);
    this.#isInteger = shape.isInteger;
    this.#metricPoints = 0;
  }

  /** A point of a gauge or sum. Integers are exact up to 2^53; a fraction of one is cut off. */
  number(value: number, attributes: AttributeList = NO_ATTRIBUTES): void {
    const out = this.#out;
    const mark = out.begin(METRIC_DATA.dataPoints, POINT_LENGTH);
    out.raw(this.#times.bytes, 0, this.#times.length);
    if (this.#isInteger) out.fixed64NumberField(NUMBER_DATA_POINT.asInt, value);
    else out.doubleField(NUMBER_DATA_POINT.asDouble, value);
    out.raw(attributes.asField(NUMBER_DATA_POINT.attributes));
    out.end(mark);
    this.#metricPoints++;
  }

  histogram(value: HistogramValue, attributes: AttributeList = NO_ATTRIBUTES): void {
    const out = this.#out;
    const { count, sum, min, max, bucketCounts, explicitBounds } = value;
    const mark = out.begin(METRIC_DATA.dataPoints, POINT_LENGTH * 2);
    out.raw(this.#times.bytes, 0, this.#times.length);
    out.fixed64NumberField(HISTOGRAM_DATA_POINT.count, count);
    if (sum !== undefined) out.doubleField(HISTOGRAM_DATA_POINT.sum, sum);
    // Packed, as proto3 has it: the scratch writer's fields without their tags.
    const counts = out.begin(HISTOGRAM_DATA_POINT.bucketCounts, bucketCounts.length * 8);
    for (const one of bucketCounts) out.fixed64Number(one);
    out.end(counts);
    const bounds = out.begin(HISTOGRAM_DATA_POINT.explicitBounds, explicitBounds.length * 8);
    for (const one of explicitBounds) out.double(one);
    out.end(bounds);
    out.raw(attributes.asField(HISTOGRAM_DATA_POINT.attributes));
    if (min !== undefined) out.doubleField(HISTOGRAM_DATA_POINT.min, min);
    if (max !== undefined) out.doubleField(HISTOGRAM_DATA_POINT.max, max);
    out.end(mark);
    this.#metricPoints++;
  }

  /** The serialised `ExportMetricsServiceRequest`: a copy, empty where there were no points. */
  finish(): Uint8Array {
    this.#endResource();
    const request = this.#out.finish();
    this.#out.clear();
    this.#points = 0;
    return request;
  }

  #endMetric(): void {
    if (this.#metricStart < 0) return;
    const out = this.#out;
    if (this.#metricPoints === 0) {
      out.length = this.#metricStart;
    } else {
      out.end(this.#dataMark);
      out.end(this.#metricMark);
      this.#scopeMetrics++;
      this.#points += this.#metricPoints;
    }
    this.#metricStart = -1;
  }

  #endScope(): void {
    this.#endMetric();
    if (this.#scopeStart < 0) return;
    if (this.#scopeMetrics === 0) this.#out.length = this.#scopeStart;
    else this.#out.end(this.#scopeMark);
    this.#resourceMetrics += this.#scopeMetrics;
    this.#scopeStart = -1;
  }

  #endResource(): void {
    this.#endScope();
    if (this.#resourceStart < 0) return;
    const out = this.#out;
    if (this.#resourceMetrics === 0) {
      out.length = this.#resourceStart;
    } else {
      if (this.#schemaUrl !== '') out.stringField(ENVELOPE_FIELDS.schemaUrl, this.#schemaUrl);
      out.end(this.#resourceMark);
    }
    this.#resourceStart = -1;
  }
}
