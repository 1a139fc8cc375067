// When targets are scraped: spread over the interval, evenly spaced, never two at a time.

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import * as fc from 'fast-check';
import { firstDelay, Schedule } from '../../../receivers/prometheus/schedule.ts';

void test('the first scrape of a target is at its own place in the interval, wherever the clock stands', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.integer({ min: 1, max: 3_600_000 }),
      fc.integer({ min: 0, max: 2 ** 45 }),
      (target, interval, now) => {
        const delay = firstDelay(target, 'host', interval, now);
        assert.ok(delay >= 0 && delay < interval);
        const later = firstDelay(target, 'host', interval, now + 1_234);
        assert.equal((now + delay) % interval, (now + 1_234 + later) % interval);
      },
    ),
    { seed: 7, numRuns: 300 },
  );
  const places = Array.from({ length: 1_000 }, (_, one) => firstDelay(`10.0.0.${one}:80`, 'host', 15_000, 0));
  for (let second = 0; second < 15; second++) {
    const inside = places.filter((place) => Math.floor(place / 1_000) === second).length;
    assert.ok(inside > 35 && inside < 100, `${inside} targets in the second ${second}`);
  }
  assert.notEqual(firstDelay('a:80', 'host', 15_000, 0), firstDelay('a:80', 'other host', 15_000, 0));
});

/** Runs `schedule` on a clock of the test; every run takes as long as `takes` says. */
async function times(options: {
  readonly takes: readonly number[];
  readonly lateMs?: number;
  readonly clockJumpMs?: number;
}): Promise<readonly { readonly at: number; readonly timestamp: number }[]> {
  mock.timers.enable({ apis: ['setTimeout'] });
  let steady = 0;
  let jumped = 0;
  const ran: { at: number; timestamp: number }[] = [];
  const takes = [...options.takes];
  const schedule = new Schedule({
    intervalMs: 1_000,
    firstDelayMs: 300,
    now: () => 1_000_000 + steady + jumped,
    steadyNow: () => steady,
    run: async (timestamp) => {
      ran.push({ at: steady, timestamp: timestamp - 1_000_000 });
      jumped = options.clockJumpMs ?? 0;
      const end = steady + (takes.shift() ?? 0);
      for (;;) {
        if (steady >= end) return;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
  });
  const waiting: (() => void)[] = [];
  schedule.start();
  while (steady < 6_000) {
    steady++;
    mock.timers.tick(1);
    for (const wake of waiting.splice(0)) wake();
    for (let turn = 0; turn < 6; turn++) await Promise.resolve();
  }
  await schedule.stop();
  mock.timers.reset();
  return ran;
}

void test('scrapes are an interval apart; long ones make others fall out and shift none', async () => {
  const plain = await times({ takes: [200, 900, 0] });
  assert.deepEqual(
    plain.map(({ at }) => at),
    [300, 1_300, 2_300, 3_300, 4_300, 5_300],
  );
  assert.deepEqual(
    plain.map(({ timestamp }) => timestamp),
    [300, 1_300, 2_300, 3_300, 4_300, 5_300],
  );
  // 2.5 intervals: the time that fell into it is made up for once, at once, as a ticker of Go does.
  const long = await times({ takes: [2_500] });
  assert.deepEqual(
    long.map(({ at }) => at),
    [300, 2_801, 3_300, 4_300, 5_300],
  );
});

void test('a clock that is set back begins a new row of timestamps', async () => {
  const ran = await times({ takes: [], clockJumpMs: -500_000 });
  assert.deepEqual(
    ran.map(({ timestamp }) => timestamp),
    [300, -498_700, -497_700, -496_700, -495_700, -494_700],
  );
});
