// The newest N of something.

export class Ring<T> {
  readonly #items: T[] = [];
  readonly #capacity: number;
  #next = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Gives back what had to make room. */
  push(item: T): T | undefined {
    const evicted = this.#items[this.#next];
    this.#items[this.#next] = item;
    this.#next = (this.#next + 1) % this.#capacity;
    return evicted;
  }

  newestFirst(): T[] {
    return [...this.#items.slice(0, this.#next).toReversed(), ...this.#items.slice(this.#next).toReversed()];
  }
}
