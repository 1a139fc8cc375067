// Expressions: whatever text comes is compiled or refused, and what is compiled gives a value or a clean error, in bounded time.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compileExpression } from '../../../expr/compile.ts';
import { ExprEvaluationError } from '../../../expr/errors.ts';
import { AgentError } from '../../../pipeline/errors.ts';
import { grow } from '../../expr/generated.ts';
import { decodeTagged, environmentOf, type Tagged } from '../../expr/tagged.ts';
import { START_UNIX_MS } from '../../extensions/running-context.ts';
import { fuzz } from './driver.ts';
import { mutateText } from './mutate.ts';

const read = (file: string): string => readFileSync(new URL(`../../data/expr/${file}`, import.meta.url), 'utf8');
const expressions = `${read('expressions.txt')}\n${read('upstream.txt')}`.split('\n').filter((line) => line !== '');
// Safe: the file holds values of this form.
const values = Object.entries(JSON.parse(read('environment.json')) as Record<string, Tagged>);
const environment = environmentOf(new Map(values.map(([name, value]) => [name, decodeTagged(value)])));
const WORDS = (
  '#|.x|?.|?? |..|| and | or | not in |let a = 1; |if |else|{|}|[|]|(|)|map(|filter(|reduce(|sortBy(|repeat(|1..|' +
  'matches |**|::|b"\\x00"|`|$env|0x|1e9|999999|date(|duration(|toJSON(|fromJSON(|#acc|#index|split(|replace('
).split('|');

void test('expressions', { timeout: 0x7fff_ffff }, (context) =>
  fuzz(
    context,
    {
      name: 'expr',
      make(random) {
        if (random.chance(0.3)) return Buffer.from(grow(random, 2 + random.below(4)));
        const text = expressions[random.below(expressions.length)] ?? '';
        return Buffer.from(random.chance(0.1) ? text : mutateText(text, random, WORDS, expressions));
      },
      try(input) {
        let evaluate: (env: undefined) => unknown;
        try {
          evaluate = compileExpression(Buffer.from(input).toString(), environment, { now: () => START_UNIX_MS });
        } catch (error) {
          if (!(error instanceof AgentError)) throw error;
          assert.ok(error.toString().length < 2_000, 'a message for people');
          return 'refused';
        }
        try {
          evaluate(undefined);
        } catch (error) {
          if (!(error instanceof ExprEvaluationError)) throw error;
        }
        return 'accepted';
      },
    },
    10,
  ),
);
