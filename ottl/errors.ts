// Errors in statements: what was wrong, where in the statement, and the nearest known name.

import { nearestName } from '../pipeline/config/nearest.ts';
import { AgentError } from '../pipeline/errors.ts';

/** `at` is the offset in the statement, from 0. */
export function invalid(statement: string, at: number, problem: string, mend?: string): AgentError {
  const marked = `${problem}, at position ${at + 1} of: ${statement}`;
  return new AgentError('OTTL_INVALID', marked, mend === undefined ? {} : { mend });
}

/** An unknown name, with the nearest known one. */
export function unknownName(
  statement: string,
  at: number,
  name: { readonly what: string; readonly seen: string; readonly known: Iterable<string> },
): AgentError {
  const nearest = nearestName(name.seen, name.known);
  const mend = nearest === undefined ? undefined : `did you mean ${nearest}?`;
  return invalid(statement, at, `there is no ${name.what} "${name.seen}" here`, mend);
}
