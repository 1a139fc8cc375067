// Writes the metrics of one process, in the collector's older form, in that of the conventions (@v1), or both.

import { availableParallelism } from 'node:os';
import type { MetricWriter } from '../../proto/otlp/metric-writer.ts';
import type { KnownProcess, ProcessSettings } from './known-process.ts';
import { hostMetrics, type HostMetric, type HostMetrics } from './metric.ts';
import { pageBytes } from './page-size.ts';
import { noteUnlessGone } from './process-identity.ts';
import { contextSwitches, countDescriptors, pendingSignals, totalMemoryBytes } from './process-readings.ts';
import { NO_NUMBER } from './scan.ts';
import type { ScraperContext } from './scraper.ts';
import { PROCESS_METRICS } from './scrapers/process-metrics.ts';
import { TICKS_PER_SECOND } from './ticks.ts';

type Name = keyof typeof PROCESS_METRICS;

/** The older form, and the newer with its own words for the attribute's values. */
const NEWER: Readonly<Partial<Record<Name, Name>>> = {
  'process.context_switches': 'process.context_switches@v1',
  'process.cpu.time': 'process.cpu.time@v1',
  'process.cpu.utilization': 'process.cpu.utilization@v1',
  'process.disk.io': 'process.disk.io@v1',
  'process.open_file_descriptors': 'process.unix.file_descriptor.count@v1',
  'process.paging.faults': 'process.paging.faults@v1',
  'process.threads': 'process.thread.count@v1',
};

export interface ProcessTimes {
  readonly nowMs: number;
  readonly startedMs: number;
}

export class ProcessMetrics {
  readonly #context: ScraperContext;
  readonly #metrics: HostMetrics<typeof PROCESS_METRICS>;
  readonly #isMuted: boolean;
  readonly #cpus = availableParallelism();
  /** Forms of a metric that are on, the older first. */
  readonly #forms = new Map<Name, readonly HostMetric[]>();
  #totalMemory = NO_NUMBER;

  constructor(settings: ProcessSettings, context: ScraperContext) {
    this.#context = context;
    this.#isMuted = settings.mute_process_all_errors;
    this.#metrics = hostMetrics(PROCESS_METRICS, settings.metrics, context.conventions);
    // Safe: the keys are exactly the definitions'.
    for (const name of Object.keys(PROCESS_METRICS) as Name[]) {
      const newer = NEWER[name];
      const forms = [this.#metrics[name]];
      // With the conventions for all metrics the older name is the newer form already.
      if (newer && !(context.conventions !== 'collector' && forms[0]?.enabled)) forms.push(this.#metrics[newer]);
      this.#forms.set(
        name,
        forms.filter((form) => form.enabled),
      );
    }
    if (this.#metrics['process.handles'].enabled || this.#metrics['process.windows.handle.count@v1'].enabled) {
      context.log.warn({}, 'process.handles is a metric of Windows and stays without points here');
    }
  }

  get readsMemory(): boolean {
    return (
      this.#isOn('process.memory.usage') ||
      this.#isOn('process.memory.virtual') ||
      this.#isOn('process.memory.utilization')
    );
  }

  get readsTransfers(): boolean {
    return this.#isOn('process.disk.io') || this.#isOn('process.disk.operations');
  }

  startScrape(): void {
    if (!this.#isOn('process.memory.utilization')) return;
    this.#totalMemory = NO_NUMBER;
    try {
      this.#totalMemory = totalMemoryBytes(this.#context.root);
    } catch (error) {
      this.#context.problems.noteError('the size of the memory', error);
    }
  }

  write(writer: MetricWriter, known: KnownProcess, { nowMs, startedMs }: ProcessTimes): void {
    const { entry, files } = known;
    const { folder } = entry;
    this.#write(writer, 'process.context_switches', () => {
      const { involuntary, voluntary } = contextSwitches(folder, entry.threads);
      return [
        ['involuntary', involuntary],
        ['voluntary', voluntary],
      ];
    });
    this.#write(writer, 'process.cpu.time', () => [
      ['user', entry.userTicks / TICKS_PER_SECOND],
      ['system', entry.systemTicks / TICKS_PER_SECOND],
      ['wait', entry.waitTicks / TICKS_PER_SECOND],
    ]);
    this.#writeUtilization(writer, known, nowMs);
    const { transfers } = files;
    if (transfers.readBytes !== NO_NUMBER) {
      this.#write(writer, 'process.disk.io', () => [
        ['read', transfers.readBytes],
        ['write', transfers.writtenBytes],
      ]);
      this.#write(writer, 'process.disk.operations', () => [
        ['read', transfers.reads],
        ['write', transfers.writes],
      ]);
    }
    this.#writeMemory(writer, known);
    this.#writeOne(writer, 'process.open_file_descriptors', () => countDescriptors(folder));
    this.#write(writer, 'process.paging.faults', () => [
      ['major', entry.majorFaults],
      ['minor', entry.minorFaults],
    ]);
    this.#writeOne(writer, 'process.signals_pending', () => pendingSignals(folder));
    this.#writeOne(writer, 'process.threads', () => entry.threads);
    this.#writeOne(writer, 'process.uptime', () => Math.max(0, nowMs - startedMs) / 1_000);
  }

  #isOn(name: Name): boolean {
    return (this.#forms.get(name)?.length ?? 0) > 0;
  }

  #writeMemory(writer: MetricWriter, { files }: KnownProcess): void {
    const { residentPages, virtualPages } = files;
    if (residentPages === NO_NUMBER || virtualPages === NO_NUMBER) return;
    const resident = residentPages * pageBytes();
    this.#writeOne(writer, 'process.memory.usage', () => resident);
    if (this.#totalMemory > 0) {
      // In single precision, and in per cent whatever its unit says, as in the collector.
      const share = Math.fround((100 * Math.fround(resident)) / Math.fround(this.#totalMemory));
      this.#writeOne(writer, 'process.memory.utilization', () => share);
    }
    this.#writeOne(writer, 'process.memory.virtual', () => virtualPages * pageBytes());
  }

  /** Since the last scrape, as a share of all CPUs. */
  #writeUtilization(writer: MetricWriter, known: KnownProcess, nowMs: number): void {
    const { entry } = known;
    const elapsedTicks = ((nowMs - known.writtenAtMs) / 1_000) * TICKS_PER_SECOND * this.#cpus;
    if (elapsedTicks > 0) {
      this.#write(writer, 'process.cpu.utilization', () => [
        ['user', (entry.userTicks - known.userTicks) / elapsedTicks],
        ['system', (entry.systemTicks - known.systemTicks) / elapsedTicks],
        ['wait', (entry.waitTicks - known.waitTicks) / elapsedTicks],
      ]);
    }
    known.writtenAtMs = nowMs;
    known.userTicks = entry.userTicks;
    known.systemTicks = entry.systemTicks;
    known.waitTicks = entry.waitTicks;
  }

  #writeOne(writer: MetricWriter, name: Name, read: () => number): void {
    this.#write(writer, name, () => [['', read()]]);
  }

  /** Points by the value of their attribute; the newer form says `iowait`. */
  #write(writer: MetricWriter, name: Name, read: () => readonly (readonly [state: string, value: number])[]): void {
    const forms = this.#forms.get(name);
    if (!forms || forms.length === 0) return;
    let points;
    try {
      points = read();
    } catch (error) {
      if (!this.#isMuted) noteUnlessGone(this.#context.problems, name, error, 1);
      return;
    }
    for (const form of forms) {
      if (!form.open(writer)) continue;
      for (const [state, value] of points) {
        if (value === NO_NUMBER) continue;
        const isNewer = form !== this.#metrics[name] && state === 'wait';
        form.add(value, form.attributes(isNewer ? 'iowait' : state));
      }
      form.close();
    }
  }
}
