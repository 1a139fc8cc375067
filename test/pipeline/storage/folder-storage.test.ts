import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { AgentError } from '../../../pipeline/errors.ts';
import { storageName } from '../../../pipeline/storage/storage.ts';
import { Collector, Folder, NAME, numbered, openedLog, storageAt } from '../../support/storing.ts';

const OTHER_PROCESS = `
import { lockFolder } from '${new URL('../../../pipeline/storage/folder-lock.ts', import.meta.url).href}';
await lockFolder(process.argv[1], 0);
console.log('locked');
setInterval(() => undefined, 1000);
`;

void test('a folder that another process uses is refused, and free when that process was killed', async () => {
  using folder = new Folder();
  await (await openedLog(folder)).log.release();
  const other = spawn(process.execPath, ['--input-type=module-typescript', '--eval', OTHER_PROCESS, folder.log], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(other.stdout, 'data');
  await assert.rejects(storageAt(folder).openLog(NAME, new Collector()), (error) => {
    assert.ok(error instanceof AgentError);
    assert.equal(error.code, 'STORAGE_LOCKED');
    assert.match(error.message, /another process uses/);
    return true;
  });
  const waiting = storageAt(folder, { lockTimeoutMs: 5000 }).openLog(NAME, new Collector());
  other.kill('SIGKILL');
  await (await waiting).release();
});

void test('a folder that can not be made is said to be so', async () => {
  using folder = new Folder();
  const file = path.join(folder.path, 'file');
  writeFileSync(file, '');
  await assert.rejects(storageAt(folder, { directory: file }).openLog(NAME, new Collector()), {
    code: 'STORAGE_UNUSABLE',
  });
});

void test('a state survives a restart and changes as a whole', async () => {
  using folder = new Folder();
  const storage = storageAt(folder, { settings: { fsync: true, maxBytes: 0 } });
  const first = await storage.openState('receiver.file_log.');
  assert.equal(first.get('a'), undefined);
  await Promise.all([
    first.update(
      new Map([
        ['a', Buffer.from('1')],
        ['b', Buffer.from([0, 255])],
      ]),
    ),
    first.update(
      new Map([
        ['a', undefined],
        ['c', Buffer.from('3')],
      ]),
    ),
  ]);
  await assert.rejects(storage.openState('receiver.file_log.'), { code: 'STORAGE_LOCKED' });
  await first.close();
  const second = await storage.openState('receiver.file_log.');
  assert.equal(second.get('a'), undefined);
  assert.deepEqual(second.get('b'), Buffer.from([0, 255]));
  assert.deepEqual(second.get('c'), Buffer.from('3'));
  await second.close();
});

void test('a state file of something else is refused', async () => {
  using folder = new Folder();
  const storage = storageAt(folder);
  await (await storage.openState('x')).close();
  writeFileSync(path.join(folder.path, 'x', 'state.json'), 'no');
  await assert.rejects(storage.openState('x'), { code: 'STORAGE_UNUSABLE' });
});

void test('names are those of kind, type and name, with odd characters replaced and long ones cut', async () => {
  assert.equal(storageName('exporter', 'otlp_grpc/backend'), 'exporter.otlp_grpc.backend');
  assert.equal(storageName('exporter', 'otlp_grpc'), 'exporter.otlp_grpc.');
  assert.equal(storageName('receiver', 'file_log/a/b', 'offsets'), 'receiver.file_log.a/b.offsets');
  using folder = new Folder();
  const storage = storageAt(folder);
  const long = 'x'.repeat(300);
  for (const name of ['exporter.otlp_grpc.a/b~ü', `${long}1`, `${long}2`]) {
    const log = await storage.openLog(name, new Collector());
    await log.append(numbered(1));
    await log.release();
  }
  const folders = readdirSync(folder.path).sort();
  assert.equal(folders.length, 3);
  assert.ok(folders.includes('exporter.otlp_grpc.a~002Fb~007E~00FC'));
});
