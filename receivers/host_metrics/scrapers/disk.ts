// The disk scraper: what each block device transferred, from /proc/diskstats.

import type { MetricWriter } from '../../../proto/otlp/metric-writer.ts';
import { RememberedText } from '../../../proto/otlp/remembered-text.ts';
import {
  hostMetrics,
  type HostMetric,
  type HostMetrics,
  type MetricDefinitions,
  type MetricSettings,
} from '../metric.ts';
import { NameFilter, type NameList } from '../name-filter.ts';
import { scaleToSeconds } from '../precision.ts';
import { ProcFile } from '../proc-file.ts';
import { NO_NUMBER, Scan } from '../scan.ts';
import { beginHost, type Scraper, type ScraperContext } from '../scraper.ts';

const CONVENTIONAL = { keys: { device: 'system.device', direction: 'disk.io.direction' } };

export const DISK_METRICS = {
  'system.disk.io': {
    description: 'Disk bytes transferred.',
    unit: 'By',
    kind: 'counter',
    isInteger: true,
    enabled: true,
    attributes: ['device', 'direction'],
    conventional: CONVENTIONAL,
  },
  'system.disk.io_time': {
    description: 'Time disk spent activated. On Windows, this is calculated as the inverse of disk idle time.',
    unit: 's',
    kind: 'counter',
    isInteger: false,
    enabled: true,
    attributes: ['device'],
    conventional: CONVENTIONAL,
  },
  'system.disk.merged': {
    description: 'The number of disk reads/writes merged into single physical disk access operations.',
    unit: '{operations}',
    kind: 'counter',
    isInteger: true,
    enabled: true,
    attributes: ['device', 'direction'],
    conventional: { ...CONVENTIONAL, unit: '{operation}' },
  },
  'system.disk.operation_time': {
    description: 'Time spent in disk operations.',
    unit: 's',
    kind: 'counter',
    isInteger: false,
    enabled: true,
    attributes: ['device', 'direction'],
    conventional: CONVENTIONAL,
  },
  'system.disk.operations': {
    description: 'Disk operations count.',
    unit: '{operations}',
    kind: 'counter',
    isInteger: true,
    enabled: true,
    attributes: ['device', 'direction'],
    conventional: { ...CONVENTIONAL, unit: '{operation}' },
  },
  'system.disk.pending_operations': {
    description: 'The queue size of pending I/O operations.',
    unit: '{operations}',
    kind: 'updown',
    isInteger: true,
    enabled: true,
    attributes: ['device'],
    conventional: CONVENTIONAL,
  },
  'system.disk.weighted_io_time': {
    description: 'Time disk spent activated multiplied by the queue length.',
    unit: 's',
    kind: 'counter',
    isInteger: false,
    enabled: true,
    attributes: ['device'],
    conventional: CONVENTIONAL,
  },
} as const satisfies MetricDefinitions;

export interface DiskSettings {
  readonly include: NameList;
  readonly exclude: NameList;
  readonly metrics: Readonly<Record<keyof typeof DISK_METRICS, MetricSettings>>;
}

/** The kernel counts in sectors of this size, whatever the device has (Documentation/block/stat). */
const SECTOR_BYTES = 512;
const MILLISECONDS = 1_000;
/** Columns of /proc/diskstats after the name, in order; discards and flushes come later. */
const COLUMNS = [
  'reads',
  'readsMerged',
  'sectorsRead',
  'readMs',
  'writes',
  'writesMerged',
  'sectorsWritten',
  'writeMs',
  'pending',
  'ioMs',
  'weightedMs',
] as const;
type Column = (typeof COLUMNS)[number];
const MAX_DEVICES = 4_096;

interface Device {
  readonly name: string;
  readonly isIncluded: boolean;
  readonly values: Float64Array;
}

export class DiskScraper implements Scraper {
  readonly #context: ScraperContext;
  readonly #metrics: HostMetrics<typeof DISK_METRICS>;
  readonly #file: ProcFile;
  readonly #scan = new Scan();
  readonly #filter: NameFilter;
  readonly #byName: RememberedText<Device>;
  readonly #devices: Device[] = [];
  #readAtMs = 0;

  constructor(settings: DiskSettings, context: ScraperContext) {
    this.#context = context;
    this.#metrics = hostMetrics(DISK_METRICS, settings.metrics, context.conventions);
    this.#file = new ProcFile(`${context.root}/proc/diskstats`);
    this.#filter = new NameFilter(settings.include, settings.exclude);
    this.#byName = new RememberedText(512, (name) => ({
      name,
      isIncluded: this.#filter.includes(name),
      values: new Float64Array(COLUMNS.length),
    }));
  }

  read(): void {
    this.#readAtMs = this.#context.now();
    this.#devices.length = 0;
    try {
      const scan = this.#scan.reset(this.#file.read());
      if (scan.isAtEnd) return;
      do this.#readDevice(scan);
      while (scan.nextLine() && this.#devices.length < MAX_DEVICES);
    } catch (error) {
      this.#context.problems.noteError(this.#file.path, error, COLUMNS.length);
    }
  }

  write(writer: MetricWriter): void {
    if (this.#devices.length === 0) return;
    beginHost(writer, this.#context, 'disk', this.#readAtMs);
    const metrics = this.#metrics;
    this.#both(writer, metrics['system.disk.io'], 'sectorsRead', 'sectorsWritten', (sectors) => sectors * SECTOR_BYTES);
    this.#one(writer, metrics['system.disk.io_time'], 'ioMs', seconds);
    this.#both(writer, metrics['system.disk.merged'], 'readsMerged', 'writesMerged', asItIs);
    this.#both(writer, metrics['system.disk.operation_time'], 'readMs', 'writeMs', seconds);
    this.#both(writer, metrics['system.disk.operations'], 'reads', 'writes', asItIs);
    this.#one(writer, metrics['system.disk.pending_operations'], 'pending', asItIs);
    this.#one(writer, metrics['system.disk.weighted_io_time'], 'weightedMs', seconds);
  }

  close(): void {
    this.#file.close();
  }

  /** `   8       0 sda 1 2 3 …` */
  #readDevice(scan: Scan): void {
    scan.skip(2);
    if (!scan.field()) {
      this.#context.problems.note(this.#file.path, 'a line has no device', COLUMNS.length);
      return;
    }
    const device = this.#byName.of(scan.bytes, scan.start, scan.stop);
    if (!device.isIncluded || this.#devices.includes(device)) return;
    let total = 0;
    for (let index = 0; index < COLUMNS.length; index++) {
      const value = scan.integer();
      if (value === NO_NUMBER) {
        this.#context.problems.note(this.#file.path, `a column of ${device.name} is no number`, COLUMNS.length);
        return;
      }
      device.values[index] = value;
      total += value;
    }
    // Devices that never did anything, such as empty loop devices, are left out, as in the collector.
    if (total > 0) this.#devices.push(device);
  }

  #one(writer: MetricWriter, metric: HostMetric, column: Column, scale: (value: number) => number): void {
    if (!metric.open(writer)) return;
    const index = COLUMNS.indexOf(column);
    for (const { name, values } of this.#devices) {
      // Safe: every column has a value.
      metric.add(scale(values[index] as number), metric.attributes(name));
    }
    metric.close();
  }

  #both(writer: MetricWriter, metric: HostMetric, read: Column, write: Column, scale: (value: number) => number): void {
    if (!metric.open(writer)) return;
    const reads = COLUMNS.indexOf(read);
    const writes = COLUMNS.indexOf(write);
    for (const { name, values } of this.#devices) {
      // Safe: every column has a value.
      metric.add(scale(values[reads] as number), metric.attributes(name, 'read'));
      metric.add(scale(values[writes] as number), metric.attributes(name, 'write'));
    }
    metric.close();
  }
}

function asItIs(value: number): number {
  return value;
}

function seconds(milliseconds: number): number {
  return scaleToSeconds(milliseconds, MILLISECONDS);
}
