// The filesystem scraper: how full the mounted filesystems are.

import type { StatsFs } from 'node:fs';
import { existsSync } from 'node:fs';
import type { MetricWriter } from '../../../proto/otlp/metric-writer.ts';
import { hostMetrics, type HostMetrics, type MetricDefinitions, type MetricSettings } from '../metric.ts';
import { MountTable, type Mount } from '../mounts.ts';
import { NameFilter, type NameList } from '../name-filter.ts';
import { roundedRatio } from '../precision.ts';
import { beginHost, type Scraper, type ScraperContext } from '../scraper.ts';

const CONVENTIONAL = {
  keys: {
    device: 'system.device',
    mode: 'system.filesystem.mode',
    mountpoint: 'system.filesystem.mountpoint',
    state: 'system.filesystem.state',
    type: 'system.filesystem.type',
  },
};

export const FILESYSTEM_METRICS = {
  'system.filesystem.inodes.usage': {
    description: 'FileSystem inodes used.',
    unit: '{inodes}',
    kind: 'updown',
    isInteger: true,
    enabled: true,
    attributes: ['device', 'mode', 'mountpoint', 'type', 'state'],
    conventional: CONVENTIONAL,
  },
  'system.filesystem.usage': {
    description: 'Filesystem bytes used.',
    unit: 'By',
    kind: 'updown',
    isInteger: true,
    enabled: true,
    attributes: ['device', 'mode', 'mountpoint', 'type', 'state'],
    conventional: CONVENTIONAL,
  },
  'system.filesystem.utilization': {
    description: 'Fraction of filesystem bytes used.',
    unit: '1',
    kind: 'gauge',
    isInteger: false,
    enabled: false,
    attributes: ['device', 'mode', 'mountpoint', 'type'],
    conventional: CONVENTIONAL,
  },
} as const satisfies MetricDefinitions;

export interface FilesystemSettings {
  readonly include_virtual_filesystems: boolean;
  readonly include_devices: NameList;
  readonly exclude_devices: NameList;
  readonly include_fs_types: NameList;
  readonly exclude_fs_types: NameList;
  readonly include_mount_points: NameList;
  readonly exclude_mount_points: NameList;
  readonly metrics: Readonly<Record<keyof typeof FILESYSTEM_METRICS, MetricSettings>>;
}

/**
 * Asking a mount whose server is gone may take for ever, and takes one of the four threads of Node's pool with it. While so
 * many have not answered, no mount that could hang as well is asked.
 */
const MAX_HUNG = 2;
/** Types of filesystems that something else than this kernel answers for. */
const REMOTE = /^(?:nfs|cifs|smb|fuse|ceph|gluster|lustre|afs|9p|autofs|gfs|ocfs|beegfs|virtiofs)/;

interface Usage {
  readonly mount: Mount;
  readonly stats: StatsFs;
}

export class FilesystemScraper implements Scraper {
  readonly #context: ScraperContext;
  readonly #metrics: HostMetrics<typeof FILESYSTEM_METRICS>;
  readonly #table: MountTable;
  readonly #devices: NameFilter;
  readonly #types: NameFilter;
  readonly #mountPoints: NameFilter;
  /** Paths that have not answered yet. */
  readonly #hung = new Set<string>();
  #all: readonly Mount[] = [];
  #included: readonly Mount[] = [];
  #usages: Usage[] = [];
  #readAtMs = 0;

  constructor(settings: FilesystemSettings, context: ScraperContext) {
    this.#context = context;
    this.#metrics = hostMetrics(FILESYSTEM_METRICS, settings.metrics, context.conventions);
    this.#table = new MountTable(context.root, settings.include_virtual_filesystems);
    this.#devices = new NameFilter(settings.include_devices, settings.exclude_devices);
    this.#types = new NameFilter(settings.include_fs_types, settings.exclude_fs_types);
    this.#mountPoints = new NameFilter(settings.include_mount_points, settings.exclude_mount_points);
    if (context.root === '' && (existsSync('/.dockerenv') || existsSync('/run/.containerenv'))) {
      context.log.warn({}, 'in a container without root_path the filesystems measured are those of the container');
    }
  }

  async read(): Promise<void> {
    this.#readAtMs = this.#context.now();
    this.#usages = [];
    const { problems } = this.#context;
    try {
      this.#choose(this.#table.read());
    } catch (error) {
      problems.noteError('the table of mounts', error, 5);
      return;
    }
    for (const mount of this.#included) {
      const path = this.#pathOf(mount.mountPoint);
      if (this.#hung.has(path)) {
        problems.note(path, 'the mount has not answered yet', 5);
        continue;
      }
      if (this.#hung.size >= MAX_HUNG && REMOTE.test(mount.type)) {
        problems.note(path, `it is not asked while ${MAX_HUNG} mounts do not answer`, 5);
        continue;
      }
      try {
        const stats = await this.#ask(path);
        if (stats) this.#usages.push({ mount, stats });
        else problems.note(path, 'the mount has not answered yet', 5);
      } catch (error) {
        problems.noteError(path, error, 5);
      }
    }
  }

  write(writer: MetricWriter): void {
    if (this.#usages.length === 0) return;
    beginHost(writer, this.#context, 'filesystem', this.#readAtMs);
    const metrics = this.#metrics;
    const inodes = metrics['system.filesystem.inodes.usage'];
    if (inodes.open(writer)) {
      for (const { mount, stats } of this.#usages) {
        const { device, mode, mountPoint, type } = mount;
        // Some filesystems say more are free than there are.
        const used = Math.max(0, stats.files - stats.ffree);
        inodes.add(used, inodes.attributes(device, mode, mountPoint, type, 'used'));
        inodes.add(stats.ffree, inodes.attributes(device, mode, mountPoint, type, 'free'));
      }
      inodes.close();
    }
    const usage = metrics['system.filesystem.usage'];
    if (usage.open(writer)) {
      for (const { mount, stats } of this.#usages) {
        const { device, mode, mountPoint, type } = mount;
        const { used, free, reserved } = bytesOf(stats);
        usage.add(used, usage.attributes(device, mode, mountPoint, type, 'used'));
        usage.add(free, usage.attributes(device, mode, mountPoint, type, 'free'));
        usage.add(reserved, usage.attributes(device, mode, mountPoint, type, 'reserved'));
      }
      usage.close();
    }
    const utilization = metrics['system.filesystem.utilization'];
    if (utilization.open(writer)) {
      for (const { mount, stats } of this.#usages) {
        const { used, free } = bytesOf(stats);
        if (used + free === 0) continue;
        const { device, mode, mountPoint, type } = mount;
        utilization.add(roundedRatio(used, used + free), utilization.attributes(device, mode, mountPoint, type));
      }
      utilization.close();
    }
  }

  close(): void {
    this.#table.close();
  }

  #choose(all: readonly Mount[]): void {
    if (all === this.#all) return;
    this.#all = all;
    this.#included = all.filter(
      ({ device, type, mountPoint }) =>
        this.#devices.includes(device) && this.#types.includes(type) && this.#mountPoints.includes(mountPoint),
    );
  }

  /** Mounts seen from the host's first process lack the prefix under which the agent sees them. */
  #pathOf(mountPoint: string): string {
    const { root } = this.#context;
    return root === '' || `${mountPoint}/`.startsWith(`${root}/`) ? mountPoint : `${root}${mountPoint}`;
  }

  /** Undefined where the mount does not answer in time; its answer is waited for all the same. */
  async #ask(path: string): Promise<StatsFs | undefined> {
    const { statfs, mountTimeoutMs } = this.#context;
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(late.resolve, mountTimeoutMs, undefined);
    this.#hung.add(path);
    const answer = statfs(path).finally(() => this.#hung.delete(path));
    // Whoever waits below hears of a failure; one that comes late is for nobody.
    answer.catch(() => {});
    try {
      return await Promise.race([answer, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function bytesOf({ blocks, bfree, bavail, bsize }: StatsFs): { used: number; free: number; reserved: number } {
  return { used: (blocks - bfree) * bsize, free: bavail * bsize, reserved: (bfree - bavail) * bsize };
}
