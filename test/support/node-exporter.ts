// Which figures of host_metrics are which of node_exporter's, and where one of them is wrong.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from './agent.ts';
import type { FlatPoint } from './flat-metrics.ts';

export interface Pair {
  /** Ours. */
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string>>;
  /** node_exporter's, as it stands in the text, labels sorted. */
  readonly series: string;
  readonly kind: 'counter' | 'gauge';
}

/** On-demand modes of a CPU that both have; the kernel may take back idle and iowait. */
const MODES = { user: 'user', system: 'system', nice: 'nice', softirq: 'softirq', interrupt: 'irq', steal: 'steal' };

/** All there is to compare of these points. */
export function pairsOf(points: readonly FlatPoint[]): readonly Pair[] {
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
  for (const at of devicesOf(points)) {
    const { device, mountpoint, type } = at;
    const series = (name: string): string =>
      `node_filesystem_${name}{device="${device}",fstype="${type}",mountpoint="${mountpoint}"}`;
    all.push(
      {
        name: 'system.filesystem.usage',
        attributes: { ...at, state: 'free' },
        series: series('avail_bytes'),
        kind: 'gauge',
      },
      {
        name: 'system.filesystem.inodes.usage',
        attributes: { ...at, state: 'free' },
        series: series('files_free'),
        kind: 'gauge',
      },
    );
  }
  for (const resource of ['cpu', 'memory', 'io']) {
    const name = `system.${resource}.linux.pressure.total`;
    const series = `node_pressure_${resource}_waiting_seconds_total`;
    all.push({ name, attributes: { stall_type: 'some' }, series, kind: 'counter' });
  }
  return all;
}

/** Of filesystems. */
function devicesOf(
  points: readonly FlatPoint[],
): readonly Readonly<Record<'device' | 'mountpoint' | 'type', string>>[] {
  return points
    .filter(({ name, attributes }) => name === 'system.filesystem.usage' && attributes['state'] === 'free')
    .map(({ attributes }) => ({
      device: String(attributes['device']),
      mountpoint: String(attributes['mountpoint']),
      type: String(attributes['type']),
    }));
}

/** The point that a pair is of. */
export function pointOf(points: readonly FlatPoint[], { name, attributes = {} }: Pair): FlatPoint | undefined {
  return points.find(
    (one) =>
      one.name === name &&
      Object.entries(attributes).every(([attribute, value]) => one.attributes[attribute] === value),
  );
}

/** Whether a value lies within two of node_exporter's: a counter as it is, a gauge with one per cent more on either side. */
export function isWithin(kind: Pair['kind'], value: number, low: number, high: number): boolean {
  // Both read whole ticks and milliseconds, which differ in their last binary digit.
  const slack = kind === 'gauge' ? 0.01 : 1e-9;
  const [least, most] = [Math.min(low, high), Math.max(low, high)];
  return value >= least - Math.abs(least) * slack && value <= most + Math.abs(most) * slack;
}

/** Its series by name and labels. */
export async function scrapeNodeExporter(port: number): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const blank = line.lastIndexOf(' ');
      return [line.slice(0, blank), Number(line.slice(blank + 1))];
    }),
  );
}

/** `scrapers:` of both receivers, but for pressure, which only ours has. */
export const COMPARED_SCRAPERS = {
  cpu: { metrics: { 'system.cpu.time': { attributes: ['cpu', 'state'] } } },
  disk: null,
  load: null,
  memory: { metrics: { 'system.memory.limit': { enabled: true }, 'system.linux.memory.available': { enabled: true } } },
  network: {
    metrics: { 'system.network.conntrack.count': { enabled: true }, 'system.network.conntrack.max': { enabled: true } },
  },
  filesystem: null,
  paging: null,
  system: null,
  processes: { metrics: { 'system.processes.count': { enabled: false } } },
};

export interface NodeExporter extends AsyncDisposable {
  readonly port: number;
}

/** Runs it until it is disposed of. */
export async function startNodeExporter(program: string): Promise<NodeExporter> {
  const [port = 0] = await freePorts(1);
  const child = spawn(program, [`--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
  for (let turn = 0; turn < 100; turn++) {
    try {
      await scrapeNodeExporter(port);
      break;
    } catch {
      await sleep(50);
    }
  }
  return {
    port,
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    },
  };
}
