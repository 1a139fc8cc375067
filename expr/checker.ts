// Finds what can not work whatever the data: operators between natures that do not fit, builtins with wrong arguments, names
// that nothing has. Source: expr-lang/expr v1.17, checker/checker.go, for an environment of unknown types.

import { compileRe2 } from '../pipeline/regexp.ts';
import { AgentError } from '../pipeline/errors.ts';
import type { Binary, Builtin, Call, Member, Node, Slice } from './ast.ts';
import { invalid, unknownName } from './errors.ts';
import {
  ARRAY,
  arrayOf,
  BOOL,
  BYTES,
  DURATION,
  FLOAT,
  INT,
  isAssignable,
  isComparable,
  isNumber,
  MAP,
  mayFit,
  METHODS,
  nameOf,
  NIL,
  STRING,
  TIME,
  UNKNOWN,
  type Kind,
  type Nature,
} from './nature.ts';
import { BUILTIN_NAMES, problemOf, SIGNATURES } from './signatures.ts';

/** What the checker has to know of the environment. */
export interface KnownNames {
  /** Undefined where every name is allowed. */
  readonly names: ReadonlySet<string> | undefined;
}

/** The natures of the nodes that the optimiser asks for. Throws EXPR_INVALID with the place. */
export function checkExpression(source: string, node: Node, known: KnownNames): ReadonlyMap<Node, Nature> {
  const checker = new Checker(source, known);
  checker.visit(node);
  return checker.natures;
}

interface Scope {
  readonly collection: Nature;
  readonly pointers: Readonly<Record<string, Nature>>;
}

const BOOLEAN_PREDICATES: Readonly<Record<string, (collection: Nature) => Nature>> = {
  all: () => BOOL,
  none: () => BOOL,
  any: () => BOOL,
  one: () => BOOL,
  filter: (collection) => (collection.kind === 'array' ? arrayOf(collection.element) : ARRAY),
  find: elementOf,
  findLast: elementOf,
  findIndex: () => INT,
  findLastIndex: () => INT,
  count: () => INT,
};

function elementOf(collection: Nature): Nature {
  return collection.kind === 'array' ? collection.element : UNKNOWN;
}

class Checker {
  readonly natures = new Map<Node, Nature>();
  readonly #source: string;
  readonly #known: KnownNames;
  readonly #variables: { readonly name: string; readonly nature: Nature }[] = [];
  readonly #scopes: Scope[] = [];

  constructor(source: string, known: KnownNames) {
    this.#source = source;
    this.#known = known;
  }

  visit(node: Node): Nature {
    const nature = this.#natureOf(node);
    this.natures.set(node, nature);
    return nature;
  }

  #fail(node: Node, problem: string, mend?: string): AgentError {
    return invalid(this.#source, node.at, problem, mend);
  }

  #natureOf(node: Node): Nature {
    switch (node.kind) {
      case 'literal':
        return natureOfLiteral(node.value);
      case 'identifier':
        return this.#identifier(node.name, node);
      case 'unary':
        return this.#unary(node.operator, node.operand, node);
      case 'binary':
        return this.#binary(node);
      case 'chain':
        return this.visit(node.inner);
      case 'member':
        return this.#member(node);
      case 'slice':
        return this.#slice(node);
      case 'call':
        return this.#call(node);
      case 'builtin':
        return this.#builtin(node);
      case 'predicate':
        return this.visit(node.body);
      case 'pointer':
        return this.#pointer(node.name, node);
      case 'let':
        return this.#let(node.name, node);
      case 'sequence':
        return node.nodes.map((one) => this.visit(one)).at(-1) ?? UNKNOWN;
      case 'conditional': {
        const condition = this.visit(node.condition);
        if (condition.kind !== 'bool' && condition.kind !== 'unknown') {
          throw this.#fail(node.condition, `a condition that is ${nameOf(condition)}, not bool`);
        }
        return either(this.visit(node.whenTrue), this.visit(node.otherwise));
      }
      case 'array':
        return arrayNature(node.elements.map((element) => this.visit(element)));
      default:
        for (const { key, value } of node.pairs) {
          this.visit(key);
          this.visit(value);
        }
        return MAP;
    }
  }

  #identifier(name: string, node: Node): Nature {
    const variable = this.#variables.findLast((one) => one.name === name);
    if (variable !== undefined) return variable.nature;
    if (name === '$env') return UNKNOWN;
    const { names } = this.#known;
    if (names !== undefined && !names.has(name)) {
      const known = [...names, ...this.#variables.map((one) => one.name)];
      throw unknownName(this.#source, node.at, { what: 'name', seen: name, known });
    }
    if (BUILTIN_NAMES.has(name)) return { kind: 'function', params: undefined, returns: UNKNOWN };
    return UNKNOWN;
  }

  #unary(operator: string, operand: Node, node: Node): Nature {
    const nature = this.visit(operand);
    if (operator === '!' && (nature.kind === 'bool' || nature.kind === 'unknown')) return BOOL;
    if (operator !== '!' && (isNumber(nature) || nature.kind === 'unknown')) return nature;
    throw this.#fail(node, `${operator} of ${nameOf(nature)}`);
  }

  #binary(node: Binary): Nature {
    const left = this.visit(node.left);
    const right = this.visit(node.right);
    if (node.operator === '??') return coalesced(left, right);
    if (node.operator === 'in') return this.#in(node, left, right);
    if (node.operator === 'matches') this.#pattern(node.right);
    const nature = operatorNature(node.operator, left, right);
    if (nature === undefined) {
      throw this.#fail(node, `${node.operator} between ${nameOf(left)} and ${nameOf(right)}`);
    }
    return nature;
  }

  #pattern(node: Node): void {
    if (node.kind !== 'literal' || typeof node.value !== 'string') return;
    try {
      compileRe2(node.value);
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      throw this.#fail(node, error.message, error.mend);
    }
  }

  #in(node: Binary, left: Nature, right: Nature): Nature {
    if (right.kind === 'map') {
      if (left.kind !== 'unknown' && right.keys === 'string' && left.kind !== 'string') {
        throw this.#fail(node, `${nameOf(left)} as key of a map of strings`);
      }
      return BOOL;
    }
    if (right.kind === 'array') {
      if (!isComparable(left, right.element)) {
        throw this.#fail(node, `${nameOf(left)} in an array of ${nameOf(right.element)}`);
      }
      return BOOL;
    }
    if (right.kind === 'unknown' || (left.kind === 'unknown' && right.kind === 'string')) return BOOL;
    throw this.#fail(node, `in between ${nameOf(left)} and ${nameOf(right)}`);
  }

  #member(node: Member): Nature {
    const { base: baseNode, property } = node;
    const text = property.kind === 'literal' && typeof property.value === 'string' ? property.value : undefined;
    if (baseNode.kind === 'identifier' && baseNode.name === '$env') {
      if (text === undefined) return UNKNOWN;
      const { names } = this.#known;
      if (names === undefined || names.has(text) || node.optional) return UNKNOWN;
      throw unknownName(this.#source, node.at, { what: 'name', seen: text, known: names });
    }
    const base = this.visit(baseNode);
    const key = this.visit(property);
    if (base.kind === 'unknown') return UNKNOWN;
    const method = text === undefined ? undefined : methodOf(base.kind, text);
    if (method !== undefined) return method;
    if (base.kind === 'map') {
      if (key.kind !== 'unknown' && base.keys === 'string' && key.kind !== 'string') {
        throw this.#fail(property, `${nameOf(key)} as key of a map of strings`);
      }
      return base.element;
    }
    if (base.kind === 'array') {
      if (key.kind !== 'int' && key.kind !== 'unknown') {
        throw this.#fail(property, `elements of an array are chosen by an int, not by ${nameOf(key)}`);
      }
      return base.element;
    }
    throw this.#fail(node, `${nameOf(base)} has no ${node.isMethod ? 'method' : 'member'} ${text ?? nameOf(key)}`);
  }

  #slice(node: Slice): Nature {
    const nature = this.visit(node.base);
    if (nature.kind === 'unknown') {
      for (const end of [node.from, node.to]) if (end !== undefined) this.#quietly(end);
      return UNKNOWN;
    }
    if (nature.kind !== 'string' && nature.kind !== 'array') throw this.#fail(node, `a slice of ${nameOf(nature)}`);
    for (const end of [node.from, node.to]) {
      if (end === undefined) continue;
      const { kind } = this.visit(end);
      if (kind !== 'int' && kind !== 'unknown') throw this.#fail(end, 'the ends of a slice are ints');
    }
    return nature;
  }

  /** Of slices of unknown things expr does not look at the ends; names are looked up all the same. */
  #quietly(node: Node): void {
    if (this.#known.names !== undefined) this.visit(node);
  }

  #call(node: Call): Nature {
    const { callee } = node;
    if (callee.kind === 'identifier' && callee.name === '$env') throw this.#fail(node, '$env is no function');
    const nature = this.#callee(node);
    if (nature.kind === 'unknown') {
      // expr does not check what is given to unknown functions; names are looked up all the same.
      if (this.#known.names !== undefined) for (const arg of node.args) this.visit(arg);
      return UNKNOWN;
    }
    if (nature.kind !== 'function') throw this.#fail(node, `${nameOf(nature)} is no function`);
    const args = node.args.map((arg) => this.visit(arg));
    if (nature.params === undefined) return UNKNOWN;
    const problem = problemOf(args, nature.params, 'this method');
    if (problem !== undefined) throw this.#fail(node, problem);
    return nature.returns;
  }

  #callee({ callee }: Call): Nature {
    const { names } = this.#known;
    if (callee.kind !== 'identifier' || names === undefined || names.has(callee.name)) return this.visit(callee);
    if (this.#variables.some(({ name }) => name === callee.name)) return this.visit(callee);
    const known = [...names, ...BUILTIN_NAMES];
    throw unknownName(this.#source, callee.at, { what: 'function', seen: callee.name, known });
  }

  #builtin(node: Builtin): Nature {
    const { name, args } = node;
    if (name === 'get') return this.#get(node);
    const check = SIGNATURES[name];
    if (check !== undefined) {
      const answer = check(
        args.map((arg) => this.visit(arg)),
        name,
      );
      if (typeof answer === 'string') throw this.#fail(node, answer);
      return answer;
    }
    const [collectionNode, predicate, option] = args;
    // Safe: the parser gives these builtins a collection.
    const collection = this.visit(collectionNode as Node);
    if (collection.kind !== 'array' && collection.kind !== 'unknown') {
      throw this.#fail(node, `${name} takes an array, not ${nameOf(collection)}`);
    }
    if (predicate === undefined) return name === 'count' ? INT : elementOf(collection);
    const pointers: Record<string, Nature> = {};
    if (name === 'map' || name === 'reduce') pointers['index'] = INT;
    if (name === 'reduce') pointers['acc'] = UNKNOWN;
    this.#scopes.push({ collection, pointers });
    const given = this.visit(predicate);
    this.#scopes.pop();
    if (option !== undefined) {
      const order = this.visit(option);
      if (name === 'sortBy' && order.kind !== 'string' && order.kind !== 'unknown') {
        throw this.#fail(option, `the order is a string, not ${nameOf(order)}`);
      }
    }
    if (given.kind === 'nil') throw this.#fail(predicate, 'a predicate that gives nothing');
    return this.#predicateNature(node, collection, given);
  }

  #predicateNature(node: Builtin, collection: Nature, given: Nature): Nature {
    switch (node.name) {
      case 'map':
        return arrayOf(given);
      case 'sum':
      case 'reduce':
        return given;
      case 'groupBy':
        return { kind: 'map', keys: 'any', element: arrayOf(elementOf(collection)) };
      case 'sortBy':
        return collection;
      default:
        if (given.kind !== 'bool' && given.kind !== 'unknown') {
          throw this.#fail(node.args[1] ?? node, `a predicate that gives ${nameOf(given)}, not bool`);
        }
        return BOOLEAN_PREDICATES[node.name]?.(collection) ?? UNKNOWN;
    }
  }

  #get(node: Builtin): Nature {
    const [base, key] = node.args;
    if (base === undefined || key === undefined || node.args.length !== 2) {
      throw this.#fail(node, `get takes 2 arguments, not ${node.args.length}`);
    }
    const from = this.visit(base);
    const { kind } = this.visit(key);
    if (from.kind === 'unknown') return UNKNOWN;
    if (from.kind === 'array') {
      if (kind !== 'int' && kind !== 'unknown') throw this.#fail(key, 'elements of an array are chosen by an int');
      return from.element;
    }
    if (from.kind !== 'map') throw this.#fail(base, `${nameOf(from)} has no elements`);
    if (kind !== 'unknown' && kind !== 'string' && from.keys === 'string') {
      throw this.#fail(key, 'keys of this map are strings');
    }
    return from.element;
  }

  #pointer(name: string, node: Node): Nature {
    const scope = this.#scopes.at(-1);
    if (scope === undefined) throw this.#fail(node, '# outside of a predicate');
    if (name === '') return elementOf(scope.collection);
    const nature = Object.hasOwn(scope.pointers, name) ? scope.pointers[name] : undefined;
    if (nature === undefined) {
      throw unknownName(this.#source, node.at, { what: 'pointer', seen: `#${name}`, known: ['#', '#index', '#acc'] });
    }
    return nature;
  }

  #let(name: string, node: Extract<Node, { kind: 'let' }>): Nature {
    const isTaken = BUILTIN_NAMES.has(name) || this.#variables.some((one) => one.name === name);
    if (isTaken || this.#known.names?.has(name) === true) throw this.#fail(node, `${name} can not be declared again`);
    this.#variables.push({ name, nature: this.visit(node.value) });
    const nature = this.visit(node.body);
    this.#variables.pop();
    return nature;
  }
}

function methodOf(kind: Kind, name: string): Nature | undefined {
  const methods = METHODS[kind];
  return methods !== undefined && Object.hasOwn(methods, name) ? methods[name] : undefined;
}

function natureOfLiteral(value: Extract<Node, { kind: 'literal' }>['value']): Nature {
  if (value === null) return NIL;
  if (typeof value === 'boolean') return BOOL;
  if (typeof value === 'bigint') return INT;
  if (typeof value === 'number') return FLOAT;
  return typeof value === 'string' ? STRING : BYTES;
}

/** Of elements that are all alike the last one tells. */
function arrayNature(elements: readonly Nature[]): Nature {
  const last = elements.at(-1);
  if (last === undefined) return ARRAY;
  // Go has no kind for nil, and none for what is unknown.
  const kindOf = ({ kind }: Nature): string => (kind === 'nil' ? 'unknown' : kind);
  return elements.every((one) => kindOf(one) === kindOf(last)) ? arrayOf(last) : ARRAY;
}

function either(a: Nature, b: Nature): Nature {
  if (a.kind === 'nil') return b;
  if (b.kind === 'nil') return a;
  if (!isAssignable(a, b)) return UNKNOWN;
  if (a.kind === 'array' && b.kind === 'array') {
    const { element: one } = a;
    const { element: other } = b;
    if (!isAssignable(one, other) || !isAssignable(other, one)) return ARRAY;
  }
  return a;
}

function coalesced(left: Nature, right: Nature): Nature {
  if (left.kind === 'nil') return right;
  if (right.kind === 'nil') return left;
  return isAssignable(right, left) ? left : UNKNOWN;
}

const ORDERED: readonly Kind[] = ['int', 'float', 'string', 'time', 'duration'];

/** The nature of the answer; undefined where the operator is not for these. */
function operatorNature(operator: Binary['operator'], a: Nature, b: Nature): Nature | undefined {
  const numbers = isNumber(a) && isNumber(b);
  const both = (kind: Kind): boolean => a.kind === kind && b.kind === kind;
  const pair = (left: Kind, right: Kind): boolean => a.kind === left && b.kind === right;
  const promoted = a.kind === 'float' || b.kind === 'float' ? FLOAT : INT;
  switch (operator) {
    case '==':
    case '!=':
      return isComparable(a, b) ? BOOL : undefined;
    case '||':
    case '&&':
      return both('bool') || mayFit(a, b, ['bool']) ? BOOL : undefined;
    case '<':
    case '>':
    case '>=':
    case '<=':
      return numbers || both('string') || both('time') || both('duration') || mayFit(a, b, ORDERED) ? BOOL : undefined;
    case '+':
      if (numbers) return promoted;
      if (both('string')) return STRING;
      if (pair('time', 'duration') || pair('duration', 'time')) return TIME;
      if (both('duration')) return DURATION;
      return mayFit(a, b, ORDERED) ? UNKNOWN : undefined;
    case '-':
      if (numbers) return promoted;
      if (both('time') || both('duration')) return DURATION;
      if (pair('time', 'duration')) return TIME;
      return mayFit(a, b, ['int', 'float', 'time', 'duration']) ? UNKNOWN : undefined;
    case '*':
      if (numbers) return promoted;
      if (both('duration') || (isNumber(a) && b.kind === 'duration') || (a.kind === 'duration' && isNumber(b))) {
        return DURATION;
      }
      return mayFit(a, b, ['int', 'float', 'duration']) ? UNKNOWN : undefined;
    case '/':
    case '**':
      return numbers || mayFit(a, b, ['int', 'float']) ? FLOAT : undefined;
    case '%':
      return both('int') || mayFit(a, b, ['int']) ? INT : undefined;
    case '..':
      return both('int') || mayFit(a, b, ['int']) ? arrayOf(INT) : undefined;
    case 'matches':
      if (a.kind === 'array' && a.of === 'byte' && b.kind === 'string') return BOOL;
      return both('string') || mayFit(a, b, ['string']) ? BOOL : undefined;
    default:
      return both('string') || mayFit(a, b, ['string']) ? BOOL : undefined;
  }
}
