// One remote-write request as one OTLP request, from bytes to bytes. Series that can not be taken are named, the others are.

import { encodeUtf8 } from '../../proto/otlp/text.ts';
import { METRIC_TYPE, RESET_HINT } from '../../proto/prometheus/remote-write/fields.ts';
import { NativeHistogram } from '../../proto/prometheus/remote-write/reader-histogram.ts';
import { WriteRequestReader } from '../../proto/prometheus/remote-write/reader.ts';
import { ClassicSeries } from './classic.ts';
import { Families } from './families.ts';
import { Groups, type MetricGroup, type ResourceGroup } from './groups.ts';
import { kindNumber, HISTOGRAM_POINT, NATIVE_POINT, NUMBER_POINT, SUMMARY_POINT } from './kinds.ts';
import { INSTANCE, JOB, LabelClasses, LE, METRIC_NAME, PLAIN, QUANTILE, SCOPE } from './label-classes.ts';
import { SCOPE_LABELS, TYPE, UNIT } from './label-classes.ts';
import { PointWriter } from './points.ts';
import { Problems } from './problems.ts';
import { Targets } from './targets.ts';
import { isTime } from './times.ts';

/** Parts are read again for each point, so that long series are not made parts. */
const MAX_SAMPLES_OF_PART = 16;
const TARGET_INFO = encodeUtf8('target_info');

export interface Converted {
  /** An ExportMetricsServiceRequest; empty where there are no points. */
  readonly bytes: Uint8Array;
  readonly points: number;
  /** What was taken, by remote write's count. */
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
  /** Exemplars whose series has no point in the request: OTLP has no place for them. */
  readonly exemplarsLost: number;
  /** Samples and histograms that were not taken. */
  readonly rejected: number;
  /** What was not taken, and why; '' where all was. */
  readonly problem: string;
}

/** Told how many bytes the request has grown to; throws to stop it. */
export type Growth = (bytes: number) => void;

/** Converts one request after the other: buffers and what is remembered of earlier requests are its own. */
export class Conversion {
  readonly #defaultScope: Uint8Array;
  readonly #reader = new WriteRequestReader();
  readonly #groups = new Groups(this.#reader.symbols);
  readonly #classes = new LabelClasses(this.#reader.symbols);
  readonly #points = new PointWriter(this.#reader, this.#groups, this.#classes);
  readonly #classic = new ClassicSeries(this.#reader, this.#groups, this.#points);
  readonly #families = new Families(this.#reader);
  readonly #targets = new Targets(this.#reader, this.#groups, this.#classes);
  readonly #histogram = new NativeHistogram();
  readonly #problems = new Problems();
  readonly #isStaleAt = (at: number): boolean => this.#reader.isStaleAt(at);
  #isV2 = false;
  #growth: Growth = () => undefined;
  #samples = 0;
  #histograms = 0;

  /** Of the current series, as symbols. */
  #name = 0;
  #job = 0;
  #instance = 0;
  #le = 0;
  #quantile = 0;
  #type = 0;
  #unit = 0;
  readonly #scopeLabels: number[] = [];

  /** `scope`: the encoded InstrumentationScope of series that name none. */
  constructor(scope: Uint8Array) {
    this.#defaultScope = scope;
  }

  /** Fails with MalformedProto, and with what `growth` throws. */
  convert(body: Uint8Array, isV2: boolean, growth: Growth): Converted {
    const reader = this.#reader;
    this.#growth = growth;
    try {
      this.#reset(isV2);
      reader.read(body, isV2);
      this.#families.learn();
      for (let index = 0; index < reader.seriesCount; index++) this.#keepExemplars(index);
      for (let index = 0; index < reader.seriesCount; index++) this.#series(index);
      this.#classic.finish((series, sample) => this.#partAsSeries(series, sample));
      return this.#finish();
    } finally {
      reader.release();
    }
  }

  #reset(isV2: boolean): void {
    this.#isV2 = isV2;
    this.#samples = 0;
    this.#histograms = 0;
    this.#groups.reset();
    this.#classes.reset();
    this.#points.reset();
    this.#classic.reset();
    this.#targets.reset();
    this.#problems.reset();
  }

  #finish(): Converted {
    const points = this.#points;
    const { resources, pointCount } = this.#groups;
    // The request is a copy of its points.
    this.#growth(this.#groups.points.length * 2);
    for (const resource of resources) this.#targets.describe(resource);
    const bytes = this.#groups.finish(this.#defaultScope, SCOPE_LABELS);
    if (points.exemplarsBroken > 0) {
      this.#problems.add(0, `${points.exemplarsBroken} exemplars could not be read`);
    }
    return {
      bytes,
      points: pointCount,
      samples: this.#samples,
      histograms: this.#histograms,
      exemplars: points.exemplarsWritten,
      exemplarsLost: points.waiting.left(),
      rejected: this.#problems.samples,
      problem: this.#problems.text(),
    };
  }

  /** Prometheus sends exemplars as series of their own, before or after the samples. */
  #keepExemplars(index: number): void {
    const reader = this.#reader;
    if (!reader.hasOnlyExemplars(index)) return;
    reader.series(index);
    if (reader.problem === '' && reader.exemplarCount > 0) this.#points.wait();
  }

  #series(index: number): void {
    const reader = this.#reader;
    reader.series(index);
    const { sampleCount, histogramCount } = reader;
    const isEmpty = sampleCount + histogramCount === 0;
    // 1.0 has no rule against series without samples.
    if (isEmpty && (reader.exemplarCount > 0 || !this.#isV2) && reader.problem === '') return;
    if (!this.#head()) return;
    if (isEmpty) {
      this.#reject(0, 'has neither samples nor histograms');
      return;
    }
    if (reader.symbols.is(this.#name, TARGET_INFO)) {
      this.#targetInfo();
      return;
    }
    for (let sample = 0; sample < sampleCount; sample++) this.#sample(index, sample);
    for (let histogram = 0; histogram < histogramCount; histogram++) this.#native(histogram);
  }

  /** Reads the labels; false, and the series rejected, where they are none of a series. */
  #head(): boolean {
    const reader = this.#reader;
    const { labels, labelCount } = reader;
    const count = reader.sampleCount + reader.histogramCount;
    this.#name = 0;
    this.#job = 0;
    this.#instance = 0;
    this.#le = 0;
    this.#quantile = 0;
    this.#type = reader.type;
    this.#unit = reader.unit;
    this.#scopeLabels.length = 0;
    for (let at = 0; at < labelCount * 2; at += 2) this.#label(labels[at] as number, labels[at + 1] as number); // safe: within labels
    if (reader.problem !== '') {
      this.#reject(count, reader.problem);
      return false;
    }
    if (this.#name !== 0) return true;
    this.#reject(count, 'has no name: the label __name__ is missing');
    return false;
  }

  #label(name: number, value: number): void {
    if (value === 0) return;
    switch (this.#classes.of(name)) {
      case METRIC_NAME:
        this.#name = value;
        break;
      case JOB:
        this.#job = value;
        break;
      case INSTANCE:
        this.#instance = value;
        break;
      case LE:
        this.#le = value;
        break;
      case QUANTILE:
        this.#quantile = value;
        break;
      case SCOPE:
        this.#scopeLabels.push(name, value);
        break;
      case TYPE:
        if (this.#type === METRIC_TYPE.unknown) this.#type = this.#families.typeOf(value);
        break;
      case UNIT:
        if (this.#unit === 0) this.#unit = value;
        break;
      default:
    }
  }

  #sample(series: number, sample: number): void {
    const reader = this.#reader;
    // Safe: sample < sampleCount.
    const ms = reader.sampleMs[sample] as number;
    if (!isTime(ms)) {
      this.#reject(1, `has a sample with the time ${ms} ms, which is before 1970 or after 2554`);
      return;
    }
    const families = this.#families;
    const family = this.#isV2 ? undefined : families.of(this.#name);
    if (family && this.#type === METRIC_TYPE.unknown) this.#type = family.type;
    const isSummary = this.#type === METRIC_TYPE.summary;
    const canBePart = reader.sampleCount <= MAX_SAMPLES_OF_PART;
    if (canBePart && (isSummary || this.#type === METRIC_TYPE.histogram)) {
      const part = families.partOf(this.#name, isSummary ? this.#quantile : this.#le, isSummary);
      if (part !== undefined) {
        this.#samples++;
        const point = isSummary ? SUMMARY_POINT : HISTOGRAM_POINT;
        const metric = this.#metric(part.base, kindNumber(this.#type, point));
        this.#classic.add(metric, this.#otherLabels(), ms, { series, sample, role: part.role, bound: part.bound });
        return;
      }
    }
    this.#samples++;
    this.#number(sample, false);
  }

  #number(sample: number, isFirst: boolean): void {
    const isLast = sample === this.#reader.sampleCount - 1;
    this.#points.number(this.#metric(this.#name, kindNumber(this.#type, NUMBER_POINT)), sample, { isLast, isFirst });
    this.#growth(this.#groups.points.length);
  }

  /** A part of a histogram or summary that is not whole. */
  #partAsSeries(series: number, sample: number): void {
    this.#reader.series(series);
    if (!this.#head()) return;
    const family = this.#isV2 ? undefined : this.#families.of(this.#name);
    if (family && this.#type === METRIC_TYPE.unknown) this.#type = family.type;
    this.#number(sample, true);
  }

  #native(index: number): void {
    const reader = this.#reader;
    const histogram = this.#histogram;
    // Safe: index < histogramCount.
    const [start, end] = [reader.histogramStart[index] as number, reader.histogramEnd[index] as number];
    const problem = histogram.read(reader.bytes, start, end, this.#isStaleAt);
    if (problem !== '') {
      this.#reject(1, `has a native histogram that ${problem}`);
      return;
    }
    if (histogram.resetHint === RESET_HINT.gauge || this.#type === METRIC_TYPE.gaugeHistogram) {
      this.#reject(1, 'is a gauge histogram, which OpenTelemetry does not have');
      return;
    }
    if (!isTime(histogram.ms)) {
      this.#reject(1, `has a histogram with the time ${histogram.ms} ms, which is before 1970 or after 2554`);
      return;
    }
    const family = this.#isV2 ? undefined : this.#families.of(this.#name);
    if (family && this.#type === METRIC_TYPE.unknown) this.#type = family.type;
    const kind = kindNumber(this.#type, histogram.isCustom ? HISTOGRAM_POINT : NATIVE_POINT);
    this.#points.native(this.#metric(this.#name, kind), histogram, index === reader.histogramCount - 1);
    this.#histograms++;
    this.#growth(this.#groups.points.length);
  }

  #targetInfo(): void {
    const reader = this.#reader;
    this.#samples += reader.sampleCount;
    const last = reader.sampleCount - 1;
    // A target that is gone says nothing of its resource.
    if (last < 0 || reader.isStaleAt(reader.sampleAt[last] as number)) return;
    this.#targets.learn(this.#resource(), reader.sampleMs[last] as number);
  }

  #resource(): ResourceGroup {
    return this.#groups.resource(this.#job, this.#instance);
  }

  #metric(name: number, kind: number): MetricGroup {
    const groups = this.#groups;
    const scope = groups.scope(this.#resource(), this.#scopeLabels);
    return groups.metric(scope, name, this.#unit, this.#reader.help, kind, this.#families.describe);
  }

  /** One number for the labels that parts of a histogram or summary share. */
  #otherLabels(): number {
    const { labels, labelCount } = this.#reader;
    let number = 0;
    for (let at = 0; at < labelCount * 2; at += 2) {
      const [name, value] = [labels[at] as number, labels[at + 1] as number]; // safe: within labels
      if (this.#classes.of(name) !== PLAIN || value === 0) continue;
      number = this.#groups.fold(this.#groups.fold(number, name), value);
    }
    return number;
  }

  #reject(count: number, problem: string): void {
    const name = this.#name === 0 ? 'a series' : this.#reader.symbolText(this.#name);
    this.#problems.add(count, `${name} ${problem}`);
  }
}
