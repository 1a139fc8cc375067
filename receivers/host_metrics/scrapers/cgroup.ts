// The cgroup scraper: what control groups use, how far they may go, and how they are held up: the agent's own group (its
// container), the host's root group where there is a root_path, and those the configuration names.

import { existsSync } from 'node:fs';
import type { MetricWriter } from '../../../proto/otlp/metric-writer.ts';
import { decodeUtf8 } from '../../../proto/otlp/text.ts';
import type { CgroupFigures, CgroupGroup } from '../cgroup-group.ts';
import { CgroupV1 } from '../cgroup-v1.ts';
import { CgroupV2 } from '../cgroup-v2.ts';
import { hostMetrics, type HostMetric, type HostMetrics, type MetricSettings } from '../metric.ts';
import { STALL_TYPES } from '../pressure-file.ts';
import { readOnce } from '../proc-file.ts';
import { beginHost, type Scraper, type ScraperContext } from '../scraper.ts';
import { CGROUP_METRICS } from './cgroup-metrics.ts';

export interface CgroupSettings {
  readonly paths: readonly string[];
  readonly metrics: Readonly<Record<keyof typeof CGROUP_METRICS, MetricSettings>>;
}

const OWN_MOUNT = '/sys/fs/cgroup';
/** What the agent's own group is called where its path would say nothing. */
const SELF = 'self';
const NO_CONTROLLERS: ReadonlyMap<string, string> = new Map();

/** Where a group lies: its path, and in the first version those by controller. */
interface Place {
  readonly path: string;
  readonly controllers: ReadonlyMap<string, string>;
}

type Metrics = HostMetrics<typeof CGROUP_METRICS>;

interface Group {
  readonly group: CgroupGroup;
  figures: CgroupFigures | undefined;
}

export class CgroupScraper implements Scraper {
  readonly #context: ScraperContext;
  readonly #metrics: Metrics;
  readonly #paths: readonly string[];
  #groups: readonly Group[] | undefined;
  #readAtMs = 0;

  constructor(settings: CgroupSettings, context: ScraperContext) {
    this.#context = context;
    this.#paths = settings.paths;
    this.#metrics = hostMetrics(CGROUP_METRICS, settings.metrics, context.conventions);
  }

  read(): void {
    this.#readAtMs = this.#context.now();
    this.#groups ??= this.#find();
    for (const one of this.#groups) one.figures = one.group.read();
  }

  write(writer: MetricWriter): void {
    beginHost(writer, this.#context, 'cgroup', this.#readAtMs);
    const metrics = this.#metrics;
    this.#number(writer, 'system.cgroup.cpu.limit', ({ cpuLimit }) => cpuLimit);
    this.#number(writer, 'system.cgroup.cpu.periods', ({ cpuPeriods }) => cpuPeriods);
    this.#number(writer, 'system.cgroup.cpu.throttled.periods', ({ throttledPeriods }) => throttledPeriods);
    this.#number(writer, 'system.cgroup.cpu.throttled.time', ({ throttledS }) => throttledS);
    this.#each(writer, metrics['system.cgroup.cpu.time'], ({ userS, systemS }, metric, path) => {
      if (userS !== undefined) metric.add(userS, metric.attributes(path, 'user'));
      if (systemS !== undefined) metric.add(systemS, metric.attributes(path, 'system'));
    });
    this.#each(writer, metrics['system.cgroup.io'], ({ devices }, metric, path) => {
      for (const { device, readBytes, writtenBytes } of devices) {
        metric.add(readBytes, metric.attributes(path, device, 'read'));
        metric.add(writtenBytes, metric.attributes(path, device, 'write'));
      }
    });
    this.#each(writer, metrics['system.cgroup.io.operations'], ({ devices }, metric, path) => {
      for (const { device, reads, writes } of devices) {
        metric.add(reads, metric.attributes(path, device, 'read'));
        metric.add(writes, metric.attributes(path, device, 'write'));
      }
    });
    this.#each(writer, metrics['system.cgroup.memory.events'], ({ memoryEvents }, metric, path) => {
      for (const [type, count] of memoryEvents) metric.add(count, metric.attributes(path, type));
    });
    this.#number(writer, 'system.cgroup.memory.high', ({ memoryHigh }) => memoryHigh);
    this.#number(writer, 'system.cgroup.memory.limit', ({ memoryLimit }) => memoryLimit);
    this.#number(writer, 'system.cgroup.memory.usage', ({ memoryUsage }) => memoryUsage);
    this.#each(writer, metrics['system.cgroup.memory.state'], ({ memoryStates }, metric, path) => {
      for (const [state, bytes] of memoryStates) metric.add(bytes, metric.attributes(path, state));
    });
    this.#number(writer, 'system.cgroup.pids.count', ({ pids }) => pids);
    this.#number(writer, 'system.cgroup.pids.limit', ({ pidsLimit }) => pidsLimit);
    this.#each(writer, metrics['system.cgroup.pressure.total'], ({ stalls }, metric, path) => {
      for (const [resource, both] of stalls) {
        for (const [index, stall] of both.entries()) {
          if (stall.isThere) metric.add(stall.totalS, metric.attributes(path, resource, STALL_TYPES[index] ?? ''));
        }
      }
    });
  }

  close(): void {
    for (const { group } of this.#groups ?? []) group.close();
  }

  #number(
    writer: MetricWriter,
    name: keyof typeof CGROUP_METRICS,
    value: (figures: CgroupFigures) => number | undefined,
  ): void {
    this.#each(writer, this.#metrics[name], (figures, metric, path) => {
      const number = value(figures);
      if (number !== undefined) metric.add(number, metric.attributes(path));
    });
  }

  #each(
    writer: MetricWriter,
    metric: HostMetric,
    add: (figures: CgroupFigures, metric: HostMetric, path: string) => void,
  ): void {
    if (!metric.open(writer)) return;
    for (const { group, figures } of this.#groups ?? []) if (figures) add(figures, metric, group.name);
    metric.close();
  }

  /** Found once: where a process is does not change while it runs. */
  #find(): readonly Group[] {
    const { root, problems } = this.#context;
    const own = this.#own();
    const found: CgroupGroup[] = [];
    const mount = `${root}/sys/fs/cgroup`;
    if (own) {
      // The agent's own group lies in its own view, where a container's is the root, as is the host's in the host's.
      const name = root !== '' && own.path === '/' ? SELF : own.path;
      found.push(groupAt(OWN_MOUNT, own, name, problems));
    }
    if (root !== '') found.push(groupAt(mount, { path: '/', controllers: NO_CONTROLLERS }, '/', problems));
    for (const path of this.#paths) {
      if (!found.some((group) => group.name === path)) {
        found.push(groupAt(mount, { path, controllers: NO_CONTROLLERS }, path, problems));
      }
    }
    return found.map((group) => ({ group, figures: undefined }));
  }

  /** `0::/system.slice/agent.service`, or `4:memory:/docker/…` for a controller of the first version. */
  #own(): Place | undefined {
    try {
      const { bytes, length } = readOnce('/proc/self/cgroup');
      return parseOwnGroup(decodeUtf8(bytes, 0, length));
    } catch (error) {
      this.#context.problems.noteError('/proc/self/cgroup', error);
      return undefined;
    }
  }
}

function groupAt(mount: string, place: Place, name: string, problems: ScraperContext['problems']): CgroupGroup {
  // Only the second version has this file, in every group.
  const isV2 = existsSync(`${mount}/cgroup.controllers`);
  return isV2
    ? new CgroupV2(mount, place.path, name, problems)
    : new CgroupV1(mount, place.path, place.controllers, name, problems);
}

/** What /proc/self/cgroup says: the group of the second version, and those of the first by controller. */
function parseOwnGroup(text: string): Place {
  const controllers = new Map<string, string>();
  let path = '/';
  for (const line of text.split('\n')) {
    const [, names, ...rest] = line.split(':');
    if (names === undefined) continue;
    const own = rest.join(':');
    if (names === '') path = own;
    for (const name of names.split(',')) if (name !== '') controllers.set(name, own);
  }
  // In the first version the group of the memory controller is the one people mean.
  return { path: path === '/' ? (controllers.get('memory') ?? path) : path, controllers };
}
