// Parses statements, conditions and value expressions: recursive descent over the grammar of pkg/ottl.

import type { Argument, Call, Condition, Expression, Field, Lambda, Statement } from './ast.ts';
import { AgentError } from '../pipeline/errors.ts';
import { invalid } from './errors.ts';
import { tokenize, unquote, type Token } from './lexer.ts';
import type { Comparison } from './value.ts';

/** `set(attributes["a"], 1) where name == "x"`. Throws an AgentError with the position. */
export function parseStatement(text: string): Statement {
  const parser = new Parser(text);
  const statement = parser.statement();
  parser.end();
  return statement;
}

/** `attributes["a"] == 1 and IsRootSpan()`. */
export function parseCondition(text: string): Condition {
  const parser = new Parser(text);
  const condition = parser.or();
  parser.end();
  return condition;
}

export function parseValueExpression(text: string): Expression {
  const parser = new Parser(text);
  const value = parser.value();
  parser.end();
  return value;
}

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
const RESERVED: ReadonlySet<string> = new Set(['not', 'or', 'and', 'where', 'true', 'false', 'nil']);

/** What may follow a condition in parentheses: the end of what is around it, which may be a call with a lambda. */
const AFTER_CONDITIONS: ReadonlySet<string> = new Set([')', ',', ']', '}']);
const PARAMETER = /^(?:[a-z][a-z0-9_]*|_)$/;

/** Deeper nesting would exhaust the stack. */
const MAX_DEPTH = 200;
/** A body may be read twice, so that each one within another doubles the time. */
const MAX_LAMBDAS = 8;

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;
  #lambdas = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  statement(): Statement {
    const { at, text } = this.#peek();
    const editor = this.#primary();
    if (editor.kind !== 'call' || !/^[a-z]/.test(text)) {
      throw invalid(this.#text, at, 'a statement begins with an editor, such as set(...)');
    }
    const where = this.#takeName('where') ? this.or() : undefined;
    return { at, editor, where };
  }

  end(): void {
    if (this.#peek().kind !== 'end') throw this.#unexpected('the end of the statement');
  }

  or(): Condition {
    return this.#chain('or', () => this.#chain('and', () => this.#not()));
  }

  value(): Expression {
    const params = this.#lambdaParams();
    return params ? this.#lambda(params) : this.#sum();
  }

  #sum(): Expression {
    let left = this.#product();
    for (;;) {
      const { at, text } = this.#peek();
      if (!this.#takeSymbol('+') && !this.#takeSymbol('-')) return left;
      left = { kind: 'math', at, op: text === '+' ? '+' : '-', left, right: this.#product() };
    }
  }

  /** The parameters of a lambda that begins here, and steps over them and the arrow; undefined where none begins. */
  #lambdaParams(): string[] | undefined {
    if (this.#peek().text !== '(') return undefined;
    const params: string[] = [];
    let next = this.#next + 1;
    for (; this.#tokens[next]?.kind === 'name'; next += 1) {
      params.push(this.#tokens[next]?.text ?? '');
      if (this.#tokens[next + 1]?.text !== ',') {
        next += 1;
        break;
      }
      next += 1;
    }
    if (this.#tokens[next]?.text !== ')' || this.#tokens[next + 1]?.text !== '=>') return undefined;
    const { at } = this.#peek();
    for (const [index, param] of params.entries()) {
      if (!PARAMETER.test(param) || RESERVED.has(param)) {
        throw invalid(this.#text, at, `${param} can not be the name of a parameter; names are in small letters`);
      }
      if (param !== '_' && params.indexOf(param) < index)
        throw invalid(this.#text, at, `two parameters named ${param}`);
    }
    this.#next = next + 2;
    return params;
  }

  /** A value, or a condition where what follows the value says so, or where there is none. */
  #lambda(params: readonly string[]): Lambda {
    const start = this.#next;
    const { at } = this.#peek();
    if (this.#lambdas >= MAX_LAMBDAS) throw invalid(this.#text, at, `more than ${MAX_LAMBDAS} nested lambdas`);
    this.#lambdas += 1;
    this.#enter();
    try {
      const value = this.#lambdaValue();
      if (value?.kind === 'lambda') throw invalid(this.#text, at, 'the body of a lambda can not be a lambda');
      if (value) return { kind: 'lambda', at, params, body: { value } };
      this.#next = start;
      return { kind: 'lambda', at, params, body: { condition: this.or() } };
    } finally {
      this.#lambdas -= 1;
      this.#depth -= 1;
    }
  }

  #lambdaValue(): Expression | undefined {
    try {
      const value = this.value();
      const { kind, text } = this.#peek();
      return COMPARISONS.has(text) || (kind === 'name' && (text === 'or' || text === 'and')) ? undefined : value;
    } catch (error) {
      if (error instanceof AgentError) return undefined;
      throw error;
    }
  }

  #chain(kind: 'or' | 'and', inner: () => Condition): Condition {
    const { at } = this.#peek();
    const terms = [inner()];
    while (this.#takeName(kind)) terms.push(inner());
    const [only] = terms;
    return terms.length === 1 && only ? only : { kind, at, terms };
  }

  #not(): Condition {
    const { at } = this.#peek();
    if (this.#takeName('not')) return { kind: 'not', at, inner: this.#boolean() };
    return this.#boolean();
  }

  #boolean(): Condition {
    const start = this.#peek();
    if (start.text === '(' && start.kind === 'symbol') {
      const group = this.#group();
      if (group !== undefined) return group;
    }
    const left = this.value();
    const { at, text } = this.#peek();
    if (COMPARISONS.has(text)) {
      this.#next += 1;
      // Safe: COMPARISONS holds exactly the members of the type.
      return { kind: 'compare', at, op: text as Comparison, left, right: this.value() };
    }
    if (left.kind === 'literal' && typeof left.value === 'boolean') return { kind: 'constant', at, value: left.value };
    if (left.kind === 'call' && /^[A-Z]/.test(left.name)) return { kind: 'test', at: left.at, call: left };
    throw this.#unexpected('a comparison (== != < <= > >=)');
  }

  /** A condition in parentheses; undefined where the parenthesis belongs to arithmetic. */
  #group(): Condition | undefined {
    const start = this.#next;
    this.#enter();
    this.#next += 1;
    try {
      const inner = this.or();
      this.#expect(')');
      const { kind, text } = this.#peek();
      if (kind !== 'symbol' || AFTER_CONDITIONS.has(text)) return inner;
    } catch (error) {
      const failed = this.#next;
      if (this.#isArithmetic(start)) return undefined;
      this.#next = failed;
      throw error;
    } finally {
      this.#depth -= 1;
    }
    this.#next = start;
    return undefined;
  }

  /** Whether what begins at this token can be read as a value that is compared. */
  #isArithmetic(start: number): boolean {
    this.#next = start;
    try {
      this.value();
      return COMPARISONS.has(this.#peek().text);
    } catch {
      return false;
    } finally {
      this.#next = start;
    }
  }

  #product(): Expression {
    let left = this.#atom();
    for (;;) {
      const { at, text } = this.#peek();
      if (!this.#takeSymbol('*') && !this.#takeSymbol('/')) return left;
      left = { kind: 'math', at, op: text === '*' ? '*' : '/', left, right: this.#atom() };
    }
  }

  #atom(): Expression {
    this.#enter();
    try {
      const { at } = this.#peek();
      if (this.#takeSymbol('+')) return this.#operand(at);
      if (this.#takeSymbol('-')) return negated(this.#operand(at), at);
      if (!this.#takeSymbol('(')) return this.#primary();
      const inner = this.#sum();
      this.#expect(')');
      return inner;
    } finally {
      this.#depth -= 1;
    }
  }

  /** What a sign may stand before. */
  #operand(at: number): Expression {
    const isGroup = this.#takeSymbol('(');
    const value = isGroup ? this.#sum() : this.#primary();
    if (isGroup) this.#expect(')');
    const isNumber = value.kind === 'literal' && (typeof value.value === 'bigint' || typeof value.value === 'number');
    if (isNumber || value.kind === 'path' || value.kind === 'call' || value.kind === 'math') return value;
    throw invalid(this.#text, at, 'a sign before something that is no number');
  }

  #primary(): Expression {
    const token = this.#peek();
    const { at, kind, text } = token;
    switch (kind) {
      case 'string':
        this.#next += 1;
        return { kind: 'literal', at, value: unquote(this.#text, token) };
      case 'float':
        this.#next += 1;
        return { kind: 'literal', at, value: Number(text) };
      case 'int':
        this.#next += 1;
        return { kind: 'literal', at, value: this.#int64(token) };
      case 'bytes':
        this.#next += 1;
        if (text.length % 2 === 1) throw invalid(this.#text, at, 'bytes with half a byte at the end');
        return { kind: 'literal', at, value: new Uint8Array(Buffer.from(text.slice(2), 'hex')) };
      case 'name':
        return this.#named();
      default:
        if (this.#takeSymbol('[')) return { kind: 'list', at, elements: this.#list(']', () => this.value()) };
        if (this.#takeSymbol('{')) return { kind: 'map', at, entries: this.#list('}', () => this.#mapEntry()) };
        throw this.#unexpected('a value');
    }
  }

  #int64(token: Token): bigint {
    const value = BigInt(token.text);
    if (BigInt.asIntN(64, value) !== value)
      throw invalid(this.#text, token.at, `${token.text} is not a 64-bit integer`);
    return value;
  }

  #named(): Expression {
    const { at, text } = this.#peek();
    if (text === 'true' || text === 'false') {
      this.#next += 1;
      return { kind: 'literal', at, value: text === 'true' };
    }
    if (text === 'nil') {
      this.#next += 1;
      return { kind: 'literal', at, value: null };
    }
    if (RESERVED.has(text)) throw this.#unexpected('a value');
    this.#next += 1;
    if (this.#takeSymbol('(')) return this.#call(text, at);
    if (/^[A-Z]/.test(text)) return { kind: 'symbol', at, name: text };
    const fields: Field[] = [{ at, name: text, keys: this.#keys() }];
    while (this.#takeSymbol('.')) {
      const field = this.#peek();
      if (field.kind !== 'name') throw this.#unexpected('a field name');
      this.#next += 1;
      fields.push({ at: field.at, name: field.text, keys: this.#keys() });
    }
    return { kind: 'path', at, fields };
  }

  #call(name: string, at: number): Call {
    let named = false;
    const args = this.#list(')', (): Argument => {
      const start = this.#peek();
      const isNamed = start.kind === 'name' && this.#tokens[this.#next + 1]?.text === '=';
      if (isNamed) this.#next += 2;
      else if (named) throw this.#unexpected('a named argument, as those before it');
      named = isNamed;
      return { at: start.at, name: isNamed ? start.text : undefined, value: this.value() };
    });
    return { kind: 'call', at, name, args, keys: this.#keys() };
  }

  #mapEntry(): readonly [string, Expression] {
    const token = this.#peek();
    if (token.kind !== 'string') throw this.#unexpected('a key in quotes');
    this.#next += 1;
    this.#expect(':');
    return [unquote(this.#text, token), this.value()];
  }

  #keys(): Expression[] {
    const keys: Expression[] = [];
    while (this.#takeSymbol('[')) {
      keys.push(this.value());
      this.#expect(']');
    }
    return keys;
  }

  #list<T>(close: string, element: () => T): T[] {
    const elements: T[] = [];
    if (this.#takeSymbol(close)) return elements;
    do elements.push(element());
    while (this.#takeSymbol(','));
    this.#expect(close);
    return elements;
  }

  #enter(): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw invalid(this.#text, this.#peek().at, `more than ${MAX_DEPTH} nested values`);
  }

  #peek(): Token {
    // Safe: the last token is `end`, which nothing consumes.
    return this.#tokens[this.#next] as Token;
  }

  #takeName(text: string): boolean {
    return this.#take('name', text);
  }

  #takeSymbol(text: string): boolean {
    return this.#take('symbol', text);
  }

  #take(kind: Token['kind'], text: string): boolean {
    const token = this.#peek();
    if (token.kind !== kind || token.text !== text) return false;
    this.#next += 1;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#takeSymbol(symbol)) throw this.#unexpected(symbol);
  }

  #unexpected(expected: string): Error {
    const { at, text, kind } = this.#peek();
    const seen = kind === 'end' ? 'the end' : text;
    return invalid(this.#text, at, `expected ${expected}, found ${seen}`);
  }
}

/** A number with its sign turned, or 0 minus what is computed. */
function negated(value: Expression, at: number): Expression {
  if (value.kind === 'literal' && typeof value.value === 'bigint') return { ...value, at, value: -value.value };
  if (value.kind === 'literal' && typeof value.value === 'number') return { ...value, at, value: -value.value };
  return { kind: 'math', at, op: '-', left: { kind: 'literal', at, value: 0n }, right: value };
}
