// Checks a section of the configuration against a zod schema, with the leniencies of the collector's decoder, and turns
// zod's findings into errors that name the place, what was seen and what was expected.

import type { z } from 'zod';
import { WholeDouble } from '../config-value.ts';
import { AgentError, type SourcePosition } from '../errors.ts';
import { nearestName } from './nearest.ts';
import { entryOf, KEY_SEPARATOR, nearestNode, type ConfigNode } from './node.ts';
import { isMarked, keysOf, schemasAt, stepInto, typesAt } from './schema-walk.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** Each round mends everything that can be mended at once, so a few are enough for any depth of unions. */
const MAX_ROUNDS = 16;

export type Decoded<T> =
  | {
      readonly value: T;
      /** What the schema was given in the end: plain values, with texts where texts were wanted. */
      readonly input: unknown;
      readonly errors: readonly [];
    }
  | { readonly errors: readonly AgentError[] };

/**
 * Decodes `node` by `schema`. `path` is where the section stands, e.g. `['receivers', 'otlp']`.
 *
 * As in the collector: null leaves a key at its default; a string where a list of strings is expected is split at commas;
 * a value that came out of `${…}` counts as its text where a string is expected; `1.0` stays a double where any value is.
 */
export function decode<S extends z.ZodType>(
  schema: S,
  node: ConfigNode,
  path: readonly string[],
): Decoded<z.output<S>> {
  const input = { root: toInput(node, [schema], false) };
  if (input.root === null) input.root = {};
  for (let round = 0; ; round += 1) {
    const result = schema.safeParse(input.root);
    if (result.success) return { value: result.data, input: input.root, errors: [] };
    const mended = round < MAX_ROUNDS && mendAll(result.error.issues, [], { schema, node, input });
    if (mended) continue;
    const reporter = new Reporter(schema, node, input, path);
    return { errors: result.error.issues.flatMap((issue) => reporter.errors(issue, [])) };
  }
}

/** Plain JavaScript, and WholeDouble in values of any type. */
function toInput(node: ConfigNode, schemas: readonly z.core.$ZodType[], isInValue: boolean): unknown {
  const isValue = isInValue || isMarked(schemas, 'anyValue');
  if (node.kind === 'scalar') return isValue && node.isDouble ? new WholeDouble(Number(node.value)) : node.value;
  if (node.kind === 'list') {
    return node.items.map((item, index) => toInput(item, stepInto(schemas, index), isValue));
  }
  // fromEntries defines keys, so that even __proto__ is only a key.
  return Object.fromEntries(
    [...node.entries].map(([key, entry]) => [key, toInput(entry.node, stepInto(schemas, key), isValue)]),
  );
}

interface Subject {
  readonly schema: z.ZodType;
  readonly node: ConfigNode;
  readonly input: { root: unknown };
}

function mendAll(issues: readonly Issue[], prefix: Path, subject: Subject): boolean {
  let mended = false;
  for (const issue of issues) {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'invalid_union') {
      if (mendOne(issue, path, subject) || issue.errors.some((branch) => mendAll(branch, path, subject))) mended = true;
    } else if (mendOne(issue, path, subject)) {
      mended = true;
    }
  }
  return mended;
}

function mendOne(issue: Issue, path: Path, subject: Subject): boolean {
  const expected = issue.code === 'invalid_type' ? issue.expected : undefined;
  if (expected === undefined && issue.code !== 'invalid_value' && issue.code !== 'invalid_union') return false;
  const value = valueAt(subject.input.root, path);
  if (value === undefined) return false;
  const { node, depth } = nearestNode(subject.node, path);
  const text = depth === path.length ? node.original : undefined;
  if (text !== undefined && value !== text && typeof value !== 'string') {
    if (expected === 'string' || (issue.code === 'invalid_value' && issue.values.includes(text))) {
      return put(subject.input, path, text);
    }
  }
  if (value === null) return mendNull(expected, path, subject);
  if (expected === 'array' && typeof value === 'string' && holdsText(subject.schema, path)) {
    return put(subject.input, path, value === '' ? [] : value.split(','));
  }
  return false;
}

/** Null is what the decoder's zero value would be in a list or a map of sections, and absent elsewhere. */
function mendNull(expected: string | undefined, path: Path, { schema, input }: Subject): boolean {
  const parent = valueAt(input.root, path.slice(0, -1));
  const inRecord = typesAt(schema, path.slice(0, -1)).has('record');
  if (!Array.isArray(parent) && !inRecord) return remove(input, path);
  const zero = expected === undefined ? undefined : ZERO_VALUES.get(expected);
  return zero !== undefined && put(input, path, zero());
}

const ZERO_VALUES: ReadonlyMap<string, () => unknown> = new Map<string, () => unknown>([
  ['string', () => ''],
  ['number', () => 0],
  ['boolean', () => false],
  ['array', () => []],
  ['object', () => ({})],
  ['record', () => ({})],
]);

function holdsText(schema: z.ZodType, path: Path): boolean {
  const types = typesAt(schema, [...path, 0]);
  return types.has('string') || types.has('enum') || types.has('literal');
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    // Safe: an own property of an object was just found.
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

function put(input: { root: unknown }, path: Path, value: unknown): boolean {
  if (path.length === 0) {
    input.root = value;
    return true;
  }
  const parent = valueAt(input.root, path.slice(0, -1));
  const key = path.at(-1);
  if (typeof parent !== 'object' || parent === null || key === undefined) return false;
  return Reflect.set(parent, key, value);
}

function remove(input: { root: unknown }, path: Path): boolean {
  const parent = valueAt(input.root, path.slice(0, -1));
  const key = path.at(-1);
  if (typeof parent !== 'object' || parent === null || key === undefined) return false;
  return Reflect.deleteProperty(parent, key);
}

class Reporter {
  readonly #schema: z.ZodType;
  readonly #node: ConfigNode;
  readonly #input: { readonly root: unknown };
  readonly #path: readonly string[];

  constructor(schema: z.ZodType, node: ConfigNode, input: { readonly root: unknown }, path: readonly string[]) {
    this.#schema = schema;
    this.#node = node;
    this.#input = input;
    this.#path = path;
  }

  errors(issue: Issue, prefix: Path): AgentError[] {
    const path = [...prefix, ...issue.path];
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) => this.#unknownKey(path, key));
      case 'invalid_type':
        return [this.#wrongType(path, article(issue.expected))];
      case 'invalid_value':
        return [this.#wrongValue(path, issue.values)];
      case 'invalid_union':
        return this.#union(issue, path);
      case 'too_small':
        return [this.#error('CONFIG_VALUE_INVALID', path, this.#bound(path, 'below', issue.minimum, issue.inclusive))];
      case 'too_big':
        return [this.#error('CONFIG_VALUE_INVALID', path, this.#bound(path, 'above', issue.maximum, issue.inclusive))];
      case 'invalid_key':
      case 'invalid_element':
        return issue.issues.flatMap((inner) => this.errors(inner, path));
      default:
        return [this.#error('CONFIG_VALUE_INVALID', path, issue.message)];
    }
  }

  #unknownKey(path: Path, key: string): AgentError {
    const known = keysOf(schemasAt(this.#schema, path));
    const near = nearestName(key, known);
    const { node, depth } = nearestNode(this.#node, path);
    const at = (depth === path.length ? entryOf(node, key)?.keyAt : undefined) ?? node.at;
    const hint =
      near === undefined ? (known.length > 0 ? `; known are ${known.join(', ')}` : '') : `; did you mean "${near}"?`;
    return this.#error('CONFIG_KEY_UNKNOWN', [...path, key], `the key "${key}" is unknown here${hint}`, at);
  }

  #wrongType(path: Path, expected: string): AgentError {
    const value = valueAt(this.#input.root, path);
    if (value === undefined) {
      return this.#error(
        'CONFIG_KEY_MISSING',
        path,
        `the key "${String(path.at(-1))}" is missing; expected ${expected}`,
      );
    }
    const mend =
      expected === 'text' && (typeof value === 'number' || typeof value === 'boolean')
        ? `Put it in quotes: "${this.#show(path, value)}"`
        : undefined;
    return this.#error(
      'CONFIG_TYPE_WRONG',
      path,
      `expected ${expected}, found ${this.#describe(path, value)}`,
      undefined,
      mend,
    );
  }

  #wrongValue(path: Path, values: readonly unknown[]): AgentError {
    const value = valueAt(this.#input.root, path);
    const allowed = values.map((each) => (each === '' ? '""' : String(each)));
    const near = typeof value === 'string' ? nearestName(value, allowed) : undefined;
    const hint = near === undefined ? '' : `; did you mean "${near}"?`;
    if (value === undefined) return this.#wrongType(path, `one of ${allowed.join(', ')}`);
    return this.#error(
      'CONFIG_VALUE_INVALID',
      path,
      `${this.#describe(path, value)} is not allowed; expected ${allowed.length === 1 ? '' : 'one of '}${allowed.join(', ')}${hint}`,
    );
  }

  #bound(path: Path, side: 'below' | 'above', limit: number | bigint, inclusive: boolean | undefined): string {
    const value = valueAt(this.#input.root, path);
    const comparison =
      side === 'below'
        ? inclusive === false
          ? 'more than'
          : 'at least'
        : inclusive === false
          ? 'less than'
          : 'at most';
    if (typeof value === 'number') return `${value} is not allowed; expected ${comparison} ${limit}`;
    return `has the wrong length; expected ${comparison} ${limit}`;
  }

  /** Of a choice: the types where none fits, else the findings of the option that came nearest. */
  #union(issue: Extract<Issue, { code: 'invalid_union' }>, path: Path): AgentError[] {
    const branches = issue.errors.filter((branch) => branch.length > 0);
    const types = branches.flatMap((branch) =>
      branch.flatMap((each) =>
        each.code === 'invalid_type' && each.path.length === 0 ? [article(each.expected)] : [],
      ),
    );
    if (branches.length === 0) return [this.#error('CONFIG_VALUE_INVALID', path, issue.message)];
    if (types.length === branches.length) return [this.#wrongType(path, [...new Set(types)].join(' or '))];
    const best = branches.toSorted((a, b) => typeMisses(a) - typeMisses(b) || a.length - b.length)[0] ?? [];
    return best.flatMap((each) => this.errors(each, path));
  }

  #describe(path: Path, value: unknown): string {
    if (value === null) return 'nothing';
    if (Array.isArray(value)) return 'a list';
    if (typeof value === 'object') return 'a map';
    const kind = typeof value === 'string' ? 'the text' : typeof value === 'boolean' ? 'the truth value' : 'the number';
    return `${kind} ${typeof value === 'string' ? JSON.stringify(this.#show(path, value)) : this.#show(path, value)}`;
  }

  #show(path: Path, value: unknown): string {
    if (isMarked(schemasAt(this.#schema, path), 'writeOnly')) return '[REDACTED]';
    const text = String(value);
    return text.length > 80 ? `${text.slice(0, 77)}...` : text;
  }

  #error(
    code: 'CONFIG_KEY_UNKNOWN' | 'CONFIG_KEY_MISSING' | 'CONFIG_TYPE_WRONG' | 'CONFIG_VALUE_INVALID',
    path: Path,
    problem: string,
    at: SourcePosition = nearestNode(this.#node, path).node.at,
    mend?: string,
  ): AgentError {
    return new AgentError(code, problem, {
      at,
      path: [...this.#path, ...path.map(String)].join(KEY_SEPARATOR),
      ...(mend === undefined ? {} : { mend }),
    });
  }
}

function typeMisses(branch: readonly Issue[]): number {
  return branch.filter((issue) => issue.code === 'invalid_type' && issue.path.length === 0).length;
}

function article(type: string): string {
  switch (type) {
    case 'string':
      return 'text';
    case 'number':
      return 'a number';
    case 'int':
      return 'a whole number';
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'a list';
    case 'object':
    case 'record':
      return 'a map';
    default:
      return type;
  }
}
