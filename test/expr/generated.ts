// Seeded expressions: grown from the grammar, most of them well-formed and many of them sensible.

import { SeededRandom } from '../support/seeded-random.ts';

const LEAVES = [
  'i', 'neg', 'f64', 'str', 'text', 'ok', 'none', 'array', 'words', 'mixed', 'users', 'attributes', 'foo', 'big', 'floats',
  '0', '1', '2', '-3', '10', '2.5', '0.1', 'true', 'false', 'nil', '"a"', '"str"', "'apple'", '""', '[1, 2, 3]', '["a", "b"]',
  '{a: 1, b: "x"}', '1..4', 'attributes.status', 'attributes["http.method"]', 'array[0]', 'array[-1]', 'words[1]',
  'users[0].name', 'foo.Bar', 'when', 'wait', 'undefined', '#', '.age', '.name', '#index', '[]', 'bytes',
]; // prettier-ignore
const BINARY = [
  '+', '-', '*', '/', '%', '**', '==', '!=', '<', '>', '<=', '>=', 'and', 'or', '&&', '||', 'in', 'not in', 'contains',
  'startsWith', 'endsWith', 'matches', '??', '..',
]; // prettier-ignore
const ONE = [
  'len', 'type', 'abs', 'ceil', 'floor', 'round', 'int', 'float', 'string', 'trim', 'upper', 'lower', 'max', 'min', 'mean',
  'median', 'toJSON', 'first', 'last', 'reverse', 'uniq', 'flatten', 'sort', 'sum', 'concat', 'join',
]; // prettier-ignore
const TWO = [
  'split', 'indexOf', 'lastIndexOf', 'hasPrefix', 'hasSuffix', 'get', 'take', 'repeat', 'trim', 'max', 'min', 'concat',
  'bitand', 'bitor', 'bitshl', 'join',
]; // prettier-ignore
const PREDICATES = [
  'all', 'any', 'none', 'one', 'filter', 'map', 'count', 'find', 'findIndex', 'findLast', 'findLastIndex', 'groupBy',
  'sortBy', 'sum', 'reduce',
]; // prettier-ignore

function pick(random: SeededRandom, from: readonly string[]): string {
  return from[random.below(from.length)] ?? '';
}

/** An expression of at most this many levels. */
export function grow(random: SeededRandom, levels: number): string {
  if (levels <= 0 || random.chance(0.15)) return pick(random, LEAVES);
  const inner = (): string => grow(random, levels - 1);
  switch (random.below(13)) {
    case 0:
    case 1:
    case 2:
      return `${inner()} ${pick(random, BINARY)} ${inner()}`;
    case 3:
      return `(${inner()})`;
    case 4:
      return `${pick(random, ['not ', '-', '!', '+'])}${inner()}`;
    case 5:
      return `${pick(random, ONE)}(${inner()})`;
    case 6:
      return `${pick(random, TWO)}(${inner()}, ${inner()})`;
    case 7:
    case 8:
      return `${pick(random, PREDICATES)}(${pick(random, ['array', 'words', 'users', 'mixed', inner()])}, ${inner()})`;
    case 9:
      return `${inner()} ? ${inner()} : ${inner()}`;
    case 10:
      return `let x${levels} = ${inner()}; ${inner()} ${pick(random, BINARY)} x${levels}`;
    case 11:
      return `${inner()} | ${pick(random, ONE)}()`;
    default:
      return `${pick(random, LEAVES)}${pick(random, ['[0]', '[-1]', '[1:]', '[:2]', '?.name', '.Bar', '["a"]'])}`;
  }
}

export function generatedExpressions(count: number): readonly string[] {
  return Array.from({ length: count }, (_, seed) => grow(new SeededRandom(seed + 1), 2 + (seed % 3)));
}
