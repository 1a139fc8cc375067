// XPath 1.0 over XmlNode, as far as selecting nodes goes: all axes but namespace, predicates, the core functions.
// Source: https://www.w3.org/TR/xpath-10/. The nodes of a union come in the order of its parts, as in the collector.

import type { XmlAttribute, XmlNode } from './document.ts';
import { parseXPath, type Axis, type Expression, type NodeTest, type PathExpression } from './xpath-syntax.ts';

/** What an expression selects: a node, or an attribute of one. */
export type Selected = XmlNode | SelectedAttribute;

export class SelectedAttribute {
  readonly owner: XmlNode;
  readonly attribute: XmlAttribute;

  constructor(owner: XmlNode, attribute: XmlAttribute) {
    this.owner = owner;
    this.attribute = attribute;
  }
}

export type Selector = (document: XmlNode) => readonly Selected[];

/** Throws an Error where the expression is malformed or does not select nodes. */
export function compileXPath(text: string): Selector {
  const tree = parseXPath(text);
  if (tree.kind !== 'path' && tree.kind !== 'union') throw new Error('expression must evaluate to a node-set');
  return (document) => nodesOf(evaluate(tree, { node: document, position: 1, size: 1 }));
}

type Value = string | number | boolean | readonly Selected[];

interface Context {
  readonly node: Selected;
  readonly position: number;
  readonly size: number;
}

function evaluate(tree: Expression, context: Context): Value {
  switch (tree.kind) {
    case 'literal':
      return tree.value;
    case 'path':
      return selectPath(tree, context);
    case 'union':
      return distinct(tree.parts.flatMap((part) => nodesOf(evaluate(part, context))));
    case 'negative':
      return -numberOf(evaluate(tree.operand, context));
    case 'call':
      return call(tree.name, tree.args, context);
    default:
      return operate(tree.operator, tree.left, tree.right, context);
  }
}

function selectPath(tree: PathExpression, context: Context): readonly Selected[] {
  let nodes: readonly Selected[];
  if (tree.start !== undefined) {
    nodes = filtered(nodesOf(evaluate(tree.start, context)), tree.startPredicates);
  } else nodes = tree.isAbsolute ? [rootOf(context.node)] : [context.node];
  for (const { axis, test, predicates } of tree.steps) {
    nodes = distinct(
      nodes.flatMap((node) =>
        filtered(
          alongAxis(axis, node).filter((each) => fits(test, each, axis)),
          predicates,
        ),
      ),
    );
  }
  return tree.steps.some(({ axis }) => !KEEPS_ORDER.has(axis)) ? inDocumentOrder(nodes) : nodes;
}

/** Steps along these axes from nodes in document order give nodes in document order. */
const KEEPS_ORDER: ReadonlySet<Axis> = new Set(['self', 'child', 'attribute', 'parent']);

function inDocumentOrder(nodes: readonly Selected[]): readonly Selected[] {
  const [first] = nodes;
  if (first === undefined || nodes.length === 1) return nodes;
  const root = rootOf(first);
  const places = new Map([root, ...descendantsOf(root)].map((node, place) => [node, place]));
  const placeOf = (node: Selected): number =>
    places.get(node instanceof SelectedAttribute ? node.owner : node) ?? places.size;
  // Sorting is stable, so that attributes of one element keep their order.
  return nodes.toSorted((a, b) => placeOf(a) - placeOf(b));
}

function filtered(nodes: readonly Selected[], predicates: readonly Expression[]): readonly Selected[] {
  let kept = nodes;
  for (const predicate of predicates) {
    const size = kept.length;
    kept = kept.filter((node, index) => {
      const value = evaluate(predicate, { node, position: index + 1, size });
      return typeof value === 'number' ? value === index + 1 : booleanOf(value);
    });
  }
  return kept;
}

/** Nodes along an axis, nearest first. */
function alongAxis(axis: Axis, node: Selected): readonly Selected[] {
  if (node instanceof SelectedAttribute) {
    if (axis === 'self' || axis === 'descendant-or-self') return [node];
    if (axis === 'parent') return [node.owner];
    if (axis === 'ancestor' || axis === 'ancestor-or-self') return [node.owner, ...ancestorsOf(node.owner)];
    return [];
  }
  switch (axis) {
    case 'self':
      return [node];
    case 'child':
      return node.children;
    case 'attribute':
      if (node.type !== 'element') return [];
      return node.attributes.map((attribute) => new SelectedAttribute(node, attribute));
    case 'parent':
      return node.parent ? [node.parent] : [];
    case 'descendant':
      return descendantsOf(node);
    case 'descendant-or-self':
      return [node, ...descendantsOf(node)];
    case 'ancestor':
      return ancestorsOf(node);
    case 'ancestor-or-self':
      return [node, ...ancestorsOf(node)];
    case 'following-sibling':
      return siblingsOf(node, 1);
    case 'preceding-sibling':
      return siblingsOf(node, -1);
    case 'following':
      return [node, ...ancestorsOf(node)].flatMap((each) => siblingsOf(each, 1)).flatMap(withDescendants);
    default:
      return [node, ...ancestorsOf(node)]
        .flatMap((each) => siblingsOf(each, -1))
        .flatMap((each) => withDescendants(each).toReversed());
  }
}

function withDescendants(node: XmlNode): readonly XmlNode[] {
  return [node, ...descendantsOf(node)];
}

/** In document order; a loop, since documents nest deep. */
function descendantsOf(node: XmlNode): readonly XmlNode[] {
  const found: XmlNode[] = [];
  const stack = node.children.toReversed();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    found.push(next);
    for (let at = next.children.length - 1; at >= 0; at -= 1) stack.push(next.children[at] as XmlNode); // safe: at < length
  }
  return found;
}

function ancestorsOf(node: XmlNode): readonly XmlNode[] {
  const found: XmlNode[] = [];
  for (let up = node.parent; up !== undefined; up = up.parent) found.push(up);
  return found;
}

function siblingsOf(node: XmlNode, direction: 1 | -1): readonly XmlNode[] {
  const siblings = node.parent?.children ?? [];
  const at = siblings.indexOf(node);
  return direction === 1 ? siblings.slice(at + 1) : siblings.slice(0, at).toReversed();
}

function rootOf(node: Selected): XmlNode {
  let top = node instanceof SelectedAttribute ? node.owner : node;
  while (top.parent !== undefined) top = top.parent;
  return top;
}

function fits(test: NodeTest, node: Selected, axis: Axis): boolean {
  const isAttribute = node instanceof SelectedAttribute;
  switch (test.kind) {
    case 'node':
      return true;
    case 'text':
      return !isAttribute && (node.type === 'text' || node.type === 'cdata');
    case 'comment':
      return !isAttribute && node.type === 'comment';
    default: {
      // A name means an attribute on the attribute axis, an element on every other.
      const named = isAttribute ? node.attribute : node;
      if (isAttribute !== (axis === 'attribute') && axis !== 'self') return false;
      if (!isAttribute && node.type !== 'element') return false;
      if (test.name === '*') return test.prefix === undefined || named.prefix === test.prefix;
      return named.name === test.name && named.prefix === (test.prefix ?? '');
    }
  }
}

/** Each node once. Attributes are told apart by what they are of, since selecting makes new ones. */
function distinct(nodes: readonly Selected[]): readonly Selected[] {
  const seen = new Set<object>();
  return nodes.filter((node) => {
    const identity = node instanceof SelectedAttribute ? node.attribute : node;
    if (seen.has(identity)) return false;
    seen.add(identity);
    return true;
  });
}

function nodesOf(value: Value): readonly Selected[] {
  if (typeof value === 'object') return value;
  throw new Error('expression must evaluate to a node-set');
}

function textOfNode(node: Selected): string {
  if (node instanceof SelectedAttribute) return node.attribute.value;
  return node.type === 'comment' ? node.text : node.innerText;
}

function stringOf(value: Value): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return String(value);
  const [first] = value;
  return first === undefined ? '' : textOfNode(first);
}

function numberOf(value: Value): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  const text = stringOf(value).trim();
  return /^-?(?:\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
}

function booleanOf(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0 && !Number.isNaN(value);
  return value.length > 0;
}

function operate(operator: string, left: Expression, right: Expression, context: Context): Value {
  const a = evaluate(left, context);
  if (operator === 'or') return booleanOf(a) || booleanOf(evaluate(right, context));
  if (operator === 'and') return booleanOf(a) && booleanOf(evaluate(right, context));
  const b = evaluate(right, context);
  switch (operator) {
    case '+':
      return numberOf(a) + numberOf(b);
    case '-':
      return numberOf(a) - numberOf(b);
    case '*':
      return numberOf(a) * numberOf(b);
    case 'div':
      return numberOf(a) / numberOf(b);
    case 'mod':
      return numberOf(a) % numberOf(b);
    default:
      return compare(operator, a, b);
  }
}

/** A node set compares as true when one of its nodes does. */
function compare(operator: string, a: Value, b: Value): boolean {
  if (typeof a === 'object' && typeof b !== 'boolean') {
    return a.some((node) => compare(operator, sameKind(textOfNode(node), b), b));
  }
  if (typeof b === 'object' && typeof a !== 'boolean') {
    return b.some((node) => compare(operator, a, sameKind(textOfNode(node), a)));
  }
  if (operator === '=' || operator === '!=') return equal(a, b) === (operator === '=');
  const x = numberOf(a);
  const y = numberOf(b);
  if (operator === '<') return x < y;
  if (operator === '<=') return x <= y;
  return operator === '>' ? x > y : x >= y;
}

function sameKind(text: string, other: Value): Value {
  return typeof other === 'number' ? numberOf(text) : text;
}

function equal(a: Value, b: Value): boolean {
  if (typeof a === 'boolean' || typeof b === 'boolean') return booleanOf(a) === booleanOf(b);
  if (typeof a === 'number' || typeof b === 'number') return numberOf(a) === numberOf(b);
  return stringOf(a) === stringOf(b);
}

function call(name: string, args: readonly Expression[], context: Context): Value {
  const values = args.map((arg) => evaluate(arg, context));
  const first = values[0] ?? [context.node];
  const text = (index: number): string => stringOf(values[index] ?? '');
  switch (name) {
    case 'position':
      return context.position;
    case 'last':
      return context.size;
    case 'count':
      return nodesOf(first).length;
    case 'name':
      return nameOf(nodesOf(first)[0], true);
    case 'local-name':
      return nameOf(nodesOf(first)[0], false);
    case 'string':
      return stringOf(first);
    case 'concat':
      return values.map(stringOf).join('');
    case 'starts-with':
      return text(0).startsWith(text(1));
    case 'ends-with':
      return text(0).endsWith(text(1));
    case 'contains':
      return text(0).includes(text(1));
    case 'substring-before':
      return text(0).includes(text(1)) ? text(0).slice(0, text(0).indexOf(text(1))) : '';
    case 'substring-after':
      return text(0).includes(text(1)) ? text(0).slice(text(0).indexOf(text(1)) + text(1).length) : '';
    case 'substring':
      return substring(text(0), numberOf(values[1] ?? 1), values[2] === undefined ? Infinity : numberOf(values[2]));
    case 'string-length':
      return Array.from(stringOf(first)).length;
    case 'normalize-space':
      return stringOf(first).trim().replaceAll(/\s+/g, ' ');
    case 'translate':
      return translate(text(0), text(1), text(2));
    case 'lower-case':
      return stringOf(first).toLowerCase();
    case 'not':
      return !booleanOf(first);
    case 'boolean':
      return booleanOf(first);
    case 'true':
    case 'false':
      return name === 'true';
    case 'number':
      return numberOf(first);
    case 'sum':
      return nodesOf(first).reduce((sum, node) => sum + numberOf(textOfNode(node)), 0);
    case 'floor':
      return Math.floor(numberOf(first));
    case 'ceiling':
      return Math.ceil(numberOf(first));
    default:
      return Math.round(numberOf(first));
  }
}

function nameOf(node: Selected | undefined, isQualified: boolean): string {
  if (node === undefined) return '';
  const { prefix, name } = node instanceof SelectedAttribute ? node.attribute : node;
  return isQualified && prefix !== '' ? `${prefix}:${name}` : name;
}

/** Characters count from 1; positions round as the specification says. */
function substring(text: string, from: number, length: number): string {
  const start = Math.round(from);
  const end = start + Math.round(length);
  return Array.from(text)
    .filter((_, index) => index + 1 >= start && index + 1 < end)
    .join('');
}

function translate(text: string, from: string, to: string): string {
  const source = Array.from(from);
  const target = Array.from(to);
  return Array.from(text)
    .map((character) => {
      const at = source.indexOf(character);
      return at === -1 ? character : (target[at] ?? '');
    })
    .join('');
}
