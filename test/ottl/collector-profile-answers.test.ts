// Some thousand expressions about profiles with what the collector's own OTTL made of them, run over the same bytes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { Compiler } from '../../ottl/compile.ts';
import { compileConditions } from '../../ottl/conditions.ts';
import { CONVERTERS } from '../../ottl/functions/all.ts';
import { parseValueExpression } from '../../ottl/parser.ts';
import { OttlEvaluationError } from '../../ottl/value.ts';
import { viewItem, type ViewItem } from '../../ottl/views/item.ts';
import { VIEW_PATHS } from '../../ottl/views/paths.ts';
import { AgentError } from '../../pipeline/errors.ts';
import { jsonToProto } from '../../proto/json/decode.ts';
import { resolveReferences } from '../../proto/otlp/profile-references.ts';
import { ProfileCursor } from '../../proto/otlp/profiles.ts';
import { encoded, expected } from './answers.ts';

interface Case {
  readonly value?: string;
  readonly condition?: string;
  readonly results?: readonly unknown[];
  readonly holds?: string;
  readonly refused?: true;
}

const DATA = new URL('../data/ottl-profile-answers/', import.meta.url);
const TOOLS = { now: () => Date.UTC(2026, 10, 24), random: () => 0.5 };
const request = resolveReferences(jsonToProto('profiles', readFileSync(new URL('input.json', DATA))));

/** Where we answer otherwise on purpose. */
const DIFFERENCES: readonly (readonly [RegExp, string])[] = [
  [/^profile_id [!=]= TraceID\(/, 'ids are compared by their bytes, whatever they are ids of'],
];

/** What `evaluate` gives for each profile; undefined where it fails. */
function forEach(evaluate: (item: ViewItem) => unknown): unknown[] {
  const cursor = new ProfileCursor();
  cursor.reset([request]);
  const item = { ...viewItem(), resource: cursor.resource, scope: cursor.scope, profile: cursor.item };
  const given: unknown[] = [];
  while (cursor.next()) {
    try {
      given.push(evaluate(item));
    } catch (error) {
      if (!(error instanceof OttlEvaluationError)) throw error;
      given.push(null);
    }
  }
  return given;
}

/** Our answers in the form of the case's; 'refused' where it does not compile. */
function answers({ value = '', condition }: Case): unknown {
  try {
    if (condition !== undefined) {
      const [holds] = compileConditions([condition], 'profile', TOOLS);
      return forEach((item) => holds?.(item) === true)
        .map((one) => (one === null ? '!' : one === true ? 'y' : 'n'))
        .join('');
    }
    const environment = { context: 'profile', paths: VIEW_PATHS.profile, converters: CONVERTERS, tools: TOOLS };
    const { get } = new Compiler(value, environment).expression(parseValueExpression(value));
    return forEach((item) => encoded(get(item)));
  } catch (error) {
    if (error instanceof AgentError) return 'refused';
    throw error;
  }
}

void test('every expression is answered as the collector answers it, but for differences that are argued', () => {
  const cases = readFileSync(new URL('cases.jsonl', DATA), 'utf8')
    .trim()
    .split('\n')
    // Safe: the file is ours, and its form is in the README beside it.
    .map((line) => JSON.parse(line) as Case);
  assert.ok(cases.length > 5_000);
  const wrong: string[] = [];
  const unused = new Set(DIFFERENCES);
  for (const one of cases) {
    const wanted = one.refused === true ? 'refused' : (one.holds ?? expected(one.results));
    const got = answers(one);
    if (isDeepStrictEqual(got, wanted)) continue;
    const text = one.value ?? one.condition ?? '';
    const known = DIFFERENCES.filter(([pattern]) => pattern.test(text));
    for (const difference of known) unused.delete(difference);
    if (known.length === 0) wrong.push(`${text}: ${JSON.stringify(got)}, the collector ${JSON.stringify(wanted)}`);
  }
  assert.deepEqual(wrong, []);
  assert.deepEqual([...unused], [], 'a difference that no longer is one must leave the list');
});
