// Queue, retry and batching simulated: some seeds on every run; test/slow/simulation.test.ts runs more of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate } from './simulate.ts';

const SEEDS = 2_000;

void test('whatever the destination does, nothing is lost, doubled, mixed, or kept beyond its limits', async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { violation } = await simulate(seed);
    assert.equal(violation, undefined, `replay it: node test/simulation/replay.ts ${seed}`);
  }
});

void test('a seed is the same simulation every time', async () => {
  for (const seed of [1, 2, 3]) {
    const one = await simulate(seed, { isLogged: true });
    assert.ok(one.log.length > 3);
    assert.deepEqual((await simulate(seed, { isLogged: true })).log, one.log);
  }
});
