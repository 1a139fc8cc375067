import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { config } from '../../../extensions/file_storage/config.ts';
import { FileStorage } from '../../../extensions/file_storage/file-storage.ts';
import { isStorage } from '../../../pipeline/storage/storage.ts';
import { Collector, Folder, numbered } from '../../support/storing.ts';
import { runningContext } from '../running-context.ts';

void test('defaults, but for fsync, are the collector’s', () => {
  using folder = new Folder();
  const { compaction, ...settings } = config.parse({ directory: folder.path });
  assert.deepEqual(settings, {
    directory: folder.path,
    timeout: 1000,
    max_size: 0,
    fsync: true,
    create_directory: false,
    directory_permissions: '0750',
    recreate: false,
  });
  assert.equal(compaction.check_interval, 5000);
  assert.equal(config.parse({ directory: folder.path, fsync: '250ms' }).fsync, 250);
});

void test('what can not work is refused when the configuration is read', () => {
  using folder = new Folder();
  const file = path.join(folder.path, 'file');
  writeFileSync(file, '');
  const here = { directory: folder.path };
  const bad: readonly (readonly [object, RegExp])[] = [
    [{ directory: path.join(folder.path, 'no') }, /does not exist; create it, or set create_directory/],
    [{ directory: file }, /is not a directory/],
    [{ ...here, max_size: -1 }, /max_size/],
    [{ ...here, fsync: '0s' }, /fsync/],
    [{ ...here, create_directory: true, directory_permissions: '0999' }, /octal permission bits/],
    [{ ...here, create_directory: true, directory_permissions: '7777' }, /octal permission bits/],
    [{ ...here, compaction: { on_start: true, directory: path.join(folder.path, 'no') } }, /does not exist/],
    [{ ...here, compaction: { on_rebound: true, directory: folder.path, check_interval: '0s' } }, /check_interval/],
    [{ ...here, max_size: 1000, compaction: { on_rebound: true, directory: folder.path } }, /above max_size/],
  ];
  for (const [settings, reason] of bad) {
    const { error } = config.safeParse(settings);
    assert.match(JSON.stringify(error?.issues ?? 'accepted'), reason, JSON.stringify(settings));
  }
});

void test('a folder is created at start, and what is stored there is there for the next one', async () => {
  using folder = new Folder();
  const directory = path.join(folder.path, 'a', 'b');
  const settings = config.parse({ directory, create_directory: true, directory_permissions: '0700' });
  const first = new FileStorage(settings, runningContext('file_storage').context);
  await first.start();
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  assert.ok(isStorage(first));
  const log = await first.openLog('exporter.x.', new Collector());
  await log.append(numbered(3));
  await log.release();
  await first.stop();
  const second = new FileStorage(settings, runningContext('file_storage').context);
  await second.start();
  const holder = new Collector();
  const again = await second.openLog('exporter.x.', holder);
  assert.equal(again.pending.requests, 1);
  await again.release();
  const state = await second.openState('receiver.x.');
  await state.update(new Map([['offset', Buffer.from('7')]]));
  await state.close();
  await second.stop();
});

void test('a folder that can not be created ends the start', async () => {
  using folder = new Folder();
  const directory = path.join(folder.path, 'late');
  const settings = config.parse({ directory: path.join(directory, 'x'), create_directory: true });
  writeFileSync(directory, '');
  const storage = new FileStorage(settings, runningContext('file_storage').context);
  await assert.rejects(storage.start(), { code: 'STORAGE_UNUSABLE' });
});
