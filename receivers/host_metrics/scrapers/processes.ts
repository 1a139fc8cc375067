// The processes scraper: how many processes there are in each state, and how many were ever started.

import type { MetricWriter } from '../../../proto/otlp/metric-writer.ts';
import { hostMetrics, type HostMetrics, type MetricDefinitions, type MetricSettings } from '../metric.ts';
import { ProcFile } from '../proc-file.ts';
import { NO_NUMBER, Scan } from '../scan.ts';
import { beginHost, type Scraper, type ScraperContext } from '../scraper.ts';

export const PROCESSES_METRICS = {
  'system.processes.count': {
    description: 'Total number of processes in each state.',
    unit: '{processes}',
    kind: 'updown',
    isInteger: true,
    enabled: true,
    attributes: ['status'],
    conventional: {
      name: 'system.process.count',
      unit: '{process}',
      keys: { status: 'process.state' },
      values: { zombies: 'defunct' },
    },
  },
  'system.processes.created': {
    description: 'Total number of created processes. Supported on Linux and OpenBSD.',
    unit: '{processes}',
    kind: 'counter',
    isInteger: true,
    enabled: true,
    conventional: { name: 'system.process.created', unit: '{process}' },
  },
} as const satisfies MetricDefinitions;

export interface ProcessesSettings {
  readonly metrics: Readonly<Record<keyof typeof PROCESSES_METRICS, MetricSettings>>;
}

/** By the kernel's letter. */
const STATUSES: ReadonlyMap<string, string> = new Map([
  ['D', 'blocked'],
  ['I', 'idle'],
  ['L', 'locked'],
  ['R', 'running'],
  ['S', 'sleeping'],
  ['T', 'stopped'],
  ['t', 'stopped'],
  ['W', 'paging'],
  ['Z', 'zombies'],
]);

export class ProcessesScraper implements Scraper {
  readonly #context: ScraperContext;
  readonly #metrics: HostMetrics<typeof PROCESSES_METRICS>;
  readonly #stat: ProcFile;
  readonly #scan = new Scan();
  readonly #counts = new Map<string, number>();
  #created = NO_NUMBER;
  #readAtMs = 0;

  constructor(settings: ProcessesSettings, context: ScraperContext) {
    this.#context = context;
    this.#metrics = hostMetrics(PROCESSES_METRICS, settings.metrics, context.conventions);
    this.#stat = new ProcFile(`${context.root}/proc/stat`, { isWhole: true });
  }

  read(): void {
    this.#readAtMs = this.#context.now();
    this.#counts.clear();
    this.#created = NO_NUMBER;
    if (this.#metrics['system.processes.count'].enabled) this.#count();
    this.#readStat();
  }

  write(writer: MetricWriter): void {
    beginHost(writer, this.#context, 'processes', this.#readAtMs);
    const count = this.#metrics['system.processes.count'];
    if (count.open(writer)) {
      for (const [status, number] of this.#counts) count.add(number, count.attributes(status));
      count.close();
    }
    if (this.#created !== NO_NUMBER) this.#metrics['system.processes.created'].write(writer, this.#created);
  }

  close(): void {
    this.#stat.close();
  }

  #count(): void {
    const { processes, problems } = this.#context;
    try {
      for (const { state } of processes.read()) {
        const status = STATUSES.get(state) ?? 'unknown';
        this.#counts.set(status, (this.#counts.get(status) ?? 0) + 1);
      }
      if (processes.failure !== undefined) problems.noteError('a process', processes.failure);
    } catch (error) {
      problems.noteError('the list of processes', error);
    }
  }

  /** The kernel's own figures of those that run or wait for a device are of one moment, and so win. */
  #readStat(): void {
    const { problems, processes } = this.#context;
    try {
      const scan = this.#scan.reset(this.#stat.read());
      let running = NO_NUMBER;
      let blocked = NO_NUMBER;
      do {
        if (!scan.field()) continue;
        if (scan.isField('processes')) this.#created = scan.integer();
        else if (scan.isField('procs_running')) running = scan.integer();
        else if (scan.isField('procs_blocked')) blocked = scan.integer();
      } while (scan.nextLine());
      if (this.#created === NO_NUMBER) problems.note(this.#stat.path, 'it has no number of processes');
      if (running === NO_NUMBER || blocked === NO_NUMBER) {
        problems.note(this.#stat.path, 'it does not say how many processes run', 2);
        return;
      }
      this.#counts.set('blocked', blocked);
      this.#counts.set('running', running);
      let known = 0;
      for (const count of this.#counts.values()) known += count;
      if (processes.total > known) this.#counts.set('unknown', processes.total - known);
    } catch (error) {
      problems.noteError(this.#stat.path, error, 3);
    }
  }
}
