// Processes that come, go, change, take each other's numbers, or are too many.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { FlatPoint } from '../../support/flat-metrics.ts';
import { scrape, scraping, tree } from './host.ts';

const MACHINE = tree('machine');

function named(points: readonly FlatPoint[]): unknown[] {
  return [...new Set(points.map(({ resource }) => resource['process.executable.name']))];
}

/** A copy of the machine whose processes the test changes. */
function copy(): { root: string; proc: string } & Disposable {
  const root = mkdtempSync(path.join(os.tmpdir(), 'host-metrics-'));
  cpSync(MACHINE, root, { recursive: true, verbatimSymlinks: true });
  return {
    root,
    proc: path.join(root, 'proc'),
    [Symbol.dispose]: () => rmSync(root, { recursive: true }),
  };
}

/** Adds a process that is like another. */
function spawn(
  proc: string,
  pid: number,
  options: { ticks?: number; pages?: number; start?: number; comm?: string } = {},
): void {
  const folder = path.join(proc, String(pid));
  cpSync(path.join(proc, '1'), folder, { recursive: true, verbatimSymlinks: true });
  const { ticks = 0, pages = 1, start = 5, comm = `p${pid}` } = options;
  const fields = readFileSync(path.join(folder, 'stat'), 'utf8').split(' ');
  fields[0] = String(pid);
  fields[1] = `(${comm})`;
  fields[13] = String(ticks);
  fields[14] = '0';
  fields[21] = String(start);
  writeFileSync(path.join(folder, 'stat'), fields.join(' '));
  writeFileSync(path.join(folder, 'statm'), `${pages * 2} ${pages} 0 0 0 0 0\n`);
}

void test('each process is a resource of its own, and its start is its own', async () => {
  const points = await scrape({ root_path: MACHINE, scrapers: { process: null } });
  assert.deepEqual(new Set(named(points)), new Set(['a (odd) name) of it', 'kworker/0:1', 'systemd']));
  const odd = points.filter(({ resource }) => resource['process.pid'] === '10');
  assert.equal(odd.length, 7);
  assert.ok(odd.every(({ resource }) => resource['process.owner'] === 'root'));
  const boot = 1_795_508_855_000n;
  assert.equal(odd[0]?.startTimeUnixNano, String((boot + 12_345_670n) * 1_000_000n));
});

void test('processes are chosen by the names of their programs', async () => {
  const chosen = async (settings: object): Promise<unknown[]> =>
    named(await scrape({ root_path: MACHINE, scrapers: { process: settings } }));
  assert.deepEqual(await chosen({ include: { names: ['systemd'], match_type: 'strict' } }), ['systemd']);
  assert.deepEqual(await chosen({ exclude: { names: ['^kworker', 'odd'], match_type: 'regexp' } }), ['systemd']);
  assert.deepEqual(await chosen({ include: { names: ['of it$'], match_type: 'regexp' } }), ['a (odd) name) of it']);
});

void test('processes are chosen by the values of their attributes, of which one that is off says nothing', async () => {
  const chosen = async (attributes: object): Promise<unknown[]> =>
    named(await scrape({ root_path: MACHINE, scrapers: { process: { resource_attributes: attributes } } }));
  assert.deepEqual(await chosen({ 'process.pid': { metrics_include: [{ strict: '1' }] } }), ['systemd']);
  const names = { metrics_include: [{ strict: 'systemd' }, { regexp: 'odd' }], metrics_exclude: [{ regexp: '^sys' }] };
  assert.deepEqual(await chosen({ 'process.executable.name': names }), ['a (odd) name) of it']);
  const off = { enabled: false, metrics_exclude: [{ regexp: '.' }] };
  assert.equal((await chosen({ 'process.executable.name': off })).length, 1, 'all of them, without a name');
  for (const wrong of [[{}], [{ strict: 'a', regexp: 'b' }], [{ regexp: '(' }]]) {
    const settings = { 'process.pid': { metrics_include: wrong } };
    await assert.rejects(chosen(settings), /either strict or regexp|not a regular expression/);
  }
});

void test('where there are too many, those that use most are shown', async () => {
  using machine = copy();
  spawn(machine.proc, 100, { ticks: 5_000, pages: 10 });
  spawn(machine.proc, 101, { ticks: 900_000, pages: 5 });
  spawn(machine.proc, 102, { ticks: 800_000, pages: 900_000 });
  const chosen = async (settings: object): Promise<unknown[]> =>
    named(await scrape({ root_path: machine.root, scrapers: { process: settings } }));
  assert.deepEqual(await chosen({ max_processes: 2 }), ['p101', 'p102']);
  assert.deepEqual(await chosen({ max_processes: 2, order_by: 'memory' }), ['p102', 'a (odd) name) of it']);
});

void test('processes that end, change their name, or take the number of another', async () => {
  using machine = copy();
  spawn(machine.proc, 100, { start: 5 });
  spawn(machine.proc, 101);
  spawn(machine.proc, 102, { comm: 'before' });
  const before = readdirSync('/proc/self/fd').length;
  {
    await using running = await scraping({
      root_path: machine.root,
      collection_interval: '20ms',
      scrapers: {
        process: { exclude: { names: ['systemd', 'kworker/0:1', 'a (odd) name) of it'], match_type: 'strict' } },
      },
    });
    assert.deepEqual(named(await running.next()), ['p100', 'p101', 'before']);
    rmSync(path.join(machine.proc, '101'), { recursive: true });
    rmSync(path.join(machine.proc, '100'), { recursive: true });
    rmSync(path.join(machine.proc, '102'), { recursive: true });
    spawn(machine.proc, 102, { comm: 'after' });
    spawn(machine.proc, 100, { start: 9_999, comm: 'another' });
    // Kept descriptors of a real /proc fail once a process has ended; those of files that were removed go on reading.
    let names: unknown[] = [];
    for (let round = 0; round < 50 && names.length !== 2; round++) names = named(await running.next());
    assert.ok(!names.includes('p101'));
    assert.equal(running.test.metric('otelcol_scraper_errored_metric_points'), 0);
  }
  assert.equal(readdirSync('/proc/self/fd').length, before, 'no descriptor is left open');
});

void test('this machine: our own process, and how many there are', async () => {
  await using running = await scraping({
    collection_interval: '20ms',
    scrapers: { process: { metrics: { 'process.cpu.utilization': { enabled: true } } }, processes: null },
  });
  const own = (points: readonly FlatPoint[], name: string) =>
    points.filter((point) => point.name === name && point.resource['process.pid'] === String(process.pid));
  const first = await running.next();
  assert.equal(own(first, 'process.cpu.time').length, 3);
  assert.equal(own(first, 'process.cpu.utilization').length, 0);
  const [memory] = own(first, 'process.memory.usage');
  assert.ok(memory && memory.value > 1e7);
  const second = await running.next();
  const shares = own(second, 'process.cpu.utilization');
  assert.equal(shares.length, 3);
  assert.ok(shares.every(({ value }) => value >= 0 && value <= 1.5));
  const created = second.find(({ name }) => name === 'system.processes.created');
  assert.ok(created && created.value > 0 && created.isMonotonic);
  const counted = second.filter(({ name }) => name === 'system.processes.count');
  const listed = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length;
  const total = counted.reduce((sum, { value }) => sum + value, 0);
  assert.ok(Math.abs(total - listed) < listed / 2, `${total} counted, ${listed} listed`);
});

void test('by the conventions, names, units and keys are others; @v1 forms come beside the older ones', async () => {
  const on = { enabled: true };
  const settings = {
    metrics: { 'process.threads': on, 'process.context_switches': on, 'process.open_file_descriptors': on },
  };
  const conventional = await scrape({
    root_path: MACHINE,
    scrapers: { process: settings, processes: null },
    semantic_conventions: '1.44',
  });
  const kinds = new Set(
    conventional.map(({ name, unit, attributes }) => [name, unit, ...Object.keys(attributes)].join(' ')),
  );
  assert.deepEqual([...kinds].toSorted(), [
    'process.context_switches {context_switch} process.context_switch.type',
    'process.cpu.time s cpu.mode',
    'process.disk.io By disk.io.direction',
    'process.memory.usage By',
    'process.memory.virtual By',
    'process.thread.count {thread}',
    'process.unix.file_descriptor.count {file_descriptor}',
    'system.process.count {process} process.state',
    'system.process.created {process}',
  ]);
  const both = await scrape({
    root_path: MACHINE,
    scrapers: {
      process: { include: { names: ['systemd'], match_type: 'strict' }, metrics: { 'process.cpu.time@v1': on } },
    },
  });
  assert.deepEqual(
    both.filter(({ name }) => name === 'process.cpu.time').map(({ attributes }) => attributes),
    [
      { state: 'user' },
      { state: 'system' },
      { state: 'wait' },
      { 'cpu.mode': 'user' },
      { 'cpu.mode': 'system' },
      { 'cpu.mode': 'iowait' },
    ],
  );
});
