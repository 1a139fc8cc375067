// Compiles comparisons. Those of a path with a constant, which filters are made of, allocate nothing per item.

import {
  ANY_BOOL,
  ANY_BYTES,
  ANY_DOUBLE,
  ANY_EMPTY,
  ANY_INT,
  ANY_STRING_INDEX,
  type AnyValueView,
} from '../proto/otlp/any-value.ts';
import { encodeUtf8 } from '../proto/otlp/text.ts';
import type { Accessor } from './access.ts';
import { compareNumbers, compareValues, type Comparison, type OttlValue } from './value.ts';

/** A compiled expression. */
export interface Compiled<Item> {
  readonly get: (item: Item) => OttlValue;
  /** Set where the value is the same for every item. */
  readonly constant?: { readonly value: OttlValue };
  readonly accessor?: Accessor<Item>;
}

type Test<Item> = (item: Item) => boolean;

const MIRRORED: Readonly<Record<Comparison, Comparison>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

export function compileComparison<Item>(left: Compiled<Item>, right: Compiled<Item>, op: Comparison): Test<Item> {
  if (left.constant && !right.constant) return compileComparison(right, left, MIRRORED[op]);
  if (right.constant && left.accessor) {
    const quick = compareWithConstant(left.accessor, right.constant.value, op);
    if (quick) return quick;
  }
  const { get: a } = left;
  const { get: b } = right;
  return (item) => compareValues(a(item), b(item), op);
}

function compareWithConstant<Item>(accessor: Accessor<Item>, value: OttlValue, op: Comparison): Test<Item> | undefined {
  const attribute = accessor.attribute?.bind(accessor);
  if (attribute) return compareAttribute(attribute, value, op);
  if (typeof value === 'string' && (op === '==' || op === '!=') && accessor.equalsText) {
    const equals = accessor.equalsText(encodeUtf8(value));
    return op === '==' ? equals : (item) => !equals(item);
  }
  const constant = exactNumber(value);
  const number = accessor.number?.bind(accessor);
  return constant === undefined || !number ? undefined : (item) => compareNumbers(number(item), constant, op);
}

function compareAttribute<Item>(
  attribute: (item: Item) => AnyValueView | undefined,
  value: OttlValue,
  op: Comparison,
): Test<Item> | undefined {
  const constant = exactNumber(value);
  if (constant !== undefined) {
    return (item) => {
      const found = attribute(item);
      if (found?.type === ANY_INT) return compareNumbers(found.intAsNumber(), constant, op);
      if (found?.type === ANY_DOUBLE) return compareNumbers(found.double(), constant, op);
      return op === '!=';
    };
  }
  if (op !== '==' && op !== '!=') return undefined;
  const wanted = op === '==';
  if (value === null) return (item) => isNilAttribute(attribute(item)) === wanted;
  if (typeof value === 'string') {
    const needle = encodeUtf8(value);
    return (item) => (attribute(item)?.stringEquals(needle) ?? false) === wanted;
  }
  if (typeof value !== 'boolean') return undefined;
  return (item) => {
    const found = attribute(item);
    return (found?.type === ANY_BOOL && found.bool() === value) === wanted;
  };
}

/** An index that was not resolved is no value, and empty bytes are nil. */
function isNilAttribute(found: AnyValueView | undefined): boolean {
  if (found === undefined || found.type === ANY_EMPTY || found.type === ANY_STRING_INDEX) return true;
  return found.type === ANY_BYTES && found.start === found.end;
}

/** As a number, where it stays exact in comparisons with any int64 that was rounded to the nearest number. */
function exactNumber(value: OttlValue): number | undefined {
  if (typeof value === 'number') return Math.abs(value) < 2 ** 53 ? value : undefined;
  if (typeof value !== 'bigint') return undefined;
  return value > -(2n ** 53n) && value < 2n ** 53n ? Number(value) : undefined;
}
