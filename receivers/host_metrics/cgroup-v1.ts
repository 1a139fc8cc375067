// A control group of the first version, where every controller has a hierarchy of its own (kernel documentation,
// admin-guide/cgroup-v1).

import { CgroupFiles } from './cgroup-files.ts';
import { MAX_DEVICES, MEMORY_STATES, noFigures, type CgroupFigures, type CgroupGroup } from './cgroup-group.ts';
import type { DeviceFigures } from './cgroup-group.ts';
import { NO_NUMBER } from './scan.ts';
import type { Problems } from './problems.ts';
import { TICKS_PER_SECOND } from './ticks.ts';

/** Limits above this mean none: the kernel gives the largest number of pages it can count. */
const NO_LIMIT = 2 ** 62;

export class CgroupV1 implements CgroupGroup {
  readonly name: string;
  readonly #files: CgroupFiles;
  readonly #folder: (controller: string) => string;

  /** `paths` of the group by controller; `path` stands for the others. */
  constructor(mount: string, path: string, paths: ReadonlyMap<string, string>, name: string, problems: Problems) {
    this.name = name;
    this.#files = new CgroupFiles(problems);
    this.#folder = (controller) => {
      const own = paths.get(controller) ?? path;
      return own === '/' ? `${mount}/${controller}` : `${mount}/${controller}${own}`;
    };
  }

  read(): CgroupFigures {
    const figures = noFigures();
    const files = this.#files;
    this.#readCpu(figures);
    const memory = this.#folder('memory');
    figures.memoryUsage = files.number(`${memory}/memory.usage_in_bytes`);
    const limit = files.number(`${memory}/memory.limit_in_bytes`);
    if (limit !== undefined && limit < NO_LIMIT) figures.memoryLimit = limit;
    const failures = files.number(`${memory}/memory.failcnt`);
    if (failures !== undefined) figures.memoryEvents.set('max', failures);
    files.pairs(`${memory}/memory.oom_control`, (name, value) => {
      if (name === 'oom_kill') figures.memoryEvents.set(name, value);
    });
    files.pairs(`${memory}/memory.stat`, (name, value) => {
      const state = MEMORY_STATES.get(name);
      if (state !== undefined) figures.memoryStates.set(state, value);
    });
    const pids = this.#folder('pids');
    figures.pids = files.number(`${pids}/pids.current`);
    figures.pidsLimit = files.number(`${pids}/pids.max`);
    this.#readIo(figures);
    return figures;
  }

  close(): void {
    this.#files.close();
  }

  #readCpu(figures: CgroupFigures): void {
    const files = this.#files;
    files.pairs(`${this.#folder('cpuacct')}/cpuacct.stat`, (name, value) => {
      if (name === 'user') figures.userS = value / TICKS_PER_SECOND;
      else if (name === 'system') figures.systemS = value / TICKS_PER_SECOND;
    });
    const cpu = this.#folder('cpu');
    files.pairs(`${cpu}/cpu.stat`, (name, value) => {
      if (name === 'nr_periods') figures.cpuPeriods = value;
      else if (name === 'nr_throttled') figures.throttledPeriods = value;
      else if (name === 'throttled_time') figures.throttledS = value / 1e9;
    });
    const quota = files.number(`${cpu}/cpu.cfs_quota_us`);
    const period = files.number(`${cpu}/cpu.cfs_period_us`);
    if (quota !== undefined && period !== undefined && period > 0) figures.cpuLimit = quota / period;
  }

  #readIo(figures: CgroupFigures): void {
    const devices = new Map<string, DeviceFigures>();
    const folder = this.#folder('blkio');
    this.#readDevices(`${folder}/blkio.throttle.io_service_bytes`, devices, 'readBytes', 'writtenBytes');
    this.#readDevices(`${folder}/blkio.throttle.io_serviced`, devices, 'reads', 'writes');
    figures.devices.push(...devices.values());
  }

  /** `8:0 Read 4096`, with a line `Total 8192` at the end. */
  #readDevices(
    path: string,
    devices: Map<string, DeviceFigures>,
    read: 'readBytes' | 'reads',
    write: 'writtenBytes' | 'writes',
  ): void {
    const content = this.#files.content(path);
    if (!content) return;
    const scan = this.#files.scan.reset(content);
    if (scan.isAtEnd) return;
    do {
      if (!scan.field() || scan.isField('Total')) continue;
      const name = scan.text();
      if (!scan.field()) continue;
      const key = scan.isField('Read') ? read : scan.isField('Write') ? write : undefined;
      const value = scan.integer();
      if (key === undefined || value === NO_NUMBER) continue;
      let device = devices.get(name);
      if (!device) {
        if (devices.size >= MAX_DEVICES) continue;
        devices.set(name, (device = { device: name, readBytes: 0, writtenBytes: 0, reads: 0, writes: 0 }));
      }
      device[key] = value;
    } while (scan.nextLine());
  }
}
