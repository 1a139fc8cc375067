// Which series a target had in its last scrape, so that those which are gone can be told: eight bytes a series. A target
// usually writes the same series in the same order, and then nothing is looked up.

/** Of a series that was seen: not there in the last scrape, there, or there already in this one. */
export const NEW = 0;
export const KNOWN = 1;
export const SEEN_TWICE = 2;

const NOTHING = new Uint32Array(0);

/** A set of hashes with open addressing, emptied and used again. */
class HashSet {
  #slots = new Uint32Array(64);
  #mask = 31;
  #hasZero = false;
  #size = 0;

  clear(expected: number): void {
    let places = 32;
    while (places < expected * 2) places *= 2;
    // One large page must not make small ones slow for ever.
    if (places * 2 > this.#slots.length || places * 16 < this.#slots.length) this.#slots = new Uint32Array(places * 2);
    else this.#slots.fill(0);
    this.#mask = this.#slots.length / 2 - 1;
    this.#hasZero = false;
    this.#size = 0;
  }

  has(low: number, high: number): boolean {
    if (low === 0 && high === 0) return this.#hasZero;
    return this.#slots[this.#place(low, high)] !== 0 || this.#slots[this.#place(low, high) + 1] !== 0;
  }

  /** Whether it was not there. */
  add(low: number, high: number): boolean {
    if (low === 0 && high === 0) {
      const isNew = !this.#hasZero;
      this.#hasZero = true;
      return isNew;
    }
    const place = this.#place(low, high);
    if (this.#slots[place] !== 0 || this.#slots[place + 1] !== 0) return false;
    this.#slots[place] = low;
    this.#slots[place + 1] = high;
    if (++this.#size * 2 > this.#mask) this.#grow();
    return true;
  }

  #place(low: number, high: number): number {
    const slots = this.#slots;
    let index = (low ^ high) & this.#mask;
    for (;;) {
      const place = index * 2;
      if (slots[place] === low && slots[place + 1] === high) return place;
      if (slots[place] === 0 && slots[place + 1] === 0) return place;
      index = (index + 1) & this.#mask;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    this.#mask = this.#slots.length / 2 - 1;
    for (let place = 0; place < old.length; place += 2) {
      const [low, high] = [old[place] as number, old[place + 1] as number];
      if (low === 0 && high === 0) continue;
      const to = this.#place(low, high);
      this.#slots[to] = low;
      this.#slots[to + 1] = high;
    }
  }
}

// Scrapes are converted one after the other, so all targets share these while they are.
const last = new HashSet();
const current = new HashSet();
let sequence = new Uint32Array(2048);

export class SeriesTracker {
  /** Pairs of words, in the order of the page. */
  #last: Uint32Array = NOTHING;
  #at = 0;
  #known = 0;
  /** Whether this scrape's series are, so far, the last one's. */
  #isSame = true;

  /** Series of the last scrape. */
  get size(): number {
    return this.#last.length / 2;
  }

  begin(): void {
    this.#at = 0;
    this.#known = 0;
    this.#isSame = true;
  }

  /** Takes note of a series. Words are taken as unsigned. */
  see(lowWord: number, highWord: number): typeof NEW | typeof KNOWN | typeof SEEN_TWICE {
    const low = lowWord >>> 0;
    const high = highWord >>> 0;
    const at = this.#at;
    if (this.#isSame) {
      if (this.#last[at] === low && this.#last[at + 1] === high) {
        this.#at = at + 2;
        return KNOWN;
      }
      this.#diverge();
    }
    if (!current.add(low, high)) return SEEN_TWICE;
    if (at + 2 > sequence.length) {
      const grown = new Uint32Array(sequence.length * 2);
      grown.set(sequence);
      sequence = grown;
    }
    sequence[at] = low;
    sequence[at + 1] = high;
    this.#at = at + 2;
    if (!last.has(low, high)) return NEW;
    this.#known++;
    return KNOWN;
  }

  /** Whether series of the last scrape are not in this one. */
  get isAnyGone(): boolean {
    return (this.#isSame ? this.#at / 2 : this.#known) < this.size;
  }

  /** Whether this scrape has exactly the last one's series, in the same order. */
  get isUnchanged(): boolean {
    return this.#isSame && this.#at === this.#last.length;
  }

  /** Whether the series is in this scrape. */
  isCurrent(low: number, high: number): boolean {
    if (this.#isSame) this.#diverge();
    return current.has(low >>> 0, high >>> 0);
  }

  /** This scrape's series are the last ones from here on. */
  commit(): void {
    if (this.isUnchanged) return;
    this.#last = (this.#isSame ? this.#last : sequence).slice(0, this.#at);
  }

  /** From a sequence that is the last one's to sets. */
  #diverge(): void {
    this.#isSame = false;
    const known = this.#at;
    last.clear(this.size);
    current.clear(this.size);
    if (sequence.length < known) sequence = new Uint32Array(Math.max(known, this.#last.length) * 2);
    sequence.set(this.#last.subarray(0, known));
    for (let at = 0; at < this.#last.length; at += 2) {
      // Safe: pairs.
      last.add(this.#last[at] as number, this.#last[at + 1] as number);
      if (at < known) current.add(this.#last[at] as number, this.#last[at + 1] as number);
    }
    this.#known = known / 2;
  }
}
