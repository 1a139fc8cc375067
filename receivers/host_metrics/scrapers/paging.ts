// The paging scraper: swap, and what is paged in and out, from /proc/swaps and /proc/vmstat.

import type { MetricWriter } from '../../../proto/otlp/metric-writer.ts';
import { RememberedText } from '../../../proto/otlp/remembered-text.ts';
import { hostMetrics, type HostMetrics, type MetricDefinitions, type MetricSettings } from '../metric.ts';
import { ProcFile } from '../proc-file.ts';
import { NO_NUMBER, Scan } from '../scan.ts';
import { beginHost, type Scraper, type ScraperContext } from '../scraper.ts';

const CONVENTIONAL = {
  keys: {
    device: 'system.device',
    direction: 'system.paging.direction',
    state: 'system.paging.state',
    type: 'system.paging.fault.type',
  },
  values: { page_in: 'in', page_out: 'out' },
};

export const PAGING_METRICS = {
  'system.paging.faults': {
    description: 'The number of page faults.',
    unit: '{faults}',
    kind: 'counter',
    isInteger: true,
    enabled: true,
    attributes: ['type'],
    conventional: { unit: '{fault}', keys: { type: 'system.paging.fault.type' } },
  },
  'system.paging.operations': {
    description: 'The number of paging operations.',
    unit: '{operations}',
    kind: 'counter',
    isInteger: true,
    enabled: true,
    attributes: ['direction', 'type'],
    conventional: { ...CONVENTIONAL, unit: '{operation}' },
  },
  'system.paging.usage': {
    description: 'Swap (unix) or pagefile (windows) usage.',
    unit: 'By',
    kind: 'updown',
    isInteger: true,
    enabled: true,
    attributes: ['device', 'state'],
    conventional: CONVENTIONAL,
  },
  'system.paging.utilization': {
    description: 'Swap (unix) or pagefile (windows) utilization.',
    unit: '1',
    kind: 'gauge',
    isInteger: false,
    enabled: false,
    attributes: ['device', 'state'],
    conventional: CONVENTIONAL,
  },
} as const satisfies MetricDefinitions;

export interface PagingSettings {
  readonly metrics: Readonly<Record<keyof typeof PAGING_METRICS, MetricSettings>>;
}

/** Lines of /proc/vmstat that are read. */
const COUNTERS = ['pswpin', 'pswpout', 'pgpgin', 'pgpgout', 'pgfault', 'pgmajfault'] as const;
type Counter = (typeof COUNTERS)[number];
const MAX_DEVICES = 256;
const KIBIBYTE = 1_024;

interface SwapDevice {
  readonly name: string;
  readonly totalKiB: number;
  readonly usedKiB: number;
}

export class PagingScraper implements Scraper {
  readonly #context: ScraperContext;
  readonly #metrics: HostMetrics<typeof PAGING_METRICS>;
  readonly #swaps: ProcFile;
  readonly #vmstat: ProcFile;
  readonly #scan = new Scan();
  readonly #counters = new RememberedText<number>(1_024, (text) => COUNTERS.findIndex((one) => one === text));
  readonly #values = new Float64Array(COUNTERS.length);
  readonly #devices: SwapDevice[] = [];
  #readAtMs = 0;

  constructor(settings: PagingSettings, context: ScraperContext) {
    this.#context = context;
    this.#metrics = hostMetrics(PAGING_METRICS, settings.metrics, context.conventions);
    this.#swaps = new ProcFile(`${context.root}/proc/swaps`);
    this.#vmstat = new ProcFile(`${context.root}/proc/vmstat`);
  }

  read(): void {
    this.#readAtMs = this.#context.now();
    this.#readSwaps();
    this.#readCounters();
  }

  write(writer: MetricWriter): void {
    beginHost(writer, this.#context, 'paging', this.#readAtMs);
    const metrics = this.#metrics;
    const faults = metrics['system.paging.faults'];
    const all = this.#value('pgfault');
    const major = this.#value('pgmajfault');
    if (all !== NO_NUMBER && major !== NO_NUMBER && faults.open(writer)) {
      faults.add(major, faults.attributes('major'));
      faults.add(all - major, faults.attributes('minor'));
      faults.close();
    }
    const operations = metrics['system.paging.operations'];
    if (operations.open(writer)) {
      const add = (value: number, direction: string, type: string): void => {
        if (value !== NO_NUMBER) operations.add(value, operations.attributes(direction, type));
      };
      add(this.#value('pswpin'), 'page_in', 'major');
      add(this.#value('pswpout'), 'page_out', 'major');
      add(this.#value('pgpgin'), 'page_in', 'minor');
      add(this.#value('pgpgout'), 'page_out', 'minor');
      operations.close();
    }
    this.#writeUsage(writer);
  }

  close(): void {
    this.#swaps.close();
    this.#vmstat.close();
  }

  #value(counter: Counter): number {
    return this.#values[COUNTERS.indexOf(counter)] ?? NO_NUMBER;
  }

  #writeUsage(writer: MetricWriter): void {
    const { 'system.paging.usage': usage, 'system.paging.utilization': utilization } = this.#metrics;
    if (usage.open(writer)) {
      for (const { name, totalKiB, usedKiB } of this.#devices) {
        usage.add(usedKiB * KIBIBYTE, usage.attributes(name, 'used'));
        usage.add((totalKiB - usedKiB) * KIBIBYTE, usage.attributes(name, 'free'));
      }
      usage.close();
    }
    if (utilization.open(writer)) {
      for (const { name, totalKiB, usedKiB } of this.#devices) {
        if (totalKiB === 0) continue;
        utilization.add(usedKiB / totalKiB, utilization.attributes(name, 'used'));
        utilization.add((totalKiB - usedKiB) / totalKiB, utilization.attributes(name, 'free'));
      }
      utilization.close();
    }
  }

  #readSwaps(): void {
    const { problems } = this.#context;
    this.#devices.length = 0;
    try {
      const scan = this.#scan.reset(this.#swaps.read());
      if (!scan.field() || !scan.isField('Filename')) {
        problems.note(this.#swaps.path, 'its first line does not begin with "Filename"', 2);
        return;
      }
      while (scan.nextLine() && this.#devices.length < MAX_DEVICES) {
        // `/dev/sda2  partition  1048572  0  -2`
        if (!scan.field()) continue;
        const name = scan.text();
        scan.skip(1);
        const totalKiB = scan.integer();
        const usedKiB = scan.integer();
        if (totalKiB === NO_NUMBER || usedKiB === NO_NUMBER) problems.note(this.#swaps.path, 'a size is no number', 2);
        else this.#devices.push({ name, totalKiB, usedKiB });
      }
    } catch (error) {
      problems.noteError(this.#swaps.path, error, 2);
    }
  }

  #readCounters(): void {
    const { problems } = this.#context;
    const { path } = this.#vmstat;
    this.#values.fill(NO_NUMBER);
    try {
      const scan = this.#scan.reset(this.#vmstat.read());
      let left = COUNTERS.length;
      do {
        // All begin with p, as do few others.
        if (!scan.field() || !scan.fieldStartsWith('p')) continue;
        const index = this.#counters.of(scan.bytes, scan.start, scan.stop);
        if (index < 0) continue;
        this.#values[index] = scan.integer();
        left--;
      } while (left > 0 && scan.nextLine());
      const missing = this.#values.filter((value) => value === NO_NUMBER).length;
      if (missing > 0) problems.note(path, 'it lacks some of the counters of paging', missing);
    } catch (error) {
      problems.noteError(path, error, COUNTERS.length);
    }
  }
}
