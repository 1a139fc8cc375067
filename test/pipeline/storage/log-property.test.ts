import { test } from 'node:test';
import { checkDamage, checkModel } from '../../support/log-properties.ts';

const SEED = 20_260_102;

void test('whatever is done to a log, crashes included, it has exactly what was taken and not settled', () =>
  checkModel({ seed: SEED, numRuns: 15 }));

void test('a cut or a changed byte anywhere costs what it hits and nothing else; nothing is invented', () =>
  checkDamage({ seed: SEED, numRuns: 40 }));
