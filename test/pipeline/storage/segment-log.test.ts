import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { NO_CLIENT, joinChunks } from '../../../pipeline/batch.ts';
import { Refused, Rejected } from '../../../pipeline/delivery.ts';
import { Collector, Folder, NAME, numbered, openedLog, storageAt, until } from '../../support/storing.ts';

function sizeOf(folder: Folder, ending: string): number {
  const [name = ''] = folder.files(ending);
  return statSync(path.join(folder.log, name)).size;
}

void test('what was appended comes back in order after a restart, without what was settled', async () => {
  using folder = new Folder();
  const first = await openedLog(folder);
  for (let id = 0; id < 20; id += 1) await first.log.append(numbered(id));
  assert.deepEqual(first.holder.numbers, [...Array(20).keys()]);
  for (const record of first.holder.records.slice(0, 5)) first.log.settle(record);
  assert.equal(first.log.pending.requests, 15);
  await first.log.release();
  const second = await openedLog(folder);
  assert.deepEqual(second.holder.numbers, [5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  assert.equal(
    second.log.pending.items,
    second.holder.records.reduce((sum, { batch }) => sum + batch.items, 0),
  );
  assert.equal(second.log.possibleDuplicates.requests, 0, 'the first one ended cleanly');
  for (const record of second.holder.records) second.log.settle(record);
  await second.log.release();
  assert.deepEqual(folder.files('.log'), [], 'what is delivered leaves no file');
  assert.deepEqual(folder.files('.ack'), []);
});

void test('a batch keeps its signal, its chunks joined, and its client metadata', async () => {
  using folder = new Folder();
  const first = await openedLog(folder);
  const metadata = new Map([['tenant', ['a', 'b']]]);
  await first.log.append({
    signal: 'logs',
    chunks: [Buffer.from('one'), Buffer.from('two')],
    items: 3,
    bytes: 6,
    context: { metadata },
  });
  await first.log.append({ signal: 'profiles', chunks: [Buffer.alloc(0)], items: 1, bytes: 0, context: NO_CLIENT });
  await first.log.release();
  const second = await openedLog(folder);
  const [logs, profiles] = second.holder.records.map(({ batch }) => batch);
  assert.equal(logs?.signal, 'logs');
  assert.equal(logs && Buffer.from(joinChunks(logs)).toString(), 'onetwo');
  assert.deepEqual(logs?.context.metadata, metadata);
  assert.equal(logs?.items, 3);
  assert.equal(profiles?.signal, 'profiles');
  assert.equal(profiles?.context, NO_CLIENT);
  await second.log.release();
});

void test('after a crash what was given out may come twice, and that is counted', async () => {
  using folder = new Folder();
  const { log, holder } = await openedLog(folder, { settings: { fsync: true, maxBytes: 0 } });
  await Promise.all([0, 1, 2].map((id) => log.append(numbered(id))));
  const [first] = holder.records;
  assert.ok(first && holder.syncs > 0);
  log.settle(first);
  await until(() => folder.files('.ack').some((file) => statSync(path.join(folder.log, file)).size >= 32));
  using crashed = folder.crashed();
  const after = await openedLog(crashed);
  assert.deepEqual(after.holder.numbers, [1, 2]);
  assert.deepEqual(after.log.possibleDuplicates, { requests: 2, items: 5, bytes: 200 });
  await Promise.all([log.release(), after.log.release()]);
});

void test('appends that come together share a write and a sync', async () => {
  using folder = new Folder();
  const { log, holder } = await openedLog(folder, { settings: { fsync: true, maxBytes: 0 } });
  await Promise.all(Array.from({ length: 200 }, (_, id) => log.append(numbered(id))));
  assert.ok(holder.syncs <= 3, `${holder.syncs} syncs`);
  await log.release();
});

void test('fsync by interval answers before the sync, and syncs', async () => {
  using folder = new Folder();
  const { log, holder } = await openedLog(folder, { settings: { fsync: 10, maxBytes: 0 } });
  await log.append(numbered(0));
  assert.equal(holder.syncs, 0);
  await until(() => holder.syncs === 1);
  await log.release();
});

void test('a full log refuses, says how to raise its limit, and takes again when something was delivered', async () => {
  using folder = new Folder();
  const { log, holder } = await openedLog(folder, { settings: { fsync: false, maxBytes: 512 << 10 } });
  let id = 0;
  const fill = async (): Promise<unknown> => {
    for (;;) {
      try {
        await log.append(numbered(id, 16 << 10));
      } catch (error) {
        return error;
      }
      id += 1;
    }
  };
  const error = await fill();
  assert.ok(error instanceof Refused);
  assert.match(error.message, /limit of 524288 bytes; raise extensions::file_storage::max_size/);
  assert.ok(error.retryAfterMs !== undefined);
  assert.ok(log.diskBytes <= 512 << 10);
  assert.equal(holder.records.length, id);
  for (const record of holder.records.slice(0, 6)) log.settle(record);
  await log.append(numbered(id, 16 << 10));
  await assert.rejects(log.append(numbered(0, 600 << 10)), (failure) => {
    assert.ok(failure instanceof Rejected && failure.kind === 'too_large');
    return true;
  });
  await log.release();
});

void test('a torn last write is cut off, and nothing before it is touched', async () => {
  using folder = new Folder();
  const { log } = await openedLog(folder);
  for (let id = 0; id < 3; id += 1) await log.append(numbered(id));
  using crashed = folder.crashed();
  const [file = ''] = crashed.files('.log');
  const whole = readFileSync(path.join(crashed.log, file));
  writeFileSync(path.join(crashed.log, file), whole.subarray(0, whole.length - 7));
  const after = await openedLog(crashed);
  assert.deepEqual(after.holder.numbers, [0, 1]);
  assert.deepEqual(after.holder.damage, []);
  assert.equal(statSync(path.join(crashed.log, file)).size, 2 * 132);
  await Promise.all([log.release(), after.log.release()]);
});

void test('a damaged record costs itself; its segment is kept aside and said once', async () => {
  for (const [at, what] of [
    [132 + 60, 'body'],
    [132 + 5, 'header'],
  ] as const) {
    using folder = new Folder();
    const { log } = await openedLog(folder);
    for (let id = 0; id < 4; id += 1) await log.append(numbered(id));
    await log.release();
    const [file = ''] = folder.files('.log');
    const bytes = readFileSync(path.join(folder.log, file));
    bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    writeFileSync(path.join(folder.log, file), bytes);
    const holder = new Collector();
    const after = await storageAt(folder).openLog(NAME, holder);
    after.start();
    await until(() => holder.records.length === 3);
    assert.deepEqual(holder.numbers, [0, 2, 3], what);
    assert.deepEqual(holder.damage, [{ requests: 1, items: 2, bytes: 100 }], what);
    assert.equal(after.pending.requests, 3);
    for (const record of holder.records) after.settle(record);
    assert.equal(after.pending.requests, 0);
    await after.release();
    assert.deepEqual(folder.files('.log'), []);
    assert.equal(folder.files('.damaged').length, 1);
  }
});

void test('what was settled before it was damaged is no loss, and counts once', async () => {
  using folder = new Folder();
  const { log, holder } = await openedLog(folder);
  for (let id = 0; id < 4; id += 1) await log.append(numbered(id));
  const [, settled] = holder.records;
  if (settled) log.settle(settled);
  await until(() => folder.files('.ack').length === 1 && sizeOf(folder, '.ack') === 2 * 16);
  for (const hasClosing of [false, true]) {
    if (hasClosing) await log.release();
    using crashed = folder.crashed();
    const [name = ''] = crashed.files('.log');
    const file = path.join(crashed.log, name);
    const bytes = readFileSync(file);
    bytes[132 + 5] = 255;
    writeFileSync(file, bytes);
    const after = await openedLog(crashed);
    assert.deepEqual(after.holder.numbers, [0, 2, 3]);
    await until(() => after.holder.damage.length === 1);
    assert.deepEqual(after.holder.damage, [{ requests: 0, items: 0, bytes: 0 }]);
    assert.deepEqual({ ...after.log.pending }, { requests: 3, items: 1 + 3 + 4, bytes: 300 });
    for (const record of after.holder.records) after.log.settle(record);
    assert.deepEqual({ ...after.log.pending }, { requests: 0, items: 0, bytes: 0 });
    await after.log.release();
    assert.deepEqual(crashed.files('.log'), []);
  }
});

void test('what was settled and is cut off at the end hides nothing before it', async () => {
  using folder = new Folder();
  const { log, holder } = await openedLog(folder);
  for (let id = 0; id < 3; id += 1) await log.append(numbered(id));
  for (const at of [0, 2]) {
    const record = holder.records[at];
    if (record) log.settle(record);
  }
  await until(() => folder.files('.ack').length === 1 && sizeOf(folder, '.ack') === 3 * 16);
  using crashed = folder.crashed();
  const [name = ''] = crashed.files('.log');
  const file = path.join(crashed.log, name);
  writeFileSync(file, readFileSync(file).subarray(0, 2 * 132 + 50));
  const after = await openedLog(crashed);
  assert.deepEqual(after.holder.numbers, [1]);
  assert.equal(after.log.pending.requests, 1);
  await after.log.release();
  await log.release();
});

void test('a segment in which nothing can be read is set aside at once', async () => {
  using folder = new Folder();
  const { log } = await openedLog(folder);
  await log.append(numbered(0));
  using crashed = folder.crashed();
  const [file = ''] = crashed.files('.log');
  writeFileSync(path.join(crashed.log, file), Buffer.alloc(500, 1));
  const after = await openedLog(crashed);
  assert.equal(after.log.pending.requests, 0);
  assert.equal(after.holder.damage.length, 1);
  assert.equal(crashed.files('.damaged').length, 1);
  await after.log.append(numbered(9));
  assert.deepEqual(after.holder.numbers, [9]);
  await Promise.all([log.release(), after.log.release()]);
});

void test('a backlog larger than memory streams in order with bounded memory', async () => {
  using folder = new Folder();
  const storage = storageAt(folder);
  const idle = new Collector();
  const log = await storage.openLog(NAME, idle);
  const count = 130;
  for (let id = 0; id < count; id += 1) await log.append(numbered(id, 512 << 10));
  const numbers: number[] = [];
  let most = 0;
  let out = 0;
  const reader = new (class extends Collector {
    override take(record: Parameters<Collector['take']>[0]): void {
      super.take(record);
      out += record.batch.bytes;
      most = Math.max(most, out);
    }
  })();
  const second = await storage.openLog(NAME, reader);
  second.start();
  assert.equal(reader.records.length, 0, 'the first holder comes first');
  await log.release();
  while (numbers.length < count) {
    await until(() => reader.records.length > 0);
    numbers.push(...reader.numbers);
    for (const record of reader.records.splice(0)) {
      out -= record.batch.bytes;
      second.settle(record);
    }
  }
  assert.deepEqual(numbers, [...Array(count).keys()]);
  assert.ok(most <= 34 << 20, `${most} bytes were out`);
  await second.release();
});

void test('a successor gets what its predecessor did not settle, in order, and appends meanwhile', async () => {
  using folder = new Folder();
  const storage = storageAt(folder);
  const old = new Collector();
  const first = await storage.openLog(NAME, old);
  first.start();
  for (let id = 0; id < 4; id += 1) await first.append(numbered(id));
  const young = new Collector();
  const second = await storageAt(folder, { settings: { fsync: true, maxBytes: 0 } }).openLog(NAME, young);
  second.start();
  await second.append(numbered(4));
  assert.deepEqual(old.numbers, [0, 1, 2, 3, 4]);
  for (const record of old.records.filter((_, index) => index !== 1 && index !== 3)) first.settle(record);
  await first.release();
  await second.append(numbered(5));
  await until(() => young.records.length === 3);
  assert.deepEqual(young.numbers, [1, 3, 5]);
  await second.release();
});

void test('a log whose last holder left can be opened again at once', async () => {
  using folder = new Folder();
  const first = await openedLog(folder);
  await first.log.append(numbered(1));
  const released = first.log.release();
  const second = await openedLog(folder);
  assert.deepEqual(second.holder.numbers, [1]);
  await released;
  await second.log.release();
  await assert.rejects(first.log.append(numbered(2)), Refused);
});
