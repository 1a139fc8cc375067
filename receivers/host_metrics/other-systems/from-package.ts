// The scrapers memory, paging, disk, filesystem, network and processes on systems that are not Linux, from systeminformation.

import { hostMetrics, type HostMetric } from '../metric.ts';
import { NameFilter } from '../name-filter.ts';
import { roundedRatio, scaleToSeconds } from '../precision.ts';
import type { Scraper, ScraperContext } from '../scraper.ts';
import { DISK_METRICS, type DiskSettings } from '../scrapers/disk.ts';
import { FILESYSTEM_METRICS, type FilesystemSettings } from '../scrapers/filesystem.ts';
import { MEMORY_METRICS } from '../scrapers/memory-metrics.ts';
import type { MemorySettings } from '../scrapers/memory.ts';
import { NETWORK_METRICS } from '../scrapers/network-metrics.ts';
import type { NetworkSettings } from '../scrapers/network.ts';
import { PAGING_METRICS, type PagingSettings } from '../scrapers/paging.ts';
import { PROCESSES_METRICS, type ProcessesSettings } from '../scrapers/processes.ts';
import { OtherScraper } from './scraper.ts';
import type { OtherSource } from './source.ts';

const MILLISECONDS = 1_000;

/** `used` as on Linux: what is not available. What is available and not free can be had back. */
export function otherMemory(settings: MemorySettings, context: ScraperContext, source: OtherSource): Scraper {
  const metrics = hostMetrics(MEMORY_METRICS, settings.metrics, context.conventions);
  return new OtherScraper({
    type: 'memory',
    context,
    read: () => source.ask('mem', (from) => from.mem()),
    write: (writer, { total, free, available }) => {
      metrics['system.memory.limit'].write(writer, total);
      const states = [
        ['used', total - available],
        ['free', free],
        ['inactive', Math.max(0, available - free)],
      ] as const;
      const { 'system.memory.usage': usage, 'system.memory.utilization': utilization } = metrics;
      if (usage.open(writer)) {
        for (const [state, bytes] of states) usage.add(bytes, usage.attributes(state));
        usage.close();
      }
      if (total > 0 && utilization.open(writer)) {
        for (const [state, bytes] of states) utilization.add(roundedRatio(bytes, total), utilization.attributes(state));
        utilization.close();
      }
    },
  });
}

export function otherPaging(settings: PagingSettings, context: ScraperContext, source: OtherSource): Scraper {
  const metrics = hostMetrics(PAGING_METRICS, settings.metrics, context.conventions);
  return new OtherScraper({
    type: 'paging',
    context,
    read: () => source.ask('mem', (from) => from.mem()),
    write: (writer, { swaptotal, swapused, swapfree }) => {
      const states = [
        ['used', swapused],
        ['free', swapfree],
      ] as const;
      const { 'system.paging.usage': usage, 'system.paging.utilization': utilization } = metrics;
      if (usage.open(writer)) {
        for (const [state, bytes] of states) usage.add(bytes, usage.attributes('', state));
        usage.close();
      }
      if (swaptotal > 0 && utilization.open(writer)) {
        for (const [state, bytes] of states) {
          utilization.add(roundedRatio(bytes, swaptotal), utilization.attributes('', state));
        }
        utilization.close();
      }
    },
  });
}

/** Of all disks together: their shares are not told. */
const ALL_DISKS = 'all';

export function otherDisk(settings: DiskSettings, context: ScraperContext, source: OtherSource): Scraper {
  const metrics = hostMetrics(DISK_METRICS, settings.metrics, context.conventions);
  const isIncluded = new NameFilter(settings.include, settings.exclude).includes(ALL_DISKS);
  return new OtherScraper({
    type: 'disk',
    context,
    read: async () => {
      if (!isIncluded) return undefined;
      const bytes = await source.ask('fsStats', (from) => from.fsStats());
      const operations = await source.ask('disksIO', (from) => from.disksIO());
      // Windows tells neither.
      return bytes || operations ? { bytes, operations } : undefined;
    },
    write: (writer, { bytes, operations }) => {
      const both = (metric: HostMetric, read: number, write: number): void => {
        if (!metric.open(writer)) return;
        metric.add(read, metric.attributes(ALL_DISKS, 'read'));
        metric.add(write, metric.attributes(ALL_DISKS, 'write'));
        metric.close();
      };
      if (bytes) both(metrics['system.disk.io'], bytes.rx, bytes.wx);
      if (!operations) return;
      const { rWaitTime, wWaitTime, rIO, wIO } = operations;
      both(
        metrics['system.disk.operation_time'],
        scaleToSeconds(rWaitTime, MILLISECONDS),
        scaleToSeconds(wWaitTime, MILLISECONDS),
      );
      both(metrics['system.disk.operations'], rIO, wIO);
    },
  });
}

export function otherFilesystem(settings: FilesystemSettings, context: ScraperContext, source: OtherSource): Scraper {
  const metrics = hostMetrics(FILESYSTEM_METRICS, settings.metrics, context.conventions);
  const devices = new NameFilter(settings.include_devices, settings.exclude_devices);
  const types = new NameFilter(settings.include_fs_types, settings.exclude_fs_types);
  const mountPoints = new NameFilter(settings.include_mount_points, settings.exclude_mount_points);
  return new OtherScraper({
    type: 'filesystem',
    context,
    read: async () => {
      const all = await source.ask('fsSize', (from) => from.fsSize());
      return all
        .filter(({ fs, type, mount }) => devices.includes(fs) && types.includes(type) && mountPoints.includes(mount))
        .map(({ fs, type, mount, rw, size, used, available }) => ({
          labels: [fs, rw === false ? 'ro' : 'rw', mount, type] as const,
          used,
          free: available,
          reserved: Math.max(0, size - used - available),
        }));
    },
    write: (writer, filesystems) => {
      const { 'system.filesystem.usage': usage, 'system.filesystem.utilization': utilization } = metrics;
      if (usage.open(writer)) {
        for (const { labels, used, free, reserved } of filesystems) {
          usage.add(used, usage.attributes(...labels, 'used'));
          usage.add(free, usage.attributes(...labels, 'free'));
          usage.add(reserved, usage.attributes(...labels, 'reserved'));
        }
        usage.close();
      }
      if (utilization.open(writer)) {
        for (const { labels, used, free } of filesystems) {
          if (used + free > 0) utilization.add(roundedRatio(used, used + free), utilization.attributes(...labels));
        }
        utilization.close();
      }
    },
  });
}

export function otherNetwork(settings: NetworkSettings, context: ScraperContext, source: OtherSource): Scraper {
  const metrics = hostMetrics(NETWORK_METRICS, settings.metrics, context.conventions);
  const filter = new NameFilter(settings.include, settings.exclude);
  return new OtherScraper({
    type: 'network',
    context,
    read: async () => {
      const all = await source.ask('networkStats', (from) => from.networkStats('*'));
      return all.filter(({ iface }) => filter.includes(iface));
    },
    write: (writer, interfaces) => {
      for (const [name, kind] of [
        ['system.network.dropped', 'dropped'],
        ['system.network.errors', 'errors'],
        ['system.network.io', 'bytes'],
      ] as const) {
        const metric = metrics[name];
        if (!metric.open(writer)) continue;
        for (const one of interfaces) {
          metric.add(one[`rx_${kind}`], metric.attributes(one.iface, 'receive'));
          metric.add(one[`tx_${kind}`], metric.attributes(one.iface, 'transmit'));
        }
        metric.close();
      }
    },
  });
}

export function otherProcesses(settings: ProcessesSettings, context: ScraperContext, source: OtherSource): Scraper {
  const metrics = hostMetrics(PROCESSES_METRICS, settings.metrics, context.conventions);
  return new OtherScraper({
    type: 'processes',
    context,
    read: () => source.ask('processes', (from) => from.processes()),
    write: (writer, processes) => {
      const count = metrics['system.processes.count'];
      if (!count.open(writer)) return;
      for (const status of ['blocked', 'running', 'sleeping', 'unknown'] as const) {
        count.add(processes[status], count.attributes(status));
      }
      count.close();
    },
  });
}
