import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Admission } from '../../pipeline/admission.ts';
import { GrowingCharge } from '../../pipeline/transport/growing-charge.ts';

const LIMIT = 1 << 20;

void test('a budget that is used up admits nothing more until something is given back', () => {
  const admission = new Admission(LIMIT);
  assert.ok(admission.tryAcquire(LIMIT));
  assert.ok(!admission.tryAcquire(LIMIT / 16));
  admission.release(LIMIT);
  assert.ok(admission.tryAcquire(1000));
});

void test('one body alone may be larger than the budget, at once or by growing', () => {
  const admission = new Admission(LIMIT);
  assert.ok(admission.tryAcquire(5 * LIMIT));
  admission.release(5 * LIMIT);
  const growing = new GrowingCharge(admission, 0);
  for (let step = 0; step < 5; step += 1) assert.ok(growing.grow(LIMIT));
  assert.ok(!new GrowingCharge(admission, 0).grow(LIMIT));
  growing.release();
  assert.equal(admission.usedBytes, 0);
});

void test('who sends little is served although others have used the budget up, so much each second', () => {
  let nowMs = 0;
  const whole = new Admission(LIMIT, new SharedArrayBuffer(4), () => nowMs);
  const [greedy, modest] = [whole.share(), whole.share()];
  while (greedy.tryAcquire(LIMIT / 64));
  assert.ok(!greedy.tryAcquire(LIMIT / 64));
  const taken = (): number => {
    let count = 0;
    while (modest.tryAcquire(LIMIT / 64)) count += 1;
    return count;
  };
  assert.equal(taken(), 2);
  nowMs += 500;
  assert.equal(taken(), 1);
  nowMs += 60_000;
  assert.equal(taken(), 2, 'what was not used does not add up');
  // However many there are, together they do not go far beyond the budget.
  for (let user = 0; user < 100; user += 1) whole.share().tryAcquire(LIMIT / 32);
  assert.ok(whole.usedBytes <= LIMIT * 1.25);
});

void test('what grows in any parts is given back to the last unit', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5000), { maxLength: 30 }), (parts) => {
      const admission = new Admission(LIMIT);
      const charge = new GrowingCharge(admission, 0);
      for (const part of parts) charge.grow(part);
      charge.release();
      assert.equal(admission.usedBytes, 0);
    }),
    { seed: 5 },
  );
});
