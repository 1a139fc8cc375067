import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { steadyNow } from '../../pipeline/steady-clock.ts';

const CLOCK = new URL('../../pipeline/steady-clock.ts', import.meta.url);

void test('every thread sees the same time', async () => {
  const before = steadyNow();
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     import(${JSON.stringify(CLOCK.href)}).then(({ steadyNow }) => parentPort.postMessage(steadyNow()));`,
    { eval: true },
  );
  const [seen] = await once(worker, 'message');
  const after = steadyNow();
  assert.ok(before <= seen && seen <= after, `${before} <= ${seen} <= ${after}`);
  await worker.terminate();
});
