// Every expression of test/data/expr against the recorded answers of github.com/expr-lang/expr: the same value, or an error in
// both, and found at the same time: while it is compiled, or while it is evaluated.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compileExpression } from '../../expr/compile.ts';
import { ExprEvaluationError } from '../../expr/errors.ts';
import { AgentError } from '../../pipeline/errors.ts';
import { decodeTagged, encodeTagged, environmentOf, type Tagged } from './tagged.ts';

interface Answer {
  readonly value?: Tagged;
  readonly error?: string;
  readonly when?: 'compile' | 'run';
}

const read = (file: string): string => readFileSync(new URL(`../data/expr/${file}`, import.meta.url), 'utf8');
// Safe: the file is a recording of this form.
const raw = JSON.parse(read('environment.json')) as Record<string, Tagged>;
const environment = environmentOf(new Map(Object.entries(raw).map(([name, value]) => [name, decodeTagged(value)])));
const cases = read('answers.jsonl')
  .split('\n')
  .filter((line) => line !== '')
  // Safe: as above.
  .map((line) => JSON.parse(line) as readonly [string, Answer]);

function ours(source: string): Answer {
  let when: Answer['when'] = 'compile';
  try {
    const evaluate = compileExpression(source, environment, { now: () => 0 });
    when = 'run';
    return { value: encodeTagged(evaluate(undefined)) };
  } catch (error) {
    if (!(error instanceof (when === 'compile' ? AgentError : ExprEvaluationError))) throw error;
    return { error: error.message, when };
  }
}

/** What an answer is compared by. An array that Go has not made yet is nil here, or empty. */
function essence({ value, when }: Answer): unknown {
  if (when !== undefined) return { when };
  const isNothing = value === null || (Array.isArray(value) && value.length === 0);
  return isNothing || Object(value).nilArray === true ? { nothing: true } : { value };
}

void test(`the ${cases.length} expressions`, () => {
  const wrong: string[] = [];
  for (const [source, expected] of cases) {
    const answer = ours(source);
    try {
      assert.deepEqual(essence(answer), essence(expected));
    } catch {
      wrong.push(`${source}\n   expr: ${JSON.stringify(expected)}\n   here: ${JSON.stringify(answer)}`);
    }
  }
  assert.equal(wrong.length, 0, `${wrong.length} answers differ:\n${wrong.join('\n')}`);
});
