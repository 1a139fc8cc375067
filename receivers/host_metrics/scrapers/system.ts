// The system scraper: how long the system has been running, from /proc/uptime.

import type { MetricWriter } from '../../../proto/otlp/metric-writer.ts';
import { hostMetrics, type HostMetrics, type MetricDefinitions, type MetricSettings } from '../metric.ts';
import { ProcFile } from '../proc-file.ts';
import { Scan } from '../scan.ts';
import { beginHost, type Scraper, type ScraperContext } from '../scraper.ts';

export const SYSTEM_METRICS = {
  'system.uptime': {
    description: 'The time the system has been running',
    unit: 's',
    kind: 'gauge',
    isInteger: false,
    enabled: true,
  },
} as const satisfies MetricDefinitions;

export interface SystemSettings {
  readonly metrics: Readonly<Record<keyof typeof SYSTEM_METRICS, MetricSettings>>;
}

export class SystemScraper implements Scraper {
  readonly #context: ScraperContext;
  readonly #metrics: HostMetrics<typeof SYSTEM_METRICS>;
  readonly #file: ProcFile;
  readonly #scan = new Scan();
  #uptimeS = Number.NaN;
  #readAtMs = 0;

  constructor(settings: SystemSettings, context: ScraperContext) {
    this.#context = context;
    this.#metrics = hostMetrics(SYSTEM_METRICS, settings.metrics, context.conventions);
    this.#file = new ProcFile(`${context.root}/proc/uptime`, { isWhole: true });
  }

  read(): void {
    this.#readAtMs = this.#context.now();
    this.#uptimeS = Number.NaN;
    try {
      // Whole seconds, as in the collector.
      this.#uptimeS = Math.floor(this.#scan.reset(this.#file.read()).decimal());
      if (Number.isNaN(this.#uptimeS)) this.#context.problems.note(this.#file.path, 'it does not begin with a number');
    } catch (error) {
      this.#context.problems.noteError(this.#file.path, error);
    }
  }

  write(writer: MetricWriter): void {
    if (Number.isNaN(this.#uptimeS)) return;
    beginHost(writer, this.#context, 'system', this.#readAtMs);
    this.#metrics['system.uptime'].write(writer, this.#uptimeS);
  }

  close(): void {
    this.#file.close();
  }
}
