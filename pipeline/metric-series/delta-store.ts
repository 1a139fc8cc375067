// What deltas have added up to, by series, for those who make cumulative values of them. Bounded, and forgotten when no more
// deltas come; then the sum begins anew, which readers take for a counter's reset.

interface Valued {
  readonly kind: string;
}

export class DeltaState<Value extends Valued> {
  readonly key: string;
  readonly value: Value;
  /** Until its first point. */
  isNew = true;
  isGone = false;
  /** Of the last point. */
  timeUnixNano = 0n;
  /** When the sum began. */
  startMs = 0;
  /** On the steady clock. */
  updatedMs = 0;

  constructor(key: string, value: Value) {
    this.key = key;
    this.value = value;
  }
}

const MIN_SWEEP_MS = 1_000;
const MAX_SWEEP_MS = 60_000;

export class DeltaStore<Value extends Valued> {
  readonly #states = new Map<string, DeltaState<Value>>();
  readonly #maxSeries: number;
  readonly #expirationMs: number;
  #nextSweepMs = 0;

  /** `expirationMs` 0: never. */
  constructor(options: { maxSeries: number; expirationMs: number }) {
    this.#maxSeries = options.maxSeries;
    this.#expirationMs = options.expirationMs;
  }

  get size(): number {
    return this.#states.size;
  }

  /** What is kept for the key, if anything. */
  find(key: string): DeltaState<Value> | undefined {
    return this.#states.get(key);
  }

  /** What is kept for the key, or `made` from here on; undefined where there is no room. */
  obtain(key: string, made: Value): DeltaState<Value> | undefined {
    const known = this.#states.get(key);
    if (known && known.value.kind === made.kind) return known;
    // Another kind of value under the same labels begins anew.
    if (known) this.remove(known);
    if (this.#states.size >= this.#maxSeries) return undefined;
    const state = new DeltaState(key, made);
    this.#states.set(key, state);
    return state;
  }

  remove(state: DeltaState<Value>): void {
    if (state.isGone) return;
    state.isGone = true;
    this.#states.delete(state.key);
  }

  /** Now and then, forgets what got no delta for too long. `nowMs` on the steady clock. */
  expire(nowMs: number): void {
    if (this.#expirationMs === 0 || nowMs < this.#nextSweepMs) return;
    this.#nextSweepMs = nowMs + Math.min(Math.max(this.#expirationMs, MIN_SWEEP_MS), MAX_SWEEP_MS);
    for (const state of this.#states.values()) {
      if (nowMs - state.updatedMs > this.#expirationMs) this.remove(state);
    }
  }
}
