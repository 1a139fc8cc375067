// Which devices, interfaces, mounts or processes are looked at: those of a list, or those not of a list.

import { z } from 'zod';
import { compileRe2, type Re2 } from '../../pipeline/regexp.ts';

export interface NameList {
  readonly match_type: 'strict' | 'regexp' | undefined;
  readonly names: readonly string[];
}

/** A section with a list called `key`. */
export function nameListSection(key: string, what: string) {
  return z
    .strictObject({
      match_type: z.enum(['strict', 'regexp']).optional().describe('How the names are compared.'),
      regexp: z
        .strictObject({
          cacheenabled: z.boolean().default(false).describe('Without effect: answers are remembered all the same.'),
          cachemaxnumentries: z.int().min(0).default(0).describe('Without effect.'),
        })
        .optional()
        .describe('Accepted, without effect.'),
      [key]: z.array(z.string()).default([]).describe('The names, or expressions of RE2 for them.'),
    })
    .transform((section, context): NameList => {
      // Safe: the computed key makes TypeScript give every key its type.
      const type = section['match_type'] as NameList['match_type'];
      // Safe: the computed key is this one.
      const names = section[key] as readonly string[];
      if (names.length > 0 && type === undefined) {
        context.issues.push({
          code: 'custom',
          input: section,
          path: ['match_type'],
          message: 'is missing; expected strict or regexp',
        });
      }
      if (type === 'regexp') {
        for (const [index, name] of names.entries()) {
          const message = patternProblem(name);
          if (message !== undefined) context.issues.push({ code: 'custom', input: name, path: [key, index], message });
        }
      }
      return { match_type: type, names };
    })
    .prefault({})
    .describe(what);
}

function patternProblem(pattern: string): string | undefined {
  try {
    compileRe2(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Asked once per name where the answer is kept beside what the name stands for. */
export class NameFilter {
  readonly #include: NameTest | undefined;
  readonly #exclude: NameTest | undefined;

  constructor(include: NameList, exclude: NameList) {
    this.#include = nameTest(include);
    this.#exclude = nameTest(exclude);
  }

  includes(name: string): boolean {
    return (this.#include?.(name) ?? true) && !(this.#exclude?.(name) ?? false);
  }
}

type NameTest = (name: string) => boolean;

function nameTest({ match_type: type, names }: NameList): NameTest | undefined {
  if (names.length === 0) return undefined;
  if (type !== 'regexp') {
    const set = new Set(names);
    return (name) => set.has(name);
  }
  const patterns: readonly Re2[] = names.map((name) => compileRe2(name));
  return (name) => patterns.some((pattern) => pattern.test(name));
}
