// How much a seeded test does: what the slow tier has time for, or many times that with other seeds under `npm run soak`
// (test/soak.ts), which finds every slow test that imports this file and collects the figures it leaves.

import { appendFileSync } from 'node:fs';
import type { TestContext } from 'node:test';

/** The slow tier always tries the same seeds. */
const SLOW_SEED = 20_261;

const times = Number(process.env['SOAK_TIMES'] ?? 1);

/** The seed to begin with; further ones count up from it. `TEST_SEED` replays one. */
export const FIRST_SEED = Number(process.env['TEST_SEED'] ?? SLOW_SEED);

/** How many seeds to try where the slow tier tries `slowCount`. */
export function seedsFor(slowCount: number): number {
  return slowCount * times;
}

/** How long to go on with something that takes its time, where the slow tier goes on for `slowSeconds`. */
export function secondsFor(slowSeconds: number): number {
  return slowSeconds * times;
}

/** Aborts when it is time to end, after `slowSeconds` in the slow tier. */
export function timeFor(slowSeconds: number): { readonly isOver: () => boolean } {
  const end = performance.now() + slowSeconds * 1000 * times;
  return { isOver: () => performance.now() >= end };
}

/** Shows what a test measured, and keeps it where results are collected. */
export function leaveFigures(test: TestContext, figures: Readonly<Record<string, number | string>>): void {
  test.diagnostic(JSON.stringify(figures));
  const file = process.env['SOAK_FIGURES'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ test: test.name, ...figures })}\n`);
}
