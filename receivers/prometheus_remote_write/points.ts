// Writes points of all kinds from what the reader of a request has before it.

import {
  EXPONENTIAL_HISTOGRAM_DATA_POINT,
  HISTOGRAM_DATA_POINT,
  METRIC,
  METRIC_DATA,
  NUMBER_DATA_POINT,
  SUMMARY_DATA_POINT,
} from '../../proto/otlp/metrics.ts';
import type { NativeHistogram } from '../../proto/prometheus/remote-write/reader-histogram.ts';
import type { BucketSide } from '../../proto/prometheus/remote-write/reader-histogram.ts';
import type { WriteRequestReader } from '../../proto/prometheus/remote-write/reader.ts';
import { FIXED64 } from '../../proto/wire.ts';
import type { ProtoWriter } from '../../proto/wire-writer.ts';
import { WaitingExemplars, writeExemplar } from './exemplars.ts';
import type { Groups, MetricGroup } from './groups.ts';
import { LE, PLAIN, QUANTILE, type LabelClasses } from './label-classes.ts';
import { isTime, writeUnixNano } from './times.ts';

/** The bit of a point's flags that says it has no value: what a mark of staleness means. */
const NO_RECORDED_VALUE = 1;
const BUCKETS = { offset: 1, bucketCounts: 2 } as const;
const MAX_COUNT = 2 ** 64 - 2048;
const POINT_LENGTH = 200;

/** A histogram or summary that was put together from classic series. */
export interface ClassicPoint {
  readonly isSummary: boolean;
  readonly isStale: boolean;
  readonly ms: number;
  readonly startMs: number;
  readonly count: number;
  readonly sum: number;
  /** Ascending: bounds without +Inf, or quantiles. */
  readonly bounds: readonly number[];
  /** Counts of buckets, one more than bounds, or values of quantiles. */
  readonly values: readonly number[];
}

export class PointWriter {
  readonly waiting = new WaitingExemplars();
  exemplarsWritten = 0;
  exemplarsBroken = 0;
  readonly #reader: WriteRequestReader;
  readonly #groups: Groups;
  readonly #classes: LabelClasses;

  constructor(reader: WriteRequestReader, groups: Groups, classes: LabelClasses) {
    this.#reader = reader;
    this.#groups = groups;
    this.#classes = classes;
  }

  reset(): void {
    this.waiting.clear();
    this.exemplarsWritten = 0;
    this.exemplarsBroken = 0;
  }

  /** Sample `index` of the current series; `isFirst` puts it before the metric's other points. */
  number(metric: MetricGroup, index: number, options: { readonly isLast: boolean; readonly isFirst: boolean }): void {
    const reader = this.#reader;
    const out = this.#groups.points;
    const start = out.length;
    const mark = out.begin(METRIC_DATA.dataPoints, POINT_LENGTH);
    // Safe: index < sampleCount.
    const ms = reader.sampleMs[index] as number;
    const at = reader.sampleAt[index] as number;
    this.#times(out, NUMBER_DATA_POINT, reader.sampleStartMs[index] || reader.createdMs, ms);
    if (reader.isStaleAt(at)) {
      out.uint32Field(NUMBER_DATA_POINT.flags, NO_RECORDED_VALUE);
    } else if (at < 0) {
      out.doubleField(NUMBER_DATA_POINT.asDouble, 0);
    } else {
      out.tag(NUMBER_DATA_POINT.asDouble, FIXED64);
      out.raw(reader.bytes, at, at + 8);
    }
    this.#attributes(out, NUMBER_DATA_POINT.attributes, true);
    if (options.isLast) this.exemplars(out, NUMBER_DATA_POINT.exemplars);
    out.end(mark);
    if (options.isFirst) this.#groups.prepend(metric, start);
    else this.#groups.append(metric, start);
  }

  native(metric: MetricGroup, histogram: NativeHistogram, isLast: boolean): void {
    const isCustom = metric.kind.data === METRIC.histogram;
    const out = this.#groups.points;
    const start = out.length;
    const mark = out.begin(METRIC_DATA.dataPoints, POINT_LENGTH);
    const fields = isCustom ? HISTOGRAM_DATA_POINT : EXPONENTIAL_HISTOGRAM_DATA_POINT;
    this.#times(out, fields, histogram.startMs || this.#reader.createdMs, histogram.ms);
    if (this.#reader.isStaleAt(histogram.sumAt)) {
      out.uint32Field(fields.flags, NO_RECORDED_VALUE);
    } else {
      out.fixed64NumberField(fields.count, countOf(histogram.count));
      if (histogram.sumAt >= 0) out.doubleField(fields.sum, histogram.sum);
      if (isCustom) customBuckets(out, histogram);
      else exponentialBuckets(out, histogram);
    }
    this.#attributes(out, fields.attributes, true);
    if (isLast) this.exemplars(out, fields.exemplars);
    out.end(mark);
    this.#groups.append(metric, start);
  }

  /** With the labels of the current series but `le` and `quantile`; `exemplars` writes those of its parts. */
  classic(metric: MetricGroup, point: ClassicPoint, exemplars: (out: ProtoWriter, field: number) => void): void {
    const out = this.#groups.points;
    const start = out.length;
    const mark = out.begin(METRIC_DATA.dataPoints, POINT_LENGTH);
    const fields = point.isSummary ? SUMMARY_DATA_POINT : HISTOGRAM_DATA_POINT;
    this.#times(out, fields, point.startMs, point.ms);
    if (point.isStale) {
      out.uint32Field(fields.flags, NO_RECORDED_VALUE);
    } else {
      out.fixed64NumberField(fields.count, countOf(point.count));
      out.doubleField(fields.sum, point.sum);
      if (point.isSummary) quantiles(out, point);
      else explicitBuckets(out, point);
    }
    this.#attributes(out, fields.attributes, false);
    if (!point.isSummary) exemplars(out, HISTOGRAM_DATA_POINT.exemplars);
    out.end(mark);
    this.#groups.prepend(metric, start);
  }

  /** Those of the current series, and those that waited for its point. */
  exemplars(out: ProtoWriter, field: number): void {
    const reader = this.#reader;
    for (let index = 0; index < reader.exemplarCount; index++) {
      if (writeExemplar(out, field, reader, index, this.#groups)) this.exemplarsWritten++;
      else this.exemplarsBroken++;
    }
    if (this.waiting.size > 0) this.exemplarsWritten += this.waiting.write(out, field, this.seriesNumber());
  }

  /** Keeps the exemplars of the current series, which has no point, for one that has. */
  wait(): void {
    this.exemplarsBroken += this.waiting.keep(this.seriesNumber(), this.#reader, this.#groups);
  }

  /** One number for the current series' labels. */
  seriesNumber(): number {
    const { labels, labelCount } = this.#reader;
    let number = 0;
    for (let at = 0; at < labelCount * 2; at++) number = this.#groups.fold(number, labels[at] as number); // safe: within labels
    return number;
  }

  #times(
    out: ProtoWriter,
    fields: { readonly startTimeUnixNano: number; readonly timeUnixNano: number },
    startMs: number,
    ms: number,
  ): void {
    // A start after the point itself is none.
    if (startMs > 0 && startMs <= ms && isTime(startMs)) writeUnixNano(out, fields.startTimeUnixNano, startMs);
    writeUnixNano(out, fields.timeUnixNano, ms);
  }

  #attributes(out: ProtoWriter, field: number, hasBounds: boolean): void {
    const { labels, labelCount } = this.#reader;
    for (let at = 0; at < labelCount * 2; at += 2) {
      // Safe: within labels.
      const name = labels[at] as number;
      const value = labels[at + 1] as number;
      // A label without a value is no label, to Prometheus.
      if (value === 0) continue;
      const found = this.#classes.of(name);
      if (found === PLAIN || (hasBounds && (found === LE || found === QUANTILE))) {
        this.#groups.attribute(out, field, name, value);
      }
    }
  }
}

/** A count of floats loses its fraction, as in the collector. */
function countOf(value: number): number {
  return Math.min(value, MAX_COUNT);
}

function exponentialBuckets(out: ProtoWriter, histogram: NativeHistogram): void {
  const fields = EXPONENTIAL_HISTOGRAM_DATA_POINT;
  out.sint32Field(fields.scale, histogram.schema);
  out.fixed64NumberField(fields.zeroCount, countOf(histogram.zeroCount));
  out.doubleField(fields.zeroThreshold, histogram.zeroThreshold);
  side(out, fields.positive, histogram.positive);
  side(out, fields.negative, histogram.negative);
}

/** Prometheus numbers a bucket by its upper bound, OpenTelemetry by its lower. */
function side(out: ProtoWriter, field: number, { first, dense }: BucketSide): void {
  if (dense.length === 0) return;
  const mark = out.begin(field, dense.length + 8);
  out.sint32Field(BUCKETS.offset, first - 1);
  const counts = out.begin(BUCKETS.bucketCounts, dense.length);
  for (let index = 0; index < dense.length; index++) out.varintNumber(Math.floor(dense.values[index] as number)); // safe: below length
  out.end(counts);
  out.end(mark);
}

function customBuckets(out: ProtoWriter, { bounds, positive }: NativeHistogram): void {
  const { first, dense } = positive;
  const counts = out.begin(HISTOGRAM_DATA_POINT.bucketCounts, (bounds.length + 1) * 8);
  for (let index = 0; index <= bounds.length; index++) {
    const at = index - first;
    out.fixed64Number(countOf(at >= 0 && at < dense.length ? (dense.values[at] as number) : 0)); // safe: below length
  }
  out.end(counts);
  const marks = out.begin(HISTOGRAM_DATA_POINT.explicitBounds, bounds.length * 8);
  for (let index = 0; index < bounds.length; index++) out.double(bounds.values[index] as number); // safe: below length
  out.end(marks);
}

function explicitBuckets(out: ProtoWriter, { bounds, values }: ClassicPoint): void {
  const counts = out.begin(HISTOGRAM_DATA_POINT.bucketCounts, values.length * 8);
  for (const value of values) out.fixed64Number(countOf(value));
  out.end(counts);
  const marks = out.begin(HISTOGRAM_DATA_POINT.explicitBounds, bounds.length * 8);
  for (const bound of bounds) out.double(bound);
  out.end(marks);
}

function quantiles(out: ProtoWriter, { bounds, values }: ClassicPoint): void {
  for (const [index, quantile] of bounds.entries()) {
    const mark = out.begin(SUMMARY_DATA_POINT.quantileValues, 18);
    out.doubleField(1, quantile);
    out.doubleField(2, values[index] ?? 0);
    out.end(mark);
  }
}
