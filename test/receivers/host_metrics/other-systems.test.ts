// What is measured on systems that are not Linux: tried on this one, by telling the receiver that it is another, so that the
// figures can be held beside those of /proc.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import os from 'node:os';
import { test } from 'node:test';
import { AgentError } from '../../../pipeline/errors.ts';
import type { HostOptions } from '../../../receivers/host_metrics/receiver.ts';
import { otherInventory, OtherSource, type Package } from '../../../receivers/host_metrics/other-systems/source.ts';
import type { FlatPoint } from '../../support/flat-metrics.ts';
import { scrape, scraping } from './host.ts';

const ELSEWHERE = { platform: 'darwin' } as const;

function sumOf(points: readonly FlatPoint[], name: string, attributes: Readonly<Record<string, unknown>> = {}): number {
  return points
    .filter((point) => point.name === name)
    .filter((point) => Object.entries(attributes).every(([key, value]) => point.attributes[key] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

function isBetween(value: number, before: number, after: number, what: string): void {
  assert.ok(value >= before && value <= after, `${what}: ${value} is not from ${before} to ${after}`);
}

function memory(line: string): number {
  return 1_024 * Number(new RegExp(`^${line}: +(\\d+)`, 'm').exec(readFileSync('/proc/meminfo', 'latin1'))?.[1]);
}

/** Bytes received by all interfaces. */
function received(): number {
  const lines = readFileSync('/proc/net/dev', 'latin1').split('\n').slice(2);
  return lines.reduce((sum, line) => sum + Number(/: *(\d+)/.exec(line)?.[1] ?? 0), 0);
}

const ALL = {
  cpu: null,
  load: null,
  memory: { metrics: { 'system.memory.limit': { enabled: true } } },
  disk: null,
  filesystem: { metrics: { 'system.filesystem.utilization': { enabled: true } } },
  network: null,
  paging: null,
  processes: null,
  process: null,
  system: null,
  pressure: null,
};

void test('every scraper gives what /proc gives', async () => {
  const before = { idle: idleSeconds(), received: received(), uptime: Math.floor(os.uptime()) };
  const points = await scrape({ scrapers: ALL }, ELSEWHERE);
  isBetween(sumOf(points, 'system.cpu.time', { state: 'idle' }), before.idle - 1, idleSeconds() + 1, 'idle time');
  assert.equal(sumOf(points, 'system.cpu.logical.count'), os.cpus().length);
  isBetween(sumOf(points, 'system.uptime'), before.uptime, Math.floor(os.uptime()), 'uptime');
  assert.ok(sumOf(points, 'system.cpu.load_average.1m') > 0);
  assert.equal(sumOf(points, 'system.memory.limit'), memory('MemTotal'));
  const states = sumOf(points, 'system.memory.usage');
  assert.ok(Math.abs(states - memory('MemTotal')) <= memory('MemTotal') / 100, String(states));
  assert.equal(sumOf(points, 'system.paging.usage'), memory('SwapTotal'));
  isBetween(sumOf(points, 'system.network.io', { direction: 'receive' }), before.received, received(), 'received');
  const root = await statfs('/');
  const of = (state: string) => sumOf(points, 'system.filesystem.usage', { mountpoint: '/', state });
  const used = (root.blocks - root.bfree) * root.bsize;
  assert.ok(Math.abs(of('used') - used) <= used / 100, `${of('used')} of ${used}`);
  assert.ok(sumOf(points, 'system.processes.count') > 1);
  const own = points.find(
    ({ name, resource }) => name === 'process.memory.usage' && Number(resource['process.pid']) === process.pid,
  );
  assert.equal(Number(own?.resource['process.parent_pid']), process.ppid);
  const resident = process.memoryUsage.rss();
  assert.ok(own && Math.abs(own.value - resident) < resident / 2, `${own?.value} of ${resident}`);
  assert.deepEqual(
    points.filter(({ name }) => name.includes('pressure')),
    [],
  );
});

/** Of all CPUs. */
function idleSeconds(): number {
  const [, idle = ''] = /^cpu +(?:\d+ +){3}(\d+)/.exec(readFileSync('/proc/stat', 'latin1')) ?? [];
  return Number(idle) / 100;
}

void test('Windows has no load averages, and what only Linux has is no reason to fail unless it is all', async () => {
  const points = await scrape({ scrapers: { load: null, system: null, cgroup: null } }, { platform: 'win32' });
  assert.deepEqual([...new Set(points.map(({ name }) => name))], ['system.uptime']);
  await assert.rejects(
    scraping({ scrapers: { cgroup: null, pressure: null } }, ELSEWHERE),
    (error) => error instanceof AgentError && /nothing of cgroup, pressure/.test(error.message),
  );
});

/** A package that has these answers, and fails otherwise. */
function packageWith(answers: Partial<Package>): Promise<Package> {
  const missing = (): Promise<never> => Promise.reject(new Error('this system has no such program'));
  return Promise.resolve({
    mem: missing,
    fsSize: missing,
    fsStats: missing,
    disksIO: missing,
    networkStats: missing,
    processes: missing,
    cpu: missing,
    osInfo: missing,
    system: missing,
    diskLayout: missing,
    ...answers,
  });
}

void test('a program that fails, or that hangs, costs only its own values, and none is started beside one that hangs', async () => {
  let asked = 0;
  const options: HostOptions = {
    ...ELSEWHERE,
    load: () =>
      packageWith({
        networkStats: () => {
          asked++;
          return new Promise(() => {});
        },
      }),
  };
  const section = { collection_interval: '20ms', scrapers: { memory: null, network: null, system: null } };
  await using running = await scraping(section, options);
  for (let round = 0; round < 3; round++) {
    assert.deepEqual(
      (await running.next()).map(({ name }) => name),
      ['system.uptime'],
    );
  }
  assert.equal(asked, 1);
  assert.ok(running.test.metric('otelcol_scraper_errored_metric_points', { scraper: 'network' }) >= 2);
  assert.ok(running.test.metric('otelcol_scraper_errored_metric_points', { scraper: 'memory' }) >= 2);
});

void test('the inventory, from the package itself', async () => {
  const load = async (): Promise<Package> => (await import('systeminformation')).default;
  const found = await otherInventory(new OtherSource({ load, timeoutMs: 10_000 }));
  assert.equal(found.logicalCpus, os.cpus().length);
  assert.equal(found.memoryBytes, memory('MemTotal'));
  assert.equal(found.kernel, os.release());
});
