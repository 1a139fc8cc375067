// Converters of lists and maps.

import { converter, type Converters } from '../function.ts';
import { compareValues, OttlEvaluationError, type OttlValue } from '../value.ts';
import { valueAsText } from '../text-of-value.ts';
import { listOf, mapOf, textOf } from './arguments.ts';

export const COLLECTION_CONVERTERS: Converters = {
  ContainsValue: converter(['target', 'item'], ([list, item = null]) =>
    listOf(list).some((value) => compareValues(value, item, '==')),
  ),
  Keys: converter(['target'], ([map]) => [...mapOf(map).keys()]),
  Values: converter(['target'], ([map]) => [...mapOf(map).values()]),
  Sort: converter(['target', 'order?'], ([list, order = null]) => {
    const direction = order === null ? 'asc' : textOf(order);
    if (direction !== 'asc' && direction !== 'desc') {
      throw new OttlEvaluationError(`invalid arguments: ${direction}. Order must be either "asc" or "desc"`);
    }
    return sorted(listOf(list), direction === 'desc');
  }),
  SliceToMap: converter(['target', 'key_path?', 'value_path?'], ([list, keyPath = null, valuePath = null]) => {
    const result = new Map<string, OttlValue>();
    for (const [index, element] of listOf(list).entries()) {
      const key = keyPath === null ? String(index) : textOf(follow(element, keyPath));
      result.set(key, valuePath === null ? element : follow(element, valuePath));
    }
    return result;
  }),
};

/** Numbers together by value; where types are mixed all are ordered by their text. */
function sorted(list: readonly OttlValue[], isDescending: boolean): OttlValue[] {
  const isNumbers = list.every((value) => typeof value === 'bigint' || typeof value === 'number');
  const isBools = list.every((value) => typeof value === 'boolean');
  const order = (a: OttlValue, b: OttlValue): number => {
    const [x, y] = isNumbers || isBools ? [a, b] : [valueAsText(a), valueAsText(b)];
    if (compareValues(x, y, '==')) return 0;
    return compareValues(x, y, '<') ? -1 : 1;
  };
  const result = list.toSorted(order);
  return isDescending ? result.toReversed() : result;
}

function follow(element: OttlValue, path: OttlValue): OttlValue {
  let current = element;
  for (const key of listOf(path)) {
    const found: OttlValue | undefined = mapOf(current).get(textOf(key));
    if (found === undefined) throw new OttlEvaluationError(`key ${textOf(key)} not found`);
    current = found;
  }
  return current;
}
