// Editors that replace texts by pattern or glob. Semantics: contrib func_replace_*.go, v0.161.

import type { Re2 } from '../../../pipeline/regexp.ts';
import type { Edit, EditorCall, Editors } from '../../editor.ts';
import { OttlEvaluationError, type OttlValue } from '../../value.ts';
import { mapOf, textOf } from '../arguments.ts';
import { compileGlob } from '../glob.ts';
import { patternArgument } from './keys.ts';

const AFTER_PATTERN = ['replacement', 'function?', 'replacement_format?'];

export const REPLACE_EDITORS: Editors = {
  replace_pattern: {
    params: ['target', 'regex_pattern', ...AFTER_PATTERN],
    functionParam: 'function',
    prepare(call) {
      const patternOf = patternArgument(call.constants[0]);
      return (current, [pattern, replacement, , format]) => {
        if (typeof current !== 'string') return undefined;
        return replaceAll(current, patternOf(pattern), {
          template: textOf(replacement),
          change: changer(call, format),
        });
      };
    },
  },
  replace_all_patterns: {
    params: ['target', 'mode', 'regex_pattern', ...AFTER_PATTERN],
    functionParam: 'function',
    prepare: replaceAllPatterns,
  },
  replace_match: {
    params: ['target', 'pattern', ...AFTER_PATTERN],
    functionParam: 'function',
    prepare(call) {
      const globOf = globArgument(call.constants[0]);
      return (current, [pattern, replacement, , format]) => {
        if (typeof current !== 'string' || !globOf(pattern).test(current)) return undefined;
        return changed(textOf(replacement), changer(call, format));
      };
    },
  },
  replace_all_matches: {
    params: ['target', 'pattern', ...AFTER_PATTERN],
    functionParam: 'function',
    prepare(call) {
      const globOf = globArgument(call.constants[0]);
      return (current, [pattern, replacement, , format]) => {
        const glob = globOf(pattern);
        const map = mapOf(current);
        const replaced = changed(textOf(replacement), changer(call, format));
        for (const [key, value] of map) if (typeof value === 'string' && glob.test(value)) map.set(key, replaced);
        return undefined;
      };
    },
  },
};

type Change = ((expanded: string) => string) | undefined;

function replaceAllPatterns(call: EditorCall): Edit {
  const [mode, regex] = call.constants;
  if (mode !== 'key' && mode !== 'value') {
    throw new Error(`invalid mode ${typeof mode === 'string' ? mode : ''}, must be either 'key' or 'value'`);
  }
  const patternOf = patternArgument(regex);
  return (current, [, pattern, replacement, , format]) => {
    const map = mapOf(current);
    const compiled = patternOf(pattern);
    const how = { template: textOf(replacement), change: changer(call, format) };
    if (mode === 'key') return withKeysReplaced(map, compiled, how);
    for (const [key, value] of map) {
      if (typeof value !== 'string') continue;
      const replaced = tryReplace(value, compiled, how);
      if (replaced !== undefined) map.set(key, replaced);
    }
    return undefined;
  };
}

interface How {
  readonly template: string;
  readonly change: Change;
}

/** An entry whose key the function can not change is lost, as in the collector. */
function withKeysReplaced(map: ReadonlyMap<string, OttlValue>, pattern: Re2, how: How): Map<string, OttlValue> {
  const result = new Map<string, OttlValue>();
  for (const [key, value] of map) {
    const replaced = pattern.test(key) ? tryReplace(key, pattern, how) : key;
    if (replaced !== undefined) result.set(replaced, value);
  }
  return result;
}

function tryReplace(text: string, pattern: Re2, how: How): string | undefined {
  try {
    return replaceAll(text, pattern, how);
  } catch (error) {
    if (error instanceof OttlEvaluationError) return undefined;
    throw error;
  }
}

function replaceAll(text: string, pattern: Re2, { template, change }: How): string {
  return pattern.test(text) ? pattern.replaceAll(text, template, change) : text;
}

function changed(text: string, change: Change): string {
  return change ? change(text) : text;
}

/** The function that was handed over and then the format; a format without a function is not used, as in the collector. */
function changer({ handed }: EditorCall, format: OttlValue | undefined): Change {
  if (!handed) return undefined;
  return (expanded) => {
    const value = handed(expanded);
    if (typeof value !== 'string') throw new OttlEvaluationError('the replacement value must be a string');
    if (format === undefined) return value;
    const parts = textOf(format).split('%s');
    if (parts.length !== 2 || parts.some((part) => part.includes('%'))) {
      throw new OttlEvaluationError(
        'replacementFormat must be format string containing a single %s and no other format specifiers',
      );
    }
    return parts.join(value);
  };
}

/** The glob of an argument: compiled once where it is a constant, else whenever it changes. */
function globArgument(constant: OttlValue | undefined): (given: OttlValue | undefined) => Re2 {
  let source = constant === undefined ? undefined : textOf(constant);
  let glob = source === undefined ? undefined : compileGlob(source);
  return (given) => {
    const text = textOf(given);
    if (glob === undefined || text !== source) {
      glob = compileGlob(text);
      source = text;
    }
    return glob;
  };
}
