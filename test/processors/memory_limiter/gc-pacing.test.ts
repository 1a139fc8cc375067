import assert from 'node:assert/strict';
import { test } from 'node:test';
import { config } from '../../../processors/memory_limiter/config.ts';
import { GcPacing, type MemoryState } from '../../../processors/memory_limiter/gc-pacing.ts';

const pacingOf = (settings: object): GcPacing =>
  new GcPacing(config.parse({ check_interval: '1s', limit_mib: 100, ...settings }));

const above = (usedBytes: number, heldBytes = 0): MemoryState => ({ usedBytes, isAboveSoft: true, heldBytes });

/** The seconds at which a check, once a second, collects while collections free nothing. */
function collections(pacing: GcPacing, isAboveHard: boolean, seconds: number): number[] {
  const at: number[] = [];
  for (let second = 0; second < seconds; second++) {
    pacing.measured(above(1_000));
    if (!pacing.isDue(isAboveHard, second * 1_000)) continue;
    pacing.collected(above(1_000), second * 1_000);
    at.push(second);
  }
  return at;
}

void test('collections that free little become rarer, up to the maximum', () => {
  // 0.95 s doubled, doubled again, and so on; a check comes once a second.
  assert.deepEqual(collections(pacingOf({}), true, 120), [0, 2, 6, 14, 30, 61, 92]);
  assert.deepEqual(collections(pacingOf({}), false, 120), [0, 21, 52, 83, 114]);
});

void test('a maximum of 0 keeps them as often as the minimum allows', () => {
  const settings = { max_gc_interval_when_hard_limited: '0s', max_gc_interval_when_soft_limited: '0s' };
  assert.deepEqual(collections(pacingOf(settings), true, 5), [0, 1, 2, 3, 4]);
  assert.deepEqual(collections(pacingOf(settings), false, 30), [0, 11, 22]);
});

void test('memory that goes down, or below the limit, ends the waiting', () => {
  for (const better of [above(949), { usedBytes: 999, isAboveSoft: false, heldBytes: 0 }]) {
    const pacing = pacingOf({});
    collections(pacing, true, 32);
    assert.equal(pacing.isDue(true, 33_000), false);
    pacing.measured(above(951));
    assert.equal(pacing.isDue(true, 33_000), false, 'less than a twentieth is not enough');
    pacing.measured({ ...better, usedBytes: better.isAboveSoft ? 900 : better.usedBytes });
    assert.equal(pacing.isDue(true, 33_000), true);
  }
});

void test('a collection that frees memory is followed by the next as soon as one is needed', () => {
  const pacing = pacingOf({});
  collections(pacing, true, 32);
  assert.equal(pacing.collected(above(900), 61_000), true);
  assert.equal(pacing.isDue(true, 61_001), true);
  assert.equal(pacing.isDue(false, 61_001), false, 'the minimum stays');
});

void test('bytes that left since the last collection make the next one worth while', () => {
  const pacing = pacingOf({});
  pacing.measured(above(1_000, 500));
  pacing.collected(above(1_000, 500), 0);
  pacing.measured(above(1_000, 460));
  assert.equal(pacing.isDue(false, 11_000), false);
  pacing.measured(above(1_000, 450));
  assert.equal(pacing.isDue(false, 11_000), true);
});

void test('a clock that is set back does not put collections off', () => {
  const pacing = pacingOf({});
  pacing.collected(above(1_000), 3_600_000);
  assert.equal(pacing.isDue(true, 3_600_001), false);
  assert.equal(pacing.isDue(true, 0), true);
});
