// The cpu scraper: how each logical CPU spends its time, from /proc/stat.

import { readdirSync } from 'node:fs';
import { decodeUtf8 } from '../../../proto/otlp/text.ts';
import type { AttributeList, MetricWriter } from '../../../proto/otlp/metric-writer.ts';
import { hostMetrics, type HostMetrics, type MetricDefinitions, type MetricSettings } from '../metric.ts';
import { ProcFile, readOnce } from '../proc-file.ts';
import { NO_NUMBER, Scan } from '../scan.ts';
import { beginHost, type Scraper, type ScraperContext } from '../scraper.ts';
import { TICKS_PER_SECOND } from '../ticks.ts';

const CONVENTIONAL = {
  keys: { cpu: 'cpu.logical_number', state: 'cpu.mode' },
  values: { wait: 'iowait' },
};

export const CPU_METRICS = {
  'system.cpu.frequency': {
    description: 'Current frequency of the CPU core in Hz.',
    unit: 'Hz',
    kind: 'gauge',
    isInteger: false,
    enabled: false,
    attributes: ['cpu'],
    conventional: CONVENTIONAL,
  },
  'system.cpu.logical.count': {
    description: 'Number of available logical CPUs.',
    unit: '{cpu}',
    kind: 'updown',
    isInteger: true,
    enabled: true,
  },
  'system.cpu.physical.count': {
    description: 'Number of available physical CPUs.',
    unit: '{cpu}',
    kind: 'updown',
    isInteger: true,
    enabled: false,
  },
  'system.cpu.time': {
    description: 'Total seconds each logical CPU spent on each mode.',
    unit: 's',
    kind: 'counter',
    isInteger: false,
    enabled: true,
    attributes: ['cpu', 'state'],
    defaultAttributes: ['state'],
    conventional: CONVENTIONAL,
  },
  'system.cpu.utilization': {
    description:
      'Difference in system.cpu.time since the last measurement per logical CPU, divided by the elapsed time (value in interval [0,1]).',
    unit: '1',
    kind: 'gauge',
    isInteger: false,
    enabled: false,
    attributes: ['cpu', 'state'],
    defaultAttributes: ['state'],
    conventional: CONVENTIONAL,
  },
} as const satisfies MetricDefinitions;

export interface CpuSettings {
  readonly metrics: Readonly<Record<keyof typeof CPU_METRICS, MetricSettings>>;
}

/** In the order of a line of /proc/stat (proc_stat(5)); what follows is part of user and nice. */
const STATES = ['user', 'nice', 'system', 'idle', 'wait', 'interrupt', 'softirq', 'steal'] as const;
const STATE_COUNT = STATES.length;
const MAX_CPUS = 8_192;

interface Cpu {
  readonly timeAttributes: readonly AttributeList[];
  readonly utilizationAttributes: readonly AttributeList[];
  /** Ticks per state, now and at the last scrape. */
  now: Float64Array;
  before: Float64Array;
  hasBefore: boolean;
  isPresent: boolean;
}

export class CpuScraper implements Scraper {
  readonly #context: ScraperContext;
  readonly #metrics: HostMetrics<typeof CPU_METRICS>;
  readonly #stat: ProcFile;
  readonly #cpuInfo: ProcFile;
  readonly #scan = new Scan();
  /** By number. */
  readonly #cpus: (Cpu | undefined)[] = [];
  #present = 0;
  #physical = 0;
  readonly #frequencies: { readonly attributes: AttributeList; readonly hertz: number }[] = [];
  #readAtMs = 0;

  constructor(settings: CpuSettings, context: ScraperContext) {
    this.#context = context;
    this.#metrics = hostMetrics(CPU_METRICS, settings.metrics, context.conventions);
    this.#stat = new ProcFile(`${context.root}/proc/stat`, { isWhole: true });
    this.#cpuInfo = new ProcFile(`${context.root}/proc/cpuinfo`);
  }

  read(): void {
    this.#readAtMs = this.#context.now();
    this.#readTimes();
    this.#frequencies.length = 0;
    if (this.#metrics['system.cpu.frequency'].enabled) this.#readFrequencies();
    this.#physical = 0;
    if (this.#metrics['system.cpu.physical.count'].enabled) this.#readPhysicalCount();
  }

  write(writer: MetricWriter): void {
    beginHost(writer, this.#context, 'cpu', this.#readAtMs);
    const metrics = this.#metrics;
    const frequency = metrics['system.cpu.frequency'];
    if (frequency.open(writer)) {
      for (const { hertz, attributes } of this.#frequencies) frequency.add(hertz, attributes);
      frequency.close();
    }
    if (this.#present > 0) metrics['system.cpu.logical.count'].write(writer, this.#present);
    if (this.#physical > 0) metrics['system.cpu.physical.count'].write(writer, this.#physical);
    this.#writeTimes(writer);
    this.#writeUtilization(writer);
  }

  close(): void {
    this.#stat.close();
    this.#cpuInfo.close();
  }

  #readTimes(): void {
    for (const cpu of this.#cpus) if (cpu) cpu.isPresent = false;
    this.#present = 0;
    try {
      const scan = this.#scan.reset(this.#stat.read());
      // The first line is the sum of all.
      while (scan.nextLine() && scan.field() && scan.fieldStartsWith('cpu')) this.#readCpu(scan);
      if (this.#present === 0) this.#context.problems.note(this.#stat.path, 'it has no line of a CPU', STATE_COUNT);
    } catch (error) {
      this.#context.problems.noteError(this.#stat.path, error, STATE_COUNT);
    }
  }

  #readCpu(scan: Scan): void {
    scan.start += 3;
    const number = scan.fieldAsInteger();
    if (number === NO_NUMBER || number >= MAX_CPUS) {
      this.#context.problems.note(this.#stat.path, 'a CPU has no number', STATE_COUNT);
      return;
    }
    const cpu = (this.#cpus[number] ??= this.#newCpu(number));
    const ticks = cpu.before;
    for (let state = 0; state < STATE_COUNT; state++) {
      const value = scan.integer();
      // The oldest kernels end before the last.
      if (value === NO_NUMBER && state < STATE_COUNT - 1) {
        this.#context.problems.note(this.#stat.path, 'a CPU has a time that is no number', STATE_COUNT);
        cpu.hasBefore = false;
        return;
      }
      ticks[state] = value === NO_NUMBER ? 0 : value;
    }
    cpu.before = cpu.now;
    cpu.now = ticks;
    cpu.isPresent = true;
    this.#present++;
  }

  /** The value of the attribute that names a CPU. */
  #nameOf(number: number): string | bigint {
    return this.#context.conventions === 'collector' ? `cpu${number}` : BigInt(number);
  }

  #newCpu(number: number): Cpu {
    const name = this.#nameOf(number);
    const { 'system.cpu.time': time, 'system.cpu.utilization': utilization } = this.#metrics;
    return {
      timeAttributes: STATES.map((state) => time.attributes(name, state)),
      utilizationAttributes: STATES.map((state) => utilization.attributes(name, state)),
      now: new Float64Array(STATE_COUNT),
      before: new Float64Array(STATE_COUNT),
      hasBefore: false,
      isPresent: false,
    };
  }

  #writeTimes(writer: MetricWriter): void {
    const time = this.#metrics['system.cpu.time'];
    if (!time.open(writer)) return;
    for (const cpu of this.#cpus) {
      if (!cpu?.isPresent) continue;
      for (let state = 0; state < STATE_COUNT; state++) {
        // Safe: both have an entry per state.
        time.add((cpu.now[state] as number) / TICKS_PER_SECOND, cpu.timeAttributes[state]);
      }
    }
    time.close();
  }

  #writeUtilization(writer: MetricWriter): void {
    const utilization = this.#metrics['system.cpu.utilization'];
    const isOpen = utilization.open(writer);
    for (const cpu of this.#cpus) {
      if (!cpu?.isPresent) continue;
      if (isOpen && cpu.hasBefore) {
        const { now, before } = cpu;
        const elapsed = sum(now) - sum(before);
        for (let state = 0; state < STATE_COUNT; state++) {
          // Safe: both have an entry per state.
          const spent = (now[state] as number) - (before[state] as number);
          utilization.add(elapsed > 0 ? spent / elapsed : 0, cpu.utilizationAttributes[state]);
        }
      }
      cpu.hasBefore = true;
    }
    if (isOpen) utilization.close();
  }

  #readFrequencies(): void {
    try {
      const scan = this.#scan.reset(this.#cpuInfo.read());
      let number = 0;
      do {
        // `processor<tab>: 0` and `cpu MHz<tab><tab>: 2800.000`.
        if (!scan.field()) continue;
        if (scan.isField('processor')) {
          scan.skip(1);
          number = Math.max(0, scan.integer());
        } else if (scan.isField('cpu') && scan.field() && scan.isField('MHz')) {
          scan.skip(1);
          const megahertz = scan.decimal();
          if (Number.isNaN(megahertz)) continue;
          const attributes = this.#metrics['system.cpu.frequency'].attributes(this.#nameOf(number));
          this.#frequencies.push({ attributes, hertz: megahertz * 1e6 });
        }
      } while (scan.nextLine());
    } catch (error) {
      this.#context.problems.noteError(this.#cpuInfo.path, error);
    }
  }

  /** Cores, by the lists of the threads that share one. */
  #readPhysicalCount(): void {
    const folder = `${this.#context.root}/sys/devices/system/cpu`;
    const cores = new Set<string>();
    try {
      for (const name of readdirSync(folder)) {
        if (!/^cpu\d+$/.test(name)) continue;
        const list = coreList(`${folder}/${name}/topology`);
        if (list !== undefined) cores.add(list);
      }
      this.#physical = cores.size;
      if (cores.size === 0) this.#context.problems.note(folder, 'it says nothing of cores');
    } catch (error) {
      this.#context.problems.noteError(folder, error);
    }
  }
}

function coreList(topology: string): string | undefined {
  // The second is the older name.
  for (const file of ['core_cpus_list', 'thread_siblings_list']) {
    try {
      const { bytes, length } = readOnce(`${topology}/${file}`);
      return decodeUtf8(bytes, 0, length);
    } catch {
      // A CPU that is off has neither.
    }
  }
  return undefined;
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
