// Time that passes only when a test says so. While it is installed the global timers are its own: the next callback runs
// when `step` is called, and the clock jumps to it. node:test's mock timers were no choice: they run every timer of a
// tick without letting promises settle between two, and can not say when the next one is due.

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly run: () => void;
}

export class VirtualClock implements Disposable {
  #now: number;
  #order = 0;
  /** A heap, the earliest first; timers that were cleared stay in it until their turn. */
  readonly #timers: Timer[] = [];
  readonly #cleared = new Set<Timer>();
  #immediates: Timer[] = [];
  readonly #real = { setTimeout, clearTimeout, setImmediate, clearImmediate };

  constructor(startUnixMs = Date.UTC(2026, 0, 2)) {
    this.#now = startUnixMs;
  }

  readonly now = (): number => this.#now;

  /** Timeouts that are set; immediates do not count. */
  get pendingTimeouts(): number {
    return this.#timers.length - this.#cleared.size;
  }

  after(ms: number, run: () => void): unknown {
    // As Node's: whole milliseconds, one at least.
    const timer = { due: this.#now + Math.max(1, Math.trunc(ms)), order: this.#order++, run };
    this.#push(timer);
    return timer;
  }

  /** Makes the global timers this clock's, until it is disposed of. */
  install(): this {
    // The product hands timers back to `clear…` and does nothing else with them, so that these need no methods.
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms = 1) => this.after(ms, run),
      clearTimeout: (timer: Timer | undefined) => this.#clear(timer),
      setImmediate: (run: () => void) => {
        const immediate = { due: this.#now, order: this.#order++, run };
        this.#immediates.push(immediate);
        return immediate;
      },
      clearImmediate: (immediate: Timer) => {
        this.#immediates = this.#immediates.filter((one) => one !== immediate);
      },
    });
    return this;
  }

  [Symbol.dispose](): void {
    Object.assign(globalThis, this.#real);
  }

  /**
   * Runs the next callback and lets every promise settle that can: what is due now, then what waits for the next turn of
   * the event loop, then the clock moves on. False when there is nothing left to run.
   */
  async step(): Promise<boolean> {
    this.#forgetCleared();
    const [first] = this.#timers;
    const immediate = first && first.due <= this.#now ? undefined : this.#immediates.shift();
    const next = immediate ?? this.#pop();
    if (!next) {
      await settled();
      return this.pendingTimeouts > 0 || this.#immediates.length > 0;
    }
    this.#now = Math.max(this.#now, next.due);
    next.run();
    await settled();
    return true;
  }

  #clear(timer: Timer | undefined): void {
    if (timer && this.#timers.includes(timer)) this.#cleared.add(timer);
  }

  #forgetCleared(): void {
    for (let [first] = this.#timers; first && this.#cleared.delete(first); [first] = this.#timers) this.#pop();
  }

  #push(timer: Timer): void {
    const heap = this.#timers;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (!parent || isBefore(parent, timer)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = timer;
  }

  #pop(): Timer | undefined {
    const heap = this.#timers;
    const [first] = heap;
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const left = heap[below];
      const right = heap[below + 1];
      if (!left) break;
      const smaller = right && isBefore(right, left) ? right : left;
      if (smaller === right) below += 1;
      if (isBefore(last, smaller)) break;
      heap[at] = smaller;
      at = below;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(one: Timer, other: Timer): boolean {
  return one.due < other.due || (one.due === other.due && one.order < other.order);
}

/** Node runs what `nextTick` is given once no promise has a callback left. */
function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
