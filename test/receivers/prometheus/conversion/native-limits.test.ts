import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NativeHistogram } from '../../../../proto/prometheus/page-reader.ts';
import { NativeLimits } from '../../../../receivers/prometheus/conversion/native-limits.ts';

const NATIVE: NativeHistogram = {
  schema: 0,
  count: 10,
  sum: 1,
  zeroThreshold: 0,
  zeroCount: 0,
  // Indexes -2, -1, 1, 2 and 6.
  positive: { spans: [-2, 2, 1, 2, 3, 1], counts: [1, 2, 3, 4, 5] },
  negative: { spans: [], counts: [] },
  customValues: [],
  isGauge: false,
};

function fitting(bucketLimit: number, factor: number, native = NATIVE): NativeHistogram | undefined {
  return new NativeLimits({
    nativeHistogramBucketLimit: bucketLimit,
    nativeHistogramMinBucketFactor: factor,
  }).fitting(native);
}

void test('leaves a histogram alone that is coarse enough', () => {
  assert.equal(fitting(0, 0), NATIVE);
  assert.equal(fitting(5, 2), NATIVE);
});

void test('merges neighbours until there are few enough buckets', () => {
  // At schema -1 a bucket ends at an even power: -2 and -1 end in -1 and 0, 1 and 2 in 1, 6 in 3.
  const once = { ...NATIVE, schema: -1, positive: { spans: [-1, 3, 1, 1], counts: [1, 2, 7, 5] } };
  assert.deepEqual(fitting(4, 0), once);
  assert.deepEqual(fitting(2, 0), { ...NATIVE, schema: -3, positive: { spans: [0, 2], counts: [3, 12] } });
});

void test('takes the schema of the factor', () => {
  assert.equal(fitting(0, 4)?.schema, -1);
  assert.equal(fitting(0, 1.1, { ...NATIVE, schema: 8 })?.schema, 2);
});

void test('refuses what can not be coarse enough', () => {
  assert.equal(fitting(4, 0, { ...NATIVE, schema: -53, customValues: [1, 2, 3, 4] }), undefined);
  const wide = { spans: [0, 1, 1_000, 1], counts: [1, 1] };
  assert.equal(fitting(1, 0, { ...NATIVE, positive: wide }), undefined);
});
