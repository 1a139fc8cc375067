// Relabelling: rules that change labels, drop targets or series, one after the other. The semantics are those of
// model/relabel of Prometheus v3.14.

import { hash } from 'node:crypto';
import { anchoredPattern } from './anchored-pattern.ts';
import { isLabelName } from './label-names.ts';
import { LabelDraft } from './label-draft.ts';
import type { RelabelConfig } from './relabel-config.ts';
import { goLower, goUpper } from './letter-case.ts';

/** Gives the labels after all rules, or undefined where a rule drops them. Never changes the map it is given. */
export type Relabelling = (labels: ReadonlyMap<string, string>) => Map<string, string> | undefined;

/** Changes the draft; false means that it is dropped. */
type Rule = (draft: LabelDraft) => boolean;

/** Fails with PATTERN_INVALID for a pattern that RE2 does not know. */
export function compileRelabelling(configs: readonly RelabelConfig[]): Relabelling {
  const rules = configs.map(compileRule);
  return (labels) => {
    const draft = new LabelDraft(labels);
    for (const rule of rules) {
      if (!rule(draft)) return undefined;
    }
    return draft.labels;
  };
}

function compileRule(config: RelabelConfig): Rule {
  const value = joiner(config.sourceLabels, config.separator);
  const { action, targetLabel } = config;
  switch (action) {
    case 'keep':
    case 'drop': {
      const pattern = anchoredPattern(config.regex);
      const wanted = action === 'keep';
      return (draft) => pattern.test(value(draft)) === wanted;
    }
    case 'keepequal':
      return (draft) => draft.get(targetLabel) === value(draft);
    case 'dropequal':
      return (draft) => draft.get(targetLabel) !== value(draft);
    case 'replace':
      return replaceRule(config, value);
    case 'hashmod':
      return (draft) => draft.set(targetLabel, hashOf(value(draft), config.modulus));
    case 'lowercase':
      return (draft) => draft.set(targetLabel, goLower(value(draft)));
    case 'uppercase':
      return (draft) => draft.set(targetLabel, goUpper(value(draft)));
    case 'labelmap': {
      const pattern = anchoredPattern(config.regex);
      return (draft) => {
        for (const [name, label] of draft.entries()) {
          if (pattern.test(name)) draft.set(pattern.replace(name, config.replacement), label);
        }
        return true;
      };
    }
    default: {
      // labeldrop and labelkeep.
      const pattern = anchoredPattern(config.regex);
      const dropped = action === 'labeldrop';
      return (draft) => {
        for (const [name] of draft.entries()) {
          if (pattern.test(name) === dropped) draft.delete(name);
        }
        return true;
      };
    }
  }
}

/** The values of the labels, joined; most rules name one or none. */
function joiner(names: readonly string[], separator: string): (draft: LabelDraft) => string {
  const [first] = names;
  if (first === undefined) return () => '';
  if (names.length === 1) return (draft) => draft.get(first);
  return (draft) => {
    let joined = draft.get(first);
    for (let index = 1; index < names.length; index += 1) joined += separator + draft.get(names[index] ?? '');
    return joined;
  };
}

function replaceRule(
  { regex, targetLabel, replacement, scheme }: RelabelConfig,
  value: (draft: LabelDraft) => string,
): Rule {
  const pattern = anchoredPattern(regex);
  const target = pattern.template(targetLabel);
  const result = pattern.template(replacement);
  const isFixed = !targetLabel.includes('$');
  return (draft) => {
    const groups = pattern.match(value(draft));
    if (groups === undefined) return true;
    const name = isFixed ? targetLabel : target(groups);
    if (!isLabelName(name, scheme)) return true;
    return draft.set(name, result(groups));
  };
}

/** The last eight bytes of the MD5 hash as a number, modulo: what Prometheus has always given. */
function hashOf(text: string, modulus: bigint): string {
  return String(BigInt(`0x${hash('md5', text).slice(16)}`) % modulus);
}
