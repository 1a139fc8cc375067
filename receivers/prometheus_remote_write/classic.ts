// Classic histograms and summaries come as several series. Where all parts of one are in a request they become one point;
// otherwise they stay the series they are, so that nothing is lost. Whether parts are missing can not be seen from a request
// that ends within a histogram, so the bounds of each are remembered: fewer than before are taken for a part of them.

import { longer } from '../../proto/prometheus/remote-write/symbols.ts';
import type { WriteRequestReader } from '../../proto/prometheus/remote-write/reader.ts';
import { readDouble } from '../../proto/wire.ts';
import type { Groups, MetricGroup } from './groups.ts';
import type { ClassicPoint, PointWriter } from './points.ts';
import { Remembered } from './remembered.ts';

export const BOUND = 0;
export const SUM = 1;
export const COUNT = 2;

/** Series of histograms and summaries whose bounds are remembered. */
const REMEMBERED_FAMILIES = 20_000;
/** Fewer bounds than before are believed when no series had more for so long. */
const BELIEVED_AFTER_MS = 600_000;
/** More parts than any histogram for people has stay series. */
const MAX_PARTS = 1_000;
const FIRST = 256;

interface KnownBounds {
  bounds: readonly number[];
  /** When a series had all of them, by its samples. */
  seenMs: number;
}

export class ClassicSeries {
  readonly #reader: WriteRequestReader;
  readonly #groups: Groups;
  readonly #points: PointWriter;
  readonly #known = new Remembered<KnownBounds>(REMEMBERED_FAMILIES);
  /** Points to be, by number: what they are of, and their parts as a chain. */
  readonly #metrics: MetricGroup[] = [];
  #first: Int32Array = new Int32Array(FIRST);
  readonly #byKey = new Map<number, number>();
  readonly #moments = new Map<number, number>();
  /** What bounds are remembered by, by a metric's number. */
  readonly #keys = new Map<number, string>();
  /** Parts: sample of a series, its role, its bound or quantile. */
  #partCount = 0;
  #series: Int32Array = new Int32Array(FIRST);
  #sample: Int32Array = new Int32Array(FIRST);
  #next: Int32Array = new Int32Array(FIRST);
  #role: Uint8Array = new Uint8Array(FIRST);
  #bound: Float64Array = new Float64Array(FIRST);
  readonly #bounds: number[] = [];
  readonly #values: number[] = [];

  constructor(reader: WriteRequestReader, groups: Groups, points: PointWriter) {
    this.#reader = reader;
    this.#groups = groups;
    this.#points = points;
  }

  reset(): void {
    this.#metrics.length = 0;
    this.#byKey.clear();
    this.#moments.clear();
    this.#keys.clear();
    this.#partCount = 0;
  }

  /** Sample `sample` of series `series` is a part of a point of `metric`; `labels` is one number for its other labels. */
  add(
    metric: MetricGroup,
    labels: number,
    ms: number,
    part: { readonly series: number; readonly sample: number; readonly role: number; readonly bound: number },
  ): void {
    let moment = this.#moments.get(ms);
    if (moment === undefined) this.#moments.set(ms, (moment = this.#moments.size));
    const groups = this.#groups;
    const key = groups.fold(groups.fold(metric.number, labels), moment);
    let point = this.#byKey.get(key);
    if (point === undefined) {
      point = this.#metrics.length;
      this.#metrics.push(metric);
      if (point >= this.#first.length) this.#first = longer(this.#first);
      this.#first[point] = -1;
      this.#byKey.set(key, point);
    }
    this.#reserve();
    const at = this.#partCount++;
    this.#series[at] = part.series;
    this.#sample[at] = part.sample;
    this.#role[at] = part.role;
    this.#bound[at] = part.bound;
    // Safe: point < length.
    this.#next[at] = this.#first[point] as number;
    this.#first[point] = at;
  }

  /**
   * Writes what is whole as points and hands the rest to `asSeries`. The last come first, as only those of a request's end
   * are sure not to have been cut off at its beginning.
   */
  finish(asSeries: (series: number, sample: number) => void): void {
    for (let point = this.#metrics.length - 1; point >= 0; point--) {
      // Safe: point < length.
      const metric = this.#metrics[point] as MetricGroup;
      if (this.#whole(point, metric)) continue;
      for (let part = this.#first[point] as number; part >= 0; part = this.#next[part] as number) {
        asSeries(this.#series[part] as number, this.#sample[part] as number);
      }
    }
  }

  #reserve(): void {
    if (this.#partCount < this.#series.length) return;
    this.#series = longer(this.#series);
    this.#sample = longer(this.#sample);
    this.#next = longer(this.#next);
    const role = new Uint8Array(this.#role.length * 2);
    role.set(this.#role);
    this.#role = role;
    const bound = new Float64Array(this.#bound.length * 2);
    bound.set(this.#bound);
    this.#bound = bound;
  }

  /** Writes the point; false where something is missing or does not fit. */
  #whole(point: number, metric: MetricGroup): boolean {
    const reader = this.#reader;
    const isSummary = metric.kind.promType === 'summary';
    this.#bounds.length = 0;
    this.#values.length = 0;
    const totals = [NaN, NaN];
    let parts = 0;
    let totalsFound = 0;
    let stale = 0;
    let exemplars = 0;
    let startMs = 0;
    let ms = 0;
    for (let part = this.#first[point] as number; part >= 0; part = this.#next[part] as number) {
      // Safe, here and below: parts of a chain are numbers of parts.
      const index = this.#sample[part] as number;
      reader.series(this.#series[part] as number);
      const at = reader.sampleAt[index] as number;
      const value = at < 0 ? 0 : readDouble(reader.bytes, at);
      if (reader.isStaleAt(at)) stale++;
      if (++parts > MAX_PARTS) return false;
      exemplars += reader.exemplarCount;
      ms = reader.sampleMs[index] as number;
      startMs = Math.max(startMs, reader.sampleStartMs[index] || reader.createdMs);
      const role = this.#role[part] as number;
      if (role === BOUND) this.#insert(this.#bound[part] as number, value);
      else {
        totals[role - 1] = value;
        totalsFound += role;
      }
    }
    if (totalsFound !== SUM + COUNT || (stale > 0 && stale < parts)) return false;
    const [sum = NaN, count = NaN] = totals;
    const isStale = stale > 0;
    if (!this.#fits(isSummary, isStale, count)) return false;
    if (!this.#hasAllBounds(metric, ms, isStale)) return false;
    const classic: ClassicPoint = {
      isSummary,
      isStale,
      ms,
      startMs,
      count,
      sum,
      bounds: this.#bounds,
      values: this.#values,
    };
    // Labels are those of the series read last: all have the same, but for le and quantile.
    this.#points.classic(metric, classic, (out, field) => {
      if (exemplars === 0 && this.#points.waiting.size === 0) return;
      for (let part = this.#first[point] as number; part >= 0; part = this.#next[part] as number) {
        reader.series(this.#series[part] as number);
        if ((this.#sample[part] as number) === reader.sampleCount - 1) this.#points.exemplars(out, field);
      }
    });
    return true;
  }

  /** Into ascending order; parts come in descending order mostly. */
  #insert(bound: number, value: number): void {
    const bounds = this.#bounds;
    let at = 0;
    while (at < bounds.length && (bounds[at] as number) < bound) at++;
    bounds.splice(at, 0, bound);
    this.#values.splice(at, 0, value);
  }

  /** Whether bounds and values make a histogram or summary; makes counts of buckets of cumulative ones. */
  #fits(isSummary: boolean, isStale: boolean, count: number): boolean {
    const bounds = this.#bounds;
    const values = this.#values;
    for (let index = 1; index < bounds.length; index++) if (bounds[index] === bounds[index - 1]) return false;
    if (isStale) {
      if (!isSummary) bounds.length = Math.max(0, bounds.length - 1);
      return true;
    }
    if (!isWhole(count)) return false;
    if (isSummary) return true;
    if (bounds.pop() !== Infinity || values[values.length - 1] !== count) return false;
    let below = 0;
    for (let index = 0; index < values.length; index++) {
      const value = values[index] as number;
      if (!isWhole(value) || value < below) return false;
      values[index] = value - below;
      below = value;
    }
    return true;
  }

  #keyOf(metric: MetricGroup): string {
    let key = this.#keys.get(metric.number);
    if (key === undefined) {
      const { job, instance } = metric.scope.resource;
      const texts = [job, instance, metric.name].map((symbol) => this.#reader.symbolText(symbol));
      key = `${texts.join('\n')}\n${metric.kind.promType}`;
      this.#keys.set(metric.number, key);
    }
    return key;
  }

  #hasAllBounds(metric: MetricGroup, ms: number, isStale: boolean): boolean {
    const key = this.#keyOf(metric);
    const known = this.#known.get(key);
    if (known !== undefined && isPartOf(this.#bounds, known.bounds)) {
      if (this.#bounds.length === known.bounds.length) known.seenMs = Math.max(known.seenMs, ms);
      else if (ms < known.seenMs + BELIEVED_AFTER_MS || isStale) return false;
      else this.#known.set(key, { bounds: this.#bounds.slice(), seenMs: ms });
      return true;
    }
    if (!isStale) this.#known.set(key, { bounds: this.#bounds.slice(), seenMs: ms });
    return true;
  }
}

function isWhole(value: number): boolean {
  return value >= 0 && Number.isSafeInteger(value);
}

/** Whether each of the ascending `some` is one of the ascending `all`. */
function isPartOf(some: readonly number[], all: readonly number[]): boolean {
  let at = 0;
  for (const bound of some) {
    while (at < all.length && (all[at] as number) < bound) at++;
    if (all[at] !== bound) return false;
    at++;
  }
  return true;
}
