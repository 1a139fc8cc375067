// Queue, retry and batching simulated for as long as there is time (test/simulation).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate } from '../simulation/simulate.ts';
import { FIRST_SEED, leaveFigures, timeFor } from '../support/budget.ts';

void test('simulated queue, retry and batching', { timeout: 0x7fff_ffff }, async (context) => {
  const time = timeFor(15);
  const startedMs = performance.now();
  let seed = FIRST_SEED;
  let steps = 0;
  for (; !time.isOver(); seed += 1) {
    const outcome = await simulate(seed);
    steps += outcome.steps;
    assert.equal(outcome.violation, undefined, `replay it: node test/simulation/replay.ts ${seed}`);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const schedules = seed - FIRST_SEED;
  const perSecond = Math.round(schedules / seconds);
  leaveFigures(context, { firstSeed: FIRST_SEED, schedules, schedules_per_second: perSecond, steps });
});
