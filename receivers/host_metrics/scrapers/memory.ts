// The memory scraper: what the memory is used for, from /proc/meminfo.

import type { MetricWriter } from '../../../proto/otlp/metric-writer.ts';
import { RememberedText } from '../../../proto/otlp/remembered-text.ts';
import { hostMetrics, type HostMetrics, type MetricSettings } from '../metric.ts';
import { pageBytes } from '../page-size.ts';
import { roundedRatio } from '../precision.ts';
import { ProcFile } from '../proc-file.ts';
import { NO_NUMBER, Scan } from '../scan.ts';
import { beginHost, type Scraper, type ScraperContext } from '../scraper.ts';
import { MEMORY_METRICS } from './memory-metrics.ts';

export interface MemorySettings {
  readonly metrics: Readonly<Record<keyof typeof MEMORY_METRICS, MetricSettings>>;
}

/** The lines of /proc/meminfo that are read, as they begin. */
const LINES = [
  'MemTotal:',
  'MemFree:',
  'MemAvailable:',
  'Buffers:',
  'Cached:',
  'Dirty:',
  'Shmem:',
  'SReclaimable:',
  'SUnreclaim:',
  'HugePages_Total:',
  'HugePages_Free:',
  'HugePages_Rsvd:',
  'HugePages_Surp:',
  'Hugepagesize:',
] as const;

type Line = (typeof LINES)[number];

/** Of the values of `system.memory.usage`. */
const STATES = ['used', 'free', 'buffered', 'cached', 'slab_reclaimable', 'slab_unreclaimable'] as const;

export class MemoryScraper implements Scraper {
  readonly #context: ScraperContext;
  readonly #metrics: HostMetrics<typeof MEMORY_METRICS>;
  readonly #file: ProcFile;
  readonly #scan = new Scan();
  readonly #lines = new RememberedText<number>(128, (text) => LINES.findIndex((line) => line === text));
  /** As they stand there, by the index of their line; NO_NUMBER where the line is missing. */
  readonly #values = new Float64Array(LINES.length);
  readonly #usageAttributes;
  readonly #utilizationAttributes;
  #isThere = false;
  #readAtMs = 0;

  constructor(settings: MemorySettings, context: ScraperContext) {
    this.#context = context;
    const metrics = (this.#metrics = hostMetrics(MEMORY_METRICS, settings.metrics, context.conventions));
    this.#file = new ProcFile(`${context.root}/proc/meminfo`, { isWhole: true });
    this.#usageAttributes = STATES.map((state) => metrics['system.memory.usage'].attributes(state));
    this.#utilizationAttributes = STATES.map((state) => metrics['system.memory.utilization'].attributes(state));
  }

  read(): void {
    this.#readAtMs = this.#context.now();
    this.#values.fill(NO_NUMBER);
    this.#isThere = false;
    try {
      const scan = this.#scan.reset(this.#file.read());
      do {
        if (!scan.field()) continue;
        const index = this.#lines.of(scan.bytes, scan.start, scan.stop);
        if (index >= 0) this.#values[index] = scan.integer();
      } while (scan.nextLine());
      this.#isThere = this.#value('MemTotal:') > 0 && this.#values[LINES.indexOf('MemFree:')] !== NO_NUMBER;
      if (!this.#isThere) this.#context.problems.note(this.#file.path, 'it has no MemTotal and MemFree', STATES.length);
    } catch (error) {
      this.#context.problems.noteError(this.#file.path, error, STATES.length);
    }
  }

  write(writer: MetricWriter): void {
    if (!this.#isThere) return;
    beginHost(writer, this.#context, 'memory', this.#readAtMs);
    const metrics = this.#metrics;
    const total = this.#kibibytes('MemTotal:');
    const free = this.#kibibytes('MemFree:');
    const reclaimable = this.#kibibytes('SReclaimable:');
    // gopsutil, which the collector reads through, counts slabs that can be reclaimed as cached as well.
    const cached = this.#kibibytes('Cached:') + reclaimable;
    const hasAvailable = this.#values[LINES.indexOf('MemAvailable:')] !== NO_NUMBER;
    const available = hasAvailable ? this.#kibibytes('MemAvailable:') : cached + free;
    metrics['system.linux.memory.available'].write(writer, available);
    metrics['system.linux.memory.dirty'].write(writer, this.#kibibytes('Dirty:'));
    metrics['system.memory.limit'].write(writer, total);
    this.#writeHugePages(writer);
    metrics['system.memory.linux.shared'].write(writer, this.#kibibytes('Shmem:'));
    metrics['system.memory.page_size'].write(writer, pageBytes());
    const states = [
      total - available,
      free,
      this.#kibibytes('Buffers:'),
      cached,
      reclaimable,
      this.#kibibytes('SUnreclaim:'),
    ];
    const usage = metrics['system.memory.usage'];
    if (usage.open(writer)) {
      for (let index = 0; index < states.length; index++) {
        // Safe: there is a value per state.
        usage.add(states[index] as number, this.#usageAttributes[index]);
      }
      usage.close();
    }
    const utilization = metrics['system.memory.utilization'];
    if (utilization.open(writer)) {
      for (let index = 0; index < states.length; index++) {
        // Safe: as above.
        utilization.add(roundedRatio(states[index] as number, total), this.#utilizationAttributes[index]);
      }
      utilization.close();
    }
  }

  close(): void {
    this.#file.close();
  }

  #writeHugePages(writer: MetricWriter): void {
    const metrics = this.#metrics;
    const total = this.#value('HugePages_Total:');
    const free = this.#value('HugePages_Free:');
    metrics['system.memory.linux.hugepages.limit'].write(writer, total);
    metrics['system.memory.linux.hugepages.page_size'].write(writer, this.#kibibytes('Hugepagesize:'));
    metrics['system.memory.linux.hugepages.reserved'].write(writer, this.#value('HugePages_Rsvd:'));
    metrics['system.memory.linux.hugepages.surplus'].write(writer, this.#value('HugePages_Surp:'));
    const usage = metrics['system.memory.linux.hugepages.usage'];
    if (usage.open(writer)) {
      usage.add(free, usage.attributes('free'));
      usage.add(total - free, usage.attributes('used'));
      usage.close();
    }
    const utilization = metrics['system.memory.linux.hugepages.utilization'];
    if (total > 0 && utilization.open(writer)) {
      utilization.add(roundedRatio(free, total), utilization.attributes('free'));
      utilization.add(roundedRatio(total - free, total), utilization.attributes('used'));
      utilization.close();
    }
  }

  /** 0 where the line is missing. */
  #value(line: Line): number {
    return Math.max(0, this.#values[LINES.indexOf(line)] ?? 0);
  }

  /** In bytes. */
  #kibibytes(line: Line): number {
    return this.#value(line) * 1_024;
  }
}
