// Limits: what is too long, too deep, or would go on for too long is refused or fails, and takes nothing else along.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { compileExpression, type Environment } from '../../expr/compile.ts';
import { ExprEvaluationError } from '../../expr/errors.ts';
import { AgentError } from '../../pipeline/errors.ts';
import type { Value } from '../../expr/value.ts';
import { environmentOf } from './tagged.ts';

const none = environmentOf(new Map());
const tools = { now: () => 1_700_000_000_000 };

function evaluate(source: string, environment: Environment<undefined> = none): Value {
  return compileExpression(source, environment, tools)(undefined);
}

function refused(source: string, message: RegExp): void {
  assert.throws(
    () => compileExpression(source, none, tools),
    (error) => error instanceof AgentError && error.code === 'EXPR_INVALID' && message.test(error.message),
    source.slice(0, 60),
  );
}

function failed(source: string, message: RegExp): void {
  const run = compileExpression(source, none, tools);
  assert.throws(
    () => run(undefined),
    (error) => error instanceof ExprEvaluationError && message.test(error.message),
    source.slice(0, 60),
  );
}

void test('size and nesting', () => {
  refused(`"${'a'.repeat(100_000)}"`, /more than 100000 characters/);
  refused(`[${'1,'.repeat(10_000)}]`, /more than 10000 parts/);
  refused('('.repeat(10_000), /nested more than 200 deep/);
  refused(`${'['.repeat(1_000)}${']'.repeat(1_000)}`, /nested more than 200 deep/);
  refused('-'.repeat(5_000) + '1', /nested more than 200 deep/);
  refused(`x${'.a'.repeat(3_000)}`, /nested more than 800 deep/);
  refused(Array.from({ length: 2_000 }, () => '1').join(' + '), /nested more than 800 deep/);
  assert.equal(evaluate(Array.from({ length: 500 }, () => '1').join(' + ')), 500n);
  assert.equal(evaluate(Array.from({ length: 500 }, () => 'x == "a"').join(' or ')), false);
  assert.equal(evaluate(`${'('.repeat(60)}1${')'.repeat(60)}`), 1n);
});

void test('elements, steps and lengths', () => {
  failed('1..1000000 | len()', /more than 1000000 elements/);
  failed('0..9223372036854775806', /more than 1000000 elements/);
  failed('map(1..600000, 1) | len()', /more than 1000000 elements/);
  failed('repeat("ab", 500000)', /more than 1000000 elements/);
  failed('count(1..3000, count(1..300000, true) == 0)', /more than 1000000 elements/);
  failed('let a = 1..3000; count(a, count(a, # > 0) == 0)', /steps/);
  failed('let s = repeat("a", 900000); let t = s + s + s + s; t + t + t + t + t', /characters/);
  assert.equal(evaluate('uniq(1..2000) | len()'), 2_000n);
  failed('uniq(1..5000)', /steps/);
});

void test('work on long texts and large arrays counts, too, however often it is asked for', () => {
  const text = 'let s = repeat("é", 400000); count(1..3000, ';
  for (const body of [
    'upper(s) == "x"',
    's contains "x"',
    's matches "x$"',
    's + "b" == s',
    's[1:2] == "x"',
    'len(s) == 1',
  ]) {
    failed(`${text}${body}) > 5000`, /steps/);
  }
  failed('let a = 1..300000; count(1..3000, string(a) == "x") > 5000', /steps/);
  const doubled = Array.from({ length: 30 }, (_, level) => `let v${level + 1} = [v${level}, v${level}]; `).join('');
  failed(`let v0 = [1]; ${doubled}flatten(v30)`, /elements/);
});

void test('what one evaluation used does not count for the next', () => {
  const run = compileExpression('len(1..900000)', none, tools);
  for (let time = 0; time < 3; time += 1) assert.equal(run(undefined), 900_000n);
});

void test('a pattern that would take exponential time elsewhere', () => {
  assert.equal(evaluate(`"${'a'.repeat(5_000)}!" matches "^(a+)+$"`), false);
});

void test('deep values fail cleanly', () => {
  let deep: Value = [];
  for (let level = 0; level < 5_000; level += 1) deep = [deep];
  const environment = environmentOf(new Map([['deep', deep]]));
  for (const source of ['string(deep)', 'toJSON(deep)', 'flatten(deep)', 'max(deep)', 'mean(deep)']) {
    assert.throws(() => evaluate(source, environment), ExprEvaluationError, source);
  }
  assert.throws(() => evaluate(`fromJSON('${'['.repeat(2_000)}${']'.repeat(2_000)}')`), ExprEvaluationError);
});

const WORDS =
  '( ) [ ] { } # . ?. ?? | .. not in let if else ; = , map filter x 1 "a" ` /* // + ** == && :: b"x" 0x $env'.split(
    ' ',
  );

void test('any text at all is compiled or refused', () => {
  const words = fc.constantFrom(...WORDS);
  const text = fc.oneof(
    fc.array(words, { maxLength: 30 }).map((all) => all.join(' ')),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(text, (source) => {
      try {
        compileExpression(source, none, tools)(undefined);
      } catch (error) {
        assert.ok(error instanceof AgentError || error instanceof ExprEvaluationError, String(error));
      }
    }),
    { seed: 6, numRuns: 3_000 },
  );
});
