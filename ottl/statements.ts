// Statements over the model of one item: what transforms. Each has an editor and may have a condition.

import type { Statement as Tree } from './ast.ts';
import { Compiler, type Environment } from './compile.ts';
import type { StatementContext } from './contexts.ts';
import type { Tools } from './function.ts';
import { CONVERTERS } from './functions/all.ts';
import { EDITORS } from './functions/editors/all.ts';
import { invalid, unknownName } from './errors.ts';
import type { ModelItem } from './model/item.ts';
import { MODEL_PATHS } from './model/paths.ts';
import { parseStatement, parseValueExpression } from './parser.ts';
import type { OttlValue } from './value.ts';

/** Changes the item and gives whether its condition held. Throws OttlEvaluationError where it can not be evaluated. */
export type ExecuteStatement = (item: ModelItem) => boolean;

export interface StatementOptions extends Tools {
  /**
   * Whether `set(target, nil)` empties its target, or fails where that can not be empty; else, which is the default, it
   * does nothing. This is the collector's gate ottl.set.allowNil, which is on in v0.161.
   */
  readonly allowNil?: boolean;
}

/** Compiles statements of one context. Paths may leave the context's name out. Throws an AgentError (OTTL_INVALID). */
export function compileStatements(
  texts: readonly string[],
  context: StatementContext,
  options: StatementOptions,
): ExecuteStatement[] {
  const environment = environmentOf(context, options);
  const { allowNil = false } = options;
  return texts.map((text) => compileStatement(parseStatement(text), { text, environment, allowNil }));
}

/** Compiles an expression that gives a value. Throws an AgentError (OTTL_INVALID). */
export function compileValueExpression(
  text: string,
  context: StatementContext,
  tools: Tools,
): (item: ModelItem) => OttlValue {
  return new Compiler(text, environmentOf(context, tools)).expression(parseValueExpression(text)).get;
}

function environmentOf(context: StatementContext, tools: Tools): Environment<ModelItem> {
  return {
    context,
    paths: MODEL_PATHS[context],
    converters: CONVERTERS,
    itemFunctions: context === 'span' ? { IsRootSpan: IS_ROOT_SPAN } : {},
    tools,
  };
}

const IS_ROOT_SPAN = {
  params: [],
  prepare: () => (item: ModelItem) => item.span.parentSpanId.every((byte) => byte === 0),
};

interface Surroundings {
  readonly text: string;
  readonly environment: Environment<ModelItem>;
  readonly allowNil: boolean;
}

function compileStatement(tree: Tree, { text, environment, allowNil }: Surroundings): ExecuteStatement {
  const compiler = new Compiler(text, environment);
  const edit = compileEdit(tree, compiler, { text, allowNil });
  const where = tree.where && compiler.condition(tree.where);
  return (item) => {
    if (where && !where(item)) return false;
    edit(item);
    return true;
  };
}

function compileEdit(
  { editor: call }: Tree,
  compiler: Compiler<ModelItem>,
  { text, allowNil }: Omit<Surroundings, 'environment'>,
): (item: ModelItem) => void {
  const editor = Object.hasOwn(EDITORS, call.name) ? EDITORS[call.name] : undefined;
  if (!editor) {
    throw unknownName(text, call.at, { what: 'editor', seen: call.name, known: Object.keys(EDITORS) });
  }
  if (call.keys.length > 0) throw invalid(text, call.at, `${call.name} gives no value to take a key of`);
  const [first, ...others] = compiler.bind(call, editor.params);
  if (!first) throw invalid(text, call.at, `${call.name} lacks its target`);
  const target = compiler.target(first.value);
  const functionAt = editor.params.findIndex((param) => param.replace('?', '') === editor.functionParam) - 1;
  const handedTree = functionAt < 0 ? undefined : others[functionAt]?.value;
  const handed = handedTree && compiler.handedOver(handedTree);
  const args = others.map((argument, index) =>
    argument === undefined || index === functionAt ? undefined : compiler.expression(argument.value),
  );
  const edit = compiler.prepared(call, call.name, () =>
    editor.prepare({
      constants: args.map((argument) => argument?.constant?.value),
      isGiven: others.map((argument) => argument !== undefined),
      handed,
      allowNil,
    }),
  );
  const isBlind = editor.isBlind === true;
  return (item) => {
    const values = args.map((argument) => argument?.get(item));
    const changed = edit(isBlind ? null : target.get(item), values);
    if (changed !== undefined) target.set(item, changed);
  };
}
