// Reads XPath 1.0 expressions into trees.

export type Axis =
  | 'self'
  | 'child'
  | 'attribute'
  | 'parent'
  | 'descendant'
  | 'descendant-or-self'
  | 'ancestor'
  | 'ancestor-or-self'
  | 'following-sibling'
  | 'preceding-sibling'
  | 'following'
  | 'preceding';

const AXES: readonly Axis[] = [
  'self',
  'child',
  'attribute',
  'parent',
  'descendant',
  'descendant-or-self',
  'ancestor',
  'ancestor-or-self',
  'following-sibling',
  'preceding-sibling',
  'following',
  'preceding',
];

export type NodeTest =
  | { readonly kind: 'node' | 'text' | 'comment' }
  | { readonly kind: 'name'; readonly prefix: string | undefined; readonly name: string };

export interface Step {
  readonly axis: Axis;
  readonly test: NodeTest;
  readonly predicates: readonly Expression[];
}

export interface PathExpression {
  readonly kind: 'path';
  readonly isAbsolute: boolean;
  /** A path may begin with a call or an expression in parentheses. */
  readonly start: Expression | undefined;
  readonly startPredicates: readonly Expression[];
  readonly steps: readonly Step[];
}

export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number }
  | PathExpression
  | { readonly kind: 'union'; readonly parts: readonly Expression[] }
  | { readonly kind: 'negative'; readonly operand: Expression }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'operation'; readonly operator: string; readonly left: Expression; readonly right: Expression };

/** The functions and the fewest and most arguments they take. */
const FUNCTIONS: Readonly<Record<string, readonly [number, number]>> = {
  position: [0, 0],
  last: [0, 0],
  count: [1, 1],
  name: [0, 1],
  'local-name': [0, 1],
  string: [0, 1],
  concat: [2, 100],
  'starts-with': [2, 2],
  'ends-with': [2, 2],
  contains: [2, 2],
  'substring-before': [2, 2],
  'substring-after': [2, 2],
  substring: [2, 3],
  'string-length': [0, 1],
  'normalize-space': [0, 1],
  translate: [3, 3],
  'lower-case': [1, 1],
  not: [1, 1],
  boolean: [1, 1],
  true: [0, 0],
  false: [0, 0],
  number: [0, 1],
  sum: [1, 1],
  floor: [1, 1],
  ceiling: [1, 1],
  round: [1, 1],
};

/** From the weakest to the strongest. */
const PRECEDENCE: readonly (readonly string[])[] = [
  ['or'],
  ['and'],
  ['=', '!='],
  ['<', '<=', '>', '>='],
  ['+', '-'],
  ['*', 'div', 'mod'],
];

const TOKEN =
  /\s*(\/\/|::|\.\.|!=|<=|>=|[()[\].@,/|+=<>*$:-]|"[^"]*"|'[^']*'|\d+(?:\.\d*)?|\.\d+|[\p{L}_][\p{L}\p{N}_.-]*)/uy;
const MAX_LENGTH = 10_000;
const MAX_DEPTH = 100;

/** Throws an Error that says what was expected. */
export function parseXPath(text: string): Expression {
  const parser = new XPathParser(tokenize(text));
  return parser.whole();
}

function tokenize(text: string): readonly string[] {
  if (text.length > MAX_LENGTH) throw new Error(`the expression is longer than ${MAX_LENGTH} characters`);
  const tokens: string[] = [];
  let at = 0;
  const end = text.trimEnd().length;
  while (at < end) {
    TOKEN.lastIndex = at;
    const [whole = '', token] = TOKEN.exec(text) ?? [];
    if (token === undefined) throw new Error(`unexpected ${JSON.stringify(text.slice(at, at + 10))}`);
    tokens.push(token);
    at += whole.length;
  }
  return tokens;
}

class XPathParser {
  readonly #tokens: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  whole(): Expression {
    const expression = this.#expression();
    if (this.#peek() !== undefined) throw this.#unexpected('the end');
    return expression;
  }

  #expression(level = 0): Expression {
    const operators = PRECEDENCE[level];
    if (operators === undefined) return this.#unary();
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH * PRECEDENCE.length) throw new Error(`nested deeper than ${MAX_DEPTH}`);
    let left = this.#expression(level + 1);
    for (let operator = this.#peek(); operator !== undefined && operators.includes(operator); operator = this.#peek()) {
      this.#at += 1;
      left = { kind: 'operation', operator, left, right: this.#expression(level + 1) };
    }
    this.#depth -= 1;
    return left;
  }

  #unary(): Expression {
    if (this.#take('-')) return { kind: 'negative', operand: this.#unary() };
    const parts = [this.#path()];
    while (this.#take('|')) parts.push(this.#path());
    const [only] = parts;
    return parts.length === 1 && only ? only : { kind: 'union', parts };
  }

  #path(): Expression {
    const steps: Step[] = [];
    const first = this.#peek();
    let start: Expression | undefined;
    let startPredicates: readonly Expression[] = [];
    if (first === '/') {
      this.#at += 1;
      if (this.#startsStep()) steps.push(this.#step());
    } else if (first === '//') {
      this.#at += 1;
      steps.push(EVERYWHERE, this.#step());
    } else if (this.#startsPrimary()) {
      start = this.#primary();
      startPredicates = this.#predicates();
      const next = this.#peek();
      if (startPredicates.length === 0 && next !== '/' && next !== '//') return start;
    } else steps.push(this.#step());
    for (;;) {
      if (this.#take('//')) steps.push(EVERYWHERE);
      else if (!this.#take('/')) break;
      steps.push(this.#step());
    }
    return { kind: 'path', isAbsolute: first === '/' || first === '//', start, startPredicates, steps };
  }

  #startsPrimary(): boolean {
    const token = this.#peek() ?? '';
    if (token === '(' || /^["'\d]/.test(token) || /^\.\d/.test(token)) return true;
    return this.#peek(1) === '(' && !NODE_TYPES.has(token) && isName(token);
  }

  #primary(): Expression {
    const token = this.#next('an expression');
    if (token === '(') {
      const inner = this.#expression();
      this.#expect(')');
      return inner;
    }
    if (/^["']/.test(token)) return { kind: 'literal', value: token.slice(1, -1) };
    if (/^[\d.]/.test(token)) return { kind: 'literal', value: Number(token) };
    const limits = Object.hasOwn(FUNCTIONS, token) ? FUNCTIONS[token] : undefined;
    if (limits === undefined) throw new Error(`there is no function ${token}`);
    this.#expect('(');
    const args: Expression[] = [];
    if (!this.#take(')')) {
      do args.push(this.#expression());
      while (this.#take(','));
      this.#expect(')');
    }
    const [least, most] = limits;
    if (args.length < least || args.length > most) throw new Error(`${token}() takes ${least} to ${most} arguments`);
    return { kind: 'call', name: token, args };
  }

  #startsStep(): boolean {
    const token = this.#peek();
    return token !== undefined && (['.', '..', '@', '*'].includes(token) || isName(token));
  }

  #step(): Step {
    if (this.#take('.')) return { axis: 'self', test: { kind: 'node' }, predicates: this.#predicates() };
    if (this.#take('..')) return { axis: 'parent', test: { kind: 'node' }, predicates: this.#predicates() };
    let axis: Axis = 'child';
    if (this.#take('@')) axis = 'attribute';
    else if (this.#peek(1) === '::') {
      const name = this.#next('an axis');
      const known = AXES.find((each) => each === name);
      if (known === undefined) throw new Error(`there is no axis ${name}`);
      axis = known;
      this.#at += 1;
    }
    return { axis, test: this.#test(), predicates: this.#predicates() };
  }

  #test(): NodeTest {
    const token = this.#next('a node test');
    if (token === '*') return { kind: 'name', prefix: undefined, name: '*' };
    if (!isName(token)) throw new Error(`unexpected ${token}, expected a name`);
    if (this.#peek() === '(') {
      const kind = (['node', 'text', 'comment'] as const).find((each) => each === token);
      if (kind === undefined) throw new Error(`there is no node type ${token}`);
      this.#at += 1;
      this.#expect(')');
      return { kind };
    }
    if (!this.#take(':')) return { kind: 'name', prefix: undefined, name: token };
    const name = this.#next('a name');
    if (name !== '*' && !isName(name)) throw new Error(`unexpected ${name}, expected a name`);
    return { kind: 'name', prefix: token, name };
  }

  #predicates(): readonly Expression[] {
    const predicates: Expression[] = [];
    while (this.#take('[')) {
      predicates.push(this.#expression());
      this.#expect(']');
    }
    return predicates;
  }

  #peek(ahead = 0): string | undefined {
    return this.#tokens[this.#at + ahead];
  }

  #take(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#at += 1;
    return true;
  }

  #next(expected: string): string {
    const token = this.#peek();
    if (token === undefined) throw this.#unexpected(expected);
    this.#at += 1;
    return token;
  }

  #expect(token: string): void {
    if (!this.#take(token)) throw this.#unexpected(token);
  }

  #unexpected(expected: string): Error {
    return new Error(`unexpected ${this.#peek() ?? 'end'}, expected ${expected}`);
  }
}

const NODE_TYPES: ReadonlySet<string> = new Set(['node', 'text', 'comment']);

/** What `//` stands for. */
const EVERYWHERE: Step = { axis: 'descendant-or-self', test: { kind: 'node' }, predicates: [] };

function isName(token: string): boolean {
  return /^[\p{L}_]/u.test(token);
}
