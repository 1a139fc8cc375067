// Values of expressions as JSON from which their types can be told, as test/data/expr/record.go writes them.

import { Duration, FunctionValue, isArray, Named, Time, Zone, EnvironmentValue, type Value } from '../../expr/value.ts';
import { floatText } from '../../proto/prometheus/number-text.ts';
import { ExprEvaluationError } from '../../expr/errors.ts';
import type { Environment } from '../../expr/compile.ts';

export type Tagged = null | boolean | string | readonly Tagged[] | { readonly [kind: string]: unknown };

/** A value of environment.json. */
export function decodeTagged(tagged: Tagged): Value {
  if (tagged === null || typeof tagged === 'boolean' || typeof tagged === 'string') return tagged;
  if (Array.isArray(tagged)) return tagged.map(decodeTagged);
  const [[kind, inner] = []] = Object.entries(tagged);
  switch (kind) {
    case 'int':
      return BigInt(String(inner));
    case 'float':
      return Number(inner);
    case 'bytes':
      return new Uint8Array(Buffer.from(String(inner), 'hex'));
    case 'time':
      return new Time(BigInt(String(inner)));
    case 'duration':
      return new Duration(BigInt(String(inner)));
    case 'function':
      return new FunctionValue(greet);
    default:
      return new Map(Object.entries(Object(inner)).map(([key, one]) => [key, decodeTagged(one as Tagged)]));
  }
}

function greet(args: readonly Value[]): Value {
  const [name = null] = args;
  if (args.length !== 1 || (name !== null && typeof name !== 'string')) throw new ExprEvaluationError('greet a name');
  return `Hello, ${name ?? ''}`;
}

/** An answer, as record.go encodes it. */
export function encodeTagged(value: Value): Tagged {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return { int: String(value) };
  if (typeof value === 'number') return { float: Object.is(value, -0) ? '-0' : floatText(value) };
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') };
  if (isArray(value)) return value.map(encodeTagged);
  if (value instanceof Map) {
    const pairs = [...value].map(([key, one]) => [encodeTagged(key), encodeTagged(one as Value)] as const);
    return { map: pairs.toSorted(([a], [b]) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) };
  }
  if (value instanceof Time) {
    const nano = ((value.nano % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
    return { time: String((value.nano - nano) / 1_000_000_000n), nano: Number(nano) };
  }
  if (value instanceof Duration) return { duration: String(value.nano) };
  if (value instanceof Zone) return { zone: value.name };
  if (value instanceof Named) return { named: value.name };
  return value instanceof EnvironmentValue ? { map: 'environment' } : { function: true };
}

/** Any name may come, and one that is not there is nil, as in file_log. */
export function environmentOf(values: ReadonlyMap<string, Value>): Environment<undefined> {
  return {
    names: undefined,
    read: (name) => {
      const value = values.get(name);
      return value === undefined ? undefined : () => value;
    },
    all: () => values,
  };
}
