// Sums of deltas.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExponentialHistogramDataPointView, MetricCursor } from '../../../proto/otlp/metrics.ts';
import { ExponentialValue } from '../../../proto/prometheus/accumulated-values.ts';
import { batchOfJson } from '../../support/processor.ts';

void test('deltas whose zero buckets grow', () => {
  const points = [
    { count: '4', sum: 6, zeroCount: '1', zeroThreshold: 0.5, positive: { offset: 0, bucketCounts: ['1', '2'] } },
    {
      count: '3',
      sum: -1,
      zeroCount: '1',
      zeroThreshold: 2,
      positive: { offset: 1, bucketCounts: ['1'] },
      negative: { offset: 0, bucketCounts: ['0', '1'] },
    },
  ];
  const value = new ExponentialValue();
  const exponentialHistogram = { aggregationTemporality: 1, dataPoints: points };
  const cursor = new MetricCursor();
  cursor.reset(
    batchOfJson('metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ exponentialHistogram }] }] }] }).chunks,
  );
  assert.ok(cursor.next());
  const walk = cursor.item.dataPoints();
  for (let isAdded = false; walk.next(); isAdded = true) {
    assert.ok(walk.item instanceof ExponentialHistogramDataPointView);
    assert.equal(value.take(walk.item, isAdded), 'taken');
  }
  assert.deepEqual(
    [value.count, value.sum, value.zeroCount, value.zeroThreshold, value.positive, value.negative],
    [7, 5, 3, 2, { offset: 1, counts: [3] }, { offset: 1, counts: [1] }],
  );
});
