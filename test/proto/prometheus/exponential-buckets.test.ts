// Buckets of exponential histograms: made coarser, merged, and given to the zero bucket.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  type BucketRange,
  fitting,
  mergedBuckets,
  underZeroThreshold,
} from '../../../proto/prometheus/exponential-buckets.ts';

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
const range = fc.record({
  offset: fc.integer({ min: -3000, max: 3000 }),
  counts: fc.array(fc.nat(9), { maxLength: 40 }),
});
const sides = fc.record({ scale: fc.integer({ min: -4, max: 8 }), positive: range, negative: range });

void test('merged buckets hold every count, each between the bounds it had', () => {
  fc.assert(
    fc.property(sides, sides, (one, other) => {
      const merged = mergedBuckets(one, other);
      if (!merged) return;
      for (const side of ['positive', 'negative'] as const) {
        const { offset, counts }: BucketRange = merged[side];
        assert.equal(total(counts), total(one[side].counts) + total(other[side].counts));
        assert.ok(counts.length <= 4096);
        const expected = new Map<number, number>();
        for (const from of [one, other]) {
          for (const [index, count] of from[side].counts.entries()) {
            const to = Math.floor((from[side].offset + index) / 2 ** (from.scale - merged.scale));
            expected.set(to, (expected.get(to) ?? 0) + count);
          }
        }
        for (const [to, count] of expected) assert.equal(counts[to - offset], count);
      }
    }),
    { seed: 7 },
  );
});

void test('buckets at the edges', () => {
  const empty = { offset: 0, counts: [] };
  // Far apart: coarser until the way between them is short enough, and refused where no scale is.
  const far = { scale: 8, positive: { offset: 200_000, counts: [1] }, negative: empty };
  const near = { scale: 8, positive: { offset: -200_000, counts: [2] }, negative: empty };
  assert.equal(mergedBuckets(near, far)?.scale, 1);
  const beyond = { scale: 8, positive: { offset: 2 ** 31 - 1, counts: [1] }, negative: empty };
  assert.equal(mergedBuckets(near, beyond), undefined);
  assert.equal(fitting({ scale: -5, positive: empty, negative: empty }), undefined);
  const finest = fitting({ scale: 2 ** 31 - 1, positive: { offset: -1, counts: [1, 2] }, negative: empty });
  assert.deepEqual(finest?.positive, { offset: -1, counts: [1, 2] });
  const long = fitting({
    scale: 4,
    positive: { offset: 0, counts: Array.from({ length: 8000 }, () => 1) },
    negative: empty,
  });
  assert.equal(long?.scale, 3);
  // Buckets at scale 0 end at 2, 4, 8.
  assert.deepEqual(underZeroThreshold({ offset: 0, counts: [1, 2, 3] }, 0, 4), {
    rest: { offset: 2, counts: [3] },
    swallowed: 3,
  });
});
