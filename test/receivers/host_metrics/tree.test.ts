// What is made of files of /proc and /sys: of a machine's, beside what the collector made of the same, and of garbage.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Problems } from '../../../receivers/host_metrics/problems.ts';
import { TCP_STATES, TcpConnections } from '../../../receivers/host_metrics/scrapers/tcp-connections.ts';
import { identity, type FlatPoint } from '../../support/flat-metrics.ts';
import { comparableScrapers, scrape, scraping, tree } from './host.ts';

const MACHINE = tree('machine');
const QUIET = { debug() {}, info() {}, warn() {}, error() {} };

// The recorder wrote it.
const collector = JSON.parse(readFileSync(tree('machine.collector.json'), 'utf8')) as readonly FlatPoint[];

function byIdentity(points: readonly FlatPoint[]): Map<string, FlatPoint> {
  const map = new Map(points.map((point) => [identity(point), point]));
  assert.equal(map.size, points.length, 'no point comes twice');
  return map;
}

/** Where values differ on purpose: docs/differences.md. */
const COUNTS_PAGES = /^system\.paging\.(?:faults|operations)$/;

/** The collector gives 0 for FIN_WAIT_1 and, where there are such connections, a further point FIN_WAIT1. */
function withoutTwins(points: readonly FlatPoint[]): readonly FlatPoint[] {
  const names = new Map([
    ['FIN_WAIT1', 'FIN_WAIT_1'],
    ['FIN_WAIT2', 'FIN_WAIT_2'],
  ]);
  const renamed = points.map((point) => {
    const state = names.get(String(point.attributes['state']));
    return state === undefined ? point : { ...point, attributes: { ...point.attributes, state } };
  });
  return [...new Map(renamed.toSorted((a, b) => a.value - b.value).map((point) => [identity(point), point])).values()];
}

void test('every point is what the collector makes of the same files', async () => {
  const theirs = byIdentity(withoutTwins(collector).filter(({ name }) => !name.startsWith('system.paging.u')));
  const scraped = await scrape({ root_path: MACHINE, scrapers: comparableScrapers() });
  const ours = byIdentity(
    scraped.filter(({ name }) => !name.startsWith('system.paging.u') && !name.startsWith('system.network.tcp.')),
  );
  assert.deepEqual([...ours.keys()].toSorted(), [...theirs.keys()].toSorted());
  for (const [key, point] of ours) {
    const other = theirs.get(key);
    assert.ok(other);
    const { value, timeUnixNano: _, ...rest } = point;
    const { value: expected, timeUnixNano: __, ...others } = other;
    assert.deepEqual(rest, others, key);
    // The collector takes the counts of pages and faults for pages of 4 KiB and gives bytes.
    const scale = COUNTS_PAGES.test(point.name) ? 4_096 : 1;
    assert.equal(value * scale, expected, key);
  }
});

void test('by default those metrics are on that the collector has on, and the three of TCP', async () => {
  const scrapers = { cpu: null, disk: null, load: null, memory: null, network: null, paging: null, system: null };
  const names = new Set((await scrape({ root_path: MACHINE, scrapers })).map(({ name }) => name));
  assert.deepEqual(
    [...names].toSorted(),
    [
      'system.cpu.load_average.15m',
      'system.cpu.load_average.1m',
      'system.cpu.load_average.5m',
      'system.cpu.logical.count',
      'system.cpu.time',
      'system.disk.io',
      'system.disk.io_time',
      'system.disk.merged',
      'system.disk.operation_time',
      'system.disk.operations',
      'system.disk.pending_operations',
      'system.disk.weighted_io_time',
      'system.memory.usage',
      'system.network.connections',
      'system.network.dropped',
      'system.network.errors',
      'system.network.io',
      'system.network.packets',
      'system.network.tcp.listen.drops',
      'system.network.tcp.listen.overflows',
      'system.network.tcp.retransmits',
      'system.paging.faults',
      'system.paging.operations',
      'system.paging.usage',
      'system.uptime',
    ].toSorted(),
  );
});

void test('attributes that are left out make points one, by sum, average, least or most', async () => {
  const settings = (aggregation_strategy?: string) => ({
    root_path: MACHINE,
    scrapers: {
      network: {
        metrics: {
          'system.network.io': { attributes: ['direction'], ...(aggregation_strategy && { aggregation_strategy }) },
        },
      },
    },
  });
  const values = async (strategy?: string): Promise<number[]> =>
    (await scrape(settings(strategy)))
      .filter(({ name, attributes }) => name === 'system.network.io' && attributes['direction'] === 'receive')
      .map(({ value }) => value);
  // Four interfaces: lo, eth0 and two that never received.
  const [lo, eth] = [499_341_479_005, 3_360_134_863];
  assert.deepEqual(await values(), [lo + eth]);
  assert.deepEqual(await values('avg'), [Math.trunc((lo + eth) / 4)]);
  assert.deepEqual(await values('max'), [lo]);
  assert.deepEqual(await values('min'), [0]);
});

void test('the semantic conventions have other names, units, keys and values, and the same figures', async () => {
  const scrapers = { cpu: null, memory: null, network: null, paging: null, disk: null };
  const points = await scrape({ root_path: MACHINE, scrapers, semantic_conventions: '1.44' });
  const find = (name: string, attributes: object): FlatPoint | undefined =>
    points.find((point) => point.name === name && JSON.stringify(point.attributes) === JSON.stringify(attributes));
  assert.equal(find('system.cpu.time', { 'cpu.mode': 'iowait' })?.unit, 's');
  assert.equal(find('system.memory.usage', { 'system.memory.state': 'used' })?.unit, 'By');
  const packets = find('system.network.packet.count', {
    'network.interface.name': 'eth0',
    'network.io.direction': 'receive',
  });
  assert.deepEqual([packets?.unit, packets?.value], ['{packet}', 99_995]);
  const connections = find('system.network.connection.count', {
    'network.transport': 'tcp',
    'network.connection.state': 'time_wait',
  });
  assert.equal(connections?.value, 2);
  assert.ok(find('system.paging.operations', { 'system.paging.direction': 'in', 'system.paging.fault.type': 'minor' }));
  assert.ok(find('system.disk.operations', { 'system.device': 'vda', 'disk.io.direction': 'read' }));
  const each = await scrape({
    root_path: MACHINE,
    scrapers: { cpu: { metrics: { 'system.cpu.time': { attributes: ['cpu'] } } } },
    semantic_conventions: '1.44',
  });
  assert.deepEqual(
    each.filter(({ name }) => name === 'system.cpu.time').map(({ attributes }) => attributes),
    [{ 'cpu.logical_number': '0' }, { 'cpu.logical_number': '1' }],
  );
});

void test('devices and interfaces are chosen by name or expression', async () => {
  const devices = async (filter: object): Promise<unknown[]> => {
    const points = await scrape({ root_path: MACHINE, scrapers: { network: filter } });
    return [...new Set(points.flatMap(({ attributes }) => attributes['device'] ?? []))];
  };
  assert.deepEqual(await devices({ exclude: { interfaces: ['lo'], match_type: 'strict' } }), ['ifb0', 'ifb1', 'eth0']);
  assert.deepEqual(await devices({ include: { interfaces: ['^if', 'eth'], match_type: 'regexp' } }), [
    'ifb0',
    'ifb1',
    'eth0',
  ]);
});

void test('garbage costs only what stands in it, is counted, and nothing is made up', async () => {
  const scrapers = {
    cpu: null,
    disk: null,
    load: null,
    memory: null,
    paging: null,
    system: null,
    process: null,
    processes: null,
    network: { metrics: { 'system.network.conntrack.count': { enabled: true } } },
  };
  await using running = await scraping({ root_path: tree('garbage'), scrapers });
  const points = await running.next();
  assert.ok(points.every(({ value }) => Number.isFinite(value) && value >= 0));
  assert.ok(points.every(({ startTimeUnixNano }) => startTimeUnixNano === '0'));
  const names = points.map(({ name }) => name).filter((name, index, all) => all.indexOf(name) === index);
  assert.deepEqual(names, [
    'system.disk.io',
    'system.disk.io_time',
    'system.disk.merged',
    'system.disk.operation_time',
    'system.disk.operations',
    'system.disk.pending_operations',
    'system.disk.weighted_io_time',
    'system.network.connections',
    'system.network.dropped',
    'system.network.errors',
    'system.network.io',
    'system.network.packets',
    'system.network.tcp.listen.drops',
  ]);
  const value = (name: string, attributes: object): number | undefined =>
    points.find((one) => one.name === name && JSON.stringify(one.attributes) === JSON.stringify(attributes))?.value;
  assert.equal(value('system.network.io', { device: 'eth:1', direction: 'transmit' }), 9);
  assert.equal(value('system.network.connections', { protocol: 'tcp', state: 'ESTABLISHED' }), 1);
  for (const scraper of ['cpu', 'disk', 'load', 'memory', 'network', 'paging', 'process', 'processes', 'system']) {
    assert.ok(running.test.metric('otelcol_scraper_errored_metric_points', { scraper }) > 0, scraper);
  }
});

void test('files that are not there cost nothing else', async () => {
  await using running = await scraping({
    root_path: tree('machine/sys'),
    scrapers: { cpu: null, system: null, load: null },
  });
  // Nothing is sent, so that the counters are all there is to see.
  for (let turn = 0; turn < 100 && running.test.metric('otelcol_scraper_errored_metric_points') < 12; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.equal(running.test.metric('otelcol_scraper_errored_metric_points', { scraper: 'load' }), 3);
  assert.equal(running.test.metric('otelcol_scraper_scraped_metric_points'), 0);
});

void test('the table of TCP connections is read for a thousandth of the time at most', () => {
  let nowMs = 0;
  // Each look at the clock takes 2 ms.
  const connections = new TcpConnections(`${MACHINE}/proc`, new Problems(QUIET, 'network'), () => (nowMs += 2));
  connections.read();
  assert.deepEqual([connections.isThere, connections.counts[TCP_STATES.indexOf('LISTEN')]], [true, 2]);
  for (nowMs = 100; nowMs < 1_990; nowMs += 100) {
    connections.read();
    assert.equal(connections.isThere, false);
  }
  nowMs = 2_002;
  connections.read();
  assert.equal(connections.isThere, true);
  connections.close();
});
