// Every error code that is used is registered (the types see to that), and every registered one is used.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERROR_CODES } from '../../pipeline/error-codes.ts';
import { PRODUCT } from './sources.ts';

const REGISTRY = 'pipeline/error-codes.ts';
const USE = /'([A-Z]+(?:_[A-Z]+)+)'/g;

void test('every registered error code is used', () => {
  const used = new Set(
    PRODUCT.filter(({ file }) => file !== REGISTRY).flatMap(({ text }) =>
      [...text.matchAll(USE)].map(([, code]) => code),
    ),
  );
  assert.deepEqual(
    Object.keys(ERROR_CODES).filter((code) => !used.has(code)),
    [],
  );
});

void test('every error is made with a registered code', () => {
  const unknown: string[] = [];
  for (const { file, text } of PRODUCT) {
    for (const [, code = ''] of text.matchAll(/new AgentError\(\s*'([^']+)'/g)) {
      if (!Object.hasOwn(ERROR_CODES, code)) unknown.push(`${file}: ${code}`);
    }
  }
  assert.deepEqual(unknown, []);
});

void test('every code says what it means in a sentence, and how to mend it', () => {
  for (const [code, { summary, explanation }] of Object.entries(ERROR_CODES)) {
    assert.match(code, /^[A-Z]+(?:_[A-Z]+)+$/);
    assert.match(summary, /^[A-Z].*\.$/, code);
    assert.match(explanation, /^[^ ].*[.:]$/s, code);
    assert.notEqual(summary, explanation);
  }
});
