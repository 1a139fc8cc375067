// Parses expressions: operators by precedence (Pratt), as expr's parser of v1.17 does, with limits on size and nesting.

import type { BinaryOperator, Identifier, Member, Node } from './ast.ts';
import { childrenOf } from './ast.ts';

import { invalid } from './errors.ts';
import { tokenize } from './lexer.ts';
import { BINARY, COMPARISONS, NEGATABLE, PREDICATE_BUILTINS, UNARY, type Argument } from './operators.ts';
import { BUILTIN_NAMES } from './signatures.ts';
import type { Token } from './token.ts';
import { numberOf } from './number-literal.ts';

/** As in expr itself. */
const MAX_NODES = 10_000;
/** Deeper nesting would exhaust the stack here, and higher trees in what walks them. */
const MAX_DEPTH = 200;
const MAX_HEIGHT = 800;

/** A node without what `#make` adds. */
type Bare<T> = T extends Node ? Omit<T, 'height'> : never;

/** Throws EXPR_INVALID with the place. */
export function parseExpression(source: string): Node {
  return new Parser(source).parse();
}

class Parser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #nodes = 0;
  #depth = 0;
  /** Predicates around the current place. */
  #predicates = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokenize(source);
  }

  parse(): Node {
    const node = this.#sequence();
    if (this.#current.kind !== 'end') throw this.#unexpected();
    return node;
  }

  get #current(): Token {
    // Safe: the last token is the end, and nothing steps over it.
    return this.#tokens[this.#next] as Token;
  }

  #step(): Token {
    const token = this.#current;
    if (token.kind !== 'end') this.#next += 1;
    return token;
  }

  #is(kind: Token['kind'], text: string): boolean {
    const token = this.#current;
    return token.kind === kind && token.text === text;
  }

  #take(kind: Token['kind'], text: string): boolean {
    if (!this.#is(kind, text)) return false;
    this.#next += 1;
    return true;
  }

  #expect(kind: Token['kind'], text: string): void {
    if (!this.#take(kind, text)) throw this.#unexpected(`expected ${text}`);
  }

  #expectName(): Token {
    if (this.#current.kind !== 'identifier') throw this.#unexpected('expected a name');
    return this.#step();
  }

  #unexpected(mend?: string): Error {
    const { kind, text, at } = this.#current;
    if (kind === 'end') return invalid(this.#source, at, 'the expression ends too early', mend);
    return invalid(this.#source, at, `an unexpected ${kind === 'string' ? 'string' : text || kind}`, mend);
  }

  #make<T extends Node>(bare: Bare<T>): T {
    // Safe: the height is replaced below, and nothing reads it before.
    const draft = { ...bare, height: 0 } as unknown as T;
    let height = 0;
    for (const child of childrenOf(draft)) height = Math.max(height, child.height);
    this.#nodes += 1;
    if (this.#nodes > MAX_NODES) throw invalid(this.#source, bare.at, `more than ${MAX_NODES} parts`);
    if (height >= MAX_HEIGHT) throw invalid(this.#source, bare.at, `operators nested more than ${MAX_HEIGHT} deep`);
    return { ...draft, height: height + 1 };
  }

  /** `a; b; c`: the last one counts. */
  #sequence(): Node {
    const nodes = [this.#expression(0)];
    while (this.#take('operator', ';') && this.#current.kind !== 'end') nodes.push(this.#expression(0));
    const [first] = nodes;
    if (nodes.length === 1 && first !== undefined) return first;
    return this.#make({ kind: 'sequence', at: first?.at ?? 0, nodes });
  }

  #expression(precedence: number): Node {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw invalid(this.#source, this.#current.at, `nested more than ${MAX_DEPTH} deep`);
    const node = this.#expressionWithin(precedence);
    this.#depth -= 1;
    return node;
  }

  #expressionWithin(precedence: number): Node {
    if (precedence === 0 && this.#is('operator', 'let')) return this.#let();
    if (precedence === 0 && this.#is('operator', 'if')) return this.#if();
    let left = this.#primary();
    let previous = '';
    while (this.#current.kind === 'operator') {
      let token = this.#current;
      const not = token.text === 'not' ? token : undefined;
      if (not !== undefined) {
        const after = this.#tokens[this.#next + 1];
        if (after?.kind !== 'operator' || !NEGATABLE.has(after.text)) {
          this.#step();
          throw this.#unexpected();
        }
        if ((BINARY.get(after.text)?.precedence ?? -1) < precedence) break;
        this.#step();
        token = after;
      }
      const operator = BINARY.get(token.text);
      if (operator === undefined || operator.precedence < precedence) break;
      this.#step();
      if (token.text === '|') left = this.#call(this.#expectName(), [left]);
      else if (previous === '??' && token.text !== '??') {
        throw invalid(this.#source, token.at, `?? mixed with ${token.text}`, 'put one of them in parentheses');
      } else if (COMPARISONS.has(token.text)) left = this.#comparisons(left, token, operator.precedence);
      else {
        const right = this.#expression(operator.isRight ? operator.precedence : operator.precedence + 1);
        left = this.#make({ kind: 'binary', at: token.at, operator: operator.means, left, right });
        if (not !== undefined) left = this.#make({ kind: 'unary', at: not.at, operator: '!', operand: left });
      }
      previous = token.text;
    }
    return precedence === 0 ? this.#conditional(left) : left;
  }

  /** `1 < x < 10` is `1 < x && x < 10`. */
  #comparisons(first: Node, firstToken: Token, precedence: number): Node {
    let root: Node | undefined;
    let left = first;
    let token = firstToken;
    for (;;) {
      const right = this.#expression(precedence + 1);
      // Safe: COMPARISONS holds operators that mean themselves.
      const operator = token.text as BinaryOperator;
      const comparison: Node = this.#make({ kind: 'binary', at: token.at, operator, left, right });
      root =
        root === undefined
          ? comparison
          : this.#make({ kind: 'binary', at: token.at, operator: '&&', left: root, right: comparison });
      left = right;
      token = this.#current;
      if (token.kind !== 'operator' || !COMPARISONS.has(token.text)) return root;
      this.#step();
    }
  }

  #let(): Node {
    this.#step();
    const { text: name, at } = this.#expectName();
    this.#expect('operator', '=');
    const value = this.#expression(0);
    this.#expect('operator', ';');
    return this.#make({ kind: 'let', at, name, value, body: this.#sequence() });
  }

  #if(): Node {
    const { at } = this.#step();
    const condition = this.#expression(0);
    const whenTrue = this.#block();
    this.#expect('operator', 'else');
    const otherwise = this.#is('operator', 'if') ? this.#expression(0) : this.#block();
    return this.#make({ kind: 'conditional', at, condition, whenTrue, otherwise });
  }

  #block(): Node {
    this.#expect('bracket', '{');
    const node = this.#sequence();
    this.#expect('bracket', '}');
    return node;
  }

  #conditional(first: Node): Node {
    let node = first;
    while (this.#is('operator', '?')) {
      const { at } = this.#step();
      let whenTrue = node;
      if (!this.#take('operator', ':')) {
        whenTrue = this.#expression(0);
        this.#expect('operator', ':');
      }
      node = this.#make({ kind: 'conditional', at, condition: node, whenTrue, otherwise: this.#expression(0) });
    }
    return node;
  }

  #primary(): Node {
    const token = this.#current;
    const unary = token.kind === 'operator' ? UNARY.get(token.text) : undefined;
    if (unary !== undefined) {
      this.#step();
      const operand = this.#expression(unary.precedence);
      return this.#postfix(this.#make({ kind: 'unary', at: token.at, operator: unary.means, operand }));
    }
    if (this.#take('bracket', '(')) {
      const node = this.#sequence();
      this.#expect('bracket', ')');
      return this.#postfix(node);
    }
    if (this.#predicates > 0 && (this.#is('operator', '#') || this.#is('operator', '.'))) {
      let name = '';
      if (this.#take('operator', '#') && this.#current.kind === 'identifier') name = this.#step().text;
      return this.#postfix(this.#make({ kind: 'pointer', at: token.at, name }));
    }
    if (this.#take('operator', '::')) return this.#postfix(this.#call(this.#expectName(), []));
    return this.#secondary(token);
  }

  #secondary(token: Token): Node {
    const { at, text } = token;
    switch (token.kind) {
      case 'identifier': {
        this.#step();
        if (text === 'true' || text === 'false') return this.#make({ kind: 'literal', at, value: text === 'true' });
        if (text === 'nil') return this.#make({ kind: 'literal', at, value: null });
        if (this.#is('bracket', '(')) return this.#postfix(this.#call(token, []));
        return this.#postfix(this.#make<Identifier>({ kind: 'identifier', at, name: text }));
      }
      case 'number': {
        this.#step();
        const value = numberOf(text);
        if (value === undefined) throw invalid(this.#source, at, `${text} is no number, or too large`);
        return this.#make({ kind: 'literal', at, value });
      }
      case 'string':
        this.#step();
        return this.#postfix(this.#make({ kind: 'literal', at, value: text }));
      case 'bytes':
        this.#step();
        return this.#postfix(this.#make({ kind: 'literal', at, value: token.bytes ?? new Uint8Array() }));
      default:
        if (this.#take('bracket', '[')) return this.#postfix(this.#array(at));
        if (this.#take('bracket', '{')) return this.#postfix(this.#map(at));
        throw this.#unexpected();
    }
  }

  #array(at: number): Node {
    return this.#make({ kind: 'array', at, elements: this.#list(']', []) });
  }

  /** Expressions up to the closing bracket; a comma may come after the last one. */
  #list(close: string, before: readonly Node[]): Node[] {
    const nodes = [...before];
    while (!this.#take('bracket', close)) {
      if (nodes.length > before.length) {
        this.#expect('operator', ',');
        if (this.#take('bracket', close)) break;
      }
      nodes.push(this.#expression(0));
    }
    return nodes;
  }

  #map(at: number): Node {
    const pairs: { key: Node; value: Node }[] = [];
    while (!this.#take('bracket', '}')) {
      if (pairs.length > 0) {
        this.#expect('operator', ',');
        if (this.#take('bracket', '}')) break;
      }
      const key = this.#mapKey();
      this.#expect('operator', ':');
      pairs.push({ key, value: this.#expression(0) });
      this.#nodes += 1;
    }
    return this.#make({ kind: 'map', at, pairs });
  }

  #mapKey(): Node {
    const { kind, text, at } = this.#current;
    if (kind === 'number' || kind === 'string' || kind === 'identifier') {
      this.#step();
      return this.#make({ kind: 'literal', at, value: text });
    }
    if (this.#is('bracket', '(')) return this.#expression(0);
    throw this.#unexpected('a key is a name, a number, a string, or an expression in parentheses');
  }

  /** `piped` is what stands before a `|`. */
  #call(token: Token, piped: readonly Node[]): Node {
    const { text: name, at } = token;
    const shape = PREDICATE_BUILTINS.get(name);
    this.#expect('bracket', '(');
    if (shape !== undefined) return this.#make({ kind: 'builtin', at, name, args: this.#predicateArgs(shape, piped) });
    const args = this.#list(')', piped);
    if (BUILTIN_NAMES.has(name)) return this.#make({ kind: 'builtin', at, name, args });
    const callee = this.#make<Identifier>({ kind: 'identifier', at, name });
    return this.#make({ kind: 'call', at, callee, args });
  }

  #predicateArgs(shape: readonly Argument[], piped: readonly Node[]): Node[] {
    const args = [...piped];
    for (const [index, { kind, isOptional }] of shape.slice(piped.length).entries()) {
      if (this.#is('bracket', ')')) {
        if (isOptional) break;
        throw this.#unexpected(`expected ${shape.filter((one) => !one.isOptional).length} arguments or more`);
      }
      if (index > 0) this.#expect('operator', ',');
      args.push(kind === 'value' ? this.#expression(0) : this.#predicate());
    }
    this.#take('operator', ',');
    this.#expect('bracket', ')');
    return args;
  }

  #predicate(): Node {
    const { at } = this.#current;
    const hasBrackets = this.#take('bracket', '{');
    this.#predicates += 1;
    const body = hasBrackets ? this.#sequence() : this.#expression(0);
    if (!hasBrackets && this.#is('operator', ';')) throw this.#unexpected('put the predicate into { }');
    this.#predicates -= 1;
    if (hasBrackets) this.#expect('bracket', '}');
    return this.#make({ kind: 'predicate', at, body });
  }

  #postfix(first: Node): Node {
    let node = first;
    for (;;) {
      const { at } = this.#current;
      if (this.#take('bracket', '[')) node = this.#index(node, at, false);
      else if (this.#take('operator', '.')) node = this.#member(node, false);
      else if (this.#take('operator', '?.')) {
        node = this.#take('bracket', '[') ? this.#index(node, at, true) : this.#member(node, true);
      } else return node;
    }
  }

  #member(before: Node, optional: boolean): Node {
    const { kind, text, at } = this.#current;
    if (kind !== 'identifier' && (kind !== 'operator' || !/^[a-zA-Z]+$/.test(text))) {
      throw this.#unexpected('expected the name of a member');
    }
    this.#step();
    const property = this.#make<Node>({ kind: 'literal', at, value: text });
    const base = before.kind === 'chain' ? before.inner : before;
    const isMethod = this.#take('bracket', '(');
    const member = this.#make<Member>({ kind: 'member', at, base, property, optional, isMethod });
    const node: Node = isMethod ? this.#make({ kind: 'call', at, callee: member, args: this.#list(')', []) }) : member;
    return before.kind === 'chain' || optional ? this.#make({ kind: 'chain', at, inner: node }) : node;
  }

  /** After `[`: an index, or a slice. */
  #index(base: Node, at: number, optional: boolean): Node {
    const from = this.#is('operator', ':') ? undefined : this.#expression(0);
    if (this.#take('operator', ':')) {
      const to = this.#is('bracket', ']') ? undefined : this.#expression(0);
      this.#expect('bracket', ']');
      return this.#make({ kind: 'slice', at, base, from, to });
    }
    this.#expect('bracket', ']');
    if (from === undefined) throw this.#unexpected();
    const member = this.#make<Member>({ kind: 'member', at, base, property: from, optional, isMethod: false });
    return optional ? this.#make({ kind: 'chain', at, inner: member }) : member;
  }
}
