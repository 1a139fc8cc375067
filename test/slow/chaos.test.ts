// Whole agents shaken by seeds (test/scenario/chaos): what was sent is what was received and what is explained.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../house/sources.ts';
import type { Result } from '../scenario/chaos/run.ts';
import { FIRST_SEED, leaveFigures, seedsFor } from '../support/budget.ts';

const SEEDS = seedsFor(20);
const PARALLEL = Math.min(2, os.availableParallelism());
const SEED_TIMEOUT_MS = 150_000;
const SCRIPT = path.join(ROOT, 'test/scenario/chaos/chaos.ts');
const COMMAND = 'node test/scenario/chaos/chaos.ts --verbose --seed';
/** Where the story of a seed that failed is kept. */
const FOLDER = path.join(ROOT, '.cache', 'chaos');

async function run(seed: number, signal: AbortSignal): Promise<Result> {
  const child = spawn(process.execPath, [SCRIPT, '--seed', String(seed), '--verbose', '--agent-log', '--json'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
    signal,
  });
  let story = '';
  child.stdout.on('data', (part: Buffer) => {
    story += part.toString();
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(path.join(FOLDER, `seed-${seed}.txt`), story);
  }
  const last = story.trim().split('\n').at(-1) ?? '';
  assert.ok(last.startsWith('{'), `the run of seed ${seed} broke off: ${COMMAND} ${seed}`);
  // What chaos.ts prints last.
  return JSON.parse(last) as Result;
}

void test(
  `${SEEDS} seeds of faults: nothing is lost, invented or doubled without a reason`,
  { concurrency: PARALLEL, timeout: 60_000 + (SEEDS * SEED_TIMEOUT_MS) / PARALLEL },
  async (t) => {
    const sums: Record<string, number> = {};
    await Promise.all(
      Array.from({ length: SEEDS }, (_, index) =>
        t.test(`seed ${FIRST_SEED + index}`, { timeout: SEED_TIMEOUT_MS }, async (one) => {
          const seed = FIRST_SEED + index;
          const { violations, figures, skipped } = await run(seed, one.signal);
          for (const reason of skipped) one.diagnostic(reason);
          assert.deepEqual(violations, [], `replay it: ${COMMAND} ${seed}; its story is in .cache/chaos`);
          for (const [name, value] of Object.entries(figures)) {
            sums[name] = name.startsWith('most') ? Math.max(sums[name] ?? 0, value) : (sums[name] ?? 0) + value;
          }
        }),
      ),
    );
    leaveFigures(t, { seeds: SEEDS, ...sums });
  },
);
