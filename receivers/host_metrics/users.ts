// Names of users by number, from /etc/passwd: without what a name service would say, as asking one takes a process or a
// library.

import { readFileSync } from 'node:fs';

const RELOAD_AFTER_MS = 60_000;
const MAX_BYTES = 8 << 20;

export class Users {
  readonly #path: string;
  readonly #now: () => number;
  #names: ReadonlyMap<number, string> = new Map();
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(root: string, now: () => number) {
    this.#path = `${root}/etc/passwd`;
    this.#now = now;
  }

  /** Undefined for one who is not there. */
  nameOf(uid: number): string | undefined {
    const known = this.#names.get(uid);
    if (known !== undefined || this.#now() - this.#readAtMs < RELOAD_AFTER_MS) return known;
    this.#readAtMs = this.#now();
    this.#names = this.#read();
    return this.#names.get(uid);
  }

  /** `name:password:uid:gid:…` */
  #read(): ReadonlyMap<number, string> {
    const names = new Map<number, string>();
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch {
      return names;
    }
    for (const line of text.slice(0, MAX_BYTES).split('\n')) {
      const [name = '', , uid = ''] = line.split(':');
      if (name !== '' && /^\d+$/.test(uid) && !names.has(Number(uid))) names.set(Number(uid), name);
    }
    return names;
  }
}
