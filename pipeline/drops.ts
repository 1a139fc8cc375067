// The one place every dropped item passes: it answers "why is this span missing?".

import type { Batch } from './batch.ts';
import type { Signal } from './signal.ts';

/** Why items left a pipeline without reaching a destination. */
export interface Drop {
  /** Component id with kind, e.g. `processor:filter/health`. */
  readonly component: string;
  /** The rule that decided, e.g. `traces.span[0]`, `queue_full`, `retry_elapsed`. */
  readonly rule: string;
  /** A sentence for people. */
  readonly reason: string;
  readonly signal: Signal;
  /** Items dropped. */
  readonly count: number;
  /** Meant by the configuration (filter, sampler), or a loss. */
  readonly intentional: boolean;
}

/** One recorded drop, with a sample of the ids it hit. */
export interface DropRecord extends Drop {
  readonly timeUnixMs: number;
  /** Hex trace ids, at most `SAMPLED_IDS`. */
  readonly traceIds: readonly string[];
}

/** Trace ids kept per drop. */
export const SAMPLED_IDS = 64;

export interface DropLog {
  /**
   * Records a drop: metric, log line (rate-limited) and the ring of recent drops. `dropped` is what was dropped, for
   * its ids: a batch, or hex trace ids where only some items of a batch went.
   */
  record(drop: Drop, dropped: Batch | readonly string[]): void;
}
