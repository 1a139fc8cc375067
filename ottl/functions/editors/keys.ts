// Editors that choose which keys of a map stay.

import { compileRe2, type Re2 } from '../../../pipeline/regexp.ts';
import { editor, type Editors, type EditorCall } from '../../editor.ts';
import type { OttlValue } from '../../value.ts';
import { intOf, listOf, mapOf, textOf } from '../arguments.ts';

export const KEY_EDITORS: Editors = {
  delete_key: editor(['target', 'key'], (current, [key]) => {
    mapOf(current).delete(textOf(key));
    return undefined;
  }),
  delete_matching_keys: {
    params: ['target', 'pattern'],
    prepare: (call) => keepWhereMatching(call, false),
  },
  keep_matching_keys: {
    params: ['target', 'pattern'],
    prepare: (call) => keepWhereMatching(call, true),
  },
  keep_keys: editor(['target', 'keys'], (current, [keys]) => {
    const map = mapOf(current);
    const kept = new Set(listOf(keys).map(textOf));
    for (const key of map.keys()) if (!kept.has(key)) map.delete(key);
    return undefined;
  }),
  limit: { params: ['target', 'limit', 'priority_keys'], prepare: limit },
};

function keepWhereMatching({ constants }: EditorCall, isKept: boolean) {
  const patternOf = patternArgument(constants[0]);
  return (current: OttlValue, [given]: readonly (OttlValue | undefined)[]): undefined => {
    const pattern = patternOf(given);
    const map = mapOf(current);
    for (const key of map.keys()) if (pattern.test(key) !== isKept) map.delete(key);
  };
}

/** The pattern of an argument: compiled once where it is a constant, else whenever it changes. */
export function patternArgument(constant: OttlValue | undefined): (given: OttlValue | undefined) => Re2 {
  let last = constant === undefined ? undefined : compileRe2(textOf(constant));
  return (given) => {
    const source = textOf(given);
    if (last?.source !== source) last = compileRe2(source);
    return last;
  };
}

function limit({ constants }: EditorCall) {
  const [size, priority] = constants;
  if (size === undefined || priority === undefined) throw new Error('limit and priority_keys must be constants');
  const most = Number(intOf(size));
  const kept = new Set(listOf(priority).map(textOf));
  if (most < 0) throw new Error(`invalid limit for limit function, ${most} cannot be negative`);
  if (most < listOf(priority).length) {
    throw new Error(
      `invalid limit for limit function, ${most} cannot be less than number of priority attributes ${listOf(priority).length}`,
    );
  }
  return (current: OttlValue): undefined => {
    const map = mapOf(current);
    if (map.size <= most) return;
    let count = 0;
    for (const key of kept) if (map.has(key)) count += 1;
    for (const key of map.keys()) {
      if (kept.has(key)) continue;
      if (count < most) count += 1;
      else map.delete(key);
    }
  };
}
