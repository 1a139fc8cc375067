// One state per component for the whole agent: of its copies' states, the one that most needs attention.

import type { ComponentState, StatusName } from '../component.ts';

const ATTENTION: Readonly<Record<StatusName, number>> = {
  Stopped: 0,
  OK: 1,
  Starting: 2,
  Stopping: 3,
  RecoverableError: 4,
  PermanentError: 5,
  FatalError: 6,
};

/** `own` are the main thread's, which has every component; `others` are those of the further threads. */
export function joinStates(
  own: readonly ComponentState[],
  others: Iterable<readonly ComponentState[]>,
): readonly ComponentState[] {
  const joined = new Map(own.map((state) => [keyOf(state), state]));
  for (const states of others) {
    for (const state of states) {
      const known = joined.get(keyOf(state));
      if (known && ATTENTION[state.status] > ATTENTION[known.status]) joined.set(keyOf(state), state);
    }
  }
  return [...joined.values()];
}

function keyOf({ component, pipeline }: ComponentState): string {
  return `${component}@${pipeline ?? ''}`;
}
