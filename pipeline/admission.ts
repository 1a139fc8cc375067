// Memory is admitted by bytes in flight: a body is charged before it is read, a queued batch until it is sent. One
// budget serves the whole agent, shared by its worker threads; every component has a share of it that others can not use up.

/** The budget is counted in units of this many bytes, so that a 32-bit counter covers 512 GiB. */
const UNIT_BYTES = 256;

/**
 * Who uses less than this part of the budget is still served when others have used the budget up, … */
const GUARANTEED_PART = 1 / 32;
/** … as long as all together are not beyond it by this part. */
const RESERVE_PART = 1 / 2;

export class Admission {
  readonly limitBytes: number;
  readonly #units: Int32Array<SharedArrayBuffer>;
  readonly #limitUnits: number;
  /** What was charged through this object. */
  #ownUnits = 0;

  /** `shared` is another thread's `Admission.shared`. */
  constructor(limitBytes: number, shared = new SharedArrayBuffer(4)) {
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

  /** The same budget for another user: what is charged through one object is given back through it. */
  share(): Admission {
    return new Admission(this.limitBytes, this.shared);
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
    const units = unitsOf(bytes);
    Atomics.add(this.#units, 0, units);
    this.#ownUnits += units;
  }

  /** Gives back what one call of `tryAcquire`, `tryGrow` or `acquire` charged with the same number. */
  release(bytes: number): void {
    const units = unitsOf(bytes);
    Atomics.sub(this.#units, 0, units);
    this.#ownUnits -= units;
  }

  #charge(units: number, heldUnits: number): boolean {
    const limit = this.#limitUnits;
    const before = Atomics.add(this.#units, 0, units);
    const after = before + units;
    const isOwnShare =
      this.#ownUnits + units <= limit * GUARANTEED_PART && after <= limit + Math.ceil(limit * RESERVE_PART);
    if (after <= limit || before <= heldUnits || isOwnShare) {
      this.#ownUnits += units;
      return true;
    }
    Atomics.sub(this.#units, 0, units);
    return false;
  }
}

function unitsOf(bytes: number): number {
  return Math.ceil(bytes / UNIT_BYTES);
}
