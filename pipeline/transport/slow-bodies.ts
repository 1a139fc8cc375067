// Ends requests whose body comes too slowly: while it comes, memory is reserved for it, and a few clients that announce much
// and send nothing could otherwise keep everybody out. The rule is that of Apache's mod_reqtimeout, a grace and a rate.

/** A body that is being read. */
export interface IncomingBody {
  /** Milliseconds on the clock of `SlowBodies`. */
  readonly sinceMs: number;
  readonly receivedBytes: number;
  tooSlow(): void;
}

/** As long as a body needs no speed at all… */
export const GRACE_MS = 30_000;
/** …and what it needs on average from then on, in bytes a second. */
export const LEAST_BYTES_PER_S = 16 << 10;
const CHECK_INTERVAL_MS = 5_000;

export class SlowBodies {
  readonly #bodies = new Set<IncomingBody>();
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;

  /** `now` in ms; monotonic, so that a changed clock ends nobody's request. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  now(): number {
    return this.#now();
  }

  watch(body: IncomingBody): void {
    this.#bodies.add(body);
    this.#timer ??= setInterval(() => this.check(), CHECK_INTERVAL_MS).unref();
  }

  /** The body is whole, or its client gone. */
  forget(body: IncomingBody): void {
    this.#bodies.delete(body);
    if (this.#bodies.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  check(): void {
    const now = this.#now();
    for (const body of this.#bodies) {
      const beyondGraceMs = now - body.sinceMs - GRACE_MS;
      if (beyondGraceMs > 0 && body.receivedBytes < (beyondGraceMs / 1000) * LEAST_BYTES_PER_S) {
        this.forget(body);
        body.tooSlow();
      }
    }
  }
}
