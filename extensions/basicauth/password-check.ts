// Checks names and passwords without letting that cost more than a share of the CPU: password hashes are slow on purpose,
// so what was checked is remembered, and what is new waits in a short line.

import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refused } from '../../pipeline/delivery.ts';
import type { PasswordEntry } from './htpasswd.ts';

/** Right and wrong credentials are remembered apart, so that a stranger's guesses push nobody out. */
const REMEMBERED = 1_000;
const MAX_WAITING = 16;
const RETRY_AFTER_MS = 1_000;
/** After each check, this many times as long belongs to everything else. */
const PAUSE_FACTOR = 3;
/** Compared with for unknown names where no entry is slow, so that an answer does not tell which names there are. */
const NOBODY: PasswordEntry = { isSlow: false, matches: () => false };

export class PasswordCheck {
  /** Remembered credentials are no readable copy: without this key they can not be tried out either. */
  readonly #key = randomBytes(32);
  readonly #stop = new AbortController();
  #entries: ReadonlyMap<string, PasswordEntry> = new Map();
  #decoy = NOBODY;
  readonly #right = new Set<string>();
  readonly #wrong = new Set<string>();
  readonly #underWay = new Map<string, Promise<boolean>>();
  #waiting = 0;
  #line: Promise<unknown> = Promise.resolve();

  /** The entries from here on; everything remembered is forgotten. */
  use(entries: ReadonlyMap<string, PasswordEntry>): void {
    this.#entries = entries;
    this.#decoy = [...entries.values()].find(({ isSlow }) => isSlow) ?? NOBODY;
    this.#right.clear();
    this.#wrong.clear();
    this.#underWay.clear();
  }

  /** Fails with Refused when too many new credentials wait to be checked. */
  async isRight(name: string, password: string): Promise<boolean> {
    const known = this.#entries.get(name);
    const entry = known ?? this.#decoy;
    if (!entry.isSlow) return (await entry.matches(password)) && known !== undefined;
    const credentials = this.#disguised(name, password);
    if (this.#right.has(credentials)) return true;
    if (this.#wrong.has(credentials)) return false;
    const underWay = this.#underWay.get(credentials);
    if (underWay) return underWay;
    if (this.#waiting >= MAX_WAITING) {
      throw new Refused('too many passwords wait to be checked', { retryAfterMs: RETRY_AFTER_MS });
    }
    const entries = this.#entries;
    const check = this.#inLine(entry, password).then((fits) => {
      const isRight = fits && known !== undefined;
      if (this.#entries === entries) this.#remember(credentials, isRight);
      return isRight;
    });
    this.#underWay.set(credentials, check);
    return check;
  }

  /** Whether they were checked before, and are right. */
  remembers(name: string, password: string): boolean {
    return this.#right.size > 0 && this.#right.has(this.#disguised(name, password));
  }

  close(): void {
    this.#stop.abort();
  }

  #disguised(name: string, password: string): string {
    return createHmac('sha256', this.#key).update(`${name.length}:${name}:${password}`).digest('base64');
  }

  #remember(credentials: string, isRight: boolean): void {
    this.#underWay.delete(credentials);
    const set = isRight ? this.#right : this.#wrong;
    set.add(credentials);
    if (set.size <= REMEMBERED) return;
    for (const oldest of set) {
      set.delete(oldest);
      return;
    }
  }

  /** One check after the other, with pauses. */
  #inLine(entry: PasswordEntry, password: string): Promise<boolean> {
    this.#waiting += 1;
    let tookMs = 0;
    const check = this.#line.then(async () => {
      this.#waiting -= 1;
      const started = performance.now();
      const matches = await entry.matches(password);
      tookMs = performance.now() - started;
      return matches;
    });
    const pause = (): Promise<unknown> =>
      sleep(tookMs * PAUSE_FACTOR, undefined, { signal: this.#stop.signal, ref: false });
    this.#line = check.then(pause).catch(() => undefined);
    return check;
  }
}
