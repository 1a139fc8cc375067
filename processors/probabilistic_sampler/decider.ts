// The sampling modes: which threshold an item is held against, given the one it came with.

import type { SamplerConfig } from './config.ts';
import { HASH_BUCKETS } from './randomness.ts';
import { MIN_PROBABILITY, NEVER, thresholdOf, Threshold } from './threshold.ts';

/** never: nothing is kept. hash: randomness is a hash. consistent: randomness is in the trace id or written in the item. */
export type DeciderKind = 'never' | 'hash' | 'consistent';

export interface Decider {
  readonly kind: DeciderKind;
  /** The threshold for an item that came with `arriving`. */
  decide(arriving: Threshold | undefined): Threshold;
}

export function deciderOf(config: SamplerConfig): Decider {
  // The collector holds the percentage in 32 bits, which shows in the thresholds.
  const percent = Math.min(Math.fround(config.sampling_percentage), 100);
  if (percent === 0) return new FixedDecider('never', NEVER);
  const ratio = Math.max(percent / 100, MIN_PROBABILITY);
  const { sampling_precision: precision } = config;
  if (config.mode === 'equalizing') return new EqualizingDecider(thresholdOf(ratio, precision) ?? NEVER);
  if (config.mode === 'proportional') return new ProportionalDecider(ratio, precision);
  const buckets = Math.trunc(Math.fround(percent * Math.fround(HASH_BUCKETS / 100)));
  if (buckets === 0) return new FixedDecider('never', NEVER);
  return new FixedDecider('hash', new Threshold(BigInt(HASH_BUCKETS - buckets) << 42n));
}

class FixedDecider implements Decider {
  readonly kind: DeciderKind;
  readonly #threshold: Threshold;

  constructor(kind: DeciderKind, threshold: Threshold) {
    this.kind = kind;
    this.#threshold = threshold;
  }

  decide(): Threshold {
    return this.#threshold;
  }
}

/** Earlier sampling counts: of the two thresholds the stricter one. */
class EqualizingDecider implements Decider {
  readonly kind = 'consistent';
  readonly #threshold: Threshold;

  constructor(threshold: Threshold) {
    this.#threshold = threshold;
  }

  decide(arriving: Threshold | undefined): Threshold {
    return arriving !== undefined && arriving.rejected > this.#threshold.rejected ? arriving : this.#threshold;
  }
}

/** The share is taken of what earlier sampling left. */
class ProportionalDecider implements Decider {
  readonly kind = 'consistent';
  readonly #ratio: number;
  readonly #precision: number;
  readonly #unsampled: Threshold;
  /** The last answer: items of one source mostly come with the same threshold. */
  #lastRejected = -1n;
  #last: Threshold = NEVER;

  constructor(ratio: number, precision: number) {
    this.#ratio = ratio;
    this.#precision = precision;
    this.#unsampled = thresholdOf(ratio, precision) ?? NEVER;
  }

  decide(arriving: Threshold | undefined): Threshold {
    if (arriving === undefined) return this.#unsampled;
    if (arriving.rejected !== this.#lastRejected) {
      // A share below what can be expressed is none at all.
      this.#last = thresholdOf(arriving.probability * this.#ratio, this.#precision) ?? NEVER;
      this.#lastRejected = arriving.rejected;
    }
    return this.#last;
  }
}
