// The page in Prometheus' protobuf format: io.prometheus.client.MetricFamily messages, each after its length. The only format
// that has native histograms and the time a series began.

import { ProtoWriter } from '../../proto/wire-writer.ts';
import { type EscapingScheme, exposedName } from '../../proto/prometheus/exposed-names.ts';
import { type Exemplar, readExemplars } from './exemplars.ts';
import type { BucketRange } from '../../proto/prometheus/exponential-buckets.ts';
import type { Page } from './page-writer.ts';
import type { Family, FamilyType, Series } from './series-store.ts';
import type { ExponentialValue, HistogramValue, SummaryValue } from '../../proto/prometheus/accumulated-values.ts';

// Field numbers of io/prometheus/client/metrics.proto (prometheus/client_model v0.6.3).
const FAMILY = { name: 1, help: 2, type: 3, metric: 4 } as const;
const METRIC = { label: 1, gauge: 2, counter: 3, summary: 4, timestampMs: 6, histogram: 7 } as const;
const PAIR = { name: 1, value: 2 } as const;
const COUNTER = { value: 1, exemplar: 2, created: 3 } as const;
const SUMMARY = { count: 1, sum: 2, quantile: 3, created: 4 } as const;
const HISTOGRAM = {
  count: 1,
  sum: 2,
  bucket: 3,
  schema: 5,
  zeroThreshold: 6,
  zeroCount: 7,
  negativeSpan: 9,
  negativeDelta: 10,
  positiveSpan: 12,
  positiveDelta: 13,
  created: 15,
  exemplars: 16,
} as const;
const BUCKET = { cumulativeCount: 1, upperBound: 2, exemplar: 3 } as const;
const SPAN = { offset: 1, length: 2 } as const;
const EXEMPLAR = { label: 1, value: 2, timestamp: 3 } as const;

const TYPES: Readonly<Record<FamilyType, number>> = { counter: 0, gauge: 1, summary: 2, histogram: 4 };

/** Where a data point says nothing, as Prometheus' remote write has it. */
const DEFAULT_ZERO_THRESHOLD = 1e-128;
/** A metric of usual size has a length of two bytes. */
const METRIC_LENGTH = 200;
const NANOSECONDS = 1_000_000_000n;

export class ProtobufPage implements Page {
  bytes = 0;
  readonly #scheme: EscapingScheme;
  readonly #hasTimestamps: boolean;
  readonly #parts: Uint8Array[] = [];
  readonly #writer = new ProtoWriter();
  readonly #length = new ProtoWriter(16);

  constructor(options: { scheme: EscapingScheme; hasTimestamps: boolean }) {
    this.#scheme = options.scheme;
    this.#hasTimestamps = options.hasTimestamps;
  }

  beginFamily({ help, type }: Family, name: string): void {
    this.#writer.clear();
    this.#writer.stringField(FAMILY.name, name);
    this.#writer.stringField(FAMILY.help, help);
    this.#writer.uint32Field(FAMILY.type, TYPES[type]);
  }

  addSeries(series: Series): void {
    const writer = this.#writer;
    const metric = writer.begin(FAMILY.metric, METRIC_LENGTH);
    this.#labels(series.labels, METRIC.label, this.#scheme);
    this.#value(series);
    const { timeUnixNano } = series;
    if (this.#hasTimestamps && timeUnixNano > 0n) writer.int64Field(METRIC.timestampMs, timeUnixNano / 1_000_000n);
    writer.end(metric);
  }

  endFamily(): void {
    this.#length.clear();
    this.#length.varint(this.#writer.length);
    this.#push(this.#length.finish());
    this.#push(this.#writer.finish());
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts, this.bytes);
  }

  #value(series: Series): void {
    const { value } = series;
    switch (value.kind) {
      case 'number':
        this.#number(series, value.value);
        break;
      case 'summary':
        this.#summary(series, value);
        break;
      case 'histogram':
        this.#histogram(series, value);
        break;
      default:
        this.#native(series, value);
    }
  }

  #number(series: Series, value: number): void {
    const writer = this.#writer;
    if (series.family.type !== 'counter') {
      const gauge = writer.begin(METRIC.gauge);
      writer.doubleField(1, value);
      writer.end(gauge);
      return;
    }
    const counter = writer.begin(METRIC.counter);
    writer.doubleField(COUNTER.value, value);
    this.#exemplar(COUNTER.exemplar, exemplarsOf(series).at(-1));
    this.#created(COUNTER.created, series);
    writer.end(counter);
  }

  #summary(series: Series, { count, sum, quantiles }: SummaryValue): void {
    const writer = this.#writer;
    const summary = writer.begin(METRIC.summary, METRIC_LENGTH);
    this.#count(SUMMARY.count, count);
    writer.doubleField(SUMMARY.sum, sum);
    for (let index = 0; index < quantiles.length; index += 2) {
      const quantile = writer.begin(SUMMARY.quantile);
      // Safe: quantiles and values come by turns.
      writer.doubleField(1, quantiles[index] as number);
      writer.doubleField(2, quantiles[index + 1] as number);
      writer.end(quantile);
    }
    this.#created(SUMMARY.created, series);
    writer.end(summary);
  }

  #histogram(series: Series, { count, sum, bounds, counts }: HistogramValue): void {
    const writer = this.#writer;
    const histogram = writer.begin(METRIC.histogram, METRIC_LENGTH);
    const exemplars = exemplarsOf(series);
    this.#count(HISTOGRAM.count, count);
    writer.doubleField(HISTOGRAM.sum, sum);
    let below = 0;
    let above = -Infinity;
    for (const [index, bound] of bounds.entries()) {
      below += counts[index] ?? 0;
      const lower = above;
      this.#bucket(
        bound,
        below,
        exemplars.findLast((one) => one.value <= bound && one.value > lower),
      );
      above = bound;
    }
    const beyond = exemplars.findLast((one) => one.value > above);
    if (beyond) this.#bucket(Infinity, count, beyond);
    this.#created(HISTOGRAM.created, series);
    writer.end(histogram);
  }

  #bucket(upperBound: number, cumulativeCount: number, exemplar: Exemplar | undefined): void {
    const bucket = this.#writer.begin(HISTOGRAM.bucket);
    this.#count(BUCKET.cumulativeCount, cumulativeCount);
    this.#writer.doubleField(BUCKET.upperBound, upperBound);
    this.#exemplar(BUCKET.exemplar, exemplar);
    this.#writer.end(bucket);
  }

  #native(series: Series, value: ExponentialValue): void {
    const writer = this.#writer;
    const histogram = writer.begin(METRIC.histogram, METRIC_LENGTH);
    this.#count(HISTOGRAM.count, value.count);
    writer.doubleField(HISTOGRAM.sum, value.sum);
    writer.sint32Field(HISTOGRAM.schema, value.scale);
    writer.doubleField(HISTOGRAM.zeroThreshold, value.zeroThreshold || DEFAULT_ZERO_THRESHOLD);
    this.#count(HISTOGRAM.zeroCount, value.zeroCount);
    this.#buckets(value.negative, HISTOGRAM.negativeSpan, HISTOGRAM.negativeDelta);
    this.#buckets(value.positive, HISTOGRAM.positiveSpan, HISTOGRAM.positiveDelta);
    this.#created(HISTOGRAM.created, series);
    for (const exemplar of exemplarsOf(series)) this.#exemplar(HISTOGRAM.exemplars, exemplar);
    writer.end(histogram);
  }

  /** One span: OTLP's buckets follow each other. */
  #buckets({ offset, counts }: BucketRange, spanField: number, deltaField: number): void {
    if (counts.length === 0) return;
    const writer = this.#writer;
    const span = writer.begin(spanField);
    // Prometheus numbers a bucket by its upper end, OpenTelemetry by its lower one.
    writer.sint32Field(SPAN.offset, offset + 1);
    writer.uint32Field(SPAN.length, counts.length);
    writer.end(span);
    let before = 0;
    for (const count of counts) {
      writer.tag(deltaField, 0);
      writer.varint64(zigzag64(count - before));
      before = count;
    }
  }

  #exemplar(field: number, exemplar: Exemplar | undefined): void {
    if (!exemplar) return;
    const writer = this.#writer;
    const mark = writer.begin(field);
    this.#labels(exemplar.labels, EXEMPLAR.label, 'allow-utf-8');
    writer.doubleField(EXEMPLAR.value, exemplar.value);
    this.#timestamp(EXEMPLAR.timestamp, exemplar.timeUnixNano);
    writer.end(mark);
  }

  #labels(labels: readonly string[], field: number, scheme: EscapingScheme): void {
    const writer = this.#writer;
    for (let index = 0; index < labels.length; index += 2) {
      const pair = writer.begin(field);
      // Safe: names and values come by turns.
      writer.stringField(PAIR.name, exposedName(labels[index] as string, scheme));
      writer.stringField(PAIR.value, labels[index + 1] as string);
      writer.end(pair);
    }
  }

  /** From one second after the epoch on: before that nobody said when. */
  #created(field: number, { startTimeUnixNano }: Series): void {
    if (startTimeUnixNano >= NANOSECONDS) this.#timestamp(field, startTimeUnixNano);
  }

  /** google.protobuf.Timestamp. */
  #timestamp(field: number, timeUnixNano: bigint): void {
    const writer = this.#writer;
    const mark = writer.begin(field);
    const seconds = timeUnixNano / NANOSECONDS;
    const nanos = Number(timeUnixNano % NANOSECONDS);
    if (seconds > 0n) writer.int64Field(1, seconds);
    if (nanos > 0) writer.uint32Field(2, nanos);
    writer.end(mark);
  }

  #count(field: number, count: number): void {
    if (count < 2 ** 32) this.#writer.uint32Field(field, count);
    else this.#writer.int64Field(field, BigInt(count));
  }

  #push(part: Uint8Array): void {
    this.#parts.push(part);
    this.bytes += part.length;
  }
}

function exemplarsOf({ exemplars, value }: Series): readonly Exemplar[] {
  return exemplars ? readExemplars(exemplars, value.kind) : [];
}

function zigzag64(value: number): bigint {
  const whole = BigInt(value);
  return (whole << 1n) ^ (whole >> 63n);
}
