// `metrics_include` and `metrics_exclude` of a resource attribute: which processes are shown, by the attribute's value.

import { z } from 'zod';
import { compileRe2, type Re2 } from '../../pipeline/regexp.ts';
import type { JsValue } from '../../proto/otlp/any-value.ts';

/** One of the two is set. */
export interface ValuePattern {
  readonly strict: string;
  readonly regexp: string;
}

export function valuePatterns(what: string) {
  return z
    .array(
      z
        .strictObject({
          strict: z.string().default('').describe('The value.'),
          regexp: z.string().default('').describe('A pattern of RE2 for it.'),
        })
        .superRefine(({ strict, regexp }, context) => {
          if ((strict === '') === (regexp === '')) {
            context.addIssue({ code: 'custom', message: 'must have either strict or regexp' });
          }
          try {
            if (regexp !== '') compileRe2(regexp);
          } catch (error) {
            const message = error instanceof Error ? error.message : String(error);
            context.addIssue({ code: 'custom', path: ['regexp'], message });
          }
        }),
    )
    .default([])
    .describe(what);
}

export interface FilteredAttribute {
  readonly metrics_include: readonly ValuePattern[];
  readonly metrics_exclude: readonly ValuePattern[];
}

type ValueTest = (value: string) => boolean;

/** By key; an attribute that a process has not says nothing about it, as in the collector. */
export class AttributeFilter {
  readonly #includes = new Map<string, ValueTest>();
  readonly #excludes = new Map<string, ValueTest>();

  constructor(settings: Readonly<Record<string, FilteredAttribute>>) {
    for (const [key, { metrics_include: include, metrics_exclude: exclude }] of Object.entries(settings)) {
      if (include.length > 0) this.#includes.set(key, valueTest(include));
      if (exclude.length > 0) this.#excludes.set(key, valueTest(exclude));
    }
  }

  includes(attributes: readonly (readonly [key: string, value: JsValue])[]): boolean {
    if (this.#includes.size + this.#excludes.size === 0) return true;
    return attributes.every(([key, value]) => {
      // What says who a process is, is text or a number.
      const text = typeof value === 'string' || typeof value === 'bigint' ? value.toString() : '';
      return (this.#includes.get(key)?.(text) ?? true) && !(this.#excludes.get(key)?.(text) ?? false);
    });
  }
}

function valueTest(patterns: readonly ValuePattern[]): ValueTest {
  const stricts = new Set(patterns.map(({ strict }) => strict).filter((strict) => strict !== ''));
  const regexps: readonly Re2[] = patterns.flatMap(({ regexp }) => (regexp === '' ? [] : [compileRe2(regexp)]));
  return (value) => stricts.has(value) || regexps.some((regexp) => regexp.test(value));
}
