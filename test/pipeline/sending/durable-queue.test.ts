import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { batchOf, joinChunks, type Batch } from '../../../pipeline/batch.ts';
import { Refused, Rejected } from '../../../pipeline/delivery.ts';
import { sendingExporter, type Destination, type SendingSettings } from '../../../pipeline/sending/exporter.ts';
import type { FolderStorage } from '../../../pipeline/storage/folder-storage.ts';
import { testContext } from '../../support/context.ts';
import { Folder, numbered, numberOf, storageAt, until } from '../../support/storing.ts';

const RETRY = {
  enabled: true,
  initialIntervalMs: 5,
  randomizationFactor: 0,
  multiplier: 1,
  maxIntervalMs: 5,
  maxElapsedMs: 0,
};
const QUEUE = {
  consumers: 1,
  capacity: 1000,
  sizer: 'requests',
  blockOnOverflow: false,
  waitForResult: false,
  storage: 'file_storage',
} as const;
const NEVER = new AbortController().signal;

type Send = Destination['send'];

/** An exporter over the storage; each of its instances has a context of its own. */
function exporterOver(storage: unknown, send: Send, settings: Partial<SendingSettings> = {}) {
  const made = testContext({ kind: 'exporter', id: 'otlp_grpc/backend', realTime: true });
  const destination: Destination = {
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    mergeable: () => false,
    send,
  };
  const context = { ...made.context, extension: (id: string) => (id === 'file_storage' ? storage : undefined) };
  const exporter = sendingExporter(context, { timeoutMs: 0, retry: RETRY, queue: QUEUE, ...settings }, destination);
  return { ...made, exporter };
}

/** A destination that keeps the numbers it took, and can be down. */
class Backend {
  readonly taken: number[] = [];
  isDown = false;
  attempts = 0;
  readonly send: Send = (batch) => {
    this.attempts += 1;
    if (this.isDown) return Promise.reject(new Refused('down'));
    this.taken.push(numberOf(batch));
    return Promise.resolve();
  };
}

async function consumeAll(exporter: { consume(batch: Batch): Promise<void> }, from: number, to: number): Promise<void> {
  for (let id = from; id < to; id += 1) await exporter.consume(numbered(id));
}

void test('what is in the queue when the destination is down is sent by the next start, in order, and nothing is dropped', async () => {
  using folder = new Folder();
  const backend = new Backend();
  backend.isDown = true;
  const first = exporterOver(storageAt(folder), backend.send);
  await first.exporter.start();
  await consumeAll(first.exporter, 0, 5);
  await until(() => backend.attempts > 1);
  assert.equal(first.metric('otelcol_exporter_queue_size'), 5);
  assert.ok(first.metric('otelcol_exporter_queue_disk_bytes') > 500);
  await first.exporter.stop(NEVER);
  assert.deepEqual(first.drops(), []);
  assert.equal(first.metric('otelcol_exporter_send_failed_spans'), 0);
  assert.equal(first.admission.usedBytes, 0);
  backend.isDown = false;
  const second = exporterOver(storageAt(folder), backend.send);
  await second.exporter.start();
  await until(() => backend.taken.length === 5);
  await consumeAll(second.exporter, 5, 7);
  await until(() => backend.taken.length === 7);
  assert.deepEqual(backend.taken, [0, 1, 2, 3, 4, 5, 6]);
  await until(() => second.metric('otelcol_exporter_queue_size') === 0);
  assert.equal(second.metric('otelcol_exporter_queue_possible_duplicate_items'), 0);
  await second.exporter.stop(NEVER);
  assert.equal(second.admission.usedBytes, 0);
});

void test('a stop sends what is in memory while the destination works', async () => {
  using folder = new Folder();
  const backend = new Backend();
  let open: (() => void) | undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const { exporter } = exporterOver(storageAt(folder), async (batch, attempt) => {
    await gate;
    await backend.send(batch, attempt);
  });
  await exporter.start();
  await consumeAll(exporter, 0, 4);
  const stopped = exporter.stop(NEVER);
  open?.();
  await stopped;
  assert.deepEqual(backend.taken, [0, 1, 2, 3]);
  assert.deepEqual(folder.files('.log'), []);
});

void test('a hanging destination does not hold a stop beyond its deadline, and costs nothing', async () => {
  using folder = new Folder();
  const { exporter, drops } = exporterOver(
    storageAt(folder),
    (_batch, attempt) =>
      new Promise((_resolve, reject) => {
        attempt.onCancel(reject);
      }),
  );
  await exporter.start();
  await consumeAll(exporter, 0, 2);
  await exporter.stop(AbortSignal.timeout(20));
  assert.deepEqual(drops(), []);
  const backend = new Backend();
  const after = exporterOver(storageAt(folder), backend.send);
  await after.exporter.start();
  await until(() => backend.taken.length === 2);
  await after.exporter.stop(NEVER);
});

void test('rejected data and data whose retry time is over leave the log with a recorded drop', async () => {
  using folder = new Folder();
  const made = exporterOver(
    storageAt(folder),
    (batch) =>
      Promise.reject(numberOf(batch) === 0 ? new Rejected('never', { count: batch.items }) : new Refused('not now')),
    { retry: { ...RETRY, maxElapsedMs: 15 } },
  );
  await made.exporter.start();
  await consumeAll(made.exporter, 0, 2);
  await until(() => made.drops().length === 2);
  assert.deepEqual(
    made.drops().map(({ rule, count }) => [rule, count]),
    [
      ['retry_elapsed', 2],
      ['rejected_by_destination', 1],
    ],
  );
  await until(() => made.metric('otelcol_exporter_queue_size') === 0);
  await made.exporter.stop(NEVER);
});

void test('the capacity counts what is on disk; block_on_overflow waits for room', async () => {
  using folder = new Folder();
  const backend = new Backend();
  backend.isDown = true;
  const full = exporterOver(storageAt(folder), backend.send, { queue: { ...QUEUE, capacity: 2 } });
  await full.exporter.start();
  await consumeAll(full.exporter, 0, 2);
  await assert.rejects(full.exporter.consume(numbered(2)), /sending queue is full/);
  assert.equal(full.metric('otelcol_exporter_enqueue_failed_spans'), 3);
  await full.exporter.stop(NEVER);
  const blocking = exporterOver(storageAt(folder), backend.send, {
    queue: { ...QUEUE, capacity: 2, blockOnOverflow: true },
  });
  await blocking.exporter.start();
  const waiting = blocking.exporter.consume(numbered(2));
  assert.equal(await Promise.race([waiting, sleep(20, 'soon')]), 'soon');
  backend.isDown = false;
  await waiting;
  await until(() => backend.taken.length === 3);
  await assert.rejects(
    exporterOver(storageAt(folder), backend.send).exporter.consume(numbered(9)),
    Refused,
    'before the start',
  );
  await blocking.exporter.stop(NEVER);
  assert.deepEqual(backend.taken, [0, 1, 2]);
});

void test('a batch larger than the queue is rejected', async () => {
  using folder = new Folder();
  const { exporter } = exporterOver(storageAt(folder), new Backend().send, {
    queue: { ...QUEUE, capacity: 50, sizer: 'bytes' },
  });
  await exporter.start();
  await assert.rejects(exporter.consume(numbered(1, 60)), Rejected);
  await exporter.stop(NEVER);
});

void test('a successor takes the log over without loss while data keeps coming', async () => {
  using folder = new Folder();
  const backend = new Backend();
  backend.isDown = true;
  const old = exporterOver(storageAt(folder), backend.send);
  await old.exporter.start();
  await consumeAll(old.exporter, 0, 3);
  await until(() => backend.attempts > 0);
  // The engine's order: the new one starts, data goes there, the old one stops.
  const young = exporterOver(storageAt(folder), backend.send);
  await young.exporter.start();
  await consumeAll(young.exporter, 3, 5);
  const stopped = old.exporter.stop(NEVER);
  await consumeAll(young.exporter, 5, 6);
  await stopped;
  backend.isDown = false;
  await consumeAll(young.exporter, 6, 8);
  await until(() => backend.taken.length === 8);
  assert.deepEqual(backend.taken, [0, 1, 2, 3, 4, 5, 6, 7]);
  await young.exporter.stop(NEVER);
  assert.deepEqual([...old.drops(), ...young.drops()], []);
});

void test('a reload that is given up leaves the running one as it was', async () => {
  using folder = new Folder();
  const backend = new Backend();
  const running = exporterOver(storageAt(folder), backend.send);
  await running.exporter.start();
  const candidate = exporterOver(storageAt(folder), backend.send);
  await candidate.exporter.start();
  await candidate.exporter.stop(NEVER);
  await consumeAll(running.exporter, 0, 2);
  await until(() => backend.taken.length === 2);
  await running.exporter.stop(NEVER);
});

void test('what waits goes out merged, as from a memory queue', async () => {
  using folder = new Folder();
  const sent: number[] = [];
  const made = testContext({ kind: 'exporter', id: 'x', realTime: true });
  const storage: FolderStorage = storageAt(folder);
  const context = { ...made.context, extension: () => storage };
  const exporter = sendingExporter(
    context,
    {
      timeoutMs: 0,
      retry: RETRY,
      queue: {
        ...QUEUE,
        batch: { minSize: 6, maxSize: 0, sizer: 'items', flushTimeoutMs: 60_000, metadataKeys: [] },
      },
    },
    {
      start: () => Promise.resolve(),
      stop: () => Promise.resolve(),
      mergeable: () => true,
      send: (batch) => {
        sent.push(joinChunks(batch).length);
        return Promise.resolve();
      },
    },
  );
  await exporter.start();
  for (let count = 0; count < 3; count += 1) await exporter.consume(batchOf('logs', Buffer.alloc(10), 2));
  await until(() => sent.length > 0);
  assert.deepEqual(sent, [30]);
  await until(() => made.metric('otelcol_exporter_queue_size') === 0);
  await exporter.stop(NEVER);
});

void test('a storage that is not running, or is none, is named', async () => {
  for (const extension of [undefined, {}]) {
    const { exporter } = exporterOver(extension, new Backend().send);
    await assert.rejects(exporter.start(), { code: 'STORAGE_MISSING' });
    await exporter.stop(NEVER);
  }
});

void test('after a stop whose deadline is over already nothing is sent any more', async () => {
  using folder = new Folder();
  const backend = new Backend();
  const { exporter } = exporterOver(storageAt(folder), async (batch, attempt) => {
    if (numberOf(batch) === 0) await attempt.race(new Promise(() => undefined));
    await backend.send(batch, attempt);
  });
  await exporter.start();
  await consumeAll(exporter, 0, 4);
  await exporter.stop(AbortSignal.abort());
  assert.deepEqual(backend.taken, []);
  const after = exporterOver(storageAt(folder), backend.send);
  await after.exporter.start();
  await until(() => backend.taken.length === 4);
  assert.deepEqual(backend.taken, [0, 1, 2, 3]);
  await after.exporter.stop(NEVER);
});

void test('who waits for room is not overtaken', async () => {
  using folder = new Folder();
  const gate = Promise.withResolvers<void>();
  const items: number[] = [];
  const queue = { ...QUEUE, capacity: 10, sizer: 'items', blockOnOverflow: true } as const;
  const { exporter } = exporterOver(
    storageAt(folder),
    async (batch) => {
      await gate.promise;
      items.push(batch.items);
    },
    { queue },
  );
  await exporter.start();
  const callers = [6, 8, 2].map((count) => exporter.consume({ ...numbered(1), items: count }));
  await callers[0];
  gate.resolve();
  await Promise.all(callers);
  await until(() => items.length === 3);
  assert.deepEqual(items, [6, 8, 2]);
  await exporter.stop(NEVER);
});
