// A clause of the OTLP specification as checks that can be asked of any endpoint or client, and what came of asking.

/** What the specification calls it. MAY is reported, and does not count. */
export type Level = 'MUST' | 'SHOULD' | 'MAY';

/** What one check found: whether the duty was kept, and what was seen. */
export interface Finding {
  readonly held: boolean;
  readonly saw: string;
}

/** One thing a clause asks for. */
export interface Check {
  readonly level: Level;
  /** The duty in a few words: what has to happen. */
  readonly what: string;
}

export interface Clause<C extends Check> {
  /** S1–S11 for servers, C1–C8 for clients. */
  readonly id: string;
  readonly duty: string;
  readonly checks: readonly C[];
}

/** A check with its finding; `finding` is undefined where it could not be asked, and `reason` says why. */
export interface CheckResult {
  readonly check: Check;
  readonly finding?: Finding;
  readonly reason?: string;
}

export interface ClauseResult {
  readonly id: string;
  readonly duty: string;
  readonly results: readonly CheckResult[];
}

/** A finding that held when `value` is what the duty says. */
export function found(held: boolean, saw: string): Finding {
  return { held, saw };
}

/** The first of these that did not hold, or a finding that says all did. */
export function every(findings: readonly Finding[]): Finding {
  return findings.find(({ held }) => !held) ?? found(true, [...new Set(findings.map(({ saw }) => saw))].join('; '));
}

/** What `ask` finds; a failure on the way is a duty not kept. */
export async function findingOf(ask: () => Promise<Finding>): Promise<Finding> {
  try {
    return await ask();
  } catch (error) {
    return found(false, error instanceof Error ? error.message : String(error));
  }
}

/** Checks of the clause that were asked, count and did not hold. */
export function missedBy(result: ClauseResult): CheckResult[] {
  return result.results.filter(({ check, finding }) => check.level !== 'MAY' && finding?.held === false);
}

export function notAskedOf(result: ClauseResult): CheckResult[] {
  return result.results.filter(({ finding }) => finding === undefined);
}

/** Not asked: nothing that counts could be. */
export function verdictOf(result: ClauseResult): 'met' | 'missed' | 'not asked' {
  if (missedBy(result).length > 0) return 'missed';
  return result.results.some(({ check, finding }) => check.level !== 'MAY' && finding) ? 'met' : 'not asked';
}
