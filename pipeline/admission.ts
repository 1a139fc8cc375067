// Memory is admitted by bytes in flight: a body is charged before it is read, a queued batch until it is sent. One
// budget serves the whole agent, shared by its worker threads.

/** The budget is counted in units of this many bytes, so that a 32-bit counter covers 512 GiB. */
const UNIT_BYTES = 256;

export class Admission {
  readonly limitBytes: number;
  readonly #units: Int32Array<SharedArrayBuffer>;
  readonly #limitUnits: number;

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

  /**
   * Charges `bytes`; false, and nothing charged, when the budget does not have them. A single body larger than the whole
   * budget is admitted when nothing else is in flight, so that it is slow rather than impossible.
   */
  tryAcquire(bytes: number): boolean {
    const units = unitsOf(bytes);
    const before = Atomics.add(this.#units, 0, units);
    if (before + units <= this.#limitUnits || before === 0) return true;
    Atomics.sub(this.#units, 0, units);
    return false;
  }

  /**
   * Charges `bytes` more for a body that has been charged `held` so far; false, and nothing charged, without room. As with
   * `tryAcquire`, one body alone may grow beyond the budget.
   */
  tryGrow(held: number, bytes: number): boolean {
    const units = unitsOf(bytes);
    const before = Atomics.add(this.#units, 0, units);
    if (before + units <= this.#limitUnits || before <= unitsOf(held)) return true;
    Atomics.sub(this.#units, 0, units);
    return false;
  }

  /** Charges `bytes` whether or not there is room: for data already in memory that changes its owner. */
  acquire(bytes: number): void {
    Atomics.add(this.#units, 0, unitsOf(bytes));
  }

  /** Gives back what `tryAcquire` or `acquire` charged with the same number. */
  release(bytes: number): void {
    Atomics.sub(this.#units, 0, unitsOf(bytes));
  }
}

function unitsOf(bytes: number): number {
  return Math.ceil(bytes / UNIT_BYTES);
}
