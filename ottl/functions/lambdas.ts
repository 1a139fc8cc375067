// Converters that take lambdas: over the elements of lists, with their index, and of maps, with their key.

import type { LambdaArguments, LambdaConverter } from '../function.ts';
import { toJsValue } from '../text-of-value.ts';
import { OttlEvaluationError, typeName, type OttlValue } from '../value.ts';

const SOURCE = 0;
const LAMBDA = 1;
const MAPPER = 2;

export const LAMBDA_CONVERTERS: Readonly<Record<string, LambdaConverter>> = {
  Any: predicate((args) => {
    for (const [key, value] of entriesOf(args.value(SOURCE))) if (holds(args, key, value)) return true;
    return false;
  }),
  All: predicate((args) => {
    for (const [key, value] of entriesOf(args.value(SOURCE))) if (!holds(args, key, value)) return false;
    return true;
  }),
  Filter: predicate((args) => {
    const source = args.value(SOURCE);
    const kept = entriesOf(source).filter(([key, value]) => holds(args, key, value));
    return source instanceof Map ? new Map(kept as [string, OttlValue][]) : kept.map(([, value]) => value); // safe: keys of a map
  }),
  Find: {
    params: ['source', 'predicate', 'mapper?'],
    lambdas: { predicate: 2, mapper: 2 },
    evaluate(args) {
      for (const [key, value] of entriesOf(args.value(SOURCE))) {
        if (holds(args, key, value)) return args.has(MAPPER) ? result(args, MAPPER, [key, value]) : value;
      }
      return null;
    },
  },
  MapEach: {
    params: ['source', 'mapper'],
    lambdas: { mapper: 2 },
    evaluate(args) {
      const source = args.value(SOURCE);
      const mapped = entriesOf(source).map(([key, value]): [OttlValue, OttlValue] => [
        key,
        toJsValue(result(args, LAMBDA, [key, value])),
      ]);
      return source instanceof Map ? new Map(mapped as [string, OttlValue][]) : mapped.map(([, value]) => value); // safe: keys of a map
    },
  },
  MapKeys: {
    params: ['source', 'key_mapper'],
    lambdas: { key_mapper: 2 },
    evaluate(args) {
      const source = args.value(SOURCE);
      if (!(source instanceof Map)) throw new OttlEvaluationError(`expected pcommon.Map but got ${typeName(source)}`);
      const renamed = new Map<string, OttlValue>();
      for (const [key, value] of source) {
        const mapped = args.call(LAMBDA, [key, value]);
        if (typeof mapped !== 'string') throw wrongResult('string', mapped);
        renamed.set(mapped, value);
      }
      return renamed;
    },
  },
  Reduce: {
    params: ['source', 'seed', 'accumulator'],
    lambdas: { accumulator: 3 },
    evaluate(args) {
      const source = args.value(SOURCE);
      let sum = args.value(1);
      for (const [key, value] of entriesOf(source)) sum = result(args, 2, [sum, key, value]);
      return sum;
    },
  },
  When: {
    params: ['condition', 'true_value', 'false_value'],
    lambdas: { condition: 0 },
    evaluate(args) {
      const condition = args.call(0, []);
      if (typeof condition !== 'boolean') throw wrongResult('bool', condition);
      return args.value(condition ? 1 : 2);
    },
  },
};

function predicate(evaluate: LambdaConverter['evaluate']): LambdaConverter {
  return { params: ['source', 'predicate'], lambdas: { predicate: 2 }, evaluate };
}

function holds(args: LambdaArguments, key: OttlValue, value: OttlValue): boolean {
  const found = args.call(LAMBDA, [key, value]);
  if (typeof found === 'boolean') return found;
  throw wrongResult('bool', found);
}

/** What a lambda that may give anything but nil gives. */
function result(args: LambdaArguments, param: number, given: readonly OttlValue[]): OttlValue {
  const found = args.call(param, given);
  if (found === null) throw wrongResult('any', null);
  return found;
}

function wrongResult(wanted: string, found: OttlValue): OttlEvaluationError {
  return new OttlEvaluationError(`lambda expression must return a value of type ${wanted}, got ${typeName(found)}`);
}

function entriesOf(source: OttlValue): [OttlValue, OttlValue][] {
  if (source instanceof Map) return [...source];
  if (Array.isArray(source)) return source.map((value, index) => [BigInt(index), value]);
  throw new OttlEvaluationError(`unsupported type provided: ${typeName(source)}`);
}
