import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  ALWAYS,
  NEVER,
  parseRandomness,
  parseThreshold,
  Randomness,
  Threshold,
  thresholdOf,
} from '../../../processors/probabilistic_sampler/threshold.ts';

const VALUES = 2n ** 56n;
const rejected = fc.bigInt({ min: 0n, max: VALUES - 1n });

function randomnessOf(value: bigint): Randomness {
  const randomness = new Randomness();
  randomness.set(Number(value >> 32n), Number(value & 0xffff_ffffn));
  return randomness;
}

void test('an item is kept when its threshold is at most its randomness', () => {
  fc.assert(
    fc.property(rejected, rejected, (threshold, value) => {
      assert.equal(new Threshold(threshold).admits(randomnessOf(value)), threshold <= value);
    }),
    { seed: 1 },
  );
  assert.ok(ALWAYS.admits(randomnessOf(0n)));
  assert.ok(!NEVER.admits(randomnessOf(VALUES - 1n)));
});

void test('thresholds and randomness read back what they write', () => {
  fc.assert(
    fc.property(rejected, (value) => {
      assert.equal(parseThreshold(new Threshold(value).text)?.rejected, value);
      const read = new Randomness();
      assert.ok(parseRandomness(randomnessOf(value).toString(), read));
      assert.deepEqual(read, randomnessOf(value));
    }),
    { seed: 2 },
  );
});

void test('the share that a threshold keeps is the one asked for, as far as the digits go', () => {
  assert.equal(thresholdOf(0.25, 4)?.text, 'c');
  assert.equal(thresholdOf(1 / 3, 4)?.text, 'aaab');
  assert.equal(thresholdOf(0.01, 4)?.text, 'fd70a');
  assert.equal(thresholdOf(1, 4), ALWAYS);
  assert.equal(thresholdOf(0, 4), undefined);
  assert.equal(thresholdOf(1.01, 4), undefined);
  fc.assert(
    fc.property(fc.double({ min: 2 ** -40, max: 1, noNaN: true }), (share) => {
      const kept = thresholdOf(share, 14)?.probability ?? 0;
      assert.ok(Math.abs(kept - share) <= 2 ** -55, `${share}: ${kept}`);
    }),
    { seed: 3 },
  );
});
