// The editor `flatten`: nested maps and lists become keys joined by dots. Semantics: contrib func_flatten.go, v0.161.

import type { Edit, Editor, EditorCall } from '../../editor.ts';
import { toJsValue } from '../../text-of-value.ts';
import type { OttlValue } from '../../value.ts';
import { boolOf, intOf, mapOf, textOf } from '../arguments.ts';

export const FLATTEN: Editor = {
  params: ['target', 'prefix?', 'depth?', 'resolve_conflicts?'],
  prepare: flatten,
};

function flatten({ constants, isGiven }: EditorCall): Edit {
  if (isGiven.some((given, index) => given && constants[index] === undefined)) {
    throw new Error('prefix, depth and resolveConflicts must be constants');
  }
  const [prefix, depth, resolves] = constants;
  const start = prefix === undefined ? '' : textOf(prefix);
  const maxDepth = depth === undefined ? Infinity : Number(intOf(depth));
  const isResolving = resolves !== undefined && boolOf(resolves);
  if (maxDepth < 1) throw new Error(`invalid depth '${maxDepth}' for flatten function, must be greater than 0`);
  return (current) => {
    const flattening = new Flattening(maxDepth, isResolving);
    flattening.map(mapOf(current), start, 0);
    return flattening.result;
  };
}

class Flattening {
  readonly result = new Map<string, OttlValue>();
  readonly #maxDepth: number;
  readonly #isResolving: boolean;
  /** How often a key was taken already. */
  readonly #taken = new Map<string, number>();

  constructor(maxDepth: number, isResolving: boolean) {
    this.#maxDepth = maxDepth;
    this.#isResolving = isResolving;
  }

  map(map: ReadonlyMap<string, OttlValue>, prefix: string, depth: number): void {
    const start = prefix === '' ? '' : `${prefix}.`;
    for (const [key, value] of map) this.#value(start + key, value, depth);
  }

  #value(key: string, value: OttlValue, depth: number): void {
    if (value instanceof Map && depth < this.#maxDepth) this.map(value, key, depth + 1);
    else if (Array.isArray(value) && depth < this.#maxDepth) this.#list(value, key, depth);
    else this.#put(key, value);
  }

  #list(list: readonly OttlValue[], key: string, depth: number): void {
    for (const [index, element] of list.entries()) {
      const nested = `${key}.${index}`;
      const isDeeper = depth + 1 < this.#maxDepth;
      if (element instanceof Map && isDeeper) this.map(element, nested, depth + 2);
      else if (Array.isArray(element) && isDeeper) {
        // The collector joins what lies in a list of lists without a dot.
        for (const [inner, value] of element.entries()) this.#value(`${nested}${inner}`, value, depth + 3);
      } else this.#put(this.#isResolving ? key : nested, element);
    }
  }

  /** With conflicts resolved, keys that are taken get a number, and elements of lists are counted the same way. */
  #put(key: string, value: OttlValue): void {
    let free = key;
    if (this.#isResolving) {
      if (this.result.has(key)) {
        const count = this.#taken.get(key) ?? 0;
        free = `${key}.${count}`;
        this.#taken.set(key, count + 1);
      } else this.#taken.set(key, 0);
    }
    this.result.set(free, toJsValue(value));
  }
}
