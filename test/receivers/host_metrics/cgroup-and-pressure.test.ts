// What is made of control groups and of pressure stall information.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlatPoint } from '../../support/flat-metrics.ts';
import { scrape, scraping, tree } from './host.ts';

/** `name key=value …: number`, of one group. */
function lines(points: readonly FlatPoint[], path: string): string[] {
  return points
    .filter(({ attributes }) => attributes['cgroup.path'] === path)
    .map(({ name, attributes, value }) => {
      const others = Object.entries(attributes).filter(([key]) => key !== 'cgroup.path');
      return [name.replace('system.cgroup.', ''), ...others.map(([, text]) => text), value].join(' ');
    });
}

void test('a group of the second version: use, limits, throttling, events, pressure', async () => {
  const points = await scrape({
    root_path: tree('cgroup-v2'),
    scrapers: { cgroup: { paths: ['/system.slice/web.service'] } },
  });
  assert.deepEqual(lines(points, '/system.slice/web.service'), [
    'cpu.limit 1.5',
    'cpu.periods 400',
    'cpu.throttled.periods 25',
    'cpu.throttled.time 1.25',
    'cpu.time user 3',
    'cpu.time system 2',
    'io 8:0 read 1048576',
    'io 8:0 write 2097152',
    'io.operations 8:0 read 10',
    'io.operations 8:0 write 20',
    'memory.events low 0',
    'memory.events high 7',
    'memory.events max 3',
    'memory.events oom 2',
    'memory.events oom_kill 1',
    'memory.limit 1073741824',
    'memory.usage 536870912',
    'memory.state anon 400000000',
    'memory.state file 100000000',
    'memory.state kernel 3000000',
    'memory.state shmem 0',
    'pids.count 42',
    'pids.limit 4915',
    'pressure.total memory some 1',
    'pressure.total memory full 0.5',
  ]);
  // The host's own root group, which has no limits.
  assert.deepEqual(lines(points, '/').slice(0, 6), [
    'cpu.time user 600',
    'cpu.time system 387.654321',
    'io 8:0 read 4096',
    'io 8:0 write 8192',
    'io 7:0 read 0',
    'io 7:0 write 0',
  ]);
  assert.ok(lines(points, '/').includes('pressure.total cpu some 2.5'));
});

void test('a group of the first version, where limits are large numbers or -1', async () => {
  const points = await scrape({ root_path: tree('cgroup-v1'), scrapers: { cgroup: { paths: ['/docker/abc'] } } });
  assert.deepEqual(lines(points, '/docker/abc'), [
    'cpu.limit 0.5',
    'cpu.periods 10',
    'cpu.throttled.periods 4',
    'cpu.throttled.time 2.5',
    'cpu.time user 15',
    'cpu.time system 2.5',
    'io 8:0 read 4096',
    'io 8:0 write 8192',
    'io.operations 8:0 read 1',
    'io.operations 8:0 write 2',
    'memory.events max 9',
    'memory.events oom_kill 2',
    'memory.limit 268435456',
    'memory.usage 123456',
    'memory.state file 1000',
    'memory.state anon 2000',
    'memory.state shmem 10',
    'pids.count 5',
  ]);
  assert.deepEqual(lines(points, '/'), ['memory.usage 777']);
});

void test('garbage in a group costs its own values, and a group that is not there costs nothing', async () => {
  await using running = await scraping({
    root_path: tree('cgroup-v2'),
    scrapers: { cgroup: { paths: ['/system.slice/odd.service', '/gone'] } },
  });
  const points = await running.next();
  assert.deepEqual(lines(points, '/system.slice/odd.service'), [
    'cpu.time user 1',
    'io 8:0 read 0',
    'io 8:0 write 0',
    'io.operations 8:0 read 0',
    'io.operations 8:0 write 0',
  ]);
  assert.deepEqual(lines(points, '/gone'), []);
  assert.ok(running.test.metric('otelcol_scraper_errored_metric_points', { scraper: 'cgroup' }) >= 4);
});

void test('paths that would leave the hierarchy are refused', async () => {
  await assert.rejects(scrape({ scrapers: { cgroup: { paths: ['/a/../../b'] } } }), /must begin with/);
});

void test('pressure of the whole system, as total and shares', async () => {
  await using running = await scraping({ root_path: tree('machine'), scrapers: { pressure: null } });
  const points = await running.next();
  const found = points.map(({ name, attributes, value }) => `${name} ${String(attributes['stall_type'])} ${value}`);
  assert.deepEqual(
    found.filter((line) => /\.(?:cpu|irq)\./.test(line)),
    [
      'system.cpu.linux.pressure.total some 4614.832796',
      'system.cpu.linux.pressure.total full 0',
      'system.cpu.linux.pressure.10s some 0.7141',
      'system.cpu.linux.pressure.10s full 0',
      'system.cpu.linux.pressure.1m some 0.6155',
      'system.cpu.linux.pressure.1m full 0',
      'system.cpu.linux.pressure.5m some 0.7794',
      'system.cpu.linux.pressure.5m full 0',
      'system.irq.linux.pressure.total full 1.5',
      'system.irq.linux.pressure.10s full 0.0025',
      'system.irq.linux.pressure.1m full 0',
      'system.irq.linux.pressure.5m full 0',
    ],
  );
  assert.equal(points.length, 28);
  assert.equal(running.test.metric('otelcol_scraper_errored_metric_points'), 0);
});
