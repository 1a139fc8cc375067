// Lists of actions on attributes, as the resource and attributes processors are configured: their keys, and the rules of
// the collector about which keys go with which action.

import { z } from 'zod';
import { compileRe2 } from '../regexp.ts';
import { anyValue } from '../schema.ts';

const ACTIONS = ['insert', 'update', 'upsert', 'delete', 'hash', 'extract', 'convert'] as const;

const action = z.strictObject({
  key: z.string().default('').describe('The attribute to act on. Required but for delete and hash with a pattern.'),
  action: z
    .preprocess((value) => (typeof value === 'string' ? value.toLowerCase() : value), z.enum(ACTIONS))
    .describe(
      'insert where absent, update where present, upsert both; delete, hash (SHA-256), extract (named groups of pattern become attributes), convert.',
    ),
  value: anyValue().optional().describe('For insert, update, upsert: the value, of any type.'),
  from_attribute: z.string().default('').describe('For insert, update, upsert: take the value of this attribute.'),
  from_context: z
    .string()
    .default('')
    .describe(
      'For insert, update, upsert: take the value from the request: metadata.NAME, auth.NAME or client.address; metadata needs include_metadata at the receiver.',
    ),
  default_value: anyValue()
    .optional()
    .describe('For insert, update, upsert: the value where from_attribute and from_context find none.'),
  pattern: z
    .string()
    .default('')
    .describe('A regular expression (RE2): of keys for delete and hash, of the value for extract.'),
  converted_type: z.string().default('').describe('For convert: int, double or string.'),
});

export type AttributeAction = z.output<typeof action>;

/** The list; `name` is the key it stands under. It must not be empty. */
export function attributeActions(name: string) {
  return z
    .array(
      action.superRefine((one, context) => {
        const problem = problemOf(one);
        if (problem) context.addIssue({ code: 'custom', path: [problem.key], message: problem.message });
      }),
    )
    .default([])
    .refine((list) => list.length > 0, `missing required field "${name}": there is nothing to do`);
}

interface Problem {
  readonly key: keyof AttributeAction;
  readonly message: string;
}

/** What is wrong with one action, in the collector's words as far as they say it. */
function problemOf(one: AttributeAction): Problem | undefined {
  const { action: name, key, pattern } = one;
  if (key === '' && !(pattern !== '' && (name === 'delete' || name === 'hash'))) {
    return name === 'delete' || name === 'hash'
      ? { key: 'key', message: 'missing required field: at least one of "key" and "pattern" has to be used' }
      : { key: 'key', message: 'missing required field "key"' };
  }
  switch (name) {
    case 'insert':
    case 'update':
    case 'upsert':
      return setterProblem(one);
    case 'delete':
    case 'hash':
      if (hasValue(one) || one.from_attribute !== '') {
        return unused(one, '"value" or "from_attribute"', hasValue(one) ? 'value' : 'from_attribute');
      }
      return patternProblem(one) ?? convertedTypeProblem(one);
    case 'extract':
      if (sources(one) > 0) return unused(one, 'a value source', sourceOf(one));
      if (pattern === '') return { key: 'pattern', message: 'missing required field "pattern" for action "extract"' };
      return convertedTypeProblem(one) ?? patternProblem(one) ?? groupsProblem(one);
    default:
      if (sources(one) > 0) return unused(one, 'value sources', sourceOf(one));
      if (pattern !== '') return unused(one, '"pattern"', 'pattern');
      if (one.converted_type === '') {
        return { key: 'converted_type', message: 'missing required field "converted_type" for action "convert"' };
      }
      return ['string', 'int', 'double'].includes(one.converted_type)
        ? undefined
        : {
            key: 'converted_type',
            message: `invalid value "${one.converted_type}" in field "converted_type"; expected int, double or string`,
          };
  }
}

function setterProblem(one: AttributeAction): Problem | undefined {
  const count = sources(one);
  if (count === 0 && (one.default_value === undefined || one.default_value === null)) {
    return {
      key: 'value',
      message: 'either field "value", "from_attribute", "from_context", or "default_value" must be specified',
    };
  }
  if (count > 1) return { key: sourceOf(one), message: 'multiple value sources are set; keep one of them' };
  if (one.pattern !== '') return unused(one, 'the "pattern" field', 'pattern');
  return convertedTypeProblem(one);
}

function convertedTypeProblem(one: AttributeAction): Problem | undefined {
  return one.converted_type === '' ? undefined : unused(one, 'the "converted_type" field', 'converted_type');
}

function patternProblem({ pattern }: AttributeAction): Problem | undefined {
  if (pattern === '') return undefined;
  try {
    compileRe2(pattern);
    return undefined;
  } catch (error) {
    return { key: 'pattern', message: error instanceof Error ? error.message : String(error) };
  }
}

function groupsProblem({ pattern }: AttributeAction): Problem | undefined {
  const { groupNames } = compileRe2(pattern);
  if (groupNames.length === 0) return { key: 'pattern', message: 'the pattern contains no named matcher groups' };
  // An empty alternative in front matches anything, so that the groups can be counted.
  const groups = (compileRe2(`|${pattern}`).find('') ?? []).length - 1;
  return groups > groupNames.length
    ? { key: 'pattern', message: 'the pattern contains at least one unnamed matcher group; write (?:…) or name it' }
    : undefined;
}

function unused({ action: name }: AttributeAction, what: string, key: keyof AttributeAction): Problem {
  return { key, message: `action "${name}" does not use ${what}; this must not be specified` };
}

function hasValue({ value }: AttributeAction): boolean {
  return value !== undefined && value !== null;
}

function sources(one: AttributeAction): number {
  return Number(hasValue(one)) + Number(one.from_attribute !== '') + Number(one.from_context !== '');
}

function sourceOf(one: AttributeAction): keyof AttributeAction {
  if (one.from_context !== '') return 'from_context';
  return one.from_attribute === '' ? 'value' : 'from_attribute';
}
