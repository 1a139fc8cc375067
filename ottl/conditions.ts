// Lists of conditions over the views of a batch: what filters, counts and routes ask. Any condition that is true decides.

import { encodeUtf8 } from '../proto/otlp/text.ts';
import { Compiler, type Environment } from './compile.ts';
import { inferContext, type Context } from './contexts.ts';
import { AgentError } from '../pipeline/errors.ts';
import { CONVERTERS } from './functions/all.ts';
import type { ItemFunction, Tools } from './function.ts';
import { parseCondition } from './parser.ts';
import type { ViewItem } from './views/item.ts';
import { VIEW_PATHS } from './views/paths.ts';

/** A compiled condition; throws OttlEvaluationError where it can not be evaluated for an item. */
export type ConditionTest = (item: ViewItem) => boolean;

/** Compiles conditions of one context. Paths may leave the context's name out. Throws an AgentError (OTTL_INVALID). */
export function compileConditions(texts: readonly string[], context: Context, tools: Tools): ConditionTest[] {
  const environment = environmentOf(context, tools);
  return texts.map((text) => new Compiler(text, environment).condition(parseCondition(text)));
}

/** The context that the paths of these conditions name. Throws an AgentError where it is none of `allowed`. */
export function contextOfConditions(texts: readonly string[], allowed: readonly Context[]): Context {
  const context = inferContext(texts.map(parseCondition));
  if (context !== undefined && allowed.includes(context)) return context;
  const found = context === undefined ? 'no path names a context' : `the context ${context} does not fit this signal`;
  throw new AgentError('OTTL_INVALID', `${found} in: ${texts.join('; ')}`, {
    mend: `begin each path with one of ${allowed.map((name) => `${name}.`).join(', ')}`,
  });
}

function environmentOf(context: Context, tools: Tools): Environment<ViewItem> {
  return {
    context,
    paths: VIEW_PATHS[context],
    converters: CONVERTERS,
    itemFunctions: ITEM_FUNCTIONS[context] ?? {},
    tools,
  };
}

type ItemFunctions = Readonly<Record<string, ItemFunction<ViewItem>>>;

const ITEM_FUNCTIONS: Readonly<Partial<Record<Context, ItemFunctions>>> = {
  span: {
    IsRootSpan: {
      params: [],
      prepare: () => (item) => item.span.parentSpanId.every((byte) => byte === 0),
    },
  },
  metric: {
    HasAttrKeyOnDatapoint: {
      params: ['key'],
      prepare([key]) {
        const needle = encodeUtf8(constantText(key));
        return (item) => {
          for (const points = item.metric.dataPoints(); points.next();) {
            if (points.item.attributes.find(needle)) return true;
          }
          return false;
        };
      },
    },
    HasAttrOnDatapoint: {
      params: ['key', 'expected_val'],
      prepare([key, expected]) {
        const needle = encodeUtf8(constantText(key));
        const value = encodeUtf8(constantText(expected));
        return (item) => {
          // The first point that has the key decides, as in the collector.
          for (const points = item.metric.dataPoints(); points.next();) {
            const found = points.item.attributes.get(needle);
            if (found !== undefined) return found.stringEquals(value);
          }
          return false;
        };
      },
    },
  },
};

function constantText(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new Error('the arguments must be texts in quotes');
}
