// Three and a half thousand expressions with what the collector's own OTTL made of them, run over the same record's bytes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { Compiler } from '../../ottl/compile.ts';
import { compileConditions } from '../../ottl/conditions.ts';
import { CONVERTERS } from '../../ottl/functions/all.ts';
import { parseValueExpression } from '../../ottl/parser.ts';
import { OttlEvaluationError } from '../../ottl/value.ts';
import { viewItem } from '../../ottl/views/item.ts';
import { VIEW_PATHS } from '../../ottl/views/paths.ts';
import { AgentError } from '../../pipeline/errors.ts';
import { jsonToProto } from '../../proto/json/decode.ts';
import { LogRecordCursor } from '../../proto/otlp/logs.ts';
import { encoded, expected } from './answers.ts';

interface Case {
  readonly value?: string;
  readonly condition?: string;
  readonly result?: unknown;
  readonly holds?: boolean;
  readonly fails?: string;
}

const DATA = new URL('../data/ottl-answers/', import.meta.url);
/** The day the answers were made: years that a text leaves out are read as of then. */
const TOOLS = { now: () => Date.UTC(2026, 10, 24), random: () => 0.5 };

const cursor = new LogRecordCursor();
cursor.reset([jsonToProto('logs', readFileSync(new URL('input.json', DATA)))]);
assert.ok(cursor.next());
const item = { ...viewItem(), resource: cursor.resource, scope: cursor.scope, log: cursor.item };

/** Where we answer otherwise on purpose. */
const DIFFERENCES: Readonly<Record<'cases.jsonl' | 'lambda-cases.jsonl', readonly (readonly [RegExp, string])[]>> = {
  'lambda-cases.jsonl': [
    [/\[\{/, 'the collector can not take a literal list of maps here, which is a gap of its own'],
    [
      /=> (?:\[v, v\]|\{"key")/,
      'the collector can not put maps and lists into literal ones, which is a gap of its own',
    ],
    [/Int\("x"\)/, 'a constant that can not be converted fails for every item, not the configuration'],
    [/^\[?\(_, v\) => v\]?$/, 'a lambda that nothing calls is no value'],
    [/\(_, where\)/, 'where is a word of the language'],
  ],
  'cases.jsonl': [
    [/=>/, 'the collector wants a feature gate for lambdas'],
    [/^IsString\(/, 'the collector refuses IsString of a constant that is no string; false is an answer too'],
    [/^SliceToMap\(\[\{/, 'the collector can not take a literal list of maps here, which is a gap of its own'],
    [/^Base64Decode\(/, 'the collector took it away in favour of Decode; older configurations have it'],
    [/^Format\("%(?:\*|\[)/, 'widths and indexes from the arguments are not there'],
    [/^attributes\["nothing"\]\["x"\]$/, 'a key of an empty value is nil, as a key of what is absent is'],
    [/%Z"\)$/, 'an abbreviation of a zone says nothing certain; the collector knows those of its own machine'],
    [/ %i"\)$/, 'an offset with a colon is taken too'],
    [/^Time\("100%"/, 'digits in a format are taken as they stand'],
    [
      /^(?:Int|Double)\("(?:x|abc)"\) == 1/,
      'a constant that can not be converted fails for every item, not the configuration',
    ],
  ],
};

/** What we make of a case, in its own terms; undefined where it fails. */
function answer({ value, condition }: Case): unknown {
  try {
    if (condition !== undefined) return compileConditions([condition], 'log', TOOLS)[0]?.(item);
    const environment = { context: 'log', paths: VIEW_PATHS.log, converters: CONVERTERS, tools: TOOLS };
    return encoded(new Compiler(value ?? '', environment).expression(parseValueExpression(value ?? '')).get(item));
  } catch (error) {
    if (error instanceof AgentError || error instanceof OttlEvaluationError) return undefined;
    throw error;
  }
}

for (const [file, least] of [
  ['cases.jsonl', 3_000],
  ['lambda-cases.jsonl', 3_000],
] as const) {
  void test(`every expression of ${file} is answered as the collector answers it, but for differences that are argued`, () => {
    const cases = readFileSync(new URL(file, DATA), 'utf8')
      .trim()
      .split('\n')
      // Safe: the file is ours, and its form is in the README beside it.
      .map((line) => JSON.parse(line) as Case);
    assert.ok(cases.length > least);
    const wrong: string[] = [];
    const differences = DIFFERENCES[file];
    const unused = new Set(differences);
    for (const one of cases) {
      const text = one.value ?? one.condition ?? '';
      const wanted = one.fails === undefined ? (one.holds ?? expected(one.result)) : undefined;
      const got = answer(one);
      if (isDeepStrictEqual(got, wanted)) continue;
      const known = differences.filter(([pattern]) => pattern.test(text));
      for (const difference of known) unused.delete(difference);
      if (known.length === 0)
        wrong.push(`${text}: ${JSON.stringify(got)}, the collector ${one.fails ?? JSON.stringify(wanted)}`);
    }
    assert.deepEqual(wrong, []);
    assert.deepEqual([...unused], [], 'a difference that no longer is one must leave the list');
  });
}
