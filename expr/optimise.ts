// Rewrites a checked tree as expr's optimiser does, where that shows in answers: constants are folded, and what looks at
// elements stops as soon as the answer is known. Source: expr-lang/expr v1.17, optimizer.

import { add, divide, modulo, multiply, negate, power, subtract } from './arithmetic.ts';
import type { Binary, Builtin, Literal, Node, Predicate } from './ast.ts';
import { ExprEvaluationError, invalid } from './errors.ts';
import type { Nature } from './nature.ts';
import type { Value } from './value.ts';

export type Natures = ReadonlyMap<Node, Nature>;

/** Throws EXPR_INVALID where a constant part fails, such as `1 % 0`. */
export function optimise(source: string, node: Node, natures: Natures): Node {
  return new Optimiser(source, natures).visit(node);
}

class Optimiser {
  readonly #source: string;
  readonly #natures: Natures;

  constructor(source: string, natures: Natures) {
    this.#source = source;
    this.#natures = natures;
  }

  visit(node: Node): Node {
    return this.#rewritten(this.#withChildren(node));
  }

  #withChildren(node: Node): Node {
    const visit = (child: Node): Node => this.visit(child);
    switch (node.kind) {
      case 'unary':
        return { ...node, operand: visit(node.operand) };
      case 'binary':
        return { ...node, left: visit(node.left), right: this.#rightOf(node) };
      case 'chain':
        return { ...node, inner: visit(node.inner) };
      case 'member':
        return { ...node, base: visit(node.base), property: visit(node.property) };
      case 'slice':
        return { ...node, base: visit(node.base), from: node.from && visit(node.from), to: node.to && visit(node.to) };
      case 'call': {
        const { callee } = node;
        const changed =
          callee.kind === 'member' ? { ...callee, base: visit(callee.base), property: visit(callee.property) } : callee;
        return { ...node, callee: changed, args: node.args.map(visit) };
      }
      case 'builtin':
        return { ...node, args: node.args.map(visit) };
      case 'predicate':
        return { ...node, body: visit(node.body) };
      case 'let':
        return { ...node, value: visit(node.value), body: visit(node.body) };
      case 'sequence':
        return { ...node, nodes: node.nodes.map(visit) };
      case 'conditional':
        return {
          ...node,
          condition: visit(node.condition),
          whenTrue: visit(node.whenTrue),
          otherwise: visit(node.otherwise),
        };
      case 'array':
        return { ...node, elements: node.elements.map(visit) };
      case 'map':
        return { ...node, pairs: node.pairs.map(({ key, value }) => ({ key: visit(key), value: visit(value) })) };
      default:
        return node;
    }
  }

  /** An array of strings after `in` becomes a set, in which only strings can be looked for. */
  #rightOf({ operator, right }: Binary): Node {
    const isSet =
      operator === 'in' &&
      right.kind === 'array' &&
      right.elements.length > 0 &&
      right.elements.every((one) => one.kind === 'literal' && typeof one.value === 'string');
    if (!isSet) return this.visit(right);
    const { at, height } = right;
    return { kind: 'map', at, height, pairs: right.elements.map((key) => ({ key, value: TRUE })) };
  }

  #rewritten(node: Node): Node {
    switch (node.kind) {
      case 'unary':
        return foldedUnary(node.operator, node.operand) ?? node;
      case 'binary':
        return this.#binary(node);
      case 'member':
        return firstOrLast(node) ?? node;
      case 'builtin':
        return builtin(node);
      default:
        return node;
    }
  }

  #binary(node: Binary): Node {
    const folded = this.#folded(node);
    if (folded !== undefined) return folded;
    return combined(node) ?? counted(node) ?? this.#ranged(node) ?? node;
  }

  #folded(node: Binary): Node | undefined {
    const { operator, left, right, at } = node;
    if (operator === '&&' || operator === '||') return foldedLogic(node);
    if (left.kind !== 'literal' || right.kind !== 'literal') return undefined;
    try {
      const value = constantOf(operator, left.value, right.value);
      return value === undefined ? undefined : literal(value, at);
    } catch (error) {
      if (!(error instanceof ExprEvaluationError)) throw error;
      throw invalid(this.#source, at, error.problem);
    }
  }

  /** An int in a constant range is two comparisons, and no array is made. */
  #ranged({ operator, left, right, at, height }: Binary): Node | undefined {
    if (operator !== 'in' || right.kind !== 'binary' || right.operator !== '..') return undefined;
    if (!isInt(right.left) || !isInt(right.right) || this.#natures.get(left)?.kind !== 'int') return undefined;
    const low: Binary = { kind: 'binary', at, height, operator: '>=', left, right: right.left };
    const high: Binary = { kind: 'binary', at, height, operator: '<=', left, right: right.right };
    return { kind: 'binary', at, height: height + 1, operator: '&&', left: low, right: high };
  }
}

/** A constant side decides, or leaves the other side as it is. */
function foldedLogic({ operator, left, right, at }: Binary): Node | undefined {
  const neutral = operator === '&&';
  if (isBool(left, neutral)) return right;
  if (isBool(right, neutral)) return left;
  return isBool(left, !neutral) || isBool(right, !neutral) ? literal(!neutral, at) : undefined;
}

const TRUE: Literal = { kind: 'literal', at: 0, height: 1, value: true };

function literal(value: Literal['value'], at: number): Literal {
  return { kind: 'literal', at, height: 1, value };
}

function isBool(node: Node, value: boolean): boolean {
  return node.kind === 'literal' && node.value === value;
}

function isInt(node: Node | undefined): node is Literal & { readonly value: bigint } {
  return node?.kind === 'literal' && typeof node.value === 'bigint';
}

function foldedUnary(operator: string, operand: Node): Node | undefined {
  if (operand.kind !== 'literal') return undefined;
  const { value, at } = operand;
  if (operator === '!') return typeof value === 'boolean' ? literal(!value, at) : undefined;
  if (typeof value !== 'bigint' && typeof value !== 'number') return undefined;
  return operator === '-' ? literal(scalar(negate(value)), at) : operand;
}

/** What arithmetic on literals gives. */
function scalar(value: Value): Literal['value'] {
  // Safe: literals are numbers and strings where this is called, and give such.
  return value as Literal['value'];
}

function constantOf(
  operator: Binary['operator'],
  a: Literal['value'],
  b: Literal['value'],
): Literal['value'] | undefined {
  const areNumbers = isNumber(a) && isNumber(b);
  switch (operator) {
    case '+':
      return areNumbers || (typeof a === 'string' && typeof b === 'string') ? scalar(add(a, b)) : undefined;
    case '-':
      return areNumbers ? scalar(subtract(a, b)) : undefined;
    case '*':
      return areNumbers ? scalar(multiply(a, b)) : undefined;
    case '/':
      return areNumbers ? divide(a, b) : undefined;
    case '**':
      return areNumbers ? power(a, b) : undefined;
    case '%':
      return typeof a === 'bigint' && typeof b === 'bigint' ? modulo(a, b) : undefined;
    case '==':
      return typeof a === typeof b && typeof a !== 'number' && typeof a !== 'object' ? a === b : undefined;
    default:
      return undefined;
  }
}

function isNumber(value: Literal['value']): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number';
}

/** `filter(…)[0]` and `filter(…)[-1]` stop at what they find. */
function firstOrLast(node: Extract<Node, { kind: 'member' }>): Node | undefined {
  const { base, property, optional } = node;
  if (optional || base.kind !== 'builtin' || base.name !== 'filter' || !isInt(property)) return undefined;
  if (property.value === 0n) return { ...base, name: 'find', fails: true };
  return property.value === -1n ? { ...base, name: 'findLast', fails: true } : undefined;
}

function builtin(node: Builtin): Node {
  const [first] = node.args;
  const inner = first?.kind === 'builtin' && node.args.length === 1 ? first : undefined;
  if (inner?.name === 'filter') {
    if (node.name === 'first') return { ...inner, name: 'find' };
    if (node.name === 'last') return { ...inner, name: 'findLast' };
    if (node.name === 'len') return { ...inner, name: 'count' };
  }
  if (node.name === 'filter') return mergedFilters(node) ?? node;
  if (node.name !== 'sum' || node.args.length !== 1 || first === undefined) return node;
  if (inner?.name === 'map') return { ...node, args: inner.args };
  return summed(first) ?? seriesSum(first) ?? node;
}

/** A filter of a filter asks both questions in one walk. */
function mergedFilters(node: Builtin): Node | undefined {
  const [inner, second] = node.args;
  if (inner?.kind !== 'builtin' || inner.name !== 'filter' || second?.kind !== 'predicate') return undefined;
  const [array, first] = inner.args;
  if (array === undefined || first?.kind !== 'predicate') return undefined;
  return { ...node, args: [array, both(first, second, '&&')] };
}

/** One predicate of two. */
function both(first: Predicate, second: Predicate, operator: '&&' | '||'): Predicate {
  const { at } = first;
  const height = Math.max(first.height, second.height) + 1;
  const body: Binary = { kind: 'binary', at, height, operator, left: first.body, right: second.body };
  return { ...first, height, body: foldedLogic(body) ?? combined(body) ?? body };
}

/** `sum([a, b, c])` is a + (b + c), for strings too; arrays of constants are summed as arrays. */
function summed(array: Node): Node | undefined {
  if (array.kind !== 'array' || array.elements.length < 2) return undefined;
  if (array.elements.every((one) => one.kind === 'literal' && one.value !== null)) return undefined;
  const { at } = array;
  return array.elements.reduceRight((right, left): Node => ({
    kind: 'binary',
    at,
    height: Math.max(left.height, right.height) + 1,
    operator: '+',
    left,
    right,
  }));
}

/** The sum of a constant range needs no array. */
function seriesSum(range: Node): Node | undefined {
  if (range.kind !== 'binary' || range.operator !== '..' || !isInt(range.left) || !isInt(range.right)) return undefined;
  const { value: from } = range.left;
  const { value: to } = range.right;
  if (to < from) return undefined;
  // The product wraps around before it is halved, as in Go.
  return literal(BigInt.asIntN(64, (to - from + 1n) * (from + to)) / 2n, range.at);
}

const COMBINED: Readonly<Record<string, readonly ['&&' | '||', '&&' | '||']>> = {
  all: ['&&', '&&'],
  any: ['||', '||'],
  none: ['&&', '||'],
};

/** Two questions about the same elements are asked in one walk. */
function combined({ operator, left, right }: Binary): Node | undefined {
  if (left.kind !== 'builtin' || right.kind !== 'builtin' || left.name !== right.name) return undefined;
  const rule = Object.hasOwn(COMBINED, left.name) ? COMBINED[left.name] : undefined;
  if (rule?.[0] !== operator) return undefined;
  const [leftArray, leftPredicate] = left.args;
  const [rightArray, rightPredicate] = right.args;
  if (leftArray === undefined || rightArray === undefined) return undefined;
  if (leftPredicate?.kind !== 'predicate' || rightPredicate?.kind !== 'predicate') return undefined;
  if (shapeOf(leftArray) !== shapeOf(rightArray)) return undefined;
  return { ...left, args: [leftArray, both(leftPredicate, rightPredicate, rule[1])] };
}

/** The tree without its places. */
function shapeOf(node: Node): string {
  return JSON.stringify(node, (key, value: unknown) => {
    if (key === 'at' || key === 'height') return undefined;
    return typeof value === 'bigint' ? `${value}n` : value;
  });
}

/** `count(…) > n` stops when it knows. */
function counted({ operator, left, right, at, height }: Binary): Node | undefined {
  if (left.kind !== 'builtin' || left.name !== 'count' || left.args.length !== 2 || !isInt(right)) return undefined;
  if ((operator === '>' && right.value === 0n) || (operator === '>=' && right.value === 1n)) {
    return { ...left, name: 'any' };
  }
  const isStrict = operator === '>' || operator === '<=';
  if (!isStrict && operator !== '>=' && operator !== '<') return undefined;
  const threshold = Number(right.value) + (isStrict ? 1 : 0);
  if (right.value < 0n || threshold <= 1) return undefined;
  return { kind: 'binary', at, height, operator, left: { ...left, threshold }, right };
}
