// Memory is admitted by bytes in flight: a body is charged before it is read, a queued batch until it is sent. One
// budget serves the whole agent, shared by its worker threads; who sends little is served even when it is used up.

/** The budget is counted in units of this many bytes, so that a 32-bit counter covers 512 GiB. */
const UNIT_BYTES = 256;

/**
 * When the budget is used up every component is still given this part of it each second, so that who sends little is served
 * although others have filled the queues, …
 */
const ALLOWANCE_PER_S = 1 / 32;
/** … as long as all together are not beyond the budget by this part. */
const RESERVE_PART = 1 / 4;

export class Admission {
  readonly limitBytes: number;
  readonly #units: Int32Array<SharedArrayBuffer>;
  readonly #limitUnits: number;
  /** Monotonic, in ms. */
  readonly #now: () => number;
  /** What this object was given beyond the budget in the last second, as of `#spentAtMs`. */
  #spentUnits = 0;
  #spentAtMs = 0;

  /** `shared` is another thread's `Admission.shared`. */
  constructor(limitBytes: number, shared = new SharedArrayBuffer(4), now: () => number = () => performance.now()) {
    this.#now = now;
    this.limitBytes = limitBytes;
    this.#limitUnits = Math.max(1, Math.floor(limitBytes / UNIT_BYTES));
    this.#units = new Int32Array(shared);
  }

  get shared(): SharedArrayBuffer {
    return this.#units.buffer;
  }

  get usedBytes(): number {
    return Atomics.load(this.#units, 0) * UNIT_BYTES;
  }

  /** The same budget for another component, with an allowance of its own. */
  share(): Admission {
    return new Admission(this.limitBytes, this.shared, this.#now);
  }

  /**
   * Charges `bytes`; false, and nothing charged, when the budget does not have them. A single body larger than the whole
   * budget is admitted when nothing else is in flight, so that it is slow rather than impossible.
   */
  tryAcquire(bytes: number): boolean {
    return this.#charge(unitsOf(bytes), 0);
  }

  /**
   * Charges `bytes` more for a body that has been charged `held` so far; false, and nothing charged, without room. As with
   * `tryAcquire`, one body alone may grow beyond the budget.
   */
  tryGrow(held: number, bytes: number): boolean {
    return this.#charge(unitsOf(bytes), unitsOf(held));
  }

  /** Charges `bytes` whether or not there is room: for data already in memory that changes its owner. */
  acquire(bytes: number): void {
    Atomics.add(this.#units, 0, unitsOf(bytes));
  }

  /** Gives back what one call of `tryAcquire`, `tryGrow` or `acquire` charged with the same number. */
  release(bytes: number): void {
    Atomics.sub(this.#units, 0, unitsOf(bytes));
  }

  #charge(units: number, heldUnits: number): boolean {
    const before = Atomics.add(this.#units, 0, units);
    const after = before + units;
    if (after <= this.#limitUnits || before <= heldUnits || this.#spend(units, after)) return true;
    Atomics.sub(this.#units, 0, units);
    return false;
  }

  /** Whether the allowance has room for units that make `after` of all. */
  #spend(units: number, after: number): boolean {
    const limit = this.#limitUnits;
    const allowance = limit * ALLOWANCE_PER_S;
    if (after > limit + limit * RESERVE_PART) return false;
    const now = this.#now();
    const regained = ((now - this.#spentAtMs) / 1000) * allowance;
    this.#spentUnits = Math.max(0, this.#spentUnits - regained);
    this.#spentAtMs = now;
    if (this.#spentUnits + units > allowance) return false;
    this.#spentUnits += units;
    return true;
  }
}

function unitsOf(bytes: number): number {
  return Math.ceil(bytes / UNIT_BYTES);
}
