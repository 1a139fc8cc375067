// The pressure scraper: how long tasks of the whole system waited for CPU, memory, I/O and interrupts, from /proc/pressure.
// Neither the collector nor the semantic conventions have these metrics; the names are those proposed to the conventions.

import type { MetricWriter } from '../../../proto/otlp/metric-writer.ts';
import { hostMetrics, type HostMetrics, type MetricDefinition, type MetricSettings } from '../metric.ts';
import { newStalls, readStalls, STALL_TYPES, type Stall } from '../pressure-file.ts';
import { ProcFile } from '../proc-file.ts';
import { beginHost, type Scraper, type ScraperContext } from '../scraper.ts';

const RESOURCES = ['cpu', 'memory', 'io', 'irq'] as const;
const WINDOWS = ['10s', '1m', '5m'] as const;

type Resource = (typeof RESOURCES)[number];
type PressureMetric = `system.${Resource}.linux.pressure.${'total' | (typeof WINDOWS)[number]}`;

function definitions(): Readonly<Record<PressureMetric, MetricDefinition>> {
  const all: [string, MetricDefinition][] = [];
  for (const resource of RESOURCES) {
    const name = `system.${resource}.linux.pressure`;
    const what = resource === 'irq' ? 'interrupts' : resource === 'io' ? 'I/O' : resource;
    const shared = { isInteger: false, enabled: true, attributes: ['stall_type'] };
    all.push([
      `${name}.total`,
      {
        ...shared,
        description: `Time in which some, or all, tasks were held up by a lack of ${what}.`,
        unit: 's',
        kind: 'counter',
      },
    ]);
    for (const window of WINDOWS) {
      const description = `Share of the last ${window} in which some, or all, tasks were held up by a lack of ${what}.`;
      all.push([`${name}.${window}`, { ...shared, description, unit: '1', kind: 'gauge' }]);
    }
  }
  // Safe: the loops go over every resource and window.
  return Object.fromEntries(all) as Record<PressureMetric, MetricDefinition>;
}

export const PRESSURE_METRICS = definitions();

export interface PressureSettings {
  readonly metrics: Readonly<Record<PressureMetric, MetricSettings>>;
}

interface Source {
  /** The kernel has no such file, and will have none while it runs. */
  isAbsent: boolean;
  readonly resource: Resource;
  readonly file: ProcFile;
  readonly stalls: readonly Stall[];
}

export class PressureScraper implements Scraper {
  readonly #context: ScraperContext;
  readonly #metrics: HostMetrics<typeof PRESSURE_METRICS>;
  readonly #sources: readonly Source[];
  #readAtMs = 0;

  constructor(settings: PressureSettings, context: ScraperContext) {
    this.#context = context;
    this.#metrics = hostMetrics(PRESSURE_METRICS, settings.metrics, context.conventions);
    this.#sources = RESOURCES.map((resource) => ({
      isAbsent: false,
      resource,
      file: new ProcFile(`${context.root}/proc/pressure/${resource}`, { isWhole: true }),
      stalls: newStalls(),
    }));
  }

  read(): void {
    this.#readAtMs = this.#context.now();
    const { problems } = this.#context;
    for (const source of this.#sources) {
      const { resource, file, stalls } = source;
      for (const stall of stalls) stall.isThere = false;
      if (source.isAbsent) continue;
      try {
        if (!readStalls(file.read(), stalls)) problems.note(file.path, 'it is not pressure stall information', 8);
      } catch (error) {
        // Kernels before 6.1, and those that do not account for interrupts, have none of these.
        source.isAbsent = resource === 'irq' && (error as NodeJS.ErrnoException).code === 'ENOENT';
        if (!source.isAbsent) problems.noteError(file.path, error, 8);
      }
    }
  }

  write(writer: MetricWriter): void {
    beginHost(writer, this.#context, 'pressure', this.#readAtMs);
    for (const { resource, stalls } of this.#sources) {
      this.#write(writer, `system.${resource}.linux.pressure.total`, stalls, ({ totalS }) => totalS);
      for (const [index, window] of WINDOWS.entries()) {
        // Safe: there is an average per window.
        this.#write(
          writer,
          `system.${resource}.linux.pressure.${window}`,
          stalls,
          (stall) => stall.averages[index] as number,
        );
      }
    }
  }

  close(): void {
    for (const { file } of this.#sources) file.close();
  }

  #write(writer: MetricWriter, name: PressureMetric, stalls: readonly Stall[], value: (stall: Stall) => number): void {
    const metric = this.#metrics[name];
    if (!metric.open(writer)) return;
    for (let index = 0; index < STALL_TYPES.length; index++) {
      const [type, stall] = [STALL_TYPES[index], stalls[index]];
      if (type !== undefined && stall?.isThere === true) metric.add(value(stall), metric.attributes(type));
    }
    metric.close();
  }
}
