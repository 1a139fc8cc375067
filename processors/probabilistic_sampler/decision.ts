// Whether an item is kept: its randomness against the mode's threshold, with what errors and priorities change.

import { POLICIES, POLICY, type Carrier, type Policy } from './carrier.ts';
import type { SamplerConfig } from './config.ts';
import { deciderOf, type Decider } from './decider.ts';
import { ALWAYS, NEVER, Randomness } from './threshold.ts';

export class Decision<Draft, Item> {
  readonly #carrier: Carrier<Draft, Item>;
  readonly #decider: Decider;
  readonly #seed: number;
  readonly #failClosed: boolean;
  readonly #randomness = new Randomness();
  #policy: Policy = POLICY.missingRandomness;
  /** Whether the item's sampling information may be changed. */
  #isUsable = true;
  /** Items decided on since the last `takeCounts`: per policy, dropped and kept. */
  readonly #counts = new Float64Array(POLICIES * 2);

  constructor(config: SamplerConfig, carrier: Carrier<Draft, Item>) {
    this.#carrier = carrier;
    this.#decider = deciderOf(config);
    this.#seed = config.hash_seed;
    this.#failClosed = config.fail_closed;
  }

  /** Whether to keep the item; where it is kept, what was decided is noted in it. */
  keeps(draft: Draft, item: Item): boolean {
    const carrier = this.#carrier;
    const randomness = this.#randomness;
    randomness.setLargest();
    this.#policy = POLICY.missingRandomness;
    this.#isUsable = true;
    const isGood = this.#readRandomness(carrier.load(draft, item)) && this.#isConsistent();
    let threshold = isGood ? this.#decider.decide(carrier.threshold) : this.#failClosed ? NEVER : ALWAYS;
    const priority = carrier.priorityThreshold();
    if (priority !== undefined) {
      threshold = priority;
      this.#policy = POLICY.samplingPriority;
    }
    const isKept = threshold.admits(randomness);
    if (isKept && this.#isUsable) {
      carrier.raiseThreshold(threshold);
      carrier.write();
    }
    const slot = this.#policy * 2 + Number(isKept);
    // Safe: there is a slot for every policy.
    (this.#counts[slot] as number)++;
    return isKept;
  }

  /** Hands out and forgets the counts. */
  takeCounts(take: (policy: Policy, isKept: boolean, count: number) => void): void {
    for (const [slot, count] of this.#counts.entries()) {
      // Safe: slots are made of policies, two each.
      if (count > 0) take((slot >> 1) as Policy, slot % 2 === 1, count);
    }
    this.#counts.fill(0);
  }

  /** Finds the item's randomness; false where something is wrong with what the item says. */
  #readRandomness(isParsed: boolean): boolean {
    switch (this.#decider.kind) {
      case 'never':
        this.#policy = POLICY.samplingPriority;
        return isParsed;
      case 'hash':
        return this.#readHash(isParsed);
      default:
        return this.#readConsistent(isParsed);
    }
  }

  #readHash(isParsed: boolean): boolean {
    const carrier = this.#carrier;
    this.#policy = carrier.hash(this.#seed, this.#randomness);
    // Whoever samples consistently elsewhere must not use hashes here: what is noted is left alone.
    if (!isParsed || carrier.hasRandomness || carrier.threshold !== undefined) {
      this.#isUsable = false;
      return false;
    }
    if (this.#policy !== POLICY.missingRandomness || carrier.notesMissing) carrier.setRandomness(this.#randomness);
    return true;
  }

  #readConsistent(isParsed: boolean): boolean {
    const carrier = this.#carrier;
    if (!isParsed) {
      this.#isUsable = false;
      return false;
    }
    if (carrier.hasRandomness) {
      this.#randomness.set(carrier.randomness.upper, carrier.randomness.lower);
      this.#policy = POLICY.samplingRandomness;
    } else if (carrier.readTraceId(this.#randomness)) this.#policy = POLICY.traceIdW3c;
    return true;
  }

  /** False without randomness, and where the item should not have passed the threshold it came with: that is cleared. */
  #isConsistent(): boolean {
    if (this.#policy === POLICY.missingRandomness) return false;
    const { threshold } = this.#carrier;
    if (threshold === undefined || threshold.admits(this.#randomness)) return true;
    this.#carrier.clearThreshold();
    return false;
  }
}
