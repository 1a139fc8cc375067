// What the builtins take and give, as far as it is known before there are values. Source: expr-lang/expr v1.17,
// builtin/builtin.go.

import {
  ANY_MAP,
  ARRAY,
  arrayOf,
  BOOL,
  DURATION,
  FLOAT,
  INT,
  isAssignable,
  isNumber,
  nameOf,
  STRING,
  STRINGS,
  TIME,
  UNKNOWN,
  ZONE,
  type Nature,
} from './nature.ts';
import { PREDICATE_BUILTINS } from './operators.ts';

/** The nature of the answer, or what is wrong with the arguments. */
export type Check = (args: readonly Nature[], name: string) => Nature | string;

const wrongCount = (name: string, expected: string, args: readonly Nature[]): string =>
  `${name} takes ${expected}, not ${args.length}`;

/** Overloads: parameters and the answer of each. An unknown parameter takes anything. */
function overloads(...forms: readonly { readonly params: readonly Nature[]; readonly returns: Nature }[]): Check {
  return (args, name) => {
    let problem = '';
    for (const { params, returns } of forms) {
      const found = problemOf(args, params, name);
      if (found === undefined) return returns;
      problem = found;
    }
    return problem;
  };
}

/** What is wrong with the arguments of a function with these parameters, if anything. */
export function problemOf(args: readonly Nature[], params: readonly Nature[], name: string): string | undefined {
  if (args.length !== params.length) return wrongCount(name, `${params.length} arguments`, args);
  for (const [index, arg] of args.entries()) {
    const param = params[index] ?? UNKNOWN;
    if (param.kind === 'unknown' || arg.kind === 'unknown' || (param.kind === 'int' && arg.kind === 'int')) continue;
    const fits = arg.kind === 'nil' ? param.kind === 'zone' : isAssignable(arg, param);
    if (!fits) return `${name} takes ${nameOf(param)} as argument ${index + 1}, not ${nameOf(arg)}`;
  }
  return undefined;
}

const form = (returns: Nature, ...params: readonly Nature[]) => ({ params, returns });

/** One argument that is of one of these kinds or unknown. */
function one(kinds: readonly Nature['kind'][], returns: (arg: Nature) => Nature): Check {
  return (args, name) => {
    const [arg] = args;
    if (arg === undefined || args.length !== 1) return wrongCount(name, '1 argument', args);
    if (arg.kind !== 'unknown' && !kinds.includes(arg.kind)) return `${name} does not take ${nameOf(arg)}`;
    return returns(arg);
  };
}

/** The elements, as far as Go's type tells of them. */
function elementOf(nature: Nature): Nature {
  return nature.kind === 'array' && nature.of !== 'any' ? nature.element : UNKNOWN;
}

const aggregate: Check = (args, name) => {
  const [first] = args;
  if (first === undefined) return wrongCount(name, '1 argument or more', args);
  for (const arg of args) {
    if (arg.kind === 'unknown' || arg.kind === 'array') return UNKNOWN;
    if (!isNumber(arg)) return `${name} does not take ${nameOf(arg)}`;
  }
  return first;
};

const bits = overloads(form(INT, INT, INT));
const rounding = one(['int', 'float'], () => FLOAT);
const affix = overloads(form(STRING, STRING, STRING), form(STRING, STRING));
const splitting = overloads(form(STRINGS, STRING, STRING), form(STRINGS, STRING, STRING, INT));
const search = (returns: Nature): Check => overloads(form(returns, STRING, STRING));
const wholeArray = one(['array'], () => ARRAY);

const take: Check = (args, name) => {
  const [array, count] = args;
  if (array === undefined || count === undefined || args.length !== 2) return wrongCount(name, '2 arguments', args);
  if (array.kind !== 'unknown' && array.kind !== 'array') return `${name} does not take ${nameOf(array)}`;
  if (!['unknown', 'int', 'duration', 'month', 'weekday'].includes(count.kind)) {
    return `${name} does not take ${nameOf(count)} elements`;
  }
  return array.kind === 'array' && array.of === 'any' ? ARRAY : array;
};

const concat: Check = (args, name) => {
  if (args.length === 0) return wrongCount(name, '1 argument or more', args);
  const wrong = args.find(({ kind }) => kind !== 'unknown' && kind !== 'array');
  return wrong === undefined ? ARRAY : `${name} does not take ${nameOf(wrong)}`;
};

const date: Check = (args, name) => {
  if (args.length === 0) return wrongCount(name, '1 argument or more', args);
  const rest = args[0]?.kind === 'zone' ? args.length - 1 : args.length;
  return rest > 3 ? wrongCount(name, '3 arguments at most', args) : TIME;
};

const now: Check = (args, name) =>
  args.length === 0 || (args.length === 1 && args[0]?.kind === 'zone')
    ? TIME
    : wrongCount(name, 'a time zone or nothing', args);

const ANY_ARRAY = arrayOf(UNKNOWN);

export const SIGNATURES: Readonly<Record<string, Check>> = {
  len: one(['array', 'map', 'string'], () => INT),
  type: overloads(form(STRING, UNKNOWN)),
  abs: one(['int', 'float'], (arg) => arg),
  ceil: rounding,
  floor: rounding,
  round: rounding,
  int: one(['int', 'float', 'string'], () => INT),
  float: one(['int', 'float', 'string'], () => FLOAT),
  string: overloads(form(STRING, UNKNOWN)),
  trim: overloads(form(STRING, STRING), form(STRING, STRING, STRING)),
  trimPrefix: affix,
  trimSuffix: affix,
  upper: overloads(form(STRING, STRING)),
  lower: overloads(form(STRING, STRING)),
  split: splitting,
  splitAfter: splitting,
  replace: overloads(form(STRING, STRING, STRING, STRING, INT), form(STRING, STRING, STRING, STRING)),
  repeat: overloads(form(STRING, STRING, INT)),
  join: overloads(
    form(STRING, STRINGS, STRING),
    form(STRING, ANY_ARRAY, STRING),
    form(STRING, ANY_ARRAY),
    form(STRING, STRINGS),
  ),
  indexOf: search(INT),
  lastIndexOf: search(INT),
  hasPrefix: search(BOOL),
  hasSuffix: search(BOOL),
  max: aggregate,
  min: aggregate,
  mean: aggregate,
  median: aggregate,
  toJSON: overloads(form(STRING, UNKNOWN)),
  fromJSON: overloads(form(UNKNOWN, STRING)),
  toBase64: overloads(form(STRING, STRING)),
  fromBase64: overloads(form(STRING, STRING)),
  now,
  duration: overloads(form(DURATION, STRING)),
  date,
  timezone: overloads(form(ZONE, STRING)),
  first: one(['array'], elementOf),
  last: one(['array'], elementOf),
  take,
  keys: one(['map'], () => ARRAY),
  values: one(['map'], () => ARRAY),
  toPairs: one(['map'], () => ARRAY),
  fromPairs: one(['array'], () => ANY_MAP),
  reverse: wholeArray,
  uniq: wholeArray,
  concat,
  flatten: wholeArray,
  sort: overloads(
    form(ARRAY, ANY_ARRAY, STRING),
    form(ARRAY, STRINGS, STRING),
    form(ARRAY, ANY_ARRAY),
    form(ARRAY, STRINGS),
  ),
  bitand: bits,
  bitor: bits,
  bitxor: bits,
  bitnand: bits,
  bitshl: bits,
  bitshr: bits,
  bitushr: bits,
  bitnot: overloads(form(INT, INT)),
};

/** Every name that is a builtin where it is called. `get` is checked by hand. */
export const BUILTIN_NAMES: ReadonlySet<string> = new Set([
  ...PREDICATE_BUILTINS.keys(),
  ...Object.keys(SIGNATURES),
  'get',
]);
