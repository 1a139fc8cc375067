// The series of one batch: what was collected for each until it is written. Samples lie in arrays that are used again for
// every batch, chained by series, so that a sample costs no object.

import { SeriesLabels, type SeriesMetadata } from '../../proto/prometheus/remote-write/writer.ts';
import type { Exemplar } from './exemplars.ts';

const VALUE = 0;
const STALE = 1;

/** A series of remote write. */
export class OutSeries {
  readonly labels: SeriesLabels;
  readonly metadata: SeriesMetadata;
  /** Its first and last sample in this batch; -1: none. */
  head = -1;
  tail = -1;
  isSorted = true;
  /** Points of OTLP that this series stands for: of a histogram's series one does. */
  points = 0;
  exemplars: Exemplar[] | undefined;

  constructor(labels: readonly string[], metadata: SeriesMetadata) {
    this.labels = new SeriesLabels(labels);
    this.metadata = metadata;
  }
}

/** One batch's samples, and its series in the order in which they came. */
export class Collected {
  readonly series: OutSeries[] = [];
  #values = new Float64Array(1024);
  #timesMs = new Float64Array(1024);
  #startsMs = new Float64Array(1024);
  /** VALUE, STALE, or the length of the histogram that begins at `values`, plus HISTOGRAM. */
  #kinds = new Uint32Array(1024);
  #nexts = new Int32Array(1024);
  #count = 0;

  /** Forgets the batch. */
  clear(): void {
    for (const series of this.series) {
      series.head = series.tail = -1;
      series.isSorted = true;
      series.points = 0;
      series.exemplars = undefined;
    }
    this.series.length = 0;
    this.#count = 0;
  }

  add(series: OutSeries, value: number, timeMs: number, startMs: number, isStale: boolean): void {
    this.#append(series, value, isStale ? STALE : VALUE, timeMs, startMs);
  }

  /** A histogram of `length` bytes that begin at `at`, of whatever buffer the caller keeps. */
  addHistogram(series: OutSeries, at: number, length: number, timeMs: number, startMs: number): void {
    this.#append(series, at, HISTOGRAM + length, timeMs, startMs);
  }

  isStale(sample: number): boolean {
    return this.#kinds[sample] === STALE;
  }

  /** The value, or where the histogram begins. */
  value(sample: number): number {
    // Safe, here and below: samples come from `head` and `next`.
    return this.#values[sample] as number;
  }

  /** 0: the sample is no histogram. */
  histogramLength(sample: number): number {
    const kind = this.#kinds[sample] as number;
    return kind < HISTOGRAM ? 0 : kind - HISTOGRAM;
  }

  timeMs(sample: number): number {
    return this.#timesMs[sample] as number;
  }

  startMs(sample: number): number {
    return this.#startsMs[sample] as number;
  }

  /** -1: the last one. */
  next(sample: number): number {
    return this.#nexts[sample] as number;
  }

  /**
   * Chains the samples of the series in the order of their time. Of several of the same millisecond the first stays:
   * Prometheus would refuse the others, and with them the request. Gives how many were left out that said something else.
   */
  sort(series: OutSeries): number {
    const samples: number[] = [];
    for (let sample = series.head; sample >= 0; sample = this.next(sample)) samples.push(sample);
    samples.sort((a, b) => this.timeMs(a) - this.timeMs(b));
    let last = -1;
    let leftOut = 0;
    for (const sample of samples) {
      if (last < 0) series.head = sample;
      else if (this.timeMs(last) === this.timeMs(sample)) {
        if (!this.#saysTheSame(last, sample)) leftOut += 1;
        continue;
      } else this.#nexts[last] = sample;
      last = sample;
    }
    this.#nexts[last] = -1;
    series.tail = last;
    series.isSorted = true;
    return leftOut;
  }

  #saysTheSame(one: number, other: number): boolean {
    return this.#kinds[one] === this.#kinds[other] && Object.is(this.#values[one], this.#values[other]);
  }

  #append(series: OutSeries, value: number, kind: number, timeMs: number, startMs: number): void {
    const sample = this.#count;
    if (sample === this.#values.length) this.#grow();
    this.#count = sample + 1;
    this.#values[sample] = value;
    this.#kinds[sample] = kind;
    this.#timesMs[sample] = timeMs;
    this.#startsMs[sample] = startMs;
    this.#nexts[sample] = -1;
    if (series.tail < 0) {
      series.head = sample;
      this.series.push(series);
    } else {
      if (timeMs <= (this.#timesMs[series.tail] as number)) series.isSorted = false;
      this.#nexts[series.tail] = sample;
    }
    series.tail = sample;
  }

  #grow(): void {
    const size = this.#values.length * 2;
    this.#values = enlarged(this.#values, new Float64Array(size));
    this.#timesMs = enlarged(this.#timesMs, new Float64Array(size));
    this.#startsMs = enlarged(this.#startsMs, new Float64Array(size));
    this.#kinds = enlarged(this.#kinds, new Uint32Array(size));
    this.#nexts = enlarged(this.#nexts, new Int32Array(size));
  }
}

const HISTOGRAM = 2;

function enlarged<Numbers extends Float64Array | Uint32Array | Int32Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}
