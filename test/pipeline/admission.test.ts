import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Admission } from '../../pipeline/admission.ts';
import { GrowingCharge } from '../../pipeline/transport/growing-charge.ts';

const LIMIT = 1 << 20;

void test('a budget that is used up admits nothing more until something is given back', () => {
  const admission = new Admission(LIMIT);
  assert.ok(admission.tryAcquire(LIMIT));
  assert.ok(!admission.tryAcquire(1000));
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

void test('who uses little is served although others have used the budget up', () => {
  const whole = new Admission(LIMIT);
  const [greedy, modest] = [whole.share(), whole.share()];
  while (greedy.tryAcquire(LIMIT / 64));
  assert.ok(!greedy.tryAcquire(LIMIT / 64));
  assert.ok(modest.tryAcquire(LIMIT / 64));
  assert.ok(modest.tryAcquire(LIMIT / 64));
  assert.ok(!modest.tryAcquire(LIMIT / 64), 'a share is for little');
  // However many there are, together they do not go far beyond the budget.
  for (let user = 0; user < 100; user += 1) whole.share().tryAcquire(LIMIT / 32);
  assert.ok(whole.usedBytes <= LIMIT * 1.5);
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
