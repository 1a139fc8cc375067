// The table of mounts, and mounts that do not answer.

import assert from 'node:assert/strict';
import { statfs } from 'node:fs/promises';
import { test } from 'node:test';
import { config } from '../../../receivers/host_metrics/config.ts';
import { MountTable } from '../../../receivers/host_metrics/mounts.ts';
import { Problems } from '../../../receivers/host_metrics/problems.ts';
import { ProcessTable } from '../../../receivers/host_metrics/process-table.ts';
import type { ScraperContext } from '../../../receivers/host_metrics/scraper.ts';
import { FilesystemScraper } from '../../../receivers/host_metrics/scrapers/filesystem.ts';
import { MetricWriter } from '../../../proto/otlp/metric-writer.ts';
import type { ComponentLogger } from '../../../pipeline/telemetry.ts';
import { flatPoints, type FlatPoint } from '../../support/flat-metrics.ts';
import { scrape, tree } from './host.ts';

/** Answered beforehand, so that a busy machine makes no mount look as if it hung. */
const ROOT_STATS = Promise.resolve(await statfs('/'));

function mounted(name: string, withVirtual: boolean): string[] {
  const table = new MountTable(tree(name), withVirtual);
  try {
    return table.read().map(({ device, mountPoint, type, mode }) => `${device} ${mountPoint} ${type} ${mode}`);
  } finally {
    table.close();
  }
}

void test('mounts with a device: no binds, subvolumes are none, read-only on either side is read-only', () => {
  assert.deepEqual(mounted('machine', false), [
    '/dev/vda / ext4 rw',
    '/dev/vdb /var/lib/with blank ext4 ro',
    '/dev/vdc /mnt/frozen ext4 ro',
    '/dev/vdd /home btrfs rw',
  ]);
});

void test('all mounts, where they are asked for', () => {
  assert.deepEqual(mounted('machine', true), [
    'proc /proc proc rw',
    'sysfs /sys sysfs rw',
    'tmpfs /dev/shm tmpfs rw',
    '/dev/vda / ext4 rw',
    '/dev/vdb /var/lib/with blank ext4 ro',
    '/dev/vda /mnt/bind ext4 rw',
    '/dev/vdc /mnt/frozen ext4 ro',
    '/dev/vdd /home btrfs rw',
    'server:/export /mnt/nfs nfs4 rw',
  ]);
  assert.deepEqual(mounted('garbage', true), ['/dev/sdz /\\999 ext4 rw']);
});

/** A scraper of the machine's mounts whose answers the test gives. */
function scraper(settings: object, ask: ScraperContext['statfs']) {
  const lines: string[] = [];
  const log: ComponentLogger = {
    debug() {},
    info: (fields, message) => lines.push(`${message} ${JSON.stringify(fields)}`),
    warn: (fields, message) => lines.push(`${message} ${JSON.stringify(fields)}`),
    error() {},
  };
  const problems = new Problems(log, 'filesystem');
  const parsed = config.parse({ scrapers: { filesystem: settings } }).scrapers.filesystem;
  assert.ok(parsed);
  const made = new FilesystemScraper(parsed, {
    root: tree('machine'),
    conventions: 'collector',
    log,
    problems,
    now: () => 1_000,
    bootUnixNano: () => 1n,
    processes: new ProcessTable(tree('machine')),
    statfs: ask,
    mountTimeoutMs: 20,
  });
  const writer = new MetricWriter();
  return {
    lines,
    close: () => made.close(),
    async scrape(): Promise<{ readonly points: readonly FlatPoint[]; readonly lost: number }> {
      await made.read();
      made.write(writer);
      return { points: flatPoints(writer.finish()), lost: problems.settle() };
    },
  };
}

function mountPoints(points: readonly FlatPoint[]): unknown[] {
  return [...new Set(points.map(({ attributes }) => attributes['mountpoint']))];
}

void test('a mount that hangs costs its own values, is asked no second time, and is said once', async () => {
  let asked = 0;
  const hanging = Promise.withResolvers<never>();
  const made = scraper({}, (path) => {
    if (!path.endsWith('/mnt/frozen')) return ROOT_STATS;
    asked++;
    return asked === 1 ? hanging.promise : ROOT_STATS;
  });
  for (let round = 0; round < 3; round++) {
    const { points, lost } = await made.scrape();
    assert.deepEqual(mountPoints(points), ['/', '/var/lib/with blank', '/home']);
    assert.equal(lost, 5);
  }
  assert.equal(asked, 1);
  assert.equal(made.lines.length, 1);
  assert.match(made.lines[0] ?? '', /host metrics are missing .*mnt\/frozen.*has not answered/);
  hanging.reject(new Error('the server came back and says no'));
  await made.scrape();
  for (let round = 0; round < 6; round++) {
    const { points, lost } = await made.scrape();
    assert.deepEqual([mountPoints(points).length, lost], [4, 0]);
  }
  assert.equal(made.lines.length, 2);
  assert.match(made.lines.at(-1) ?? '', /host metrics are back/);
  made.close();
});

void test('while two hang, remote filesystems are not asked, local ones are', async () => {
  const asked: string[] = [];
  const made = scraper({ include_virtual_filesystems: true }, (path) => {
    asked.push(path.slice(tree('machine').length));
    return /frozen|bind/.test(path) ? Promise.withResolvers<never>().promise : ROOT_STATS;
  });
  const { points } = await made.scrape();
  assert.ok(!asked.includes('/mnt/nfs'));
  assert.ok(asked.includes('/home'));
  assert.equal(mountPoints(points).length, 6);
  made.close();
});

void test('mounts are chosen by device, type and mount point', async () => {
  const all = { match_type: 'regexp' };
  const settings = {
    include_devices: { devices: ['^/dev/vd[abd]$'], ...all },
    exclude_fs_types: { fs_types: ['btrfs'], match_type: 'strict' },
    exclude_mount_points: { mount_points: ['^/var'], ...all },
  };
  const made = scraper(settings, () => ROOT_STATS);
  assert.deepEqual(mountPoints((await made.scrape()).points), ['/']);
  made.close();
});

void test('bytes and inodes of this machine add up', async () => {
  const points = await scrape({ scrapers: { filesystem: { include_virtual_filesystems: true } } });
  const stats = await statfs('/');
  const of = (name: string) => points.filter((point) => point.name === name && point.attributes['mountpoint'] === '/');
  const total = of('system.filesystem.usage').reduce((sum, { value }) => sum + value, 0);
  assert.equal(total, stats.blocks * stats.bsize);
  const inodes = of('system.filesystem.inodes.usage').reduce((sum, { value }) => sum + value, 0);
  assert.equal(inodes, stats.files);
});
