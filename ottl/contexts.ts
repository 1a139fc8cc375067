// The contexts of OTTL, and which one a list of conditions or statements means.

import type { Call, Condition, Expression, Statement } from './ast.ts';

export const CONTEXTS = ['log', 'datapoint', 'metric', 'spanevent', 'span', 'profile', 'scope', 'resource'] as const;

/** What a statement runs on. */
export type Context = (typeof CONTEXTS)[number];

/** Profiles can be asked about, but not yet changed. */
export type StatementContext = Exclude<Context, 'profile'>;

/** The context of each first path segment that names one. */
const CONTEXT_NAMES: ReadonlyMap<string, Context> = new Map<string, Context>([
  ...CONTEXTS.map((name): [string, Context] => [name, name]),
  ['instrumentation_scope', 'scope'],
]);

/** The most specific context that a path of these trees names; undefined where none names any. */
export function inferContext(trees: readonly (Condition | Statement)[]): Context | undefined {
  let best: Context | undefined;
  for (const tree of trees) {
    visitPaths(tree, (first) => {
      const context = CONTEXT_NAMES.get(first);
      if (context === undefined) return;
      if (best === undefined || CONTEXTS.indexOf(context) < CONTEXTS.indexOf(best)) best = context;
    });
  }
  return best;
}

/** Calls `visit` with the first segment of every path, those in keys and arguments included. */
export function visitPaths(tree: Condition | Statement | Expression, visit: (first: string) => void): void {
  if (!('kind' in tree)) {
    visitCall(tree.editor, visit);
    if (tree.where) visitPaths(tree.where, visit);
    return;
  }
  switch (tree.kind) {
    case 'and':
    case 'or':
      for (const term of tree.terms) visitPaths(term, visit);
      break;
    case 'not':
      visitPaths(tree.inner, visit);
      break;
    case 'compare':
    case 'math':
      visitPaths(tree.left, visit);
      visitPaths(tree.right, visit);
      break;
    case 'test':
      visitCall(tree.call, visit);
      break;
    case 'call':
      visitCall(tree, visit);
      break;
    case 'list':
      for (const element of tree.elements) visitPaths(element, visit);
      break;
    case 'map':
      for (const [, value] of tree.entries) visitPaths(value, visit);
      break;
    case 'lambda': {
      const { params, body } = tree;
      visitPaths('value' in body ? body.value : body.condition, (first) => {
        if (!params.includes(first)) visit(first);
      });
      break;
    }
    case 'path':
      visit(tree.fields[0]?.name ?? '');
      for (const { keys } of tree.fields) for (const key of keys) visitPaths(key, visit);
      break;
    default:
  }
}

function visitCall(call: Call, visit: (first: string) => void): void {
  for (const { value } of call.args) visitPaths(value, visit);
  for (const key of call.keys) visitPaths(key, visit);
}
