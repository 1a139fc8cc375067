import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { RE2JS } from 're2js';
import { AgentError } from '../../pipeline/errors.ts';
import { compileRe2 } from '../../pipeline/regexp.ts';

void test('what RE2 does not know is refused with the pattern and the way out', () => {
  for (const pattern of ['(?=a)', '(?<!a)b', String.raw`(a)\1`, '[', 'a**', '(?P<n']) {
    assert.throws(
      () => compileRe2(pattern),
      (error) =>
        error instanceof AgentError &&
        error.code === 'PATTERN_INVALID' &&
        error.message.includes(JSON.stringify(pattern)),
      pattern,
    );
  }
});

void test('patterns that look like plain text decide as the engine does', () => {
  const pieces = fc.constantFrom(
    'a',
    'b',
    '/',
    '-',
    ' ',
    String.raw`\.`,
    String.raw`\/`,
    String.raw`\$`,
    '^',
    '$',
    '.',
    'é',
    String.raw`\d`,
  );
  fc.assert(
    fc.property(
      fc.array(pieces, { maxLength: 6 }),
      fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '$', '-', 'é', '\n'), maxLength: 8 }),
      (parts, text) => {
        const pattern = parts.join('');
        let reference: RE2JS;
        try {
          reference = RE2JS.compile(pattern);
        } catch {
          return;
        }
        assert.equal(compileRe2(pattern).test(text), reference.test(text), `${pattern} on ${JSON.stringify(text)}`);
      },
    ),
    { seed: 7, numRuns: 2_000 },
  );
});

void test('groups come in the order of their names', () => {
  const pattern = compileRe2('^/(?P<version>v[0-9]+)/(?P<kind>[a-z]+)(?:/(?P<id>.+))?$');
  assert.deepEqual(pattern.groupNames, ['version', 'kind', 'id']);
  assert.deepEqual(pattern.groups('/v2/users/7'), ['v2', 'users', '7']);
  assert.deepEqual(pattern.groups('/v2/users'), ['v2', 'users', '']);
  assert.equal(pattern.groups('nothing'), undefined);
  assert.deepEqual(compileRe2('(a)(b)?').find('xa'), ['a', 'a', undefined]);
});

// The expected texts are what Go 1.26 prints for regexp.MustCompile(p).ReplaceAllString(s, t).
const REPLACEMENTS: readonly (readonly [string, string, string, string])[] = [
  ['a(x*)b', '-ab-axxb-', 'T', '-T-T-'],
  ['a(x*)b', '-ab-axxb-', '$1', '--xx-'],
  ['a(x*)b', '-ab-axxb-', '$1W', '---'],
  ['a(x*)b', '-ab-axxb-', '${1}W', '-W-xxW-'],
  ['(?P<first>[a-z]+)', 'ab 1 cd', '<${first}>', '<ab> 1 <cd>'],
  ['b', 'abc', '$$', 'a$c'],
  ['b', 'abc', '$', 'a$c'],
  ['', 'ab', '-', '-a-b-'],
  ['.*', 'ab', '-', '-'],
  ['.*', 'ab\n\nc\n', '-', '-\n-\n-\n-'],
  ['a*', 'baac', '-', '-b-c-'],
];

void test('templates expand as in Go', () => {
  for (const [pattern, text, template, expected] of REPLACEMENTS) {
    assert.equal(compileRe2(pattern).replaceAll(text, template), expected, `${pattern} ${template}`);
  }
});

void test('a pattern that would make a backtracking engine hang takes no time', () => {
  const text = 'a'.repeat(50_000);
  assert.equal(compileRe2('^(a+)+$').test(`${text}b`), false);
});
