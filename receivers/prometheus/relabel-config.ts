// One rule of `relabel_configs` or `metric_relabel_configs`: its keys, defaults and what may stand together, as in
// model/relabel of Prometheus v3.14.

import { z } from 'zod';
import { compileRe2 } from '../../pipeline/regexp.ts';
import { isLabelName, type ValidationScheme } from './label-names.ts';
import { text, texts } from './yaml-values.ts';

export const RELABEL_ACTIONS = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const;

export type RelabelAction = (typeof RELABEL_ACTIONS)[number];

export interface RelabelConfig {
  readonly action: RelabelAction;
  readonly sourceLabels: readonly string[];
  readonly separator: string;
  /** As written; it has to match the whole text. */
  readonly regex: string;
  readonly modulus: bigint;
  readonly targetLabel: string;
  readonly replacement: string;
  /** Which names a label may get. */
  readonly scheme: ValidationScheme;
}

const DEFAULTS = { separator: ';', regex: '(.*)', replacement: '$1' } as const;
const MAX_UINT64 = 2n ** 64n - 1n;

/** The keys of a rule. Whether they fit together is asked of `relabelProblem`, once the job's naming scheme is known. */
export const relabelKeys = z.strictObject({
  source_labels: texts()
    .prefault([])
    .refine((names) => names.every((name) => isLabelName(name, 'utf8')), 'a label has no name')
    .describe('The labels whose values are joined.'),
  separator: text().prefault(DEFAULTS.separator).describe('What stands between the joined values.'),
  regex: text()
    .prefault(DEFAULTS.regex)
    .superRefine((pattern, context) => {
      try {
        compileAnchored(pattern);
      } catch (error) {
        context.addIssue({ code: 'custom', message: patternProblem(pattern, error) });
      }
    })
    .describe('The RE2 pattern that the whole of the joined values has to match; a $ of it is written $$.'),
  modulus: z
    .preprocess((value) => (value === null ? 0 : value), z.int().min(0))
    .prefault(0)
    .describe('hashmod: the number of shares.'),
  target_label: text().prefault('').describe('The label that is set; may name groups of the pattern for replace.'),
  replacement: text()
    .prefault(DEFAULTS.replacement)
    .describe('What it is set to; $$1 or $${name} stand for groups of the pattern.'),
  action: text()
    .prefault('replace')
    .transform((value, context) => {
      const found = RELABEL_ACTIONS.find((action) => action === value.toLowerCase());
      if (found) return found;
      context.issues.push({
        code: 'custom',
        input: value,
        message: `${JSON.stringify(value)} is not an action; expected one of ${RELABEL_ACTIONS.join(', ')}`,
      });
      return z.NEVER;
    })
    .describe(`What is done: ${RELABEL_ACTIONS.join(', ')}.`),
});

export type RelabelKeys = z.output<typeof relabelKeys>;

/** Names the pattern as it was written, not as it is anchored. */
function patternProblem(pattern: string, error: unknown): string {
  const reason = error instanceof Error ? error.message.replaceAll(`^(?s:${pattern})$`, pattern) : String(error);
  return reason.replace(/^.*?is not a regular expression/, `${JSON.stringify(pattern)} is not a regular expression`);
}

/** The pattern as Prometheus reads it: from start to end, and `.` matches line ends too. */
export function compileAnchored(pattern: string): ReturnType<typeof compileRe2> {
  return compileRe2(`^(?s:${pattern})$`);
}

export function relabelConfig(keys: RelabelKeys, scheme: ValidationScheme): RelabelConfig {
  return {
    action: keys.action,
    sourceLabels: keys.source_labels,
    separator: keys.separator,
    regex: keys.regex,
    modulus: BigInt(keys.modulus) & MAX_UINT64,
    targetLabel: keys.target_label,
    replacement: keys.replacement,
    scheme,
  };
}

/** Why the keys do not fit together, and which of them is to blame; undefined where they do. */
export function relabelProblem(
  rule: RelabelKeys,
  scheme: ValidationScheme,
): { readonly key: string; readonly message: string } | undefined {
  const { action } = rule;
  if (action === 'hashmod' && rule.modulus === 0) {
    return { key: 'modulus', message: 'the action hashmod needs a modulus that is not 0' };
  }
  const isNaming = NAMING_ACTIONS.has(action);
  if (isNaming && rule.target_label === '') {
    return { key: 'target_label', message: `the action ${action} needs a target_label` };
  }
  if (isNaming && !mayBeTarget(rule.target_label, action, scheme)) {
    return {
      key: 'target_label',
      message: `${JSON.stringify(rule.target_label)} can not be the target_label of the action ${action}: it is no label name${scheme === 'legacy' ? ' under metric_name_validation_scheme: legacy' : ''}`,
    };
  }
  if (action === 'labelmap' && !isNameOrTemplate(rule.replacement, scheme)) {
    return {
      key: 'replacement',
      message: `${JSON.stringify(rule.replacement)} can not be the replacement of the action labelmap: it has to give label names`,
    };
  }
  return superfluousKey(rule);
}

const NAMING_ACTIONS = new Set<RelabelAction>([
  'replace',
  'hashmod',
  'lowercase',
  'uppercase',
  'keepequal',
  'dropequal',
]);

function mayBeTarget(label: string, action: RelabelAction, scheme: ValidationScheme): boolean {
  return action === 'replace' && label.includes('$') ? isNameOrTemplate(label, scheme) : isLabelName(label, scheme);
}

/** Names of the old character set in which `$1` and `${name}` may stand. */
const LEGACY_TEMPLATE = /^(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))(?:\w|\$(?:\{\w+\}|\w+))*$/;

function isNameOrTemplate(name: string, scheme: ValidationScheme): boolean {
  return scheme === 'utf8' ? isLabelName(name, scheme) : LEGACY_TEMPLATE.test(name);
}

function superfluousKey(rule: RelabelKeys): { readonly key: string; readonly message: string } | undefined {
  const { action } = rule;
  const changed: readonly (readonly [string, boolean])[] = [
    ['source_labels', rule.source_labels.length > 0],
    ['target_label', rule.target_label !== ''],
    ['regex', rule.regex !== DEFAULTS.regex],
    ['modulus', rule.modulus !== 0],
    ['separator', rule.separator !== DEFAULTS.separator],
    ['replacement', rule.replacement !== DEFAULTS.replacement],
  ];
  const allowed = ALLOWED_KEYS.get(action);
  const extra = allowed && changed.find(([key, isChanged]) => isChanged && !allowed.has(key));
  if (!extra) return undefined;
  return { key: extra[0], message: `the action ${action} has no use for ${extra[0]}; remove it` };
}

/** Of the actions that take only some keys. */
const ALLOWED_KEYS: ReadonlyMap<RelabelAction, ReadonlySet<string>> = new Map([
  ['keepequal', new Set(['source_labels', 'target_label'])],
  ['dropequal', new Set(['source_labels', 'target_label'])],
  ['labeldrop', new Set(['regex'])],
  ['labelkeep', new Set(['regex'])],
  ['lowercase', new Set(['source_labels', 'separator', 'regex', 'modulus', 'target_label'])],
  ['uppercase', new Set(['source_labels', 'separator', 'regex', 'modulus', 'target_label'])],
]);
