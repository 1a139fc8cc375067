import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Refused } from '../../../pipeline/delivery.ts';
import type { DurableLog } from '../../../pipeline/storage/storage.ts';
import { canMount, Collector, Folder, NAME, numbered, openedLog, storageAt, until } from '../../support/storing.ts';

void test(
  'a full disk refuses and costs nothing that was taken; with room again it takes by itself',
  { skip: canMount() ? false : 'needs the right to mount a tmpfs' },
  async () => {
    using folder = new Folder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder.path]);
    try {
      const ballast = path.join(folder.path, 'ballast');
      writeFileSync(ballast, Buffer.alloc(512 << 10));
      let now = 0;
      const clock = { steadyNow: () => now, settings: { fsync: true, maxBytes: 0 } };
      const { log, holder } = await openedLog(folder, clock);
      const taken: number[] = [];
      const fill = async (): Promise<unknown> => {
        for (let id = 0; ; id += 1) {
          try {
            await log.append(numbered(id, 10_000));
          } catch (error) {
            return error;
          }
          taken.push(id);
        }
      };
      const refusal = await fill();
      assert.ok(refusal instanceof Refused && refusal.retryAfterMs !== undefined);
      assert.match(refusal.message, /ENOSPC|could be written/);
      assert.equal(holder.failures.length, 1);
      await assert.rejects(log.append(numbered(1000, 10_000)), Refused, 'the disk is left alone for a moment');
      now += 1000;
      await assert.rejects(log.append(numbered(1001, 100_000)), Refused, 'it is still full');
      rmSync(ballast);
      now += 1000;
      await log.append(numbered(2000, 10_000));
      taken.push(2000);
      assert.deepEqual(holder.failures.at(-1), undefined);
      assert.deepEqual(holder.numbers, taken);
      await log.release();
      const after = await openedLog(folder, clock);
      assert.deepEqual(after.holder.numbers, taken);
      assert.deepEqual(after.holder.damage, []);
      for (const record of after.holder.records) after.log.settle(record);
      await until(() => folder.files('.log').length === 0);
      await after.log.release();
    } finally {
      execFileSync('umount', ['--lazy', folder.path]);
    }
  },
);

void test(
  'on a disk that is full already the queue opens, sends what it has, and takes data when there is room',
  { skip: canMount() ? false : 'needs the right to mount a tmpfs' },
  async () => {
    using folder = new Folder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder.path]);
    try {
      let now = 0;
      const options = { steadyNow: () => now, settings: { fsync: true, maxBytes: 0 } };
      const before = await openedLog(folder, options);
      await before.log.append(numbered(1, 10_000));
      await before.log.release();
      const ballast = path.join(folder.path, 'ballast');
      const file = openSync(ballast, 'w');
      for (let written = 1; written > 0;) {
        try {
          written = writeSync(file, Buffer.alloc(4096));
        } catch {
          written = 0;
        }
      }
      closeSync(file);
      const { log, holder } = await openedLog(folder, options);
      assert.deepEqual(holder.numbers, [1]);
      await assert.rejects(log.append(numbered(2, 10_000)), Refused);
      rmSync(ballast);
      now += 1000;
      await log.append(numbered(3, 10_000));
      assert.deepEqual(holder.numbers, [1, 3]);
      await log.release();
    } finally {
      execFileSync('umount', ['--lazy', folder.path]);
    }
  },
);

void test(
  'damaged files that are kept aside make room where the disk is full',
  { skip: canMount() ? false : 'needs the right to mount a tmpfs' },
  async () => {
    using folder = new Folder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder.path]);
    try {
      let now = 0;
      const options = { steadyNow: () => now, settings: { fsync: true, maxBytes: 0 } };
      const before = await openedLog(folder, options);
      for (let id = 0; id < 40; id += 1) await before.log.append(numbered(id, 20_000));
      await before.log.release();
      const [name = ''] = folder.files('.log');
      const file = path.join(folder.log, name);
      const bytes = readFileSync(file);
      bytes[100] = (bytes[100] ?? 0) ^ 1;
      writeFileSync(file, bytes);
      const { log, holder } = await opened(folder, options, 39);
      assert.deepEqual(holder.numbers, [...Array(40).keys()].slice(1));
      for (const record of holder.records) log.settle(record);
      await until(() => folder.files('.damaged').length === 1);
      await assert.rejects(log.append(numbered(100, 400_000)), Refused, 'what is kept fills the disk');
      await until(() => folder.files('.damaged').length === 0);
      now += 1000;
      await log.append(numbered(101, 400_000));
      await log.release();
    } finally {
      execFileSync('umount', ['--lazy', folder.path]);
    }
  },
);

/** Opens a log of which only `count` records can be read. */
async function opened(
  folder: Folder,
  options: Parameters<typeof storageAt>[1],
  count: number,
): Promise<{ readonly log: DurableLog; readonly holder: Collector }> {
  const holder = new Collector();
  const log = await storageAt(folder, options).openLog(NAME, holder);
  log.start();
  await until(() => holder.records.length === count);
  return { log, holder };
}
