import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inferContext } from '../../ottl/contexts.ts';
import { parseCondition, parseStatement, parseValueExpression } from '../../ottl/parser.ts';
import { AgentError } from '../../pipeline/errors.ts';

void test('and binds more than or, not more than both', () => {
  const tree = parseCondition('a == 1 or not b == 2 and true');
  assert.equal(tree.kind, 'or');
  assert.deepEqual(
    tree.kind === 'or' &&
      tree.terms.map((term) => (term.kind === 'and' ? term.terms.map(({ kind }) => kind) : term.kind)),
    ['compare', ['not', 'constant']],
  );
});

void test('parentheses group conditions and arithmetic alike', () => {
  const grouped = parseCondition('(a == 1 or b == 2) and (c + 1) * 2 > (3)');
  assert.deepEqual(grouped.kind === 'and' && grouped.terms.map(({ kind }) => kind), ['or', 'compare']);
  assert.equal(parseCondition('((a)) == 1').kind, 'compare');
  assert.equal(parseCondition('((IsRootSpan()))').kind, 'test');
});

void test('a statement has an editor, named arguments and a condition', () => {
  const { editor, where } = parseStatement('flatten(attributes["a"][0].b, "p", depth=1) where name != nil');
  assert.equal(editor.name, 'flatten');
  assert.deepEqual(
    editor.args.map(({ name }) => name),
    [undefined, undefined, 'depth'],
  );
  assert.equal(where?.kind, 'compare');
});

function literal(text: string): unknown {
  const tree = parseValueExpression(text);
  return tree.kind === 'literal' ? tree.value : tree.kind;
}

void test('literals', () => {
  assert.deepEqual(
    ['"a\\"\\n"', '-12', '.5', '1.5e3', '0x0aff', 'nil', 'true', '[1, "a"]', '{"a": {"b": 1}}'].map(literal),
    ['a"\n', -12n, 0.5, 1500, new Uint8Array([10, 255]), null, true, 'list', 'map'],
  );
});

void test('errors name the position', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['name =', /expected a comparison.*found =, at position 6/],
    ['name == "x', /a string that does not end, at position 9/],
    ['(name == "x"', /expected \), found the end, at position 13/],
    ['name == ', /expected a value, found the end/],
    ['name == 9223372036854775808', /not a 64-bit integer/],
    [`${'('.repeat(300)}1`, /nested/],
    ['name == "\\q"', /unknown escape/],
  ];
  for (const [text, message] of cases) {
    assert.throws(
      () => parseCondition(text),
      (error) => error instanceof AgentError && message.test(error.message),
      text,
    );
  }
  assert.throws(() => parseStatement('name'), /begins with an editor/);
});

void test('the body of a lambda is a value, or a condition where it reads on as one', () => {
  const bodyOf = (text: string): string => {
    const tree = parseValueExpression(text);
    return tree.kind === 'lambda' ? ('value' in tree.body ? tree.body.value.kind : tree.body.condition.kind) : '';
  };
  assert.equal(bodyOf('(_, v) => v'), 'path');
  assert.equal(bodyOf('(_, v) => (v + 1) * 2'), 'math');
  assert.equal(bodyOf('(_, v) => v == 1'), 'compare');
  assert.equal(bodyOf('(_, v) => (v == 1 or v == 2)'), 'or');
  assert.equal(bodyOf('() => not true'), 'not');
  assert.throws(() => parseValueExpression('(v, v) => v'), /two parameters named v/);
  assert.throws(() => parseValueExpression('(V) => 1'), /V can not be the name of a parameter/);
  assert.throws(() => parseValueExpression('(_) => (_) => 1'), /body of a lambda can not be a lambda/);
  const nested = 'Any([1], (_, v) => ('.repeat(12) + 'v == 1' + ') == true)'.repeat(12);
  assert.throws(() => parseValueExpression(nested), /more than 8 nested lambdas|expected/);
});

void test('a parameter of a lambda names no context', () => {
  const tree = parseCondition('Any(log.attributes, (span, _) => span == resource.attributes["a"])');
  assert.equal(inferContext([tree]), 'log');
  assert.equal(inferContext([parseCondition('Any([1], (span, _) => span == 1)')]), undefined);
});
