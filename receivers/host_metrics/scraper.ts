// What a scraper of this receiver is given and does.

import type { StatsFs } from 'node:fs';
import type { ComponentLogger } from '../../pipeline/telemetry.ts';
import { NO_ATTRIBUTES, type MetricWriter } from '../../proto/otlp/metric-writer.ts';
import { VERSION } from '../../pipeline/version.ts';
import type { Conventions } from './metric.ts';
import type { Problems } from './problems.ts';
import type { ProcessTable } from './process-table.ts';

export interface ScraperContext {
  /** The host's root folder, without a slash at its end; empty for this machine's own. */
  readonly root: string;
  readonly conventions: Conventions;
  readonly log: ComponentLogger;
  readonly problems: Problems;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** When the system started, in nanoseconds since the epoch; 0 while that can not be told. */
  readonly bootUnixNano: () => bigint;
  /** Shared by the scrapers of one receiver. */
  readonly processes: ProcessTable;
  /** statfs(2); may never settle. */
  readonly statfs: (path: string) => Promise<StatsFs>;
  /** How long a mount is waited for. */
  readonly mountTimeoutMs: number;
}

export interface Scraper {
  /** Reads what there is. What can not be read is said through the context's problems; it never throws. */
  read(): void | Promise<void>;
  /** Writes what was read last: a resource, a scope and metrics. */
  write(writer: MetricWriter): void;
  close(): void;
}

const COLLECTOR_SCOPE =
  'github.com/open-telemetry/opentelemetry-collector-contrib/receiver/hostmetricsreceiver/internal/scraper/';
const COLLECTOR_SCHEMA = 'https://opentelemetry.io/schemas/1.9.0';
const CONVENTIONS_SCHEMA = 'https://opentelemetry.io/schemas/1.44.0';

/** Begins the host's own resource, which says nothing, as in the collector. `nowMs` is when its values were read. */
export function beginHost(writer: MetricWriter, context: ScraperContext, scraper: string, nowMs: number): void {
  writer.resource(NO_ATTRIBUTES, schemaUrl(context.conventions));
  writer.scope(scopeName(scraper), VERSION);
  writer.times(context.bootUnixNano(), unixNano(nowMs));
}

/** The collector's name, by which views and filters may choose. */
export function scopeName(scraper: string): string {
  return `${COLLECTOR_SCOPE}${scraper}scraper`;
}

export function schemaUrl(conventions: Conventions, collectors: string = COLLECTOR_SCHEMA): string {
  return conventions === 'collector' ? collectors : CONVENTIONS_SCHEMA;
}

export function unixNano(unixMs: number): bigint {
  return BigInt(Math.trunc(unixMs)) * 1_000_000n + BigInt(Math.round((unixMs % 1) * 1_000_000));
}
