// Figures of this machine beside those of Prometheus's node_exporter: counters lie between two of its scrapes, gauges within
// one per cent of them. Needs prometheus-node-exporter (install-peers.sh).

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FlatPoint } from '../../support/flat-metrics.ts';
import { scrape } from '../../receivers/host_metrics/host.ts';
import { freePorts } from '../../support/agent.ts';
import { nodeExporter } from '../../support/peers.ts';

const PROGRAM = nodeExporter();

interface Pair {
  /** Ours. */
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string>>;
  /** node_exporter's, as it stands in the text, labels sorted. */
  readonly series: string;
  readonly kind: 'counter' | 'gauge';
  /** What theirs is multiplied by. */
  readonly scale?: number;
}

/** On-demand modes of a CPU that both have; the kernel may take back idle and iowait. */
const MODES = { user: 'user', system: 'system', nice: 'nice', softirq: 'softirq', interrupt: 'irq', steal: 'steal' };

function pairs(points: readonly FlatPoint[]): readonly Pair[] {
  const values = (name: string, key: string): string[] => [
    ...new Set(points.filter((point) => point.name === name).map(({ attributes }) => String(attributes[key]))),
  ];
  const all: Pair[] = [
    { name: 'system.cpu.load_average.1m', series: 'node_load1', kind: 'gauge' },
    { name: 'system.cpu.load_average.5m', series: 'node_load5', kind: 'gauge' },
    { name: 'system.cpu.load_average.15m', series: 'node_load15', kind: 'gauge' },
    { name: 'system.memory.limit', series: 'node_memory_MemTotal_bytes', kind: 'gauge' },
    { name: 'system.linux.memory.available', series: 'node_memory_MemAvailable_bytes', kind: 'gauge' },
    { name: 'system.processes.created', series: 'node_forks_total', kind: 'counter' },
    { name: 'system.paging.faults', attributes: { type: 'major' }, series: 'node_vmstat_pgmajfault', kind: 'counter' },
    { name: 'system.network.tcp.retransmits', series: 'node_netstat_Tcp_RetransSegs', kind: 'counter' },
    { name: 'system.network.tcp.listen.drops', series: 'node_netstat_TcpExt_ListenDrops', kind: 'counter' },
    { name: 'system.network.tcp.listen.overflows', series: 'node_netstat_TcpExt_ListenOverflows', kind: 'counter' },
    { name: 'system.network.conntrack.count', series: 'node_nf_conntrack_entries', kind: 'gauge' },
    { name: 'system.network.conntrack.max', series: 'node_nf_conntrack_entries_limit', kind: 'gauge' },
  ];
  const memory = {
    free: 'MemFree',
    buffered: 'Buffers',
    slab_unreclaimable: 'SUnreclaim',
    slab_reclaimable: 'SReclaimable',
  };
  for (const [state, name] of Object.entries(memory)) {
    all.push({
      name: 'system.memory.usage',
      attributes: { state },
      series: `node_memory_${name}_bytes`,
      kind: 'gauge',
    });
  }
  for (const cpu of values('system.cpu.time', 'cpu')) {
    for (const [state, mode] of Object.entries(MODES)) {
      const series = `node_cpu_seconds_total{cpu="${cpu.slice(3)}",mode="${mode}"}`;
      all.push({ name: 'system.cpu.time', attributes: { cpu, state }, series, kind: 'counter' });
    }
  }
  for (const device of values('system.disk.io', 'device')) {
    for (const [direction, word, done] of [
      ['read', 'read', 'reads'],
      ['write', 'written', 'writes'],
    ] as const) {
      const at = { device, direction };
      const label = `{device="${device}"}`;
      all.push(
        { name: 'system.disk.io', attributes: at, series: `node_disk_${word}_bytes_total${label}`, kind: 'counter' },
        {
          name: 'system.disk.operations',
          attributes: at,
          series: `node_disk_${done}_completed_total${label}`,
          kind: 'counter',
        },
        {
          name: 'system.disk.merged',
          attributes: at,
          series: `node_disk_${done}_merged_total${label}`,
          kind: 'counter',
        },
        {
          name: 'system.disk.operation_time',
          attributes: at,
          series: `node_disk_${direction}_time_seconds_total${label}`,
          kind: 'counter',
        },
      );
    }
    all.push({
      name: 'system.disk.io_time',
      attributes: { device },
      series: `node_disk_io_time_seconds_total{device="${device}"}`,
      kind: 'counter',
    });
  }
  for (const device of values('system.network.io', 'device')) {
    for (const direction of ['receive', 'transmit']) {
      const at = { device, direction };
      const label = `{device="${device}"}`;
      all.push(
        {
          name: 'system.network.io',
          attributes: at,
          series: `node_network_${direction}_bytes_total${label}`,
          kind: 'counter',
        },
        {
          name: 'system.network.packets',
          attributes: at,
          series: `node_network_${direction}_packets_total${label}`,
          kind: 'counter',
        },
        {
          name: 'system.network.errors',
          attributes: at,
          series: `node_network_${direction}_errs_total${label}`,
          kind: 'counter',
        },
        {
          name: 'system.network.dropped',
          attributes: at,
          series: `node_network_${direction}_drop_total${label}`,
          kind: 'counter',
        },
      );
    }
  }
  for (const resource of ['cpu', 'memory', 'io']) {
    const name = `system.${resource}.linux.pressure.total`;
    const series = `node_pressure_${resource}_waiting_seconds_total`;
    all.push({ name, attributes: { stall_type: 'some' }, series, kind: 'counter' });
  }
  return all;
}

async function scrapeNodeExporter(port: number): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const blank = line.lastIndexOf(' ');
      return [line.slice(0, blank), Number(line.slice(blank + 1))];
    }),
  );
}

const SCRAPERS = {
  cpu: { metrics: { 'system.cpu.time': { attributes: ['cpu', 'state'] } } },
  disk: null,
  load: null,
  memory: { metrics: { 'system.memory.limit': { enabled: true }, 'system.linux.memory.available': { enabled: true } } },
  network: {
    metrics: { 'system.network.conntrack.count': { enabled: true }, 'system.network.conntrack.max': { enabled: true } },
  },
  paging: null,
  pressure: null,
  processes: { metrics: { 'system.processes.count': { enabled: false } } },
};

/** What lies outside of what node_exporter says before and after. */
async function outside(port: number): Promise<{ readonly compared: number; readonly wrong: readonly string[] }> {
  const before = await scrapeNodeExporter(port);
  const points = await scrape({ scrapers: SCRAPERS });
  const after = await scrapeNodeExporter(port);
  const wrong: string[] = [];
  let compared = 0;
  for (const { name, attributes = {}, series: key, kind } of pairs(points)) {
    const [low, high] = [before.get(key), after.get(key)];
    // Kernels and containers lack some files, and node_exporter leaves some devices out.
    if (low === undefined || high === undefined) continue;
    const point = points.find(
      (one) =>
        one.name === name &&
        Object.entries(attributes).every(([attribute, value]) => one.attributes[attribute] === value),
    );
    if (!point) {
      wrong.push(`${name} ${JSON.stringify(attributes)} is missing`);
      continue;
    }
    compared++;
    // Both read whole ticks and milliseconds, which differ in their last binary digit.
    const slack = kind === 'gauge' ? 0.01 : 1e-9;
    const [least, most] = [Math.min(low, high), Math.max(low, high)];
    if (point.value < least - Math.abs(least) * slack || point.value > most + Math.abs(most) * slack) {
      wrong.push(`${name} ${JSON.stringify(attributes)}: ${point.value} is not within ${least} and ${most} of ${key}`);
    }
  }
  return { compared, wrong };
}

void test('figures are those of node_exporter', { skip: PROGRAM.skip }, async (t) => {
  const [port = 0] = await freePorts(1);
  const child = spawn(PROGRAM.program, [`--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
  try {
    for (let turn = 0; turn < 100; turn++) {
      try {
        await scrapeNodeExporter(port);
        break;
      } catch {
        await sleep(50);
      }
    }
    // Memory of a busy machine may move by more than a per cent between two readings, and come back.
    let result = await outside(port);
    for (let round = 0; round < 4 && result.wrong.length > 0; round++) result = await outside(port);
    assert.deepEqual(result.wrong, []);
    assert.ok(result.compared > 20, `${result.compared} compared`);
    t.diagnostic(`${result.compared} series compared`);
  } finally {
    const exited = once(child, 'exit');
    child.kill();
    await exited;
  }
});
