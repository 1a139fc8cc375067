// The older `include` and `exclude` of the filter processor, in terms of the match properties that other processors share.

import { z } from 'zod';
import { matchProperties, type MatchProperties } from '../../pipeline/match-properties/schema.ts';
import { anyValue } from '../../pipeline/schema.ts';

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

const base = {
  match_type: z
    .enum(['strict', 'regexp', 'expr'])
    .optional()
    .refine((type) => type !== 'expr', 'match_type expr is not available here; write OTTL conditions instead')
    .describe('strict: equal; regexp: an expression (RE2) that matches somewhere in the text.'),
  resource_attributes: z.array(attribute).default([]).describe('Attributes of the resource, all of which must match.'),
};

export const metricMatch = z
  .strictObject({
    ...base,
    metric_names: texts('Names of metrics.'),
    expressions: z
      .array(z.string())
      .max(0, 'expressions are not available here; write OTTL conditions instead')
      .optional()
      .describe('Not available.'),
    regexp: z.unknown().optional().describe('Taken for compatibility, without effect.'),
  })
  .transform((match, context): MatchProperties | undefined =>
    shared(
      { match_type: match.match_type, metric_names: match.metric_names, resources: match.resource_attributes },
      context,
    ),
  )
  .optional();

export const logMatch = z
  .strictObject({
    ...base,
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
