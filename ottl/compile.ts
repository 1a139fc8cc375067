// Compiles trees to closures that are evaluated per item, and checks them: every path, function, argument and symbol must exist.

import { AgentError } from '../pipeline/errors.ts';
import type { Accessor, PathTable } from './access.ts';
import type { Argument, Call, Condition, Expression, Field, Lambda, Path } from './ast.ts';
import { compileComparison, type Compiled } from './compare.ts';
import { symbolsOf } from './enums.ts';
import { invalid, unknownName } from './errors.ts';
import type { Converters, ItemFunction, LambdaConverter, Tools } from './function.ts';
import { emptyFor, indexResult, indexValue, setIndexed } from './index-value.ts';
import { LambdaCall, type CompiledLambda, type Local } from './lambda.ts';
import { calculate } from './math.ts';
import { toJsValue } from './text-of-value.ts';
import { OttlEvaluationError, type OttlValue } from './value.ts';

/** Everything a statement may name, and what it runs on. */
export interface Environment<Item> {
  /** Prefixed to paths that name no context; undefined where they must. */
  readonly context: string | undefined;
  readonly paths: PathTable<Item>;
  readonly converters: Converters;
  readonly itemFunctions?: Readonly<Record<string, ItemFunction<Item>>>;
  readonly tools: Tools;
}

/** A place that can be read and written. */
export interface Target<Item> {
  readonly get: (item: Item) => OttlValue;
  readonly set: (item: Item, value: OttlValue) => void;
}

/** Compiles the trees of one statement. */
export class Compiler<Item> {
  readonly #text: string;
  readonly #environment: Environment<Item>;
  /** The parameters of the lambdas around what is compiled. */
  readonly #locals: ReadonlyMap<string, Local>;

  constructor(text: string, environment: Environment<Item>, locals: ReadonlyMap<string, Local> = new Map()) {
    this.#text = text;
    this.#environment = environment;
    this.#locals = locals;
  }

  condition(tree: Condition): (item: Item) => boolean {
    switch (tree.kind) {
      case 'constant':
        return tree.value ? () => true : () => false;
      case 'not': {
        const inner = this.condition(tree.inner);
        return (item) => !inner(item);
      }
      case 'compare':
        return compileComparison(this.expression(tree.left), this.expression(tree.right), tree.op);
      case 'test': {
        const { get } = this.expression(tree.call);
        return (item) => {
          const value = get(item);
          if (typeof value === 'boolean') return value;
          throw new OttlEvaluationError('value returned from converter in constant expression must be bool');
        };
      }
      default: {
        const terms = tree.terms.map((term) => this.condition(term));
        const decisive = tree.kind === 'or';
        // A constant that decides does so before the others could fail, as in the collector.
        if (tree.terms.some((term) => term.kind === 'constant' && term.value === decisive)) return () => decisive;
        return (item) => {
          for (const term of terms) if (term(item) === decisive) return decisive;
          return !decisive;
        };
      }
    }
  }

  expression(tree: Expression): Compiled<Item> {
    switch (tree.kind) {
      case 'literal':
        return constant(tree.value);
      case 'symbol': {
        const symbols = symbolsOf(this.#environment.context);
        const value = symbols.get(tree.name);
        if (value !== undefined) return constant(value);
        throw unknownName(this.#text, tree.at, { what: 'symbol', seen: tree.name, known: symbols.keys() });
      }
      case 'list': {
        const elements = tree.elements.map((element) => this.expression(element));
        return combine(
          elements,
          () => elements.map(({ constant: fixed }) => fixed?.value ?? null),
          (item) => elements.map(({ get }) => get(item)),
        );
      }
      case 'map': {
        const entries = tree.entries.map(([key, value]) => [key, this.expression(value)] as const);
        // A map that statements could change must be a new one each time.
        const get = (item: Item): OttlValue => new Map(entries.map(([key, value]) => [key, value.get(item)]));
        return combine(
          entries.map(([, value]) => value),
          () => new Map(entries.map(([key, { constant: fixed }]) => [key, fixed?.value ?? null])),
          get,
        );
      }
      case 'math': {
        const { op } = tree;
        const left = this.expression(tree.left);
        const right = this.expression(tree.right);
        return { get: (item) => calculate(left.get(item), right.get(item), op) };
      }
      case 'call':
        return this.#call(tree);
      case 'lambda':
        throw invalid(this.#text, tree.at, 'a lambda can only be the argument of a function that takes one');
      default:
        return this.path(tree);
    }
  }

  path(tree: Path): Compiled<Item> {
    const last = tree.fields.at(-1);
    const local = this.#locals.get(tree.fields[0]?.name ?? '');
    if (local) {
      if (tree.fields.length > 1)
        throw invalid(this.#text, tree.at, `${nameOf(tree.fields)}: a parameter has no fields`);
      return this.#withKeys(() => local.value, last?.keys ?? []);
    }
    const entry = this.#entry(tree);
    const keys = last?.keys ?? [];
    const [first, ...rest] = keys.map((key) => this.expression(key));
    if (first === undefined) return { get: (item) => entry.access.get(item), accessor: entry.access };
    if (entry.indexable === false)
      throw invalid(this.#text, tree.at, `${nameOf(tree.fields)} takes no key in brackets`);
    const name = first.constant?.value;
    if (typeof name === 'string' && entry.keyed) {
      const accessor = entry.keyed(name);
      return rest.length === 0 ? { get: (item) => accessor.get(item), accessor } : indexed(accessor, rest);
    }
    return indexed(entry.access, [first, ...rest]);
  }

  /** Reads and writes what a path names, keys included; for editors. */
  target(tree: Expression): Target<Item> {
    if (tree.kind !== 'path') throw invalid(this.#text, tree.at, 'expected a path to change');
    const { get, accessor } = this.path(tree);
    if (accessor) {
      const set = accessor.set?.bind(accessor);
      if (!set) throw invalid(this.#text, tree.at, `${nameOf(tree.fields)} can not be changed`);
      return { get, set };
    }
    const { access } = this.#entry(tree);
    const keys = (tree.fields.at(-1)?.keys ?? []).map((key) => this.expression(key));
    return {
      get,
      set(item, value) {
        const names = keys.map((key) => key.get(item));
        const copy = toJsValue(value);
        let container = access.get(item);
        if (container === null) {
          container = emptyFor(names[0] ?? null);
          setIndexed(container, names, copy);
          access.set?.(item, container);
        } else setIndexed(container, names, copy);
      },
    };
  }

  /** A function that is handed over by its name, made to be called with one value. */
  handedOver(tree: Expression): (value: OttlValue) => OttlValue {
    const { converters, tools } = this.#environment;
    if (tree.kind !== 'symbol') throw invalid(this.#text, tree.at, 'expected the name of a function');
    const found = Object.hasOwn(converters, tree.name) ? converters[tree.name] : undefined;
    if (!found) {
      throw unknownName(this.#text, tree.at, { what: 'function', seen: tree.name, known: Object.keys(converters) });
    }
    if (
      'lambdas' in found ||
      found.params.length === 0 ||
      found.params.slice(1).some((param) => !param.endsWith('?'))
    ) {
      throw invalid(this.#text, tree.at, `${tree.name} can not be called with one argument`);
    }
    const others = found.params.slice(1).map(() => null);
    const evaluate = this.prepared(tree, tree.name, () => found.prepare([undefined, ...others], tools));
    return (value) => evaluate([value, ...others]);
  }

  /** Arguments in the order of `params`; undefined where an optional one was left out. */
  bind(call: Call, params: readonly string[]): (Argument | undefined)[] {
    const names = params.map((param) => param.replace('?', ''));
    const bound: (Argument | undefined)[] = params.map(() => undefined);
    for (const [index, argument] of call.args.entries()) {
      const place = argument.name === undefined ? index : names.indexOf(snake(argument.name));
      if (argument.name !== undefined && place < 0) {
        throw unknownName(this.#text, argument.at, { what: 'argument', seen: argument.name, known: names });
      }
      if (place >= params.length) {
        throw invalid(this.#text, argument.at, `${call.name} takes at most ${params.length} arguments`);
      }
      bound[place] = argument;
    }
    for (const [index, param] of params.entries()) {
      if (bound[index] === undefined && !param.endsWith('?')) {
        throw invalid(this.#text, call.at, `${call.name} lacks its argument ${param}`);
      }
    }
    return bound;
  }

  #entry(tree: Path) {
    const { paths, context } = this.#environment;
    const name = nameOf(tree.fields);
    const early = tree.fields.slice(0, -1).find(({ keys }) => keys.length > 0);
    if (early) throw invalid(this.#text, early.at, `${early.name} takes no key in brackets before another field`);
    const entry = paths.get(name) ?? (context === undefined ? undefined : paths.get(`${context}.${name}`));
    if (entry) return entry;
    const prefix = context === undefined ? '' : `${context}.`;
    const known = [...paths.keys()].flatMap((path) =>
      prefix !== '' && path.startsWith(prefix) ? [path, path.slice(prefix.length)] : [path],
    );
    throw unknownName(this.#text, tree.at, { what: 'path', seen: name, known });
  }

  #call(tree: Call): Compiled<Item> {
    return this.#withKeys(this.#plainCall(tree).get, tree.keys);
  }

  /** What lies under these keys in a value that is computed. */
  #withKeys(get: (item: Item) => OttlValue, trees: readonly Expression[]): Compiled<Item> {
    if (trees.length === 0) return { get };
    const keys = trees.map((key) => this.expression(key));
    return {
      get: (item) => {
        let value = get(item);
        for (const key of keys) value = indexResult(value, key.get(item));
        return value;
      },
    };
  }

  #lambdaCall(tree: Call, converter: LambdaConverter): Compiled<Item> {
    const { params, lambdas } = converter;
    const bound = this.bind(tree, params);
    const compiled = params.map((param, index): CompiledLambda<Item> | undefined => {
      const arity = lambdas[param.replace('?', '')];
      const argument = bound[index]?.value;
      if (arity === undefined || !argument) return undefined;
      if (argument.kind !== 'lambda') throw invalid(this.#text, argument.at, `${param} must be a lambda expression`);
      return this.#lambda(argument, arity);
    });
    const values = bound.map((argument, index) =>
      argument && !compiled[index] ? this.expression(argument.value).get : undefined,
    );
    const call = new LambdaCall(compiled, values);
    return { get: (item) => converter.evaluate(call.of(item)) };
  }

  #lambda({ params, body, at }: Lambda, arity: number): CompiledLambda<Item> {
    if (params.length !== arity) {
      throw invalid(this.#text, at, `a lambda with ${params.length} parameters where one with ${arity} is called`);
    }
    const locals = params.map((param): Local | undefined => (param === '_' ? undefined : { value: null }));
    const scope = new Map(this.#locals);
    for (const [index, local] of locals.entries()) if (local) scope.set(params[index] ?? '', local);
    const inner = new Compiler(this.#text, this.#environment, scope);
    return { locals, get: 'value' in body ? inner.expression(body.value).get : inner.condition(body.condition) };
  }

  #plainCall(tree: Call): Compiled<Item> {
    const { converters, itemFunctions = {}, tools } = this.#environment;
    const ofItem = Object.hasOwn(itemFunctions, tree.name) ? itemFunctions[tree.name] : undefined;
    const known = Object.hasOwn(converters, tree.name) ? converters[tree.name] : undefined;
    const params = ofItem?.params ?? known?.params;
    if (params === undefined) {
      const names = [...Object.keys(converters), ...Object.keys(itemFunctions)];
      throw unknownName(this.#text, tree.at, { what: 'function', seen: tree.name, known: names });
    }
    if (!ofItem && known && 'lambdas' in known) return this.#lambdaCall(tree, known);
    const args = this.bind(tree, params).map((argument) => argument && this.expression(argument.value));
    const constants = args.map((argument) => (argument === undefined ? null : argument.constant?.value));
    if (ofItem) return { get: this.prepared(tree, tree.name, () => ofItem.prepare(constants)) };
    // Safe: one of both is there, else there were no params; those with lambdas are gone.
    const called = known as Exclude<NonNullable<typeof known>, LambdaConverter>;
    const evaluate = this.prepared(tree, tree.name, () => called.prepare(constants, tools));
    const getters = args.map((argument) => argument?.get ?? (() => null));
    // One list for all items: no function keeps its arguments.
    const values: OttlValue[] = getters.map(() => null);
    return {
      get: (item) => {
        for (let index = 0; index < getters.length; index += 1) values[index] = getters[index]?.(item) ?? null;
        return evaluate(values);
      },
    };
  }

  /** What `prepare` gives, its errors with their place in the statement. */
  prepared<T>(tree: Expression, name: string, prepare: () => T): T {
    try {
      return prepare();
    } catch (error) {
      if (error instanceof AgentError && error.code !== 'PATTERN_INVALID') throw error;
      throw invalid(this.#text, tree.at, `${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function constant<Item>(value: OttlValue): Compiled<Item> {
  return { get: () => value, constant: { value } };
}

function combine<Item>(
  parts: readonly Compiled<Item>[],
  fixed: () => OttlValue,
  get: (item: Item) => OttlValue,
): Compiled<Item> {
  return parts.every((part) => part.constant !== undefined) ? { get, constant: { value: fixed() } } : { get };
}

function indexed<Item>(base: Accessor<Item>, keys: readonly Compiled<Item>[]): Compiled<Item> {
  return {
    get: (item) => {
      let value = base.get(item);
      for (const key of keys) value = indexValue(value, key.get(item));
      return value;
    },
  };
}

function nameOf(fields: readonly Field[]): string {
  return fields.map(({ name }) => name).join('.');
}

/** Arguments may be named in camel case or snake case. */
function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
