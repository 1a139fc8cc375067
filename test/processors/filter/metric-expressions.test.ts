// `match_type: expr`: which metrics expressions choose, what is refused before, and what fails in a batch.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { config } from '../../../processors/filter/config.ts';
import { MetricExpressions } from '../../../processors/filter/metric-expressions.ts';
import { MetricCursor } from '../../../proto/otlp/metrics.ts';
import filter from '../../../processors/filter/index.ts';
import { Rejected } from '../../../pipeline/delivery.ts';
import { encode } from '../../proto/reference.ts';
import { batchOfJson, running } from '../../support/processor.ts';

const attribute = (key: string, value: object): object => ({ key, value });
const host = (name: string): object => attribute('host', { stringValue: name });
const point = (...attributes: readonly object[]): object => ({ attributes });

const METRICS: readonly object[] = [
  { name: 'gauge', gauge: { dataPoints: [point(host('h1')), point(host('h2'), attribute('n', { intValue: '5' }))] } },
  { name: 'sum', sum: { dataPoints: [point()] } },
  { name: 'histogram', histogram: { dataPoints: [point(host(''))] } },
  { name: 'exponential', exponentialHistogram: { dataPoints: [point(host('h3'))] } },
  { name: 'summary', summary: { dataPoints: [point(host('h1'))] } },
  { name: 'empty', gauge: { dataPoints: [] } },
  { name: 'nothing' },
];

const request = (metrics: readonly object[]): object => ({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });

function chosen(...expressions: readonly string[]): string {
  const cursor = new MetricCursor();
  cursor.reset([encode('metrics', request(METRICS))]);
  const matcher = new MetricExpressions(expressions, () => 0);
  const names: string[] = [];
  while (cursor.next()) if (matcher.matches(cursor.item)) names.push(cursor.item.name);
  return names.join(' ');
}

void test('names, types and labels of points', () => {
  assert.equal(chosen('MetricName == "gauge"'), 'gauge');
  assert.equal(
    chosen('MetricName == "empty" or MetricName == "nothing"'),
    '',
    'without points there is nothing to ask',
  );
  assert.equal(chosen('true'), 'gauge sum histogram exponential summary');
  for (const [name, type] of [
    ['gauge', 'Gauge'],
    ['sum', 'Sum'],
    ['histogram', 'Histogram'],
    ['exponential', 'ExponentialHistogram'],
    ['summary', 'Summary'],
  ]) {
    assert.equal(chosen(`MetricType == "${type}"`), name);
  }
  assert.equal(chosen('HasLabel("host")'), 'gauge histogram exponential summary');
  assert.equal(chosen('Label("host") == "h2"'), 'gauge', 'any point of a metric');
  assert.equal(chosen('Label("host") == ""'), 'sum histogram', 'a label that is not there is empty');
  assert.equal(chosen('HasLabel("n") and Label("n") == ""'), 'gauge', 'and so is one that is no string');
  assert.equal(chosen('Label("host") == "h3"', 'MetricType == "Sum"'), 'sum exponential', 'any expression');
});

void test('what can not work is refused with its place', () => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [
      { match_type: 'expr', expressions: ['MetricNam == "a"'] },
      /there is no name "MetricNam".*did you mean MetricName/s,
    ],
    [{ match_type: 'expr', expressions: ['HasLable("a")'] }, /did you mean HasLabel/],
    [{ match_type: 'expr', expressions: ['true', 'Label("a" =='] }, /line 1, column 13/],
    [{ match_type: 'expr', expressions: [''] }, /ends too early/],
    [{ match_type: 'expr', expressions: ['true'], metric_names: ['a'] }, /no metric_names/],
    [{ match_type: 'strict', expressions: ['true'] }, /expressions need match_type: expr/],
    [{ match_type: 'expr', resource_attributes: [{ key: 'a', value: 'b' }] }, /compares no values/],
  ];
  for (const [include, message] of cases) {
    const issues = config.safeParse({ metrics: { include } }).error?.issues ?? [];
    assert.match(issues.map((issue) => issue.message).join('\n'), message);
  }
  const logs = config.safeParse({ logs: { include: { match_type: 'expr' } } });
  assert.match(logs.error?.message ?? '', /match_type/);
});

void test('an expression that fails, or is neither true nor false, refuses the batch, as in the collector', async () => {
  for (const expression of ['Label("host") > 5', 'MetricName', 'Label()', 'Label(1)', 'HasLabel']) {
    for (const key of ['include', 'exclude']) {
      const settings = { metrics: { [key]: { match_type: 'expr', expressions: [expression] } } };
      const { processor, next } = running(filter, JSON.stringify(settings), 'metrics');
      await assert.rejects(processor.consume(batchOfJson('metrics', request(METRICS))), Rejected, expression);
      assert.deepEqual(next.batches, []);
    }
  }
});
