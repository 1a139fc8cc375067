// `include` and `exclude`: the properties by which older processors choose spans, log records and metrics.

import { z } from 'zod';
import { compileRe2 } from '../regexp.ts';
import { anyValue } from '../schema.ts';

const attribute = z.strictObject({
  key: z.string().min(1).describe('The attribute; it must be there.'),
  value: anyValue().optional().describe('What it must be; any value where unset.'),
});

const library = z.strictObject({
  name: z.string().default('').describe('The name of the instrumentation scope.'),
  version: z.string().optional().describe('Its version; any where unset.'),
});

const names = (what: string) => z.array(z.string()).default([]).describe(what);

const properties = z
  .strictObject({
    match_type: z
      .enum(['strict', 'regexp'])
      .optional()
      .describe('strict: equal; regexp: an expression (RE2) that matches somewhere in the text.'),
    regexp: z
      .strictObject({
        cacheenabled: z.boolean().default(false).describe('Without effect: answers are always kept.'),
        cachemaxnumentries: z.int().default(0).describe('Without effect: the limit is fixed.'),
      })
      .optional()
      .describe('Taken for compatibility.'),
    services: names('Values of service.name; spans only.'),
    span_names: names('Names of spans.'),
    span_kinds: names('Kinds of spans, such as SPAN_KIND_SERVER.'),
    log_bodies: names('Bodies of log records, as text.'),
    log_severity_texts: names('Severity texts of log records.'),
    log_severity_number: z
      .strictObject({
        min: z.int().default(0).describe('The lowest severity number that matches.'),
        match_undefined: z.boolean().default(false).describe('Whether records without a severity match.'),
      })
      .optional()
      .describe('The severity of log records.'),
    metric_names: names('Names of metrics.'),
    attributes: z.array(attribute).default([]).describe('Attributes of the item, all of which must match.'),
    resources: z.array(attribute).default([]).describe('Attributes of its resource, all of which must match.'),
    libraries: z.array(library).default([]).describe('Instrumentation scopes, all of which must match.'),
  })
  .superRefine((settings, context) => {
    const refuse = (path: PropertyKey[], message: string): void => context.addIssue({ code: 'custom', path, message });
    const texts = textsOf(settings);
    if (settings.match_type === undefined && texts.length > 0) {
      refuse(['match_type'], 'match_type is missing; expected strict or regexp');
    }
    if (settings.match_type !== 'regexp') return;
    for (const { path, text } of texts) {
      if (typeof text !== 'string') {
        refuse(path, 'match_type regexp only supports text here; put the value in quotes');
        continue;
      }
      try {
        compileRe2(text);
      } catch (error) {
        refuse(path, error instanceof Error ? error.message : String(error));
      }
    }
  });

/** One of `include` and `exclude`. */
export const matchProperties = properties.optional();

export type MatchProperties = z.output<typeof properties>;

/** Everything that match_type applies to, with its place. */
function textsOf(settings: MatchProperties): { readonly path: PropertyKey[]; readonly text: unknown }[] {
  const lists = ['services', 'span_names', 'span_kinds', 'log_bodies', 'log_severity_texts', 'metric_names'] as const;
  const texts: { path: PropertyKey[]; text: unknown }[] = lists.flatMap((list) =>
    settings[list].map((text, index) => ({ path: [list, index], text })),
  );
  for (const list of ['attributes', 'resources'] as const) {
    for (const [index, { value }] of settings[list].entries()) {
      if (value !== undefined && value !== null) texts.push({ path: [list, index, 'value'], text: value });
    }
  }
  for (const [index, { name, version }] of settings.libraries.entries()) {
    texts.push({ path: ['libraries', index, 'name'], text: name });
    if (version !== undefined) texts.push({ path: ['libraries', index, 'version'], text: version });
  }
  return texts;
}
