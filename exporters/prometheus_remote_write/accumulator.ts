// Adds deltas up: what a point comes to together with those before it.

import { type DeltaState, DeltaStore } from '../../pipeline/metric-series/delta-store.ts';
import {
  type DataPointView,
  ExponentialHistogramDataPointView,
  HistogramDataPointView,
  NumberDataPointView,
} from '../../proto/otlp/metrics.ts';
import {
  ExponentialValue,
  HistogramValue,
  NumberValue,
  type Outcome,
  type SeriesValue,
} from '../../proto/prometheus/accumulated-values.ts';
import type { DropRule } from './drop-rules.ts';
import type { KnownSeries } from './known.ts';

export class Accumulator {
  readonly #store: DeltaStore<SeriesValue>;
  #nowMs = 0;

  constructor(options: { maxSeries: number; expirationMs: number }) {
    this.#store = new DeltaStore(options);
  }

  /** Series whose deltas are added up. */
  get size(): number {
    return this.#store.size;
  }

  /** Before a batch; forgets what got nothing for too long. */
  begin(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#store.expire(nowMs);
  }

  /** What the series has come to with this point; a rule where the point is dropped. `Kind` is the value's class. */
  add(series: KnownSeries, point: DataPointView, Kind: new () => SeriesValue): DeltaState<SeriesValue> | DropRule {
    let state = series.delta;
    if (!state || state.isGone) state = this.#store.obtain(series.key, new Kind());
    if (!state) return 'delta_limit';
    series.delta = state;
    const time = point.timeUnixNano;
    // Two deltas of the same time are one that came twice.
    if (!state.isNew && time > 0n && time <= state.timeUnixNano) return 'out_of_order';
    const outcome = takeInto(state.value, point, !state.isNew);
    if (outcome !== 'taken') {
      if (state.isNew) this.#store.remove(state);
      return outcome;
    }
    // The sum began with the first of them.
    if (state.isNew) state.startMs = point.message.nanosAsMillis(START);
    state.isNew = false;
    state.timeUnixNano = time;
    state.updatedMs = this.#nowMs;
    return state;
  }

  /** The series has ended; should it come again, it begins anew. */
  end(series: KnownSeries): void {
    if (series.delta) this.#store.remove(series.delta);
    series.delta = undefined;
  }
}

/** Field of all data points. */
const START = 2;

function takeInto(value: SeriesValue, point: DataPointView, isAdded: boolean): Outcome {
  if (value instanceof NumberValue && point instanceof NumberDataPointView) return value.take(point, isAdded);
  if (value instanceof HistogramValue && point instanceof HistogramDataPointView) return value.take(point, isAdded);
  if (value instanceof ExponentialValue && point instanceof ExponentialHistogramDataPointView) {
    return value.take(point, isAdded);
  }
  throw new Error('a sum of deltas is of another kind than its points');
}
