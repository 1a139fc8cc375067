// What `npm run new` writes passes every check and the component suite as it is, for each kind.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ProjectCopy } from '../support/project-copy.ts';

const KINDS = ['receiver', 'processor', 'exporter', 'connector', 'extension'];

const copy = new ProjectCopy();
after(() => copy.remove());

void test('a component of each kind is written and registered', () => {
  for (const kind of KINDS) {
    const { code, output } = copy.run('node', 'cmd/scripts/new.ts', kind, `try_${kind}`);
    assert.equal(code, 0, output);
    assert.match(output, new RegExp(`${kind}s/try_${kind}/README\\.md`));
  }
  copy.run('git', 'add', '--all');
});

void test('they pass the checks', () => {
  const folders = KINDS.flatMap((kind) => [`${kind}s/try_${kind}`, `test/${kind}s/try_${kind}`]);
  assert.doesNotMatch(copy.run('tsc', '-p', '.').output, /try_/);
  for (const command of [
    ['oxlint', ...folders],
    ['oxfmt', '--check', ...folders, 'cmd/registry.ts'],
    ['node', 'test/run.ts', 'test/house/registry.test.ts'],
  ]) {
    const [program = '', ...args] = command;
    const { code, output } = copy.run(program, ...args);
    assert.equal(code, 0, output);
  }
  for (const command of [['knip'], ['node', 'test/run.ts', 'test/house'], ['node', 'cmd/scripts/docs.ts', '--check']]) {
    const [program = '', ...args] = command;
    const { output } = copy.run(program, ...args);
    assert.doesNotMatch(
      output
        .split('\n')
        .filter((line) => !line.startsWith('✔'))
        .join('\n'),
      /try_/,
    );
  }
});

void test('they pass the component suite and their own tests', () => {
  const own = KINDS.map((kind) => `test/${kind}s/try_${kind}`);
  const { code, output } = copy.run('node', 'test/run.ts', 'test/component-suite.test.ts', ...own);
  assert.equal(code, 0, output);
  for (const kind of KINDS) assert.match(output, new RegExp(`${kind} try_${kind}`));
});

void test('a name that is taken or misspelt, or a kind that does not exist, is refused', () => {
  for (const [kind, type, expected] of [
    ['processor', 'batch', /there is a processor batch already/],
    ['processor', 'MyThing', /not snake_case/],
    ['sink', 'my_thing', /usage: npm run new -- receiver\|processor/],
  ] as const) {
    const { code, output } = copy.run('node', 'cmd/scripts/new.ts', kind, type);
    assert.equal(code, 1);
    assert.match(output, expected);
  }
});
