// The syntax tree of an expression. Every node knows where it stands and how high the tree below it is.

interface Place {
  /** Offset in the source, from 0, in UTF-16 units. */
  readonly at: number;
  /** Levels from here to the deepest leaf, which bounds every recursion over the tree. */
  readonly height: number;
}

export type Node =
  | Literal
  | Identifier
  | Unary
  | Binary
  | Chain
  | Member
  | Slice
  | Call
  | Builtin
  | Predicate
  | Pointer
  | Let
  | Sequence
  | Conditional
  | ArrayLiteral
  | MapLiteral;

export interface Literal extends Place {
  readonly kind: 'literal';
  /** A bigint is an int, a number a float. */
  readonly value: null | boolean | bigint | number | string | Uint8Array;
}

export interface Identifier extends Place {
  readonly kind: 'identifier';
  readonly name: string;
}

export interface Unary extends Place {
  readonly kind: 'unary';
  readonly operator: '!' | '-' | '+';
  readonly operand: Node;
}

export interface Binary extends Place {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Node;
  readonly right: Node;
}

export type BinaryOperator =
  | '||'
  | '&&'
  | '=='
  | '!='
  | '<'
  | '>'
  | '>='
  | '<='
  | 'in'
  | 'matches'
  | 'contains'
  | 'startsWith'
  | 'endsWith'
  | '..'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '**'
  | '??';

/** What `?.` ends: where an optional member below it finds nil, all of it is nil. */
export interface Chain extends Place {
  readonly kind: 'chain';
  readonly inner: Node;
}

export interface Member extends Place {
  readonly kind: 'member';
  readonly base: Node;
  readonly property: Node;
  readonly optional: boolean;
  /** Called, and so a method. */
  readonly isMethod: boolean;
}

export interface Slice extends Place {
  readonly kind: 'slice';
  readonly base: Node;
  readonly from: Node | undefined;
  readonly to: Node | undefined;
}

export interface Call extends Place {
  readonly kind: 'call';
  readonly callee: Identifier | Member;
  readonly args: readonly Node[];
}

export interface Builtin extends Place {
  readonly kind: 'builtin';
  readonly name: string;
  readonly args: readonly Node[];
  /** Of `count`: enough is enough. Set by the optimiser. */
  readonly threshold?: number;
  /** Of `find` and `findLast`: fails where nothing is found. Set by the optimiser. */
  readonly fails?: boolean;
}

/** What a builtin does with each element. */
export interface Predicate extends Place {
  readonly kind: 'predicate';
  readonly body: Node;
}

/** `#`, `#index` and `#acc`; `.name` is a member of `#`. */
export interface Pointer extends Place {
  readonly kind: 'pointer';
  readonly name: string;
}

export interface Let extends Place {
  readonly kind: 'let';
  readonly name: string;
  readonly value: Node;
  readonly body: Node;
}

export interface Sequence extends Place {
  readonly kind: 'sequence';
  readonly nodes: readonly Node[];
}

export interface Conditional extends Place {
  readonly kind: 'conditional';
  readonly condition: Node;
  readonly whenTrue: Node;
  readonly otherwise: Node;
}

export interface ArrayLiteral extends Place {
  readonly kind: 'array';
  readonly elements: readonly Node[];
}

export interface MapLiteral extends Place {
  readonly kind: 'map';
  readonly pairs: readonly { readonly key: Node; readonly value: Node }[];
}

/** The nodes directly below one. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'unary':
      return [node.operand];
    case 'binary':
      return [node.left, node.right];
    case 'chain':
      return [node.inner];
    case 'member':
      return [node.base, node.property];
    case 'slice':
      return [node.base, node.from, node.to].filter((child) => child !== undefined);
    case 'call':
      return [node.callee, ...node.args];
    case 'builtin':
      return node.args;
    case 'predicate':
      return [node.body];
    case 'let':
      return [node.value, node.body];
    case 'sequence':
      return node.nodes;
    case 'conditional':
      return [node.condition, node.whenTrue, node.otherwise];
    case 'array':
      return node.elements;
    case 'map':
      return node.pairs.flatMap(({ key, value }) => [key, value]);
    default:
      return [];
  }
}
