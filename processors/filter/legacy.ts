// The older `include` and `exclude` of the filter processor, in terms of the match properties that other processors share.

import { z } from 'zod';
import { AgentError } from '../../pipeline/errors.ts';
import { matchProperties, type MatchProperties } from '../../pipeline/match-properties/schema.ts';
import { anyValue } from '../../pipeline/schema.ts';
import { compileMetricExpression } from './metric-expressions.ts';

const attribute = z.strictObject({
  key: z.string().min(1).describe('The attribute; it must be there.'),
  value: anyValue().optional().describe('What it must be; any value where unset.'),
});

const texts = (what: string) => z.array(z.string()).default([]).describe(what);

const SEVERITIES: ReadonlyMap<string, number> = new Map(
  ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((name, index) =>
    [1, 2, 3, 4].map((step): [string, number] => [`${name}${step === 1 ? '' : step}`, index * 4 + step]),
  ),
);

const severity = z.union([z.string(), z.int()]).transform((value, context) => {
  const text = String(value).toUpperCase();
  const number = SEVERITIES.get(text) ?? Number(text);
  if (text === '') return 0;
  if (Number.isInteger(number) && number >= 1 && number <= 24) return number;
  context.issues.push({ code: 'custom', input: value, message: `'${value}' is not a valid severity` });
  return z.NEVER;
});

const resourceAttributes = z
  .array(attribute)
  .default([])
  .describe('Attributes of the resource, all of which must match.');

/** Properties of a metric, or expressions about its data points. */
export type MetricMatch = MatchProperties & { readonly expressions: readonly string[] };

export const metricMatch = z
  .strictObject({
    match_type: z
      .enum(['strict', 'regexp', 'expr'])
      .optional()
      .describe(
        'strict: equal; regexp: an expression (RE2) that matches somewhere in the text; expr: expressions about data points.',
      ),
    resource_attributes: resourceAttributes,
    metric_names: texts('Names of metrics.'),
    expressions: texts(
      'With match_type expr: conditions on MetricName, MetricType, Label("key") and HasLabel("key"), in the language of expr-lang.org. A metric matches where one of them is true of one of its data points.',
    ),
    regexp: z.unknown().optional().describe('Taken for compatibility, without effect.'),
  })
  .superRefine((match, issues) => {
    const refuse = (path: PropertyKey[], message: string): void => issues.addIssue({ code: 'custom', path, message });
    if (match.match_type !== 'expr') {
      if (match.expressions.length > 0) refuse(['expressions'], 'expressions need match_type: expr');
      return;
    }
    if (match.metric_names.length > 0) {
      refuse(['metric_names'], 'match_type expr has no metric_names; write MetricName == "…" in an expression');
    }
    for (const [index, { value }] of match.resource_attributes.entries()) {
      if (value !== undefined) {
        refuse(['resource_attributes', index, 'value'], 'match_type expr compares no values of resource attributes');
      }
    }
    for (const [index, text] of match.expressions.entries()) {
      const problem = problemOf(text);
      if (problem !== undefined) refuse(['expressions', index], problem);
    }
  })
  .transform((match, context): MetricMatch | undefined => {
    const { match_type: type, metric_names, expressions, resource_attributes: resources } = match;
    const match_type = type === 'expr' ? undefined : type;
    const found = shared({ match_type, metric_names, resources }, context);
    return found && { ...found, expressions };
  })
  .optional();

function problemOf(expression: string): string | undefined {
  try {
    compileMetricExpression(expression, () => 0);
    return undefined;
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return error.mend === undefined ? error.message : `${error.message}\n${error.mend}`;
  }
}

export const logMatch = z
  .strictObject({
    match_type: z
      .enum(['strict', 'regexp'])
      .optional()
      .describe('strict: equal; regexp: an expression (RE2) that matches somewhere in the text.'),
    resource_attributes: resourceAttributes,
    record_attributes: z.array(attribute).default([]).describe('Attributes of the record, all of which must match.'),
    severity_texts: texts('Severity texts.'),
    severity_number: z
      .strictObject({
        min: severity.optional().describe('The lowest severity that matches, such as INFO.'),
        match_undefined: z.boolean().default(false).describe('Whether records without a severity match.'),
      })
      .optional()
      .describe('The severity.'),
    bodies: texts('Bodies, as text.'),
  })
  .transform((match, context): MatchProperties | undefined =>
    shared(
      {
        match_type: match.match_type,
        attributes: match.record_attributes,
        resources: match.resource_attributes,
        log_bodies: match.bodies,
        log_severity_texts: match.severity_texts,
        ...(match.severity_number === undefined
          ? {}
          : {
              log_severity_number: {
                min: match.severity_number.min ?? 0,
                match_undefined: match.severity_number.match_undefined,
              },
            }),
      },
      context,
    ),
  )
  .optional();

function shared(
  properties: Readonly<Record<string, unknown>>,
  context: z.core.$RefinementCtx,
): MatchProperties | undefined {
  const { match_type: type, ...rest } = properties;
  const found = matchProperties.safeParse(type === undefined ? rest : properties);
  if (found.success) return found.data;
  for (const { message, path } of found.error.issues)
    context.issues.push({ code: 'custom', input: properties, message, path });
  return z.NEVER;
}
