// The builtins that ask a predicate about each element. Each has a place in the frame for its element, index and
// accumulator, by how many predicates are around it.

import { add } from './arithmetic.ts';
import type { Builtin } from './ast.ts';
import { hashed, sorted } from './builtins/collections.ts';
import { ExprEvaluationError } from './errors.ts';
import type { Frame, Get } from './frame.ts';
import { AnyMap, EnvironmentValue, isArray, typeName, type Value } from './value.ts';

export interface Parts<Env> {
  readonly collection: Get<Env>;
  readonly predicate: Get<Env> | undefined;
  /** The third argument: an order, or where an accumulator begins. */
  readonly option: Get<Env> | undefined;
  /** The place in the frame. */
  readonly slot: number;
}

/** A predicate answers with a boolean. */
export function boolOf(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  throw new ExprEvaluationError(`${typeName(value)} where a bool is needed`);
}

/** What stands for the elements of a map: predicates are asked as often as it has keys, but have nothing to look at. */
const NO_ELEMENT = new EnvironmentValue(() => undefined);

/** The element that a predicate is asked about. */
export function elementIn<Env>({ items }: Frame<Env>, slot: number): Value {
  return present(items[slot] ?? null);
}

function present(item: Value): Value {
  if (item === NO_ELEMENT) throw new ExprEvaluationError('an element of a map: keys() and values() make arrays of it');
  return item;
}

/** The elements of what a predicate can walk; of a string its bytes. */
function begin<Env>(frame: Frame<Env>, value: Value): readonly Value[] {
  let elements: readonly Value[];
  if (isArray(value)) elements = value;
  else if (typeof value === 'string') elements = Array.from(Buffer.from(value), BigInt);
  else if (value instanceof Uint8Array) elements = Array.from(value, BigInt);
  else if (value instanceof Map) elements = Array.from({ length: value.size }, () => NO_ELEMENT);
  else throw new ExprEvaluationError(`${typeName(value)} where an array is needed`);
  frame.meter.step(elements.length);
  return elements;
}

type Finish = (index: number, item: Value) => Value;

export function compilePredicate<Env>(node: Builtin, parts: Parts<Env>): Get<Env> {
  const { name, threshold, fails } = node;
  const give: Finish = (_index, item) => present(item);
  const giveIndex: Finish = (index) => BigInt(index);
  switch (name) {
    case 'all':
      return until(parts, false);
    case 'any':
      return until(parts, true);
    case 'none': {
      const any = until(parts, true);
      return (frame) => any(frame) === false;
    }
    case 'one': {
      const count = counting(parts, undefined);
      return (frame) => count(frame) === 1n;
    }
    case 'count':
      return counting(parts, threshold);
    case 'filter':
      return filtering(parts);
    case 'map':
      return mapping(parts);
    case 'sum':
      return summing(parts);
    case 'find':
      return finding(parts, { step: 1, finish: give, fails: fails === true });
    case 'findLast':
      return finding(parts, { step: -1, finish: give, fails: fails === true });
    case 'findIndex':
      return finding(parts, { step: 1, finish: giveIndex, fails: false });
    case 'findLastIndex':
      return finding(parts, { step: -1, finish: giveIndex, fails: false });
    case 'groupBy':
      return grouping(parts);
    case 'sortBy':
      return sorting(parts);
    default:
      return reducing(parts);
  }
}

/** What is asked of each element; the element itself where nothing is. */
function askOf<Env>({ predicate, slot }: Parts<Env>): Get<Env> {
  return predicate ?? ((frame) => elementIn(frame, slot));
}

function until<Env>(parts: Parts<Env>, stop: boolean): Get<Env> {
  const { collection, slot } = parts;
  const ask = askOf(parts);
  return (frame) => {
    for (const item of begin(frame, collection(frame))) {
      frame.items[slot] = item;
      if (boolOf(ask(frame)) === stop) return stop;
    }
    return !stop;
  };
}

function counting<Env>(parts: Parts<Env>, threshold: number | undefined): Get<Env> {
  const { collection, slot } = parts;
  const ask = askOf(parts);
  const enough = threshold ?? Infinity;
  return (frame) => {
    let count = 0;
    for (const item of begin(frame, collection(frame))) {
      frame.items[slot] = item;
      if (!boolOf(ask(frame))) continue;
      count += 1;
      if (count >= enough) break;
    }
    return BigInt(count);
  };
}

function filtering<Env>(parts: Parts<Env>): Get<Env> {
  const { collection, slot } = parts;
  const ask = askOf(parts);
  return (frame) => {
    const kept: Value[] = [];
    for (const item of begin(frame, collection(frame))) {
      frame.items[slot] = item;
      if (boolOf(ask(frame))) kept.push(present(item));
    }
    frame.meter.grow(kept.length);
    return kept;
  };
}

function mapping<Env>(parts: Parts<Env>): Get<Env> {
  const { collection, slot } = parts;
  const ask = askOf(parts);
  return (frame) => {
    const elements = begin(frame, collection(frame));
    frame.meter.grow(elements.length);
    const mapped: Value[] = [];
    for (const [index, item] of elements.entries()) {
      frame.items[slot] = item;
      frame.indexes[slot] = index;
      mapped.push(ask(frame));
    }
    frame.meter.nest(mapped);
    return mapped;
  };
}

function summing<Env>(parts: Parts<Env>): Get<Env> {
  const { collection, slot } = parts;
  const ask = askOf(parts);
  return (frame) => {
    let sum: Value = 0n;
    for (const [index, item] of begin(frame, collection(frame)).entries()) {
      frame.items[slot] = item;
      frame.indexes[slot] = index;
      sum = add(ask(frame), sum);
    }
    return sum;
  };
}

function finding<Env>(
  parts: Parts<Env>,
  { step, finish, fails }: { readonly step: 1 | -1; readonly finish: Finish; readonly fails: boolean },
): Get<Env> {
  const { collection, slot } = parts;
  const ask = askOf(parts);
  return (frame) => {
    const elements = begin(frame, collection(frame));
    for (let index = step === 1 ? 0 : elements.length - 1; index >= 0 && index < elements.length; index += step) {
      const item = elements[index] ?? null;
      frame.items[slot] = item;
      if (boolOf(ask(frame))) return finish(index, item);
    }
    if (fails) throw new ExprEvaluationError('an index out of range: nothing was found');
    return null;
  };
}

function grouping<Env>(parts: Parts<Env>): Get<Env> {
  const { collection, slot } = parts;
  const ask = askOf(parts);
  return (frame) => {
    const groups = new AnyMap();
    const members = new Map<Value, Value[]>();
    for (const item of begin(frame, collection(frame))) {
      frame.items[slot] = item;
      const key = hashed(groups, ask(frame));
      const group = members.get(key) ?? [];
      group.push(present(item));
      members.set(key, group);
      groups.set(key, group);
    }
    return groups;
  };
}

function sorting<Env>(parts: Parts<Env>): Get<Env> {
  const { collection, slot, option } = parts;
  const ask = askOf(parts);
  return (frame) => {
    const elements = begin(frame, collection(frame));
    const direction = option === undefined ? 'asc' : option(frame);
    // A wrong order fails though there is nothing to sort.
    sorted([], [], direction);
    const keys: Value[] = [];
    for (const item of elements) {
      frame.items[slot] = item;
      keys.push(ask(frame));
      present(item);
    }
    frame.meter.grow(elements.length);
    return sorted(elements, keys, direction);
  };
}

function reducing<Env>(parts: Parts<Env>): Get<Env> {
  const { collection, slot, option } = parts;
  const ask = askOf(parts);
  return (frame) => {
    const elements = begin(frame, collection(frame));
    const [first] = elements;
    if (option === undefined && first === undefined) {
      throw new ExprEvaluationError('reduce of nothing, and nothing to begin with');
    }
    // What begins may itself look at elements, so it comes before the accumulator is set.
    let accumulator: Value = option === undefined ? present(first ?? null) : option(frame);
    for (let index = option === undefined ? 1 : 0; index < elements.length; index += 1) {
      frame.items[slot] = elements[index] ?? null;
      frame.indexes[slot] = index;
      frame.accumulators[slot] = accumulator;
      accumulator = ask(frame);
    }
    return accumulator;
  };
}
