// Compiles expressions into closures: everything that the text decides is decided once, and evaluation parses nothing.

import { fetch, isIn, slice } from './access.ts';
import { add, divide, modulo, multiply, negate, power, subtract, toInt } from './arithmetic.ts';
import type { Binary, Call, Member, Node } from './ast.ts';
import { BUILTINS } from './builtins/all.ts';
import { checkExpression } from './checker.ts';
import { ExprEvaluationError } from './errors.ts';
import { Frame, type Get } from './frame.ts';
import type { Meter } from './meter.ts';
import { optimise } from './optimise.ts';
import { parseExpression } from './parser.ts';
import { boolOf, compilePredicate, elementIn } from './predicates.ts';
import { PREDICATE_BUILTINS } from './operators.ts';
import { matchWith } from './text-operators.ts';
import { EnvironmentValue, equal, FunctionValue, order, typeName, type Value } from './value.ts';

/** What the names in an expression stand for. */
export interface Environment<Env> {
  /** The names, so that others are refused; undefined where any name may come, and one that is not there is nil. */
  readonly names: ReadonlySet<string> | undefined;
  /** How the value of a name is read; undefined where there is none. Called once for each name in an expression. */
  readonly read: (name: string) => ((env: Env) => Value) | undefined;
  /** `$env` as a map, where it is one; otherwise it only has members. */
  readonly all?: (env: Env) => ReadonlyMap<string, Value>;
}

export interface ExprTools {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Fails with ExprEvaluationError. */
export type Evaluate<Env> = (env: Env) => Value;

/** Throws EXPR_INVALID with the place in the expression and, where a name is unknown, the nearest known one. */
export function compileExpression<Env>(source: string, environment: Environment<Env>, tools: ExprTools): Evaluate<Env> {
  const parsed = parseExpression(source);
  const natures = checkExpression(source, parsed, environment);
  const frame = new Frame<Env>();
  const compiler = new Compiler(environment, tools, frame.meter);
  const get = compiler.compile(optimise(source, parsed, natures));
  return (env) => {
    frame.begin(env);
    try {
      return get(frame);
    } catch (error) {
      if (!(error instanceof ExprEvaluationError)) throw error;
      throw new ExprEvaluationError(error.problem, { source, at: frame.at });
    } finally {
      frame.end();
    }
  };
}

/** What an optional member gives to the chain around it where its base is nil. */
const SHORT = new EnvironmentValue(() => undefined);

class Compiler<Env> {
  readonly #environment: Environment<Env>;
  readonly #tools: ExprTools;
  readonly #meter: Meter;
  /** By name: the places of `let` variables that are in scope here. */
  readonly #variables: { readonly name: string; readonly slot: number }[] = [];
  #slots = 0;
  #predicates = 0;

  constructor(environment: Environment<Env>, tools: ExprTools, meter: Meter) {
    this.#environment = environment;
    this.#tools = tools;
    this.#meter = meter;
  }

  compile(node: Node): Get<Env> {
    switch (node.kind) {
      case 'literal': {
        const { value } = node;
        return () => value;
      }
      case 'identifier':
        return this.#identifier(node.name, node.at);
      case 'unary':
        return this.#unary(node.operator, this.compile(node.operand), node.at);
      case 'binary':
        return this.#binary(node);
      case 'chain': {
        const inner = this.compile(node.inner);
        return (frame) => {
          const value = inner(frame);
          return value === SHORT ? null : value;
        };
      }
      case 'member':
        return this.#member(node);
      case 'slice': {
        const { at } = node;
        const base = this.compile(node.base);
        const from = node.from && this.compile(node.from);
        const to = node.to && this.compile(node.to);
        return (frame) => {
          const value = base(frame);
          const end = to?.(frame);
          const start = from?.(frame);
          frame.at = at;
          if (typeof value === 'string') frame.meter.look(value);
          return slice(value, start, end);
        };
      }
      case 'call':
        return this.#call(node);
      case 'builtin':
        return this.#builtin(node);
      case 'predicate':
        return this.compile(node.body);
      case 'pointer':
        return this.#pointer(node.name);
      case 'let': {
        const value = this.compile(node.value);
        const slot = this.#slots;
        this.#slots += 1;
        this.#variables.push({ name: node.name, slot });
        const body = this.compile(node.body);
        this.#variables.pop();
        return (frame) => {
          frame.variables[slot] = value(frame);
          return body(frame);
        };
      }
      case 'sequence': {
        const all = node.nodes.map((one) => this.compile(one));
        return (frame) => {
          let last: Value = null;
          for (const get of all) last = get(frame);
          return last;
        };
      }
      case 'conditional': {
        const condition = this.#bool(node.condition);
        const whenTrue = this.compile(node.whenTrue);
        const otherwise = this.compile(node.otherwise);
        return (frame) => (condition(frame) ? whenTrue(frame) : otherwise(frame));
      }
      case 'array': {
        const elements = node.elements.map((one) => this.compile(one));
        return (frame) => {
          frame.meter.grow(elements.length);
          const made = elements.map((get) => get(frame));
          frame.meter.nest(made);
          return made;
        };
      }
      default:
        return this.#map(node);
    }
  }

  #map(node: Extract<Node, { kind: 'map' }>): Get<Env> {
    const { at } = node;
    const isConstant = node.pairs.every(
      ({ key, value }) => key.kind === 'literal' && typeof key.value === 'string' && value.kind === 'literal',
    );
    const pairs = node.pairs.map(({ key, value }) => ({ key: this.compile(key), value: this.compile(value) }));
    const make: Get<Env> = (frame) => {
      frame.meter.grow(pairs.length);
      // Of two equal keys expr keeps the first.
      const map = new Map<Value, Value>();
      for (const pair of pairs) {
        const key = pair.key(frame);
        const value = pair.value(frame);
        frame.at = at;
        if (typeof key !== 'string') throw new ExprEvaluationError(`${typeName(key)} as key of a map of strings`);
        if (!map.has(key)) map.set(key, value);
      }
      frame.meter.nest([...map.values()]);
      return map;
    };
    if (!isConstant) return make;
    const frame = new Frame<Env>();
    const constant = make(frame);
    return () => constant;
  }

  /** Fails where the value is no bool. */
  #bool(node: Node): (frame: Frame<Env>) => boolean {
    const get = this.compile(node);
    const { at } = node;
    return (frame) => {
      const value = get(frame);
      if (typeof value === 'boolean') return value;
      frame.at = at;
      return boolOf(value);
    };
  }

  #identifier(name: string, at: number): Get<Env> {
    const variable = this.#variables.findLast((one) => one.name === name);
    if (variable !== undefined) {
      const { slot } = variable;
      return (frame) => frame.variables[slot] ?? null;
    }
    const { read, names, all } = this.#environment;
    if (name === '$env' && all !== undefined) return (frame) => all(frame.env);
    if (name === '$env') {
      return (frame) => {
        const { env } = frame;
        return new EnvironmentValue((key) => read(key)?.(env));
      };
    }
    const of = read(name);
    if (of !== undefined) return (frame) => of(frame.env);
    if (names === undefined) return () => null;
    return (frame) => {
      frame.at = at;
      throw new ExprEvaluationError(`there is no ${name} here`);
    };
  }

  #unary(operator: '!' | '-' | '+', operand: Get<Env>, at: number): Get<Env> {
    if (operator === '+') return operand;
    if (operator === '-') {
      return (frame) => {
        const value = operand(frame);
        frame.at = at;
        return negate(value);
      };
    }
    return (frame) => {
      const value = operand(frame);
      if (typeof value === 'boolean') return !value;
      frame.at = at;
      return !boolOf(value);
    };
  }

  #binary(node: Binary): Get<Env> {
    const { operator, at } = node;
    const right = this.compile(node.right);
    if (operator === '&&' || operator === '||') {
      const left = this.#bool(node.left);
      const stop = operator === '||';
      return (frame) => (left(frame) === stop ? stop : right(frame));
    }
    const left = this.compile(node.left);
    if (operator === '??') {
      return (frame) => {
        const value = left(frame);
        return value === null ? right(frame) : value;
      };
    }
    if (operator === '==' || operator === '!=') {
      const wanted = operator === '==';
      return (frame) => {
        const a = left(frame);
        const b = right(frame);
        frame.at = at;
        frame.meter.compare(a, b);
        return equal(a, b) === wanted;
      };
    }
    if (operator === '..') return range(left, right, at);
    if (operator === 'matches' || operator === 'contains' || operator === 'startsWith' || operator === 'endsWith') {
      const constant = node.right.kind === 'literal' ? node.right.value : undefined;
      const match = matchWith(operator, typeof constant === 'string' ? constant : undefined);
      return (frame) => {
        const a = left(frame);
        const b = right(frame);
        frame.at = at;
        frame.meter.look(a);
        return match(a, b);
      };
    }
    const compute = OPERATIONS[operator];
    return (frame) => {
      const a = left(frame);
      const b = right(frame);
      frame.at = at;
      frame.meter.compare(a, b);
      return compute(a, b);
    };
  }

  #member(node: Member): Get<Env> {
    const { at, optional } = node;
    const base = this.compile(node.base);
    const property = this.compile(node.property);
    return (frame) => {
      const from = base(frame);
      if (from === SHORT || (optional && from === null)) return SHORT;
      const key = property(frame);
      frame.at = at;
      if (typeof from === 'string') frame.meter.look(from);
      return fetch(from, key);
    };
  }

  #call(node: Call): Get<Env> {
    const { at } = node;
    const callee = this.compile(node.callee);
    const args = node.args.map((arg) => this.compile(arg));
    return (frame) => {
      const values = args.map((arg) => arg(frame));
      const called = callee(frame);
      if (called === SHORT) return SHORT;
      frame.at = at;
      if (!(called instanceof FunctionValue)) throw new ExprEvaluationError(`${typeName(called)} is no function`);
      return called.call(values);
    };
  }

  #builtin(node: Extract<Node, { kind: 'builtin' }>): Get<Env> {
    const { name, at } = node;
    if (PREDICATE_BUILTINS.has(name)) return this.#predicateBuiltin(node);
    const args = node.args.map((arg) => this.compile(arg));
    const run = BUILTINS[name];
    if (run === undefined) throw new Error(`the builtin ${name} is not there`);
    const tools = { now: this.#tools.now, meter: this.#meter };
    return (frame) => {
      const values = args.map((arg) => arg(frame));
      frame.at = at;
      for (const value of values) tools.meter.look(value);
      return run(values, tools);
    };
  }

  #predicateBuiltin(node: Extract<Node, { kind: 'builtin' }>): Get<Env> {
    const { at } = node;
    const [array, body, third] = node.args;
    // Safe: the parser gives these builtins a collection.
    const collection = this.compile(array as Node);
    const slot = this.#predicates;
    this.#predicates += 1;
    const predicate = body && this.compile(body);
    this.#predicates -= 1;
    const option = third && this.compile(third);
    const located =
      (get: Get<Env>): Get<Env> =>
      (frame) => {
        const value = get(frame);
        frame.at = at;
        return value;
      };
    return compilePredicate(node, {
      collection: located(collection),
      predicate: predicate && located(predicate),
      option: option && located(option),
      slot,
    });
  }

  #pointer(name: string): Get<Env> {
    const slot = this.#predicates - 1;
    if (name === 'index') return (frame) => BigInt(frame.indexes[slot] ?? 0);
    if (name === 'acc') return (frame) => frame.accumulators[slot] ?? null;
    return (frame) => elementIn(frame, slot);
  }
}

const OPERATIONS = {
  '<': (a: Value, b: Value): Value => order(a, b, '<') < 0,
  '>': (a: Value, b: Value): Value => order(a, b, '>') > 0,
  '<=': (a: Value, b: Value): Value => order(a, b, '<=') <= 0,
  '>=': (a: Value, b: Value): Value => order(a, b, '>=') >= 0,
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
  '%': modulo,
  '**': power,
  in: isIn,
} as const;

function range<Env>(left: Get<Env>, right: Get<Env>, at: number): Get<Env> {
  return (frame) => {
    const a = left(frame);
    const b = right(frame);
    frame.at = at;
    const from = toInt(a);
    const size = Number(BigInt.asIntN(64, toInt(b) - from + 1n));
    if (size <= 0) return [];
    frame.meter.grow(size);
    return Array.from({ length: size }, (_, index) => from + BigInt(index));
  };
}
