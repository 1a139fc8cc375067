// Our page readers beside Prometheus' own parser, which was asked about the same pages.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { agree } from '../../interop/textparse-answer.ts';
import { textparseCases } from '../../interop/textparse-cases.ts';

const ANSWERS = readFileSync(new URL('../../data/prometheus-textparse/answers.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');

void test('pages of all formats are read as Prometheus reads them, whole and broken', () => {
  const cases = textparseCases();
  assert.equal(cases.length, ANSWERS.length);
  let taken = 0;
  for (const [index, one] of cases.entries()) {
    // Safe: as many answers as cases.
    const theirs = ANSWERS[index] as string;
    if (theirs === 'panic') continue;
    if (theirs !== 'refused') taken++;
    assert.ok(agree(one, theirs), `case ${index}: node test/interop/record-textparse.ts <program> --compare shows it`);
  }
  assert.ok(taken > 2_000, `${taken} pages were taken`);
});
