// What the process scraper is configured with, and what it keeps of a process from one scrape to the next.

import type { MetricSettings } from './metric.ts';
import type { NameList } from './name-filter.ts';
import type { IdentitySettings, ProcessIdentity } from './process-identity.ts';
import type { ProcessFiles } from './process-readings.ts';
import type { ProcessEntry } from './process-table.ts';
import type { PROCESS_METRICS } from './scrapers/process-metrics.ts';

export interface ProcessSettings {
  readonly include: NameList;
  readonly exclude: NameList;
  readonly max_processes: number;
  readonly order_by: 'cpu' | 'memory';
  readonly scrape_process_delay: number;
  readonly mute_process_all_errors: boolean;
  readonly mute_process_name_error: boolean;
  readonly mute_process_exe_error: boolean;
  readonly mute_process_io_error: boolean;
  readonly mute_process_user_error: boolean;
  readonly mute_process_cgroup_error: boolean;
  readonly resource_attributes: IdentitySettings['attributes'];
  readonly metrics: Readonly<Record<keyof typeof PROCESS_METRICS, MetricSettings>>;
}

export interface KnownProcess {
  readonly entry: ProcessEntry;
  readonly startTicks: number;
  readonly files: ProcessFiles;
  comm: string;
  parentPid: number;
  identity: ProcessIdentity;
  isIncluded: boolean;
  /** When and with how many ticks it was written last; NaN before. */
  writtenAtMs: number;
  userTicks: number;
  systemTicks: number;
  waitTicks: number;
}
