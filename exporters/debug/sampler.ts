// Which of many equal messages are printed: so many in a second, then every n-th, counted as zap counts them
// (zapcore/sampler.go), whose sampler the collector's debug exporter uses.

/** Texts share this many counters, by their hash. */
const COUNTERS = 4096;
const TICK_MS = 1_000;

export class Sampler {
  readonly #initial: number;
  readonly #thereafter: number;
  readonly #seen = new Uint32Array(COUNTERS);
  /** When a counter begins anew: a second after the message that began it, so each text has seconds of its own. */
  readonly #resetAtMs = new Float64Array(COUNTERS);

  /** `initial` messages a second pass, then every `thereafter`-th; 0 lets none pass. */
  constructor(options: { readonly initial: number; readonly thereafter: number }) {
    this.#initial = options.initial;
    this.#thereafter = options.thereafter;
  }

  passes(message: string, nowMs: number): boolean {
    const counter = fnv1a(message) % COUNTERS;
    let nth = 1;
    // Safe, both reads: counter < COUNTERS.
    if ((this.#resetAtMs[counter] as number) > nowMs) nth += this.#seen[counter] as number;
    else this.#resetAtMs[counter] = nowMs + TICK_MS;
    this.#seen[counter] = nth;
    if (nth <= this.#initial) return true;
    return this.#thereafter > 0 && (nth - this.#initial) % this.#thereafter === 0;
  }
}

/** FNV-1a, 32 bits. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
