// What each tenant has used, for the agent as a whole: a table in memory that all threads share and that outlives a reload.
// Rates are token buckets kept as debt in ms, the time until a bucket is full again (the generic cell rate algorithm, ITU-T
// I.371): debt shrinks by itself and means the same after the rate has changed. Memory is shared out by weight.

import type { Admission } from '../../pipeline/admission.ts';
import type { Limits } from './config.ts';

/** Which limit a request is over: requests a second, bytes a second, bytes in flight, or the fair part of the memory. */
export type LimitName = 'requests' | 'bytes' | 'in_flight' | 'share';

/** One tenant as a thread knows it. */
export interface LedgerEntry {
  /** From its name (`keyOf`); 0 for the common one, whose row no other tenant gets. */
  readonly key: number;
  readonly limits: Limits;
  /** Whether the configuration names it: then it finds a row even if that costs another one what is known of it. */
  readonly isListed: boolean;
  /** Where it was last seen in the table. */
  row: number;
  /** Bytes that are counted on the common row, because the table was full. */
  borrowed: number;
}

/**
 * The part of the memory up to which everybody gets what they ask for. The rest is for tenants below their fair part; and
 * one alone has no more, so that whoever comes next finds room at once.
 */
const OPEN_PART = 3 / 4;
/** A tenant has a part of the memory until so long after its last request, refused ones too. */
const ACTIVE_MS = 10_000;
const SWEEP_MS = 1_000;
/** What tenants share at least, however much waits in queues: what pipeline/admission.ts guarantees a component. */
const LEAST_PART = 1 / 32;
/** How long to wait for memory, which depends on others. */
const MEMORY_RETRY_MS = 1_000;
/** Sums of fractions differ by less than this. */
const ROUNDING_MS = 1e-3;

// Columns of a row, and of the head of the table, which has a row's size.
const KEY = 0;
const SEEN_AT_MS = 1;
const REQUEST_DEBT_MS = 2;
const BYTE_DEBT_MS = 3;
const IN_FLIGHT = 4;
/** While the tenant has a part of the memory: its weight. */
const ACTIVE_WEIGHT = 5;
const COLUMNS = 8;
/** Of the head, whose first number is the lock. */
const TOTAL_IN_FLIGHT = 1;
const TOTAL_WEIGHT = 2;
const SWEPT_AT_MS = 3;
const COMMON_ROW = COLUMNS;
const FIRST_ROW = 2 * COLUMNS;

const SPINS = 100;
/** A thread holds the lock for less than a microsecond; one that died holding it must not stop the others. */
const LOCK_PATIENCE_MS = 500;

export class Ledger {
  readonly #numbers: Float64Array<SharedArrayBuffer>;
  readonly #lock: Int32Array<SharedArrayBuffer>;
  readonly #memory: Pick<Admission, 'limitBytes' | 'usedBytes'>;
  readonly #now: () => number;
  /** Of the last refusal: when there is room, and what is left of the limit, in its unit. */
  waitMs = 0;
  remaining = 0;
  /** …and the tenant's fair part, in bytes. */
  fairBytes = 0;

  /** `table` has `Ledger.bytesFor(tenants)` bytes; `now` is a clock that nobody sets, the same in all threads. */
  constructor(table: SharedArrayBuffer, memory: Pick<Admission, 'limitBytes' | 'usedBytes'>, now: () => number) {
    this.#numbers = new Float64Array(table);
    this.#lock = new Int32Array(table, 0, 1);
    this.#memory = memory;
    this.#now = now;
  }

  /** The head, the common row, and one for each tenant. */
  static bytesFor(tenants: number): number {
    return (tenants + 2) * COLUMNS * Float64Array.BYTES_PER_ELEMENT;
  }

  /** Counts a request; the limit that it is over, and nothing counted. */
  enter(entry: LedgerEntry): LimitName | undefined {
    const { requestsPerS, requestBurst, weight } = entry.limits;
    this.#acquire();
    const row = this.#rowOf(entry);
    this.#giveWeight(row, weight);
    if (requestsPerS === 0) {
      this.#free();
      return undefined;
    }
    const debt = this.#at(row + REQUEST_DEBT_MS);
    const cost = 1_000 / requestsPerS;
    const room = requestBurst * cost - debt;
    const isOver = room < cost - ROUNDING_MS;
    if (!isOver) this.#numbers[row + REQUEST_DEBT_MS] = debt + cost;
    this.#free();
    if (!isOver) return undefined;
    this.waitMs = cost - room;
    this.remaining = 0;
    return 'requests';
  }

  /** Counts bytes of a body of which `held` were counted before; the limit that they are over, and nothing counted. */
  take(entry: LedgerEntry, bytes: number, held: number): LimitName | undefined {
    this.#acquire();
    const row = this.#rowOf(entry);
    this.#giveWeight(row, entry.limits.weight);
    const over = this.#overBytes(row, entry.limits, bytes, held) ?? this.#overMemory(row, entry.limits, bytes, held);
    if (over === undefined) {
      const { bytesPerS } = entry.limits;
      if (bytesPerS > 0) this.#add(row + BYTE_DEBT_MS, (bytes / bytesPerS) * 1_000);
      this.#holdOn(row, entry, bytes);
    }
    this.#free();
    return over;
  }

  /** Counts bytes that are in memory whether or not there is room. */
  hold(entry: LedgerEntry, bytes: number): void {
    this.#acquire();
    this.#holdOn(this.#rowOf(entry), entry, bytes);
    this.#free();
  }

  release(entry: LedgerEntry, bytes: number): void {
    if (bytes <= 0) return;
    this.#acquire();
    const row = this.#rowOf(entry);
    if (row === COMMON_ROW && entry.key !== 0) entry.borrowed -= bytes;
    this.#add(TOTAL_IN_FLIGHT, -bytes);
    this.#add(row + IN_FLIGHT, -bytes);
    this.#free();
  }

  #overBytes(row: number, { bytesPerS, byteBurst }: Limits, bytes: number, held: number): LimitName | undefined {
    if (bytesPerS === 0) return undefined;
    const msPerByte = 1_000 / bytesPerS;
    const debt = this.#at(row + BYTE_DEBT_MS);
    const room = byteBurst * msPerByte - debt;
    const cost = bytes * msPerByte;
    // A body larger than the burst is let in when nothing was used but by itself, so that it is slow rather than impossible.
    const others = debt - held * msPerByte;
    if (cost <= room + ROUNDING_MS || others <= ROUNDING_MS) return undefined;
    this.waitMs = Math.min(cost - room, others);
    this.remaining = Math.max(0, Math.floor(room / msPerByte));
    return 'bytes';
  }

  #overMemory(row: number, limits: Limits, bytes: number, held: number): LimitName | undefined {
    const inFlight = this.#at(row + IN_FLIGHT);
    this.waitMs = MEMORY_RETRY_MS;
    if (limits.bytesInFlight > 0 && inFlight + bytes > limits.bytesInFlight && inFlight > held) {
      this.remaining = Math.max(0, limits.bytesInFlight - inFlight);
      return 'in_flight';
    }
    const total = this.#at(TOTAL_IN_FLIGHT);
    const { limitBytes, usedBytes } = this.#memory;
    // Queues come first: what they hold is acknowledged. `bytes` are among the used ones already.
    const elsewhere = Math.max(0, usedBytes - bytes - total);
    const pool = Math.max(limitBytes - elsewhere, limitBytes * LEAST_PART);
    if (total + bytes <= pool * OPEN_PART || total <= held) return undefined;
    const fair = pool * Math.min(OPEN_PART, this.#at(row + ACTIVE_WEIGHT) / this.#at(TOTAL_WEIGHT));
    if (inFlight + bytes <= fair) return undefined;
    this.fairBytes = Math.floor(fair);
    this.remaining = Math.max(0, this.fairBytes - inFlight);
    return 'share';
  }

  #holdOn(row: number, entry: LedgerEntry, bytes: number): void {
    if (bytes <= 0) return;
    if (row === COMMON_ROW && entry.key !== 0) entry.borrowed += bytes;
    this.#add(TOTAL_IN_FLIGHT, bytes);
    this.#add(row + IN_FLIGHT, bytes);
  }

  /** A reload may have changed the weight. */
  #giveWeight(row: number, weight: number): void {
    const before = this.#at(row + ACTIVE_WEIGHT);
    if (before !== weight) {
      this.#numbers[row + ACTIVE_WEIGHT] = weight;
      this.#add(TOTAL_WEIGHT, weight - before);
    }
    const now = this.#at(row + SEEN_AT_MS);
    if (now - this.#at(SWEPT_AT_MS) >= SWEEP_MS) this.#sweep(now);
  }

  /** Takes the weight of those who are idle. */
  #sweep(now: number): void {
    let total = 0;
    for (let row = COMMON_ROW; row < this.#numbers.length; row += COLUMNS) {
      const isIdle = this.#at(row + IN_FLIGHT) <= 0 && now - this.#at(row + SEEN_AT_MS) > ACTIVE_MS;
      if (isIdle) this.#numbers[row + ACTIVE_WEIGHT] = 0;
      total += this.#at(row + ACTIVE_WEIGHT);
    }
    this.#numbers[TOTAL_WEIGHT] = total;
    this.#numbers[SWEPT_AT_MS] = now;
  }

  /** The tenant's row, its debts as of now. Bytes in flight keep it where it is. */
  #rowOf(entry: LedgerEntry): number {
    const now = this.#now();
    if (entry.key === 0) entry.row = COMMON_ROW;
    else if (entry.borrowed > 0) entry.row = COMMON_ROW;
    else if (entry.row === 0 || this.#at(entry.row + KEY) !== entry.key) entry.row = this.#find(entry, now);
    const { row } = entry;
    const passed = Math.max(0, now - this.#at(row + SEEN_AT_MS));
    this.#numbers[row + SEEN_AT_MS] = now;
    this.#numbers[row + REQUEST_DEBT_MS] = Math.max(0, this.#at(row + REQUEST_DEBT_MS) - passed);
    this.#numbers[row + BYTE_DEBT_MS] = Math.max(0, this.#at(row + BYTE_DEBT_MS) - passed);
    return row;
  }

  /** Where the tenant is, or from now on; the common row where all are in use. */
  #find({ key, isListed }: LedgerEntry, now: number): number {
    for (let row = FIRST_ROW; row < this.#numbers.length; row += COLUMNS) if (this.#at(row + KEY) === key) return row;
    const row = this.#longestIdle(now, false) ?? (isListed ? this.#longestIdle(now, true) : undefined);
    if (row === undefined) return COMMON_ROW;
    this.#add(TOTAL_WEIGHT, -this.#at(row + ACTIVE_WEIGHT));
    this.#numbers.fill(0, row, row + COLUMNS);
    this.#numbers[row + KEY] = key;
    this.#numbers[row + SEEN_AT_MS] = now;
    return row;
  }

  /** A free row, or that of the tenant not seen for longest of those who have nothing in flight and, unless `forgives`, owe nothing. */
  #longestIdle(now: number, forgives: boolean): number | undefined {
    let chosen: number | undefined;
    let chosenAt = Infinity;
    for (let row = FIRST_ROW; row < this.#numbers.length; row += COLUMNS) {
      if (this.#at(row + KEY) === 0) return row;
      const seenAt = this.#at(row + SEEN_AT_MS);
      const debt = Math.max(this.#at(row + REQUEST_DEBT_MS), this.#at(row + BYTE_DEBT_MS));
      const isIdle = this.#at(row + IN_FLIGHT) <= 0 && (forgives || debt <= now - seenAt);
      if (!isIdle || seenAt >= chosenAt) continue;
      chosen = row;
      chosenAt = seenAt;
    }
    return chosen;
  }

  #at(index: number): number {
    return this.#numbers[index] ?? 0;
  }

  #add(index: number, value: number): void {
    this.#numbers[index] = (this.#numbers[index] ?? 0) + value;
  }

  #acquire(): void {
    const word = this.#lock;
    for (let tries = 0; Atomics.compareExchange(word, 0, 0, 1) !== 0; tries += 1) {
      if (tries < SPINS) continue;
      if (tries > SPINS + LOCK_PATIENCE_MS) return;
      Atomics.wait(word, 0, 1, 1);
    }
  }

  #free(): void {
    Atomics.store(this.#lock, 0, 0);
  }
}
