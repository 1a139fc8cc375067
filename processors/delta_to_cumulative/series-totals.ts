// The totals of all series: bounded in number, forgotten when no points come, and each added to in the order of time.

import { DeltaStore } from '../../pipeline/metric-series/delta-store.ts';
import {
  ExponentialHistogramDataPointView,
  HistogramDataPointView,
  NumberDataPointView,
  type DataPointView,
} from '../../proto/otlp/metrics.ts';
import type { DeltaToCumulativeConfig } from './config.ts';
import { ExponentialTotal } from './exponential-total.ts';
import { HistogramTotal, NumberTotal, type Total } from './totals.ts';

/** Why a point goes: no room for the series, before the start of the sum, not later than the one before, too many buckets. */
export type Reason = 'limit' | 'older_start' | 'out_of_order' | 'too_large';

/** More buckets than any histogram for people has. */
const MAX_BUCKETS = 10_000;

export class SeriesTotals {
  readonly #store: DeltaStore<Total>;
  #nowMs = 0;

  constructor({ max_stale, max_streams }: DeltaToCumulativeConfig) {
    this.#store = new DeltaStore({ maxSeries: max_streams, expirationMs: max_stale });
  }

  get size(): number {
    return this.#store.size;
  }

  /** Before a batch; forgets what got nothing for too long. `nowMs` on the steady clock. */
  begin(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#store.expire(nowMs);
  }

  /** What the series has come to with this point, 'keep' where that is the point itself; or why it is dropped. */
  add(key: string, point: DataPointView): Total | 'keep' | Reason {
    if (bucketsOf(point) > MAX_BUCKETS) return 'too_large';
    const state = this.#store.find(key) ?? this.#store.obtain(key, newTotal(point));
    if (state === undefined) return 'limit';
    state.updatedMs = this.#nowMs;
    const { value: total } = state;
    const time = point.timeUnixNano;
    // A point without a time has no place in an order: what comes next begins the sum.
    if (state.timeUnixNano === 0n) {
      state.timeUnixNano = time;
      apply(total, point, 'replace');
      return 'keep';
    }
    if (point.startTimeUnixNano < total.startTimeUnixNano) return 'older_start';
    // Two deltas of the same time are one that came twice. A gap is no reason: what is missing was never counted.
    if (time <= state.timeUnixNano) return 'out_of_order';
    state.timeUnixNano = time;
    apply(total, point, 'add');
    return total;
  }
}

function newTotal(point: DataPointView): Total {
  if (point instanceof NumberDataPointView) return new NumberTotal();
  return point instanceof HistogramDataPointView ? new HistogramTotal() : new ExponentialTotal();
}

function bucketsOf(point: DataPointView): number {
  // Every bucket takes a byte or more.
  if (point.message.end - point.message.start <= MAX_BUCKETS) return 0;
  if (point instanceof HistogramDataPointView)
    return Math.max(point.bucketCounts().length, point.explicitBounds().length);
  if (!(point instanceof ExponentialHistogramDataPointView)) return 0;
  return Math.max(point.positiveCounts().length, point.negativeCounts().length);
}

function apply(total: Total, point: DataPointView, how: 'replace' | 'add'): void {
  if (total.kind === 'number' && point instanceof NumberDataPointView) total[how](point);
  else if (total.kind === 'histogram' && point instanceof HistogramDataPointView) total[how](point);
  else if (total.kind === 'exponential' && point instanceof ExponentialHistogramDataPointView) total[how](point);
  else throw new Error('a sum of deltas is of another kind than its points');
}
