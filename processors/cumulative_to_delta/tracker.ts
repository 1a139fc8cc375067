// Remembers the latest point of every series, and gives what came since. Source: contrib cumulativetodeltaprocessor v0.161,
// internal/tracking/tracker.go.

import { exponentialDelta, type Exponential } from './exponential.ts';
import type { CumulativeToDeltaConfig } from './config.ts';

export interface NumberPoint {
  readonly kind: 'number';
  /** A bigint of ints. */
  readonly value: bigint | number;
}

export interface HistogramPoint {
  readonly kind: 'histogram';
  readonly count: bigint;
  readonly sum: number;
  readonly bounds: readonly number[];
  readonly counts: readonly bigint[];
}

export interface ExponentialPoint extends Exponential {
  readonly kind: 'exponential';
}

export type Point = NumberPoint | HistogramPoint | ExponentialPoint;

/** Why a point goes: the first one of a series, smaller than the one before, other buckets, no room for the series. */
export type Reason = 'initial' | 'reset' | 'bucket_mismatch' | 'too_many_series';

export interface Delta {
  /** 0 where it is not known. */
  readonly startTimeUnixNano: bigint;
  readonly point: Point;
}

interface Series {
  point: Point;
  timeUnixNano: bigint;
}

/** More would be some gigabytes, and a mistake. */
const MAX_SERIES = 2_000_000;

export class Tracker {
  readonly #series = new Map<string, Series>();
  readonly #initialValue: CumulativeToDeltaConfig['initial_value'];
  readonly #maxStalenessMs: number;
  readonly #startedUnixNano: bigint;
  readonly #now: () => number;
  readonly #maxSeries: number;
  #sweptMs: number;

  /** `now` is in milliseconds since the epoch. */
  constructor(
    { initial_value, max_staleness }: Pick<CumulativeToDeltaConfig, 'initial_value' | 'max_staleness'>,
    now: () => number,
    maxSeries = MAX_SERIES,
  ) {
    this.#initialValue = initial_value;
    this.#maxStalenessMs = max_staleness;
    this.#now = now;
    this.#maxSeries = maxSeries;
    this.#sweptMs = now();
    this.#startedUnixNano = BigInt(Math.round(this.#sweptMs * 1e3)) * 1_000n;
  }

  get size(): number {
    return this.#series.size;
  }

  /** What came since the point before; or why there is none. */
  convert(key: string, point: Point, times: { readonly start: bigint; readonly time: bigint }): Delta | Reason {
    const series = this.#series.get(key);
    if (series === undefined) return this.#first(key, point, times);
    const delta = deltaOf(series, point);
    const { timeUnixNano: startTimeUnixNano } = series;
    // A histogram that was reset is not remembered, as in the collector: what follows is compared with what was before.
    if (delta === 'reset' && point.kind !== 'number') return delta;
    series.point = remembered(series, point);
    series.timeUnixNano = times.time;
    return typeof delta === 'string' ? delta : { startTimeUnixNano, point: delta };
  }

  /** Forgets series without points for too long; at most as often as that is. */
  sweep(): void {
    if (this.#maxStalenessMs <= 0) return;
    const now = this.#now();
    // A clock that was set back starts the wait anew.
    if (now >= this.#sweptMs && now - this.#sweptMs < this.#maxStalenessMs) return;
    this.#sweptMs = now;
    const staleBefore = BigInt(Math.round((now - this.#maxStalenessMs) * 1e3)) * 1_000n;
    for (const [key, { timeUnixNano }] of this.#series) if (timeUnixNano < staleBefore) this.#series.delete(key);
  }

  #first(
    key: string,
    point: Point,
    { start, time }: { readonly start: bigint; readonly time: bigint },
  ): Delta | Reason {
    if (this.#series.size >= this.#maxSeries) return 'too_many_series';
    this.#series.set(key, { point, timeUnixNano: time });
    switch (this.#initialValue) {
      case 'keep':
        return { startTimeUnixNano: 0n, point };
      case 'drop':
        return 'initial';
      default:
        return start < this.#startedUnixNano || time === start ? 'initial' : { startTimeUnixNano: start, point };
    }
  }
}

/** A histogram without a usable sum has the one from before. */
function remembered({ point: before }: Series, point: Point): Point {
  const lacksSum = point.kind === 'histogram' && before.kind === 'histogram' && Number.isNaN(point.sum);
  return lacksSum ? { ...point, sum: before.sum } : point;
}

function deltaOf({ point: before }: Series, now: Point): Point | Reason {
  if (now.kind === 'number') return before.kind === 'number' ? numberDelta(before, now) : 'reset';
  if (now.kind === 'histogram') return before.kind === 'histogram' ? histogramDelta(before, now) : 'reset';
  if (before.kind !== 'exponential') return 'reset';
  const delta = exponentialDelta(before, now);
  return delta === undefined ? 'reset' : { ...delta, kind: 'exponential' };
}

function numberDelta({ value: before }: NumberPoint, { value: now }: NumberPoint): NumberPoint | Reason {
  if (now < before) return 'reset';
  if (typeof now === 'bigint' && typeof before === 'bigint') {
    return { kind: 'number', value: BigInt.asIntN(64, now - before) };
  }
  return { kind: 'number', value: Number(now) - Number(before) };
}

function histogramDelta(before: HistogramPoint, now: HistogramPoint): HistogramPoint | Reason {
  const sameBounds =
    now.bounds.length === before.bounds.length && now.bounds.every((one, at) => one === before.bounds[at]);
  if (now.counts.length !== before.counts.length || !sameBounds) return 'bucket_mismatch';
  if (now.count < before.count) return 'reset';
  const counts: bigint[] = [];
  for (const [at, count] of now.counts.entries()) {
    const old = before.counts[at] ?? 0n;
    if (count < old) return 'reset';
    counts.push(count - old);
  }
  return { kind: 'histogram', count: now.count - before.count, sum: now.sum - before.sum, bounds: now.bounds, counts };
}
