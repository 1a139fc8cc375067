// The load scraper: load averages, from /proc/loadavg.

import { availableParallelism } from 'node:os';
import type { MetricWriter } from '../../../proto/otlp/metric-writer.ts';
import {
  hostMetrics,
  type HostMetrics,
  type MetricDefinition,
  type MetricDefinitions,
  type MetricSettings,
} from '../metric.ts';
import { ProcFile } from '../proc-file.ts';
import { Scan } from '../scan.ts';
import { beginHost, type Scraper, type ScraperContext } from '../scraper.ts';

function loadOver(period: string): MetricDefinition {
  return {
    description: `Average CPU Load over ${period}.`,
    unit: '{thread}',
    kind: 'gauge',
    isInteger: false,
    enabled: true,
  };
}

export const LOAD_METRICS = {
  'system.cpu.load_average.15m': loadOver('15 minutes'),
  'system.cpu.load_average.1m': loadOver('1 minute'),
  'system.cpu.load_average.5m': loadOver('5 minutes'),
} as const satisfies MetricDefinitions;

export interface LoadSettings {
  readonly cpu_average: boolean;
  readonly metrics: Readonly<Record<keyof typeof LOAD_METRICS, MetricSettings>>;
}

export class LoadScraper implements Scraper {
  readonly #context: ScraperContext;
  readonly #metrics: HostMetrics<typeof LOAD_METRICS>;
  readonly #file: ProcFile;
  readonly #scan = new Scan();
  readonly #divisor: number;
  /** Of 1, 5 and 15 minutes. */
  readonly #loads: [number, number, number] = [Number.NaN, Number.NaN, Number.NaN];
  #readAtMs = 0;

  constructor(settings: LoadSettings, context: ScraperContext) {
    this.#context = context;
    this.#metrics = hostMetrics(LOAD_METRICS, settings.metrics, context.conventions);
    this.#file = new ProcFile(`${context.root}/proc/loadavg`, { isWhole: true });
    this.#divisor = settings.cpu_average ? availableParallelism() : 1;
  }

  read(): void {
    this.#readAtMs = this.#context.now();
    this.#loads.fill(Number.NaN);
    try {
      const scan = this.#scan.reset(this.#file.read());
      for (let index = 0; index < this.#loads.length; index++) this.#loads[index] = scan.decimal() / this.#divisor;
      const missing = this.#loads.filter(Number.isNaN).length;
      if (missing > 0) this.#context.problems.note(this.#file.path, 'it does not begin with three numbers', missing);
    } catch (error) {
      this.#context.problems.noteError(this.#file.path, error, this.#loads.length);
    }
  }

  write(writer: MetricWriter): void {
    beginHost(writer, this.#context, 'load', this.#readAtMs);
    const [one, five, fifteen] = this.#loads;
    if (!Number.isNaN(fifteen)) this.#metrics['system.cpu.load_average.15m'].write(writer, fifteen);
    if (!Number.isNaN(one)) this.#metrics['system.cpu.load_average.1m'].write(writer, one);
    if (!Number.isNaN(five)) this.#metrics['system.cpu.load_average.5m'].write(writer, five);
  }

  close(): void {
    this.#file.close();
  }
}
