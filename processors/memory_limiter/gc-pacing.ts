// When to force a garbage collection: less and less often while collections free little, as in the collector
// (its internal/memorylimiter), so that a full queue does not cost the CPU that is needed to empty it.

import type { MemoryLimiterConfig } from './config.ts';

/** A collection that frees less than this share of the memory was not worth it. */
const EFFECTIVE_SHARE = 0.05;

/** The first wait is a little shorter than a check interval: timers are not exact, and every second check would miss it. */
const CHECK_SHARE = 0.95;

/** What was measured. */
export interface MemoryState {
  readonly usedBytes: number;
  readonly isAboveSoft: boolean;
  /** Bytes in flight and queued in the whole agent. */
  readonly heldBytes: number;
}

export class GcPacing {
  readonly #config: MemoryLimiterConfig;
  #lastGcMs = Number.NEGATIVE_INFINITY;
  #lastUsedBytes = 0;
  /** Held when the last collection freed little. */
  #heldBytes = 0;
  /** Above the soft and the hard limit: how long to wait now, beside the configured minimum. 0: no longer than that. */
  #softMs = 0;
  #hardMs = 0;

  constructor(config: MemoryLimiterConfig) {
    this.#config = config;
  }

  /** Whether to collect now, above the hard limit or only above the soft one. */
  isDue(isAboveHard: boolean, nowMs: number): boolean {
    const { min_gc_interval_when_hard_limited: minHard, min_gc_interval_when_soft_limited: minSoft } = this.#config;
    const waitMs = isAboveHard ? Math.max(minHard, this.#hardMs) : Math.max(minSoft, this.#softMs);
    const elapsedMs = nowMs - this.#lastGcMs;
    // A clock that was set back says nothing about how long ago it was.
    return elapsedMs > waitMs || elapsedMs < 0;
  }

  /**
   * Tells of a measurement at which nothing was collected. Memory that went down by itself ends the waiting, and so do
   * bytes that left since the last collection: it is their memory that the next one frees.
   */
  measured(state: MemoryState): void {
    const hasLeft = this.#heldBytes - state.heldBytes >= state.usedBytes * EFFECTIVE_SHARE;
    if (this.#wentDown(state) || hasLeft) this.#softMs = this.#hardMs = 0;
  }

  /** Tells of the measurement after a collection; whether it was worth it. */
  collected(state: MemoryState, nowMs: number): boolean {
    this.#lastGcMs = nowMs;
    this.#heldBytes = state.heldBytes;
    if (this.#wentDown(state)) {
      this.#softMs = this.#hardMs = 0;
      return true;
    }
    const { min_gc_interval_when_soft_limited: minSoft, max_gc_interval_when_soft_limited: maxSoft } = this.#config;
    const { min_gc_interval_when_hard_limited: minHard, max_gc_interval_when_hard_limited: maxHard } = this.#config;
    this.#softMs = this.#longer(this.#softMs, minSoft, maxSoft);
    this.#hardMs = this.#longer(this.#hardMs, minHard, maxHard);
    return false;
  }

  #wentDown({ usedBytes, isAboveSoft }: MemoryState): boolean {
    const isEnough = !isAboveSoft || usedBytes <= this.#lastUsedBytes * (1 - EFFECTIVE_SHARE);
    this.#lastUsedBytes = usedBytes;
    return isEnough;
  }

  #longer(currentMs: number, minMs: number, maxMs: number): number {
    if (maxMs === 0) return minMs;
    const least = Math.max(minMs, this.#config.check_interval * CHECK_SHARE);
    return Math.min(Math.max(currentMs, least) * 2, Math.max(maxMs, minMs));
  }
}
