// One file of a log as it is known in memory: how much is in it, how far it has been read, what of it is settled.

import type { Signal } from '../signal.ts';
import type { Amount } from './storage.ts';

/** Sums that change. */
export interface Sum {
  requests: number;
  items: number;
  bytes: number;
}

export function newSum(): Sum {
  return { requests: 0, items: 0, bytes: 0 };
}

export function addTo(sum: Sum, amount: Amount, sign: 1 | -1 = 1): void {
  sum.requests += sign * amount.requests;
  sum.items += sign * amount.items;
  sum.bytes += sign * amount.bytes;
}

export class Segment {
  readonly number: number;
  /** First four bytes of each record; see record.ts. */
  readonly key: number;
  /** Bytes from the beginning up to where whole, durable records end. */
  end = 0;
  /** No more records will come. */
  isSealed = false;
  /** Records that are there, damaged ones included where their number is known. */
  readonly total: Sum = newSum();
  readonly settled: Sum = newSum();
  /** What is missing in it: records whose very headers are damaged. */
  readonly lost: Sum = newSum();
  /** Where the next record is to be read, in bytes. */
  readAt = 0;
  /** Some of it was given to a holder, so that a crash from now on may lead to duplicates. */
  wasTaken = false;
  isDamaged = false;
  /** Of some record that was read or written. */
  signal: Signal | undefined;
  /** What was lost and not told, and whether the damage was. */
  readonly unsaid: Sum = newSum();
  isSaid = false;
  #settledBits = new Uint8Array(0);

  constructor(number: number, key: number) {
    this.number = number;
    this.key = key;
  }

  /** The name of its file without ending. */
  get name(): string {
    return `${String(this.number).padStart(12, '0')}-${this.key.toString(16).padStart(8, '0')}`;
  }

  get isDone(): boolean {
    return this.isSealed && this.settled.requests + this.lost.requests >= this.total.requests;
  }

  get isRead(): boolean {
    return this.readAt >= this.end;
  }

  isSettled(index: number): boolean {
    return ((this.#settledBits[index >>> 3] ?? 0) & (1 << (index & 7))) !== 0;
  }

  /** False when it was settled before. */
  settle(index: number, items: number, bytes: number): boolean {
    if (this.isSettled(index)) return false;
    const place = index >>> 3;
    if (place >= this.#settledBits.length) {
      const larger = new Uint8Array(Math.max(64, 2 * (place + 1)));
      larger.set(this.#settledBits);
      this.#settledBits = larger;
    }
    this.#settledBits[place] = (this.#settledBits[place] ?? 0) | (1 << (index & 7));
    this.settled.requests += 1;
    this.settled.items += items;
    this.settled.bytes += bytes;
    return true;
  }

  /** Reads it again from its beginning. */
  rewind(): void {
    this.readAt = 0;
  }
}

/** The segment of a file name with `ending` (`.log`, `.ack`); undefined where the name is none of a segment. */
export function segmentOf(file: string, ending: string): Segment | undefined {
  const match = /^(\d{12,15})-([0-9a-f]{8})(\.[a-z]+)$/.exec(file);
  if (!match || match[3] !== ending) return undefined;
  return new Segment(Number(match[1]), Number.parseInt(match[2] ?? '', 16));
}
