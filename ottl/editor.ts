// What an editor is: from what its target holds, and its arguments, to what the target shall hold.

import type { OttlValue } from './value.ts';

/**
 * Gives the new value of the target; undefined leaves it as it is. Maps and lists may also be changed where they lie.
 * `args` are the arguments after the target, undefined where an optional one was left out.
 */
export type Edit = (current: OttlValue, args: readonly (OttlValue | undefined)[]) => OttlValue | undefined;

/** What the arguments of one call are known to be before any item is seen. */
export interface EditorCall {
  /** The arguments after the target that are the same for every item; undefined for all others. */
  readonly constants: readonly (OttlValue | undefined)[];
  /** Whether each argument after the target was given. */
  readonly isGiven: readonly boolean[];
  /** The function that was handed over, if any. */
  readonly handed: ((value: OttlValue) => OttlValue) | undefined;
  /** Whether `set` writes nil, which empties its target, instead of doing nothing. */
  readonly allowNil: boolean;
}

export interface Editor {
  /** The target first, then names in order; those that end in `?` may be left out. */
  readonly params: readonly string[];
  /** The parameter that takes a function by its name. */
  readonly functionParam?: string;
  /** The target is written without being read. */
  readonly isBlind?: boolean;
  /** Called once per call in a statement; throws an Error where it can never work. */
  prepare(call: EditorCall): Edit;
}

export type Editors = Readonly<Record<string, Editor>>;

/** An editor that has nothing to prepare. */
export function editor(params: readonly string[], edit: Edit): Editor {
  return { params, prepare: () => edit };
}
