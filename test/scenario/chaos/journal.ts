// What happened and when, for the timeline that people read and for the judgement of duplicates.

import { nowMs } from './processes.ts';

/**
 * While one of these holds, answers get lost or nothing can be written down. `failing`: the agent says that sends fail, as
 * they also do where a busy machine answers too late.
 */
export type TroubleKind = 'network' | 'sink' | 'agent frozen' | 'failing' | 'disk' | 'killed' | 'forgotten';

export interface Trouble {
  readonly kind: TroubleKind;
  readonly fromMs: number;
  /** Infinite while it lasts. */
  toMs: number;
}

export class Journal {
  readonly startMs = nowMs();
  readonly troubles: Trouble[] = [];
  /** What must never happen. */
  readonly violations: string[] = [];
  readonly counts = new Map<string, number>();
  readonly #say: (line: string) => void;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  note(who: string, text: string): void {
    this.#say(`${((nowMs() - this.startMs) / 1000).toFixed(3).padStart(8)} s  ${who.padEnd(8)} ${text}`);
  }

  violation(text: string): void {
    this.violations.push(text);
    this.note('VIOLATED', text);
  }

  count(fault: string): void {
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
  }

  begin(kind: TroubleKind): Trouble {
    const trouble = { kind, fromMs: nowMs(), toMs: Number.POSITIVE_INFINITY };
    this.troubles.push(trouble);
    return trouble;
  }

  end(trouble: Trouble): void {
    trouble.toMs = nowMs();
  }

  moment(kind: TroubleKind): void {
    this.end(this.begin(kind));
  }
}
