// Names against those of the library that Prometheus and the collector translate with.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { exposedName, type EscapingScheme } from '../../../proto/prometheus/exposed-names.ts';
import { labelName, metricName, type NamedMetric } from '../../../proto/prometheus/names.ts';
import { floatText, openMetricsFloatText } from '../../../proto/prometheus/number-text.ts';

type Answer = string | null;

const file = new URL('../../data/prometheus-names/answers.json', import.meta.url);
// Safe: the file's README says what is in it.
const answers = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly metrics: readonly (readonly [string, string, string, string, NamedMetric['kind'], Answer])[];
  readonly labels: readonly (readonly [boolean, string, Answer])[];
};

void test('metric names under the four strategies', () => {
  assert.ok(answers.metrics.length > 3000);
  for (const [strategy, namespace, name, unit, kind, answer] of answers.metrics) {
    const utf8 = strategy.startsWith('No');
    const suffixes = strategy.endsWith('WithSuffixes');
    const ours = metricName({ name, unit, kind }, { namespace, suffixes, utf8 });
    // The library lets an empty name pass where it does not look at names; a page can not show it.
    assert.equal(ours ?? '', answer ?? '', JSON.stringify({ strategy, namespace, name, unit, kind }));
  }
});

void test('label names', () => {
  for (const [utf8, name, answer] of answers.labels) {
    assert.equal(labelName(name, utf8) ?? null, answer, JSON.stringify({ utf8, name }));
  }
});

void test('names for scrapers that do not know UTF-8', () => {
  const cases: readonly (readonly [EscapingScheme, string, string])[] = [
    ['allow-utf-8', 'a.b', 'a.b'],
    ['underscores', 'a.b:c-d', 'a_b:c_d'],
    ['underscores', '1ß', '__'],
    ['dots', 'a_b', 'a_b'],
    ['dots', 'a_b.c-d', 'a__b_dot_c__d'],
    ['values', 'a_b', 'a_b'],
    ['values', 'a_b.c', 'U__a__b_2e_c'],
    ['values', 'ß😀', 'U___df__1f600_'],
  ];
  for (const [scheme, name, expected] of cases) assert.equal(exposedName(name, scheme), expected);
});

void test('numbers as Go prints them', () => {
  const cases: readonly (readonly [number, string, string])[] = [
    [0, '0', '0.0'],
    [-0, '0', '0.0'],
    [1, '1', '1.0'],
    [-1.5, '-1.5', '-1.5'],
    [123_456, '123456', '123456.0'],
    [1e6, '1e+06', '1e+06'],
    [1_234_567, '1.234567e+06', '1.234567e+06'],
    [123_456_789.5, '1.234567895e+08', '1.234567895e+08'],
    [1.5e21, '1.5e+21', '1.5e+21'],
    [0.0001, '0.0001', '0.0001'],
    [0.000_01, '1e-05', '1e-05'],
    [-1e-300, '-1e-300', '-1e-300'],
    [Number.NaN, 'NaN', 'NaN'],
    [Infinity, '+Inf', '+Inf'],
    [-Infinity, '-Inf', '-Inf'],
  ];
  for (const [value, text, openMetrics] of cases) {
    assert.equal(floatText(value), text);
    assert.equal(openMetricsFloatText(value), openMetrics);
  }
});
