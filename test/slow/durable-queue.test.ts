// Whole agents with a queue on disk that are killed at any instant, or whose disk is full.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts, startAgent } from '../support/agent.ts';
import { FIRST_SEED, leaveFigures, seedsFor } from '../support/budget.ts';
import { Backend, durableConfiguration, sendSpan } from '../support/durable-agent.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { canMount, Folder, until } from '../support/storing.ts';

const KILLS = seedsFor(12);
const SENDERS = 16;

for (const fsync of [true, false]) {
  void test(
    `killed ${KILLS} times under load (seed ${FIRST_SEED}, fsync ${fsync}), every acknowledged span arrives`,
    { timeout: 30_000 + KILLS * 10_000 },
    (t) => killed(fsync, t),
  );
}

async function killed(fsync: boolean, context: TestContext): Promise<void> {
  using folder = new Folder();
  await using backend = await Backend.start();
  const [receiver = 0, metrics = 0] = await freePorts(2);
  const random = new SeededRandom(FIRST_SEED);
  const setup = { receiver, metrics, destination: backend.port, directory: folder.path, storage: { fsync } };
  const acknowledged = new Set<number>();
  let next = 1;
  for (let kill = 0; kill < KILLS; kill += 1) {
    backend.isDown = random.next() < 0.4;
    const agent = await startAgent({ config: durableConfiguration(setup) });
    const load = { isRunning: true };
    const senders = Array.from({ length: SENDERS }, async () => {
      while (load.isRunning) {
        const number = next;
        next += 1;
        if (await sendSpan(receiver, number)) acknowledged.add(number);
      }
    });
    await sleep(50 + random.next() * 700);
    agent.signal('SIGKILL');
    load.isRunning = false;
    await Promise.all([agent.exited, ...senders]);
  }
  backend.isDown = false;
  await using last = await startAgent({ config: durableConfiguration(setup) });
  const missing = (): number[] => {
    const arrived = new Set(backend.numbers);
    return [...acknowledged].filter((number) => !arrived.has(number));
  };
  const deadline = AbortSignal.timeout(20_000);
  while (missing().length > 0 && !deadline.aborted) await sleep(100);
  await last.stop();
  const arrived = new Set(backend.numbers);
  leaveFigures(context, {
    acknowledged: acknowledged.size,
    arrived: arrived.size,
    twice: backend.numbers.length - arrived.size,
  });
  assert.ok(acknowledged.size > 100 * KILLS, 'there was load');
  assert.deepEqual(missing(), []);
  assert.ok(Math.max(...arrived) < next, 'nothing is invented');
}

void test(
  'a full disk refuses so that clients come again, and takes data again when there is room; nothing that was acknowledged is lost',
  { skip: canMount() ? false : 'needs the right to mount a tmpfs', timeout: 60_000 },
  async () => {
    using folder = new Folder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder.path]);
    try {
      const ballast = path.join(folder.path, 'ballast');
      writeFileSync(ballast, Buffer.alloc(3 << 20));
      await using backend = await Backend.start();
      const [receiver = 0, metrics = 0] = await freePorts(2);
      const setup = { receiver, metrics, destination: backend.port, directory: folder.path };
      backend.isDown = true;
      const agent = await startAgent({ config: durableConfiguration(setup) });
      const acknowledged: number[] = [];
      let number = 1;
      for (let isTaken = true; isTaken; number += 1) {
        isTaken = await sendSpan(receiver, number);
        if (isTaken) acknowledged.push(number);
      }
      await agent.said(/Writing to the queue on disk fails/);
      rmSync(ballast);
      await until(async () => {
        number += 1;
        const isTaken = await sendSpan(receiver, number);
        if (isTaken) acknowledged.push(number);
        return isTaken;
      });
      await agent.said(/Writing to the queue on disk works again/);
      agent.signal('SIGKILL');
      await agent.exited;
      backend.isDown = false;
      await using after = await startAgent({ config: durableConfiguration(setup) });
      await until(() => new Set(backend.numbers).size >= acknowledged.length);
      assert.deepEqual(
        [...new Set(backend.numbers)].sort((a, b) => a - b),
        acknowledged,
      );
      await after.stop();
    } finally {
      execFileSync('umount', ['--lazy', folder.path]);
    }
  },
);
