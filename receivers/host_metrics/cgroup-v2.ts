// A control group of the second version.

import { CgroupFiles } from './cgroup-files.ts';
import { MAX_DEVICES, MEMORY_STATES, noFigures, type CgroupFigures, type CgroupGroup } from './cgroup-group.ts';
import { newStalls, readStalls } from './pressure-file.ts';
import { NO_NUMBER, type Scan } from './scan.ts';
import type { Problems } from './problems.ts';

const RESOURCES = ['cpu', 'memory', 'io'] as const;
const EVENTS: ReadonlySet<string> = new Set(['low', 'high', 'max', 'oom', 'oom_kill']);

export class CgroupV2 implements CgroupGroup {
  readonly name: string;
  readonly #folder: string;
  readonly #files: CgroupFiles;
  readonly #stalls = new Map(RESOURCES.map((resource) => [resource as string, newStalls()]));

  /** `mount` is where the hierarchy is mounted. */
  constructor(mount: string, path: string, name: string, problems: Problems) {
    this.name = name;
    this.#folder = path === '/' ? mount : `${mount}${path}`;
    this.#files = new CgroupFiles(problems);
  }

  read(): CgroupFigures {
    const figures = noFigures();
    const files = this.#files;
    const folder = this.#folder;
    this.#readCpu(figures);
    figures.memoryUsage = files.number(`${folder}/memory.current`);
    figures.memoryLimit = files.number(`${folder}/memory.max`);
    figures.memoryHigh = files.number(`${folder}/memory.high`);
    files.pairs(`${folder}/memory.events`, (name, value) => {
      if (EVENTS.has(name)) figures.memoryEvents.set(name, value);
    });
    files.pairs(`${folder}/memory.stat`, (name, value) => {
      const state = MEMORY_STATES.get(name);
      if (state !== undefined) figures.memoryStates.set(state, value);
    });
    this.#readIo(figures);
    figures.pids = files.number(`${folder}/pids.current`);
    figures.pidsLimit = files.number(`${folder}/pids.max`);
    for (const [resource, stalls] of this.#stalls) {
      const file = `${folder}/${resource}.pressure`;
      const content = files.content(file);
      if (!content) continue;
      if (readStalls(content, stalls)) figures.stalls.set(resource, stalls);
      else files.note(file, 'it is not pressure stall information');
    }
    return figures;
  }

  close(): void {
    this.#files.close();
  }

  #readCpu(figures: CgroupFigures): void {
    const files = this.#files;
    files.pairs(`${this.#folder}/cpu.stat`, (name, value) => {
      if (name === 'user_usec') figures.userS = value / 1e6;
      else if (name === 'system_usec') figures.systemS = value / 1e6;
      else if (name === 'nr_periods') figures.cpuPeriods = value;
      else if (name === 'nr_throttled') figures.throttledPeriods = value;
      else if (name === 'throttled_usec') figures.throttledS = value / 1e6;
    });
    // `max 100000` or `50000 100000`: microseconds of CPU time in a period.
    const content = files.content(`${this.#folder}/cpu.max`);
    if (!content) return;
    const scan = files.scan.reset(content);
    const quota = scan.integer();
    if (quota === NO_NUMBER) {
      if (!scan.isField('max')) files.note(`${this.#folder}/cpu.max`, 'it begins with neither a number nor "max"');
      return;
    }
    const period = scan.integer();
    if (period > 0) figures.cpuLimit = quota / period;
    else files.note(`${this.#folder}/cpu.max`, 'it has no period');
  }

  /** `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6` */
  #readIo(figures: CgroupFigures): void {
    const content = this.#files.content(`${this.#folder}/io.stat`);
    if (!content) return;
    const scan = this.#files.scan.reset(content);
    if (scan.isAtEnd) return;
    do {
      if (!scan.field()) continue;
      const device = { device: scan.text(), readBytes: 0, writtenBytes: 0, reads: 0, writes: 0 };
      while (scan.field()) {
        if (scan.fieldStartsWith('rbytes=')) device.readBytes = valueAfter(scan, 7);
        else if (scan.fieldStartsWith('wbytes=')) device.writtenBytes = valueAfter(scan, 7);
        else if (scan.fieldStartsWith('rios=')) device.reads = valueAfter(scan, 5);
        else if (scan.fieldStartsWith('wios=')) device.writes = valueAfter(scan, 5);
      }
      figures.devices.push(device);
    } while (scan.nextLine() && figures.devices.length < MAX_DEVICES);
  }
}

function valueAfter(scan: Scan, keyLength: number): number {
  scan.start += keyLength;
  return Math.max(0, scan.fieldAsInteger());
}
