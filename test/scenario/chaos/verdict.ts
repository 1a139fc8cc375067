// Sent = received + explained. What was acknowledged arrived, or the sink rejected it, or it was in a record that the run
// itself damaged; what arrived was sent; what arrived twice did so for a reason.

import type { Outcome, Sent } from './client.ts';
import type { Damage } from './damage.ts';
import type { Trouble, TroubleKind } from './journal.ts';
import type { SinkLine } from './sink.ts';

export interface Evidence {
  readonly sent: readonly Sent[];
  readonly lines: readonly SinkLine[];
  readonly damages: readonly (Damage & { readonly atMs: number })[];
  readonly troubles: readonly Trouble[];
  /** Items that the agent said, at its starts, may come twice. */
  readonly announcedDuplicates: number;
  /** Items that the agent's log says are lost; undefined where the end of a life may have swallowed such lines. */
  readonly toldLost: number | undefined;
  /** Times are told from here. */
  readonly startMs: number;
}

export interface Verdict {
  readonly violations: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
}

/** The exporter's timeout, and what a busy machine adds to it. */
const ANSWER_MS = 1_000;
const SLACK_MS = 500;
/** TCP sends again what a cut held up after as long again as the cut, at most, has lasted (RFC 6298, section 5.5). */
const LATE_MS = 2_000 + SLACK_MS;
/** An answer within this was in time whatever the agent was doing. */
const PROMPT_MS = 700;
/** Settlements are written down at most this long after the answer. */
const SETTLED_MS = 1_000;
/** Of a kind of violation, how many are told. */
const EXAMPLES = 5;

interface Copy {
  readonly atMs: number;
  readonly answeredMs: number;
  readonly request: string;
}

type DuplicateReason = 'no answer' | 'crash' | 'settlements lost';

/** Where everything is, as far as the evidence goes. */
class Account {
  readonly copies = new Map<number, Copy[]>();
  readonly rejected = new Set<number>();
  readonly damaged = new Set<number>();
  readonly outcomes = new Map<number, Outcome>();
  readonly #evidence: Evidence;

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
    const answers = new Map<string, number>();
    for (const line of evidence.lines) if ('answered' in line) answers.set(line.answered, line.atMs);
    for (const line of evidence.lines) {
      if ('answered' in line) continue;
      for (const number of line.rejected) this.rejected.add(number);
      const copy = {
        atMs: line.atMs,
        answeredMs: answers.get(line.request) ?? Number.POSITIVE_INFINITY,
        request: line.request,
      };
      for (const number of line.taken) {
        const others = this.copies.get(number);
        if (others) others.push(copy);
        else this.copies.set(number, [copy]);
      }
    }
    for (const { lost } of evidence.damages) for (const number of lost) this.damaged.add(number);
    for (const { first, count, outcome } of evidence.sent) {
      for (let number = first; number < first + count; number += 1) this.outcomes.set(number, outcome);
    }
  }

  /** Acknowledged, and neither arrived nor explained. */
  missing(): number[] {
    const missing: number[] = [];
    for (const [number, outcome] of this.outcomes) {
      if (outcome !== 'acknowledged' || this.copies.has(number)) continue;
      if (!this.rejected.has(number) && !this.damaged.has(number)) missing.push(number);
    }
    return missing;
  }

  /** Acknowledged to the client, and then not wanted by the sink. */
  rejectedForGood(): number {
    let count = 0;
    for (const number of this.rejected) {
      if (this.outcomes.get(number) === 'acknowledged' && !this.copies.has(number)) count += 1;
    }
    return count;
  }

  /** Why a copy came after `earlier`; undefined where nothing explains it. */
  reasonOf(earlier: Copy, later: Copy): DuplicateReason | undefined {
    const { atMs, answeredMs } = earlier;
    if (answeredMs - atMs > PROMPT_MS) return 'no answer';
    if (this.#troubled(['network', 'sink', 'agent frozen', 'failing'], atMs - LATE_MS, atMs + ANSWER_MS + SLACK_MS)) {
      return 'no answer';
    }
    for (const { kind, fromMs, toMs } of this.#evidence.troubles) {
      // What the agent had written to its sockets arrives after its end.
      if (kind !== 'killed' || toMs + SLACK_MS < atMs || fromMs > later.atMs) continue;
      if (fromMs - atMs <= SETTLED_MS) return 'crash';
      if (this.#troubled(['disk'], atMs, fromMs)) return 'settlements lost';
    }
    return this.#troubled(['forgotten'], atMs, later.atMs) ? 'settlements lost' : undefined;
  }

  #troubled(kinds: readonly TroubleKind[], fromMs: number, toMs: number): boolean {
    return this.#evidence.troubles.some(
      (trouble) => kinds.includes(trouble.kind) && trouble.fromMs <= toMs && trouble.toMs >= fromMs,
    );
  }
}

/** How many acknowledged items neither arrived nor are explained. */
export function missingSoFar(evidence: Evidence): number {
  return new Account(evidence).missing().length;
}

export function judge(evidence: Evidence): Verdict {
  const account = new Account(evidence);
  const violations: string[] = [];
  const { outcomes, copies } = account;
  const missing = account.missing();
  if (missing.length > 0) {
    violations.push(`${missing.length} acknowledged items are missing: ${describe(missing, evidence)}`);
  }
  const { toldLost } = evidence;
  const dropped = account.rejectedForGood();
  if (toldLost !== undefined && toldLost < dropped) {
    violations.push(`${dropped} acknowledged items were rejected by the sink; the agent's log tells of ${toldLost}`);
  }
  const invented = [...copies.keys()].filter((number) => !outcomes.has(number));
  if (invented.length > 0) violations.push(`${invented.length} items were never sent: ${some(invented)}`);

  const reasons: Record<DuplicateReason, number> = { 'no answer': 0, crash: 0, 'settlements lost': 0 };
  const unexplained: number[] = [];
  for (const [number, all] of copies) {
    for (let index = 1; index < all.length; index += 1) {
      const [earlier, later] = [all[index - 1], all[index]];
      if (!earlier || !later) continue;
      const reason = account.reasonOf(earlier, later);
      if (reason) reasons[reason] += 1;
      else unexplained.push(number);
    }
  }
  if (unexplained.length > 0) {
    const first = unexplained[0] ?? 0;
    const times = copies.get(first)?.map(({ request, atMs }) => `${request} at ${seconds(atMs - evidence.startMs)}`);
    violations.push(
      `${unexplained.length} items came twice without a reason: ${describe(unexplained, evidence)}; the first in ${times?.join(', ')}`,
    );
  }
  const had = (kind: TroubleKind): boolean => evidence.troubles.some((trouble) => trouble.kind === kind);
  // That something was given out is noted beside the segment: not on a full disk, and not where we spoilt the note.
  const isNoted = !had('disk') && !had('forgotten');
  if (isNoted && reasons.crash > evidence.announcedDuplicates) {
    violations.push(
      `${reasons.crash} items came twice because of a crash; the agent announced at most ${evidence.announcedDuplicates}`,
    );
  }
  const arrived = (outcome: Outcome): number[] =>
    [...outcomes].filter(([number, its]) => its === outcome && copies.has(number)).map(([number]) => number);
  const refused = arrived('refused');
  if (refused.length > 0 && !had('disk')) {
    violations.push(`${refused.length} refused items arrived: ${describe(refused, evidence)}`);
  }
  const rejected = evidence.sent.filter(({ outcome }) => outcome === 'rejected');
  if (rejected.length > 0) {
    violations.push(`${rejected.length} requests were rejected for good: ${rejected[0]?.detail}`);
  }
  return {
    violations,
    figures: {
      ...countOutcomes(evidence.sent),
      arrived: copies.size,
      'arrived though refused': refused.length,
      'arrived though unanswered': arrived('unanswered').length,
      'rejected by the sink': account.rejected.size,
      'in damaged records': account.damaged.size,
      'twice for want of an answer': reasons['no answer'],
      'twice after a crash': reasons.crash,
      'twice after lost settlements': reasons['settlements lost'],
      'announced as possible duplicates': evidence.announcedDuplicates,
    },
  };
}

function countOutcomes(sent: readonly Sent[]): Record<Outcome, number> {
  const counts = { acknowledged: 0, partial: 0, rejected: 0, refused: 0, unanswered: 0 };
  for (const { outcome, count } of sent) counts[outcome] += count;
  return counts;
}

function some(numbers: readonly number[]): string {
  return `${numbers.slice(0, EXAMPLES).join(', ')}${numbers.length > EXAMPLES ? ', …' : ''}`;
}

/** With the time at which the first of them were answered. */
function describe(numbers: readonly number[], { sent, startMs }: Evidence): string {
  const told = numbers.slice(0, EXAMPLES).map((number) => {
    const request = sent.find(({ first, count }) => number >= first && number < first + count);
    return request ? `${number} (${request.outcome} at ${seconds(request.answeredMs - startMs)})` : String(number);
  });
  return `${told.join(', ')}${numbers.length > EXAMPLES ? ', …' : ''}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}
