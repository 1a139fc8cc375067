// A storage in virtual time: a log that keeps the promises of pipeline/storage/storage.ts without a disk, so that the
// queue in front of it can be simulated. Writing takes a while, and fails now and then.

import type { Batch } from '../../pipeline/batch.ts';
import { Refused } from '../../pipeline/delivery.ts';
import {
  storageName,
  type Amount,
  type DurableLog,
  type LogHolder,
  type LogRecord,
} from '../../pipeline/storage/storage.ts';
import type { SeededRandom } from '../support/seeded-random.ts';

interface Entry extends LogRecord {
  state: 'writing' | 'stored' | 'given' | 'settled';
}

/** Records given out and not settled, at most. */
const READ_AHEAD = 6;
const NONE: Amount = { requests: 0, items: 0, bytes: 0 };

export class SimulatedStorage {
  readonly #random: SeededRandom;
  readonly #now: () => number;
  readonly #failures: number;
  #entries: Entry[] = [];
  readonly #holders: { readonly holder: LogHolder; isFed: boolean }[] = [];
  #pending = NONE;
  #lastWriteMs = 0;

  /** `failures` is the share of writes that fail. */
  constructor(random: SeededRandom, now: () => number, failures: number) {
    this.#random = random;
    this.#now = now;
    this.#failures = failures;
  }

  get pending(): Amount {
    return this.#pending;
  }

  openState(): Promise<never> {
    return Promise.reject(new Error('nothing that is simulated keeps a state'));
  }

  openLog(name: string, holder: LogHolder): Promise<DurableLog> {
    if (name !== storageName('exporter', 'x')) return Promise.reject(new Error(`${name} is not simulated`));
    const own = { holder, isFed: false };
    this.#holders.push(own);
    const pending = (): Amount => this.#pending;
    const isShared = (): boolean => this.#holders.length > 1;
    return Promise.resolve({
      get pending() {
        return pending();
      },
      get isShared() {
        return isShared();
      },
      diskBytes: 0,
      possibleDuplicates: NONE,
      start: () => {
        own.isFed = true;
        this.#feedSoon();
      },
      pause: () => {
        own.isFed = false;
      },
      append: (batch) => this.#append(batch),
      settle: (record) => this.#settle(record),
      release: () => {
        const isFirst = this.#holders[0] === own;
        this.#holders.splice(this.#holders.indexOf(own), 1);
        if (isFirst) for (const entry of this.#entries) if (entry.state === 'given') entry.state = 'stored';
        this.#feedSoon();
        return Promise.resolve();
      },
    });
  }

  #append(batch: Batch): Promise<void> {
    const entry: Entry = { batch, state: 'writing' };
    this.#entries.push(entry);
    this.#count(batch, 1);
    const fails = this.#random.chance(this.#failures);
    // One after the other, as in a file.
    this.#lastWriteMs = Math.max(this.#lastWriteMs, this.#now() + this.#random.between(1, 4));
    return new Promise((resolve, reject) => {
      setTimeout(() => {
        entry.state = fails ? 'settled' : 'stored';
        if (fails) {
          this.#count(batch, -1);
          reject(new Refused('the disk is full'));
          return;
        }
        resolve();
        this.#feedSoon();
      }, this.#lastWriteMs - this.#now());
    });
  }

  #settle(record: LogRecord): void {
    const entry = this.#entries.find((one) => one === record);
    if (entry?.state !== 'given') return;
    entry.state = 'settled';
    this.#count(entry.batch, -1);
    this.#feedSoon();
  }

  #feedSoon(): void {
    setImmediate(() => {
      this.#entries = this.#entries.filter(({ state }) => state !== 'settled');
      let given = this.#entries.filter(({ state }) => state === 'given').length;
      for (const entry of this.#entries) {
        const [first] = this.#holders;
        // What comes after what is still written is not there yet.
        if (!first?.isFed || given >= READ_AHEAD || entry.state === 'writing') return;
        if (entry.state !== 'stored') continue;
        entry.state = 'given';
        given += 1;
        first.holder.take(entry);
      }
    });
  }

  #count(batch: Batch, sign: 1 | -1): void {
    this.#pending = {
      requests: this.#pending.requests + sign,
      items: this.#pending.items + sign * batch.items,
      bytes: this.#pending.bytes + sign * batch.bytes,
    };
  }
}
