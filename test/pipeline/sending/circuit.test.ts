import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatusName } from '../../../pipeline/component.ts';
import { Refused, Rejected } from '../../../pipeline/delivery.ts';
import { sendingExporter, type SendingSettings } from '../../../pipeline/sending/exporter.ts';
import { SOON, testContext } from '../../support/context.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { tracesBatch } from '../../support/requests.ts';

const RETRY = {
  enabled: true,
  initialIntervalMs: 5_000,
  randomizationFactor: 0,
  multiplier: 1.5,
  maxIntervalMs: 30_000,
  maxElapsedMs: 300_000,
};
const CONSUMERS = 8;
const QUEUE = {
  consumers: CONSUMERS,
  capacity: 1_000,
  sizer: 'requests',
  blockOnOverflow: false,
  waitForResult: false,
} as const;

/** Batches of their own requests, sent to a destination that does what `behave` says at that moment. */
function scene(behave: (nowMs: number) => Promise<void> | undefined, settings: Partial<SendingSettings> = {}) {
  const clock = new VirtualClock().install();
  const start = clock.now();
  const { context, metric, drops } = testContext({ kind: 'exporter', id: 'x' });
  const states: [StatusName, string | undefined][] = [];
  const seen = { attempts: [] as number[], under: 0, most: 0, taken: 0 };
  const exporter = sendingExporter(
    { ...context, now: clock.now, steadyNow: clock.now, status: (name, reason) => states.push([name, reason]) },
    { timeoutMs: 5_000, retry: RETRY, queue: QUEUE, ...settings },
    {
      start: () => Promise.resolve(),
      stop: () => Promise.resolve(),
      mergeable: () => false,
      async send(_batch, attempt) {
        const at = clock.now() - start;
        seen.attempts.push(at);
        seen.under += 1;
        seen.most = Math.max(seen.most, seen.under);
        try {
          await (behave(at) ?? attempt.race(new Promise<void>(() => undefined)));
          seen.taken += 1;
        } finally {
          seen.under -= 1;
        }
      },
    },
  );
  const state = (): string =>
    ['closed', 'open', 'half_open'].filter((name) => metric('genesis_exporter_circuit_state', { state: name })).join();
  return {
    exporter,
    seen,
    state,
    states,
    drops,
    failures: () => metric('genesis_exporter_consecutive_failures'),
    /** Lets time pass. */
    async until(ms: number): Promise<void> {
      const end = { isReached: false };
      clock.after(start + ms - clock.now(), () => {
        end.isReached = true;
      });
      while (!end.isReached) await clock.step();
    },
    async [Symbol.asyncDispose](): Promise<void> {
      clock[Symbol.dispose]();
      await exporter.stop(AbortSignal.abort());
    },
  };
}

async function give(exporter: { consume(batch: ReturnType<typeof tracesBatch>): Promise<void> }, count: number) {
  for (let index = 0; index < count; index += 1) await exporter.consume(tracesBatch(1));
}

void test('a destination that never answers gets one request at a time, and everything as soon as it works', async () => {
  const upAt = 100_000;
  await using it = scene((at) => (at < upAt ? undefined : Promise.resolve()));
  await give(it.exporter, 20);
  await it.until(6_000);
  assert.equal(it.seen.most, CONSUMERS, 'nobody knows yet');
  assert.equal(it.state(), 'open');
  it.seen.most = 0;
  await it.until(upAt - 1);
  assert.equal(it.seen.most, 1);
  assert.ok(it.seen.attempts.length - CONSUMERS <= upAt / 5_000, `${it.seen.attempts.length} attempts`);
  assert.match(it.state(), /open/);
  await it.until(upAt + RETRY.maxIntervalMs + 5_000);
  const firstTaken = it.seen.attempts.find((at) => at >= upAt) ?? Infinity;
  assert.equal(it.seen.taken, 20);
  assert.ok(Math.max(...it.seen.attempts) - firstTaken <= 1, 'nobody sleeps on');
  assert.equal(it.state(), 'closed');
  assert.equal(it.failures(), 0);
  assert.deepEqual(it.drops(), []);
});

void test('the state and its reason say since when, how often, why, and when the next attempt is', async () => {
  await using it = scene(() => Promise.reject(new Refused('connect ECONNREFUSED')));
  await give(it.exporter, 1);
  await it.until(1);
  assert.equal(it.state(), 'closed', 'once is no outage');
  assert.deepEqual(it.states, [
    [
      'RecoverableError',
      'connect ECONNREFUSED (failed once since 2026-01-02T00:00:00Z; next attempt at 2026-01-02T00:00:05Z)',
    ],
  ]);
  await it.until(5_100);
  assert.equal(it.state(), 'open');
  assert.equal(it.failures(), 2);
  assert.deepEqual(it.states.at(-1), [
    'RecoverableError',
    'connect ECONNREFUSED (failed 2 times in a row since 2026-01-02T00:00:00Z; next attempt at 2026-01-02T00:00:12Z)',
  ]);
});

void test('being tried is a state of its own', async () => {
  await using it = scene(() => undefined);
  await give(it.exporter, 1);
  await it.until(4_900);
  assert.equal(it.state(), 'closed', 'the first attempt is still under way');
  await it.until(5_100);
  assert.equal(it.state(), 'open');
  await it.until(10_100);
  assert.equal(it.state(), 'half_open');
});

void test('who was told when to come again comes no earlier, whatever others got', async () => {
  const told = { at: -1 };
  await using it = scene((at) => {
    if (at < 10_000) return Promise.reject(new Refused('down'));
    if (told.at < 0) {
      told.at = at;
      return Promise.reject(new Refused('busy', { retryAfterMs: 60_000 }));
    }
    return Promise.resolve();
  });
  await give(it.exporter, 3);
  await it.until(90_000);
  assert.equal(it.seen.taken, 3);
  const [third] = it.seen.attempts.slice(-1);
  assert.equal(third, told.at + 60_000);
  const others = it.seen.attempts.filter((at) => at > told.at && at < told.at + 60_000);
  assert.deepEqual(others, [], 'the two that waited for that attempt were let through at once, and taken');
});

void test('a destination that takes most of what comes is not taken for dead, and what it refused keeps its delay', async () => {
  let count = 0;
  const refusedAt: number[] = [];
  await using it = scene((at) => {
    count += 1;
    if (count % 16 !== 1) return Promise.resolve();
    refusedAt.push(at);
    return Promise.reject(new Refused('shedding'));
  });
  for (let step = 1; step <= 20; step += 1) {
    await give(it.exporter, 4);
    await it.until(step * 200);
    assert.equal(it.state(), 'closed');
  }
  assert.equal(it.seen.attempts.length, 80, 'what was refused is not hurried by what was taken');
  await it.until(200_000);
  assert.equal(it.seen.taken, 80);
  assert.ok(refusedAt.length >= 5);
});

void test('an attempt that hangs for long holds nobody up for long', async () => {
  let first = true;
  await using it = scene(
    (at) => {
      if (at < 6_000) return Promise.reject(new Refused('down'));
      if (!first) return Promise.resolve();
      first = false;
      return undefined;
    },
    { timeoutMs: 0 },
  );
  await give(it.exporter, 4);
  await it.until(60_000);
  assert.equal(it.seen.taken, 3);
  assert.equal(it.state(), 'closed');
});

void test('without retries every request is sent and hears the destination itself', async () => {
  let answer = 0;
  const { context } = testContext({ kind: 'exporter', id: 'x' });
  let now = 0;
  const exporter = sendingExporter(
    { ...context, steadyNow: () => (now += 2_000) },
    { timeoutMs: 0, retry: { ...RETRY, enabled: false } },
    {
      start: () => Promise.resolve(),
      stop: () => Promise.resolve(),
      mergeable: () => false,
      send: () => Promise.reject(new Refused(`down ${(answer += 1)}`)),
    },
  );
  for (let call = 1; call <= 5; call += 1) {
    await assert.rejects(exporter.consume(tracesBatch(1)), new RegExp(`down ${call}`));
  }
  await exporter.stop(SOON());
});

void test('an answer for good shows that the destination works; a batch that never left shows nothing', async () => {
  let error: Error = new Refused('down');
  const { context, metric } = testContext({ kind: 'exporter', id: 'x' });
  const exporter = sendingExporter(
    context,
    { timeoutMs: 0, retry: { ...RETRY, enabled: false } },
    {
      start: () => Promise.resolve(),
      stop: () => Promise.resolve(),
      mergeable: () => false,
      send: () => Promise.reject(error),
    },
  );
  await assert.rejects(exporter.consume(tracesBatch(1)), Refused);
  error = new Rejected('too large', { count: 1, kind: 'too_large' });
  await assert.rejects(exporter.consume(tracesBatch(1)), Rejected);
  assert.equal(metric('genesis_exporter_consecutive_failures'), 1);
  error = new Rejected('no such tenant', { count: 1, kind: 'destination' });
  await assert.rejects(exporter.consume(tracesBatch(1)), Rejected);
  assert.equal(metric('genesis_exporter_consecutive_failures'), 0);
  await exporter.stop(SOON());
});
