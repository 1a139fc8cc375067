// What the simulation of the sending queue found (test/simulation), each as the smallest case, in virtual time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Batch } from '../../../pipeline/batch.ts';
import { Refused, Rejected } from '../../../pipeline/delivery.ts';
import { sendingExporter, type Attempt } from '../../../pipeline/sending/exporter.ts';
import { SendQueue, type BatchLimits, type SendQueueOptions } from '../../../pipeline/sending/send-queue.ts';
import { testContext } from '../../support/context.ts';
import { logsRequest, tracesBatch } from '../../support/requests.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const BATCHING: BatchLimits = { minSize: 10, maxSize: 0, sizer: 'items', flushTimeoutMs: 50, metadataKeys: [] };
const QUEUE = { capacity: 100, sizer: 'items', blockOnOverflow: false, waitForResult: false, batch: BATCHING } as const;

/** Sends never end by themselves. */
function queueWith(options: Partial<SendQueueOptions>) {
  const sent: { readonly batch: Batch; readonly end: (error?: Error) => void }[] = [];
  const lost: number[] = [];
  const queue = new SendQueue({
    parallel: 4,
    queue: QUEUE,
    mergeable: () => true,
    deliver: (batch) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      sent.push({ batch, end: (error) => (error ? reject(error) : resolve()) });
      return promise;
    },
    lost: (batch) => lost.push(batch.items),
    partlyRejected: () => undefined,
    held: () => undefined,
    released: () => undefined,
    ...options,
  });
  return { queue, sent, lost, items: () => sent.map(({ batch }) => batch.items) };
}

/** Until `ms` have passed. */
async function pass(clock: VirtualClock, ms: number): Promise<void> {
  const over = new AbortController();
  clock.after(ms, () => over.abort());
  while (!over.signal.aborted) await clock.step();
}

void test('data that is due waits for a free send: no more than the consumers are under way', async () => {
  using clock = new VirtualClock().install();
  const { queue, sent, items } = queueWith({ parallel: 1 });
  await queue.submit(tracesBatch(10));
  await pass(clock, 1);
  await queue.submit(tracesBatch(3));
  await pass(clock, 200);
  assert.deepEqual(items(), [10]);
  sent[0]?.end();
  await pass(clock, 1);
  assert.deepEqual(items(), [10, 3], 'it has waited long enough');
});

void test('all that waits is due at once, also what can not share a request', async () => {
  using clock = new VirtualClock().install();
  const { queue, items } = queueWith({});
  const logs: Batch = { ...tracesBatch(1), signal: 'logs', chunks: [logsRequest(1)] };
  await queue.submit(tracesBatch(2));
  await queue.submit(logs);
  await queue.submit(tracesBatch(3));
  await pass(clock, 60);
  assert.deepEqual(items(), [2, 1, 3]);
});

void test('a full batch waits for no earlier one while a consumer is free, and a full queue for nothing', async () => {
  using clock = new VirtualClock().install();
  const { queue, items } = queueWith({ queue: { ...QUEUE, capacity: 45 } });
  for (let batch = 0; batch < 4; batch += 1) {
    await queue.submit(tracesBatch(10));
    await pass(clock, 1);
  }
  assert.deepEqual(items(), [10, 10, 10, 10]);
  const other = queueWith({ queue: { ...QUEUE, capacity: 8 } });
  await other.queue.submit(tracesBatch(5));
  await assert.rejects(other.queue.submit(tracesBatch(4)), /queue is full/);
  assert.deepEqual(other.items(), [5]);
});

void test('who waits for room is not overtaken', async () => {
  using clock = new VirtualClock().install();
  const { queue, sent, items } = queueWith({
    parallel: 1,
    queue: { capacity: 10, sizer: 'items', blockOnOverflow: true, waitForResult: false },
  });
  await queue.submit(tracesBatch(6));
  const callers = [queue.submit(tracesBatch(8)), queue.submit(tracesBatch(2))];
  await pass(clock, 1);
  sent[0]?.end();
  await Promise.all(callers);
  await pass(clock, 1);
  assert.deepEqual(items(), [6, 10]);
});

void test('a merged request says of its client only what is true of everybody in it', async () => {
  using clock = new VirtualClock().install();
  const client = (tenant: string, address: string) => ({
    metadata: new Map([
      ['tenant', [tenant]],
      ['zone', ['a']],
    ]),
    auth: new Map<string, unknown>([
      ['subject', tenant],
      ['groups', ['staff']],
    ]),
    address,
  });
  const { queue, sent } = queueWith({});
  await queue.submit({ ...tracesBatch(4), context: client('one', '10.0.0.1') });
  await queue.submit({ ...tracesBatch(6), context: client('two', '10.0.0.2') });
  await pass(clock, 1);
  assert.deepEqual(sent[0]?.batch.context, {
    metadata: new Map([['zone', ['a']]]),
    auth: new Map([['groups', ['staff']]]),
  });
});

void test('of a batch sent in parts only the parts that failed are lost', async () => {
  using clock = new VirtualClock().install();
  const { queue, sent, lost, items } = queueWith({ queue: { ...QUEUE, batch: { ...BATCHING, maxSize: 10 } } });
  await queue.submit(tracesBatch(26));
  await pass(clock, 1);
  sent[0]?.end();
  await pass(clock, 1);
  sent[1]?.end(new Refused('down'));
  await pass(clock, 1);
  sent[2]?.end(new Rejected('bad', { count: 6 }));
  await pass(clock, 1);
  assert.deepEqual(items(), [10, 10, 6]);
  assert.deepEqual(lost, [10, 6]);
});

void test('a stop that is cut short makes no further request, and stops the destination after the last one', async () => {
  using clock = new VirtualClock().install();
  const { context } = testContext({ kind: 'exporter', id: 'x' });
  const events: string[] = [];
  const destination = {
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(void events.push('stop')),
    mergeable: () => false,
    send: async (batch: Batch, attempt: Attempt) => {
      events.push(`send ${batch.items}`);
      if (batch.items === 1) throw new Refused('busy', { retryAfterMs: 10_000 });
      await attempt.race(new Promise(() => undefined)).finally(() => events.push(`end ${batch.items}`));
    },
  };
  const retry = { enabled: true, initialIntervalMs: 5, randomizationFactor: 0, multiplier: 1, maxIntervalMs: 5 };
  const exporter = sendingExporter(context, { timeoutMs: 0, retry: { ...retry, maxElapsedMs: 0 } }, destination);
  const callers = Promise.allSettled([exporter.consume(tracesBatch(1)), exporter.consume(tracesBatch(2))]);
  await pass(clock, 20);
  const deadline = new AbortController();
  const stopped = exporter.stop(deadline.signal);
  deadline.abort();
  await stopped;
  assert.deepEqual(events, ['send 1', 'send 2', 'end 2', 'stop']);
  assert.deepEqual(
    (await callers).map(({ status }) => status),
    ['rejected', 'rejected'],
  );
});
