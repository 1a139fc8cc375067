// What has to hold for any log, tried for longer than in the quick tests.

import { test } from 'node:test';
import { FIRST_SEED, seedsFor } from '../support/budget.ts';
import { checkDamage, checkModel } from '../support/log-properties.ts';

const NEVER_MS = 0x7fff_ffff;

void test(`${seedsFor(150)} random lives of a log`, { timeout: NEVER_MS }, () =>
  checkModel({ seed: FIRST_SEED, numRuns: seedsFor(150) }),
);

void test(`${seedsFor(600)} cuts and changed bytes`, { timeout: NEVER_MS }, () =>
  checkDamage({ seed: FIRST_SEED, numRuns: seedsFor(600) }),
);
