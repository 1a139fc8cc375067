// What the sampler needs of an item, be it a span or a log record: its randomness, its threshold, and how both are noted.

import type { Randomness, Threshold } from './threshold.ts';

/** What decided about an item; the label `policy` of the sampler's metric. */
export const POLICY = {
  traceIdHash: 0,
  traceIdW3c: 1,
  samplingRandomness: 2,
  samplingPriority: 3,
  missingRandomness: 4,
  attributeHash: 5,
} as const;

export type Policy = (typeof POLICY)[keyof typeof POLICY];

export const POLICIES = 6;

/** An item and the sampling information in it. One object is used for all items in turn; changes show after `write`. */
export interface Carrier<Draft, Item> {
  /** Turns to an item; false where its sampling information is malformed. */
  load(draft: Draft, item: Item): boolean;
  /** The threshold it came with. */
  readonly threshold: Threshold | undefined;
  /** The randomness written in it; valid where `hasRandomness`. */
  readonly randomness: Randomness;
  readonly hasRandomness: boolean;
  /** Whether hash mode notes even that there was no randomness (as the largest value). */
  readonly notesMissing: boolean;
  /** Randomness by hash; which policy that is, missingRandomness where there was nothing to hash. */
  hash(seed: number, randomness: Randomness): Policy;
  /** Randomness by the trace id itself; false where there is none. */
  readTraceId(randomness: Randomness): boolean;
  setRandomness(randomness: Randomness): void;
  clearThreshold(): void;
  /** Notes a threshold, unless a stricter one is noted already. */
  raiseThreshold(threshold: Threshold): void;
  /** The threshold that a priority in the item asks for; undefined where there is none. */
  priorityThreshold(): Threshold | undefined;
  write(): void;
}
