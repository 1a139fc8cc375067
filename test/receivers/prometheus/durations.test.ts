import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { assert as check, nat, property } from 'fast-check';
import { DURATIONS, SIZES } from '../../interop/relabel-cases.ts';
import { formatPrometheusDuration, parsePrometheusDuration } from '../../../receivers/prometheus/durations.ts';
import { parseBytes } from '../../../receivers/prometheus/sizes.ts';

// Safe: the file is written by record-relabel.ts, in the order of the cases.
const answers = JSON.parse(
  readFileSync(new URL('../../data/prometheus-relabel/answers.json', import.meta.url), 'utf8'),
) as { readonly durations: readonly (readonly [number, string] | null)[]; readonly sizes: readonly (number | null)[] };

void test('durations are read and written as by Prometheus', () => {
  for (const [index, text] of DURATIONS.entries()) {
    const expected = answers.durations[index];
    const ms = parsePrometheusDuration(text);
    if (!expected) assert.equal(typeof ms, 'object', text);
    else assert.deepEqual([ms, formatPrometheusDuration(Number(ms))], [...expected], text);
  }
});

void test('what is written is read as the same', () => {
  check(
    property(nat({ max: 2 ** 31 - 1 }), nat({ max: 1_000 }), (base, factor) => {
      const ms = base * factor;
      assert.equal(parsePrometheusDuration(formatPrometheusDuration(ms)), ms);
    }),
    { seed: 1 },
  );
});

void test('sizes are read as by Prometheus', () => {
  for (const [index, text] of SIZES.entries()) {
    // Go has no number for it either: it becomes a negative one.
    const expected = text === '8EB' ? undefined : (answers.sizes[index] ?? undefined);
    assert.equal(Math.abs(parseBytes(text) ?? Number.NaN), Math.abs(expected ?? Number.NaN), text);
  }
  assert.equal(parseBytes('-1GB'), -(2 ** 30));
});
