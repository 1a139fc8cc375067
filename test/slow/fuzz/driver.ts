// The one driver of all fuzzing: seeded inputs until the time is over, and the property they share: an answer or a clean
// error, in bounded time and memory, and nothing that nobody handles. TEST_SEED begins elsewhere; `npm run soak` goes on longer.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { FIRST_SEED, leaveFigures, timeFor } from '../../support/budget.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { REGRESSIONS } from './regressions.ts';
import type { Watched } from './watchdog.ts';

/** What became of an input; anything that is thrown is a finding. */
export type Verdict = 'accepted' | 'refused';

export interface Target {
  readonly name: string;
  /** An input, which may be valid, broken or nothing at all. */
  make(random: SeededRandom): Uint8Array;
  try(input: Uint8Array): Verdict | Promise<Verdict>;
  /** How long one input may take, if not three seconds. */
  readonly maxMs?: number;
  /** Of how many inputs at a time; more than one where they wait for something. */
  readonly parallel?: number;
  /** After every 200 inputs: whatever else has to be as it was. */
  check?(): Promise<void>;
}

/** An input may take this long on a machine that has other things to do. */
const MAX_MS = 3_000;
/** What it waits for may take so long; a parser that never returns has until the watchdog sees it. */
const WAIT_MS = 10_000;
const HANG_MS = 30_000;
const MAX_INPUT_BYTES = 4 << 20;
/** What may be kept after a collection, and what the process may have grown by, garbage and the allocator's room included. */
const MAX_KEPT_BYTES = 150 << 20;
const MAX_GROWTH_BYTES = 1 << 30;
const CHECK_EVERY = 200;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

export async function fuzz(context: TestContext, target: Target, slowSeconds: number): Promise<void> {
  const { name } = target;
  const head = new SharedArrayBuffer(8);
  const shared = new SharedArrayBuffer(MAX_INPUT_BYTES);
  const numbers = new Int32Array(head);
  const known = REGRESSIONS.filter((one) => one.target === name).map(({ input }) => Buffer.from(input, 'base64'));
  const counts = { accepted: 0, refused: 0 };
  let longestMs = 0;
  let unhandled: unknown;
  const onUnhandled = (error: unknown): void => {
    unhandled ??= error;
  };
  process.on('unhandledRejection', onUnhandled);

  const tryOne = async (number: number): Promise<void> => {
    const input = known[number] ?? target.make(new SeededRandom(FIRST_SEED + number - known.length));
    assert.ok(input.length <= MAX_INPUT_BYTES);
    new Uint8Array(shared).set(input);
    Atomics.store(numbers, 1, input.length);
    Atomics.store(numbers, 0, number);
    const begunMs = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const never = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`nothing came of it within ${WAIT_MS} ms`)), WAIT_MS);
    });
    try {
      counts[await Promise.race([target.try(input), never])] += 1;
      if (unhandled !== undefined) throw unhandled;
    } catch (error) {
      throw new Error(described(name, input, 'failed'), { cause: error });
    }
    clearTimeout(timer);
    const tookMs = performance.now() - begunMs;
    longestMs = Math.max(longestMs, tookMs);
    if (tookMs > (target.maxMs ?? MAX_MS)) throw new Error(described(name, input, `took ${Math.round(tookMs)} ms`));
  };

  Atomics.store(numbers, 1, -1);
  const watched: Watched = { head, input: shared, target: name, hangMs: HANG_MS };
  const watchdog = new Worker(new URL('watchdog.ts', import.meta.url), { workerData: watched });
  try {
    collect();
    const startMemory = process.memoryUsage();
    const time = timeFor(slowSeconds);
    const startedMs = performance.now();
    let number = 0;
    const lane = async (): Promise<void> => {
      while (!time.isOver() || number < known.length) {
        number += 1;
        await tryOne(number - 1);
        if (number % CHECK_EVERY !== 0) continue;
        // So that what nobody handles shows up near the input that caused it.
        await new Promise((resolve) => setImmediate(resolve));
        assertBounded(name, startMemory);
        await target.check?.();
      }
    };
    await Promise.all(Array.from({ length: target.parallel ?? 1 }, lane));
    await target.check?.();
    const perSecond = Math.round((number * 1000) / (performance.now() - startedMs));
    leaveFigures(context, { ...counts, inputs_per_second: perSecond, longest_ms: Math.round(longestMs) });
    assert.ok(counts.accepted > 0 && counts.refused > 0, 'inputs of only one kind try half of a parser');
  } finally {
    process.off('unhandledRejection', onUnhandled);
    await watchdog.terminate();
  }
}

/** Garbage is not kept: it is collected before anything is said of a target. */
function assertBounded(name: string, before: NodeJS.MemoryUsage): void {
  const growth = process.memoryUsage().rss - before.rss;
  assert.ok(growth < MAX_GROWTH_BYTES, `${name} takes ${growth >> 20} MiB more than before, garbage included`);
  if (growth < MAX_KEPT_BYTES) return;
  collect();
  const kept = keptBytes(process.memoryUsage()) - keptBytes(before);
  assert.ok(kept < MAX_KEPT_BYTES, `${name} keeps ${kept >> 20} MiB more than before`);
}

function keptBytes({ heapUsed, external }: NodeJS.MemoryUsage): number {
  return heapUsed + external;
}

function described(target: string, input: Uint8Array, what: string): string {
  const line = `{ target: '${target}', input: '${Buffer.from(input).toString('base64')}' },`;
  return `${target} ${what}; for regressions.ts, after it is mended:\n  ${line}\n`;
}
