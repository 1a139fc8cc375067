import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GRACE_MS, LEAST_BYTES_PER_S, SlowBodies, type IncomingBody } from '../../../pipeline/transport/slow-bodies.ts';

class Body implements IncomingBody {
  readonly sinceMs: number;
  receivedBytes = 0;
  ended = 0;

  constructor(sinceMs: number) {
    this.sinceMs = sinceMs;
  }

  tooSlow(): void {
    this.ended += 1;
  }
}

void test('a body has its grace, then a least speed on average', () => {
  let nowMs = 1_000;
  const slow = new SlowBodies(() => nowMs);
  const [silent, trickling, steady] = [new Body(nowMs), new Body(nowMs), new Body(nowMs)];
  for (const body of [silent, trickling, steady]) slow.watch(body);
  nowMs += GRACE_MS;
  slow.check();
  assert.deepEqual([silent.ended, trickling.ended, steady.ended], [0, 0, 0]);
  for (let second = 1; second <= 60; second += 1) {
    nowMs += 1_000;
    trickling.receivedBytes += 100;
    steady.receivedBytes += LEAST_BYTES_PER_S;
    slow.check();
  }
  assert.deepEqual([silent.ended, trickling.ended, steady.ended], [1, 1, 0]);
  slow.forget(steady);
});

void test('a body that is forgotten is not ended', () => {
  let nowMs = 0;
  const slow = new SlowBodies(() => nowMs);
  const body = new Body(0);
  slow.watch(body);
  slow.forget(body);
  nowMs = 10 * GRACE_MS;
  slow.check();
  assert.equal(body.ended, 0);
});
