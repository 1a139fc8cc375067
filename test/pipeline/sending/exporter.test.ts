import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refused, Rejected } from '../../../pipeline/delivery.ts';
import { nextDelayMs } from '../../../pipeline/sending/backoff.ts';
import { sendingExporter, type Destination, type SendingSettings } from '../../../pipeline/sending/exporter.ts';
import { SOON, testContext } from '../../support/context.ts';
import { tracesBatch } from '../../support/requests.ts';

const RETRY = {
  enabled: true,
  initialIntervalMs: 1,
  randomizationFactor: 0,
  multiplier: 1.5,
  maxIntervalMs: 4,
  maxElapsedMs: 1_000,
};

function destination(send: Destination['send']): Destination {
  return { start: () => Promise.resolve(), stop: () => Promise.resolve(), mergeable: () => true, send };
}

function exporterWith(settings: Partial<SendingSettings>, send: Destination['send']) {
  const made = testContext({ kind: 'exporter', id: 'x', realTime: true });
  return {
    ...made,
    exporter: sendingExporter(made.context, { timeoutMs: 0, retry: RETRY, ...settings }, destination(send)),
  };
}

void test('delays grow to their limit, are spread, honour what was asked, and end', () => {
  const delays = [0, 1, 2, 9].map((attempt) =>
    nextDelayMs({ ...RETRY, initialIntervalMs: 100, maxIntervalMs: 300 }, attempt, 0, undefined, () => 0.5),
  );
  assert.deepEqual(delays, [100, 150, 225, 300]);
  const spread = { ...RETRY, initialIntervalMs: 100, maxIntervalMs: 300, randomizationFactor: 0.5 };
  assert.equal(
    nextDelayMs(spread, 0, 0, undefined, () => 0),
    50,
  );
  assert.equal(
    nextDelayMs(spread, 0, 0, 777, () => 0),
    777,
  );
  assert.equal(
    nextDelayMs(RETRY, 0, 1_000, undefined, () => 0.5),
    undefined,
  );
  assert.equal(
    nextDelayMs({ ...RETRY, maxElapsedMs: 0 }, 50, 1e9, undefined, () => 0.5),
    4,
  );
  assert.equal(
    nextDelayMs({ ...RETRY, maxElapsedMs: 0 }, 0, 0, 2 ** 40, () => 0.5),
    2 ** 31 - 1,
    'a longer timer would fire at once',
  );
});

void test('a refusal is tried again until it is taken, and counted as sent once', async () => {
  let attempts = 0;
  const { exporter, metric, statuses } = exporterWith({}, () => {
    attempts += 1;
    return attempts < 4 ? Promise.reject(new Refused('busy')) : Promise.resolve();
  });
  await exporter.start();
  await exporter.consume(tracesBatch(3));
  assert.equal(attempts, 4);
  assert.equal(metric('otelcol_exporter_sent_spans'), 3);
  assert.equal(metric('otelcol_exporter_send_failed_spans'), 0);
  assert.deepEqual(statuses, ['RecoverableError', 'OK']);
  await exporter.stop(SOON());
});

void test('a rejection is final and reaches the caller; a partial one counts both parts', async () => {
  const { exporter, metric } = exporterWith({}, (batch) =>
    Promise.reject(new Rejected('bad', { count: batch.items - 1 })),
  );
  await assert.rejects(exporter.consume(tracesBatch(5)), (error) => error instanceof Rejected && error.count === 4);
  assert.equal(metric('otelcol_exporter_sent_spans'), 1);
  assert.equal(metric('otelcol_exporter_send_failed_spans'), 4);
  await exporter.stop(SOON());
});

void test('an attempt that takes too long is cancelled', async () => {
  const { exporter } = exporterWith({ timeoutMs: 10, retry: { ...RETRY, enabled: false } }, (_batch, attempt) => {
    const { promise, reject } = Promise.withResolvers<void>();
    attempt.onCancel(reject);
    return promise;
  });
  await assert.rejects(exporter.consume(tracesBatch(1)), /no answer within 10 ms/);
  await exporter.stop(SOON());
});

void test('with a queue the loss of what was acknowledged is a drop with its reason and its trace ids', async () => {
  const queue = {
    consumers: 1,
    capacity: 10,
    sizer: 'requests',
    blockOnOverflow: false,
    waitForResult: false,
  } as const;
  const { exporter, drops, admission } = exporterWith({ queue, retry: { ...RETRY, maxElapsedMs: 5 } }, () =>
    Promise.reject(new Refused('down')),
  );
  await exporter.consume(tracesBatch(2, 7));
  await exporter.stop(SOON());
  const [drop] = drops();
  assert.equal(drop?.rule, 'retry_elapsed');
  assert.equal(drop?.count, 2);
  assert.equal(drop?.component, 'exporter:x');
  assert.equal(drop?.intentional, false);
  assert.deepEqual(drop?.traceIds, ['00000000000000000000000000000007', '00000000000000000000000000000008']);
  assert.equal(admission.usedBytes, 0);
});

void test('stopping gives up at its deadline, cancels what is under way and says what was left', async () => {
  const queue = {
    consumers: 1,
    capacity: 10,
    sizer: 'requests',
    blockOnOverflow: false,
    waitForResult: false,
  } as const;
  const { exporter, drops, admission } = exporterWith({ queue }, (_batch, attempt) => {
    const { promise, reject } = Promise.withResolvers<void>();
    attempt.onCancel(reject);
    return promise;
  });
  for (let index = 0; index < 4; index += 1) await exporter.consume(tracesBatch(1));
  await exporter.stop(AbortSignal.timeout(20));
  await new Promise((resolve) => setTimeout(resolve, 20));
  const counted = drops().reduce((sum, drop) => sum + drop.count, 0);
  assert.equal(counted, 4);
  assert.equal(admission.usedBytes, 0);
});

/** What was consumed before it is on its way after it. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Sends that hang until they are cancelled; `sent` are the items of each, in order. */
function hanging(settings: Partial<SendingSettings>) {
  const sent: number[] = [];
  const answers: PromiseWithResolvers<void>[] = [];
  const made = exporterWith(settings, (batch, attempt) => {
    const answer = Promise.withResolvers<void>();
    sent.push(batch.items);
    answers.push(answer);
    attempt.onCancel(answer.reject);
    return answer.promise;
  });
  return { ...made, sent, answers };
}

void test('without callers, what was under way at the call before is given up, and what came since is not', async () => {
  const { exporter, sent, answers } = hanging({});
  const old = exporter.consume(tracesBatch(1));
  await nextTurn();
  exporter.giveUpUnacknowledged?.();
  const young = exporter.consume(tracesBatch(2));
  await nextTurn();
  exporter.giveUpUnacknowledged?.();
  await assert.rejects(old, Refused);
  answers[1]?.resolve();
  await young;
  assert.deepEqual(sent, [1, 2], 'what is given up is not tried again');
  await exporter.stop(SOON());
});

void test('without callers, what waits for its next attempt is given up, and then what waits for its turn', async () => {
  const slow = { ...RETRY, initialIntervalMs: 60_000, maxIntervalMs: 60_000, maxElapsedMs: 0 };
  const { exporter } = exporterWith({ retry: slow }, () => Promise.reject(new Refused('busy')));
  const calls = Array.from({ length: 4 }, () => exporter.consume(tracesBatch(1)));
  const results = Promise.allSettled(calls);
  for (let round = 0; round < 4; round += 1) {
    exporter.giveUpUnacknowledged?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(
    (await results).map(({ status }) => status),
    calls.map(() => 'rejected'),
  );
  await exporter.stop(SOON());
});

void test('what was acknowledged is not given up; who waits for room in the queue is', async () => {
  const limits = { consumers: 1, capacity: 2, sizer: 'requests', blockOnOverflow: true, waitForResult: false } as const;
  const { exporter, sent, answers, drops } = hanging({ queue: limits });
  await exporter.consume(tracesBatch(1));
  await nextTurn();
  await exporter.consume(tracesBatch(2));
  const blocked = exporter.consume(tracesBatch(3));
  exporter.giveUpUnacknowledged?.();
  exporter.giveUpUnacknowledged?.();
  await assert.rejects(blocked, Refused);
  const stopped = exporter.stop(new AbortController().signal);
  answers[0]?.resolve();
  while (answers.length < 2) await new Promise((resolve) => setImmediate(resolve));
  answers[1]?.resolve();
  await stopped;
  assert.deepEqual(sent, [1, 2]);
  assert.deepEqual(drops(), []);
});

void test('somebody who sets the clock ends no retries', async () => {
  const { context, drops } = testContext({ kind: 'exporter', id: 'x', realTime: true });
  let attempts = 0;
  let nowUnixMs = Date.UTC(2026, 0, 2);
  const exporter = sendingExporter(
    { ...context, now: () => (nowUnixMs += 86_400_000) },
    { timeoutMs: 0, retry: { ...RETRY, maxElapsedMs: 60_000 } },
    destination(() => (++attempts < 4 ? Promise.reject(new Refused('not now')) : Promise.resolve())),
  );
  await exporter.start();
  await exporter.consume(tracesBatch(2));
  assert.equal(attempts, 4);
  assert.deepEqual(drops(), []);
  await exporter.stop(SOON());
});
