import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryOf, type Batch } from '../../../pipeline/batch.ts';
import { Refused, Rejected } from '../../../pipeline/delivery.ts';
import { SendQueue, type QueueLimits, type SendQueueOptions } from '../../../pipeline/sending/send-queue.ts';
import { opened, SOON } from '../../support/context.ts';
import { tracesBatch } from '../../support/requests.ts';

const MEMORY_QUEUE: QueueLimits = { capacity: 3, sizer: 'requests', blockOnOverflow: false, waitForResult: false };

interface Harness {
  readonly queue: SendQueue;
  readonly sent: Batch[];
  readonly lost: string[];
  readonly partly: number[];
  held: number;
}

function harness(options: Partial<SendQueueOptions>): Harness {
  const state: { sent: Batch[]; lost: string[]; partly: number[]; held: number } = {
    sent: [],
    lost: [],
    partly: [],
    held: 0,
  };
  const queue = new SendQueue({
    parallel: 4,
    mergeable: () => true,
    deliver: (batch) => {
      state.sent.push(batch);
      return Promise.resolve();
    },
    lost: (batch, error) => state.lost.push(`${batch.items}: ${error.message}`),
    partlyRejected: (_batch, error) => state.partly.push(error.count),
    released: (batch) => {
      state.held -= memoryOf(batch);
    },
    held: (batch) => {
      state.held += memoryOf(batch);
    },
    ...options,
  });
  return Object.assign(state, { queue });
}

void test('without a queue every caller waits for its own data, and what waits goes out in one request', async () => {
  const gate = opened();
  const sent: Batch[] = [];
  const { queue } = harness({
    deliver: async (batch) => {
      sent.push(batch);
      await gate.promise;
    },
  });
  const callers: Promise<void>[] = [];
  for (let index = 0; index < 4; index += 1) {
    callers.push(queue.submit(tracesBatch(1, 2 * index)), queue.submit(tracesBatch(1, 2 * index + 1)));
    await new Promise(setImmediate);
  }
  assert.deepEqual(
    sent.map(({ items }) => items),
    [2, 2],
    'what came in the first turn shares a request, so does the second, the others wait',
  );
  gate.open();
  await Promise.all(callers);
  assert.equal(sent.length, 3, 'the four that waited went in one request');
  assert.equal(sent[2]?.items, 4);
  assert.equal(sent[2]?.chunks.length, 4);
});

void test('a merged request that is rejected is sent again one by one, so that one bad batch costs no other', async () => {
  const gate = opened();
  const { queue } = harness({
    parallel: 2,
    deliver: async (batch) => {
      await gate.promise;
      if (batch.items > 4 || batch.items === 3) throw new Rejected('bad data', { count: batch.items });
    },
  });
  const outcomes = [1, 1, 2, 3, 2].map((count) => queue.submit(tracesBatch(count)));
  gate.open();
  const settled = await Promise.allSettled(outcomes);
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  );
});

void test('a refused merged request refuses each caller', async () => {
  const { queue } = harness({ deliver: () => Promise.reject(new Refused('busy', { retryAfterMs: 70 })) });
  const settled = await Promise.allSettled([queue.submit(tracesBatch(1)), queue.submit(tracesBatch(2))]);
  for (const outcome of settled) {
    assert.equal(outcome.status, 'rejected');
    assert.ok(outcome.status === 'rejected' && outcome.reason instanceof Refused);
    assert.equal(outcome.reason.retryAfterMs, 70);
  }
});

void test('a full queue refuses, counts what is being sent, and takes data again when there is room', async () => {
  const gate = opened();
  const h = harness({ queue: MEMORY_QUEUE, parallel: 1, deliver: () => gate.promise });
  for (let index = 0; index < 3; index += 1) await h.queue.submit(tracesBatch(1));
  assert.equal(h.queue.size, 3);
  assert.ok(h.held > 0);
  await assert.rejects(
    h.queue.submit(tracesBatch(1)),
    (error) => error instanceof Refused && /queue is full/.test(error.message),
  );
  gate.open();
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  assert.equal(h.queue.size, 0);
  assert.equal(h.held, 0);
  await h.queue.submit(tracesBatch(1));
});

void test('block_on_overflow waits for room; a batch larger than the whole queue is rejected', async () => {
  const gate = opened();
  const h = harness({
    queue: { capacity: 5, sizer: 'items', blockOnOverflow: true, waitForResult: false },
    parallel: 1,
    deliver: () => gate.promise,
  });
  await h.queue.submit(tracesBatch(4));
  let admitted = false;
  const waiting = h.queue.submit(tracesBatch(3)).then(() => {
    admitted = true;
  });
  await new Promise(setImmediate);
  assert.equal(admitted, false);
  gate.open();
  await waiting;
  await assert.rejects(
    h.queue.submit(tracesBatch(6)),
    (error) => error instanceof Rejected && error.count === 6 && error.kind === 'too_large',
  );
});

void test('wait_for_result answers only when the destination has the data', async () => {
  const h = harness({
    queue: { ...MEMORY_QUEUE, waitForResult: true },
    deliver: () => Promise.reject(new Refused('down')),
  });
  await assert.rejects(h.queue.submit(tracesBatch(1)), /down/);
  assert.deepEqual(h.lost, [], 'the caller was told, so nothing is lost here');
});

void test('what nobody waits for and fails is reported as lost, once', async () => {
  const h = harness({ queue: MEMORY_QUEUE, deliver: () => Promise.reject(new Rejected('never', { count: 2 })) });
  await h.queue.submit(tracesBatch(2));
  await h.queue.stop(SOON());
  assert.deepEqual(h.lost, ['2: never']);
});

void test('stopping drains; what is left at the deadline is lost and said so; new data is refused', async () => {
  const h = harness({ queue: { ...MEMORY_QUEUE, capacity: 10 }, parallel: 1, mergeable: () => false });
  for (let index = 0; index < 5; index += 1) await h.queue.submit(tracesBatch(1));
  await h.queue.stop(SOON());
  assert.equal(h.sent.length, 5);
  assert.deepEqual(h.lost, []);
  await assert.rejects(h.queue.submit(tracesBatch(1)), Refused);

  const never = opened();
  const stuck = harness({
    queue: { ...MEMORY_QUEUE, capacity: 10 },
    parallel: 1,
    mergeable: () => false,
    deliver: () => never.promise,
  });
  for (let index = 0; index < 3; index += 1) await stuck.queue.submit(tracesBatch(1));
  await stuck.queue.stop(AbortSignal.abort());
  assert.equal(stuck.lost.length, 2, 'the two that waited; the one being sent is the sender’s');
  never.open();
});

void test('batching waits for its size or its time, and splits what is too large', async () => {
  const batch = { minSize: 10, maxSize: 4, sizer: 'items' as const, flushTimeoutMs: 20, metadataKeys: [] };
  const h = harness({ queue: { capacity: 100, sizer: 'items', blockOnOverflow: false, waitForResult: true, batch } });
  await Promise.all([h.queue.submit(tracesBatch(3)), h.queue.submit(tracesBatch(9))]);
  assert.equal(
    h.sent.reduce((sum, one) => sum + one.items, 0),
    12,
  );
  assert.ok(
    h.sent.every((one) => one.items <= 4),
    h.sent.map((one) => one.items).join(', '),
  );
});

void test('data of clients that differ in the named metadata does not share a request', async () => {
  const gate = opened();
  const sent: Batch[] = [];
  const { queue } = harness({
    parallel: 2,
    merge: { fullItems: 1000, maxItems: 0, maxWaitMs: 1000, metadataKeys: ['tenant'] },
    deliver: async (batch) => {
      sent.push(batch);
      await gate.promise;
    },
  });
  const from = (tenant: string): Batch => ({
    ...tracesBatch(1),
    context: { metadata: new Map([['tenant', [tenant]]]) },
  });
  const callers = ['x', 'a', 'a', 'b', 'b'].map((tenant) => queue.submit(from(tenant)));
  gate.open();
  await Promise.all(callers);
  assert.deepEqual(
    sent.map((one) => [one.items, one.context.metadata.get('tenant')]),
    [
      [1, ['x']],
      [2, ['a']],
      [2, ['b']],
    ],
  );
});
