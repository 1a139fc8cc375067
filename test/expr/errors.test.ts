// What people are told of expressions that can not work: the problem, the place, the line with a mark, the nearest name.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileExpression, type Environment } from '../../expr/compile.ts';
import { ExprEvaluationError } from '../../expr/errors.ts';
import { AgentError } from '../../pipeline/errors.ts';
import { FunctionValue, type Value } from '../../expr/value.ts';

const VALUES: Readonly<Record<string, Value>> = {
  MetricName: 'cpu',
  MetricType: 'Gauge',
  Label: new FunctionValue(([name = null]) => name),
};
const environment: Environment<undefined> = {
  names: new Set(Object.keys(VALUES)),
  read: (name) => {
    const value = VALUES[name];
    return value === undefined ? undefined : () => value;
  },
};

function compile(source: string): (env: undefined) => Value {
  return compileExpression(source, environment, { now: () => 0 });
}

function errorOf(run: () => unknown): AgentError | ExprEvaluationError {
  try {
    run();
  } catch (error) {
    if (error instanceof AgentError || error instanceof ExprEvaluationError) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' });
}

void test('the place, with the line and a mark', () => {
  const { message } = errorOf(() => compile('MetricName == "cpu"\n  and MetricType =='));
  assert.equal(
    message,
    'the expression ends too early, at line 2, column 20 of the expression\n' +
      '  |   and MetricType ==\n' +
      '  |                    ^',
  );
});

void test('columns count characters, and long lines are cut', () => {
  assert.match(errorOf(() => compile('"😀😀" + 1')).message, /line 1, column 6 .*\n.*\n {2}\| {6}\^$/s);
  const { message } = errorOf(() => compile(`${'MetricName == "a" or '.repeat(30)}1 ==`));
  assert.ok(message.length < 300);
});

void test('the nearest name', () => {
  const mendOf = (source: string): unknown => {
    const error = errorOf(() => compile(source));
    return error instanceof AgentError ? error.mend : undefined;
  };
  assert.equal(mendOf('MetricNam == "cpu"'), 'did you mean MetricName?');
  assert.equal(mendOf('Lable("x") == "y"'), 'did you mean Label?');
  assert.equal(mendOf('lenn(MetricName) > 1'), 'did you mean len?');
  assert.equal(mendOf('$env.MetricTyp == "Sum"'), 'did you mean MetricType?');
  assert.equal(mendOf('map([1], #indx)'), 'did you mean #index?');
  assert.equal(mendOf('let wanted = 1; wantd == 1'), 'did you mean wanted?');
  assert.equal(mendOf('somethingElse == 1'), undefined);
});

void test('what can not work whatever the data', () => {
  const messages: readonly (readonly [string, RegExp])[] = [
    ['MetricName == "a" + 1', /\+ between string and int/],
    ['len(1)', /len does not take int/],
    ['trim()', /trim takes 2 arguments, not 0/],
    ['all("abc", # > 0)', /all takes an array, not string/],
    ['filter([1], # + 1)', /a predicate that gives int, not bool/],
    ['1 ? 2 : 3', /a condition that is int, not bool/],
    ['MetricName matches "(?=a)"', /not a regular expression/],
    ['1 % 0', /% by zero/],
    ['MetricName ?? "a" or true', /\?\? mixed with or/],
    ['"abc', /a string that does not end/],
    ['let len = 1; len', /len can not be declared again/],
    ['$env()', /\$env is no function/],
  ];
  for (const [source, message] of messages) assert.match(errorOf(() => compile(source)).message, message, source);
});

void test('evaluation: the problem and the place in one line', () => {
  const { message } = errorOf(() => compile('Label("x") > 5')(undefined));
  assert.equal(message, '> between string and int, at line 1, column 12 of Label("x") > 5');
  assert.match(errorOf(() => compile('MetricName.foo')(undefined)).message, /int is needed|string/);
});
