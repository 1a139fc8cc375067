// The scrapers that a configuration asks for, in the order in which they run: of Linux, or of other systems.

import type { HostMetricsConfig } from './config.ts';
import { otherCpu, otherLoad, otherSystem } from './other-systems/from-node.ts';
import {
  otherDisk,
  otherFilesystem,
  otherMemory,
  otherNetwork,
  otherPaging,
  otherProcesses,
} from './other-systems/from-package.ts';
import { OtherProcess } from './other-systems/process.ts';
import type { OtherSource } from './other-systems/source.ts';
import type { Scraper, ScraperContext } from './scraper.ts';
import { CgroupScraper } from './scrapers/cgroup.ts';
import { CpuScraper } from './scrapers/cpu.ts';
import { DiskScraper } from './scrapers/disk.ts';
import { FilesystemScraper } from './scrapers/filesystem.ts';
import { LoadScraper } from './scrapers/load.ts';
import { MemoryScraper } from './scrapers/memory.ts';
import { NetworkScraper } from './scrapers/network.ts';
import { NfsScraper } from './scrapers/nfs.ts';
import { PagingScraper } from './scrapers/paging.ts';
import { PressureScraper } from './scrapers/pressure.ts';
import { ProcessScraper } from './scrapers/process.ts';
import { ProcessesScraper } from './scrapers/processes.ts';
import { SystemScraper } from './scrapers/system.ts';

export interface ConfiguredScraper {
  readonly type: string;
  readonly create: (context: ScraperContext) => Scraper;
}

export function createScrapers({ scrapers }: HostMetricsConfig): readonly ConfiguredScraper[] {
  const chosen: ConfiguredScraper[] = [];
  const add = <Settings>(
    type: string,
    settings: Settings | undefined,
    create: new (settings: Settings, context: ScraperContext) => Scraper,
  ): void => {
    if (settings !== undefined) chosen.push({ type, create: (context) => new create(settings, context) });
  };
  add('cgroup', scrapers.cgroup, CgroupScraper);
  add('cpu', scrapers.cpu, CpuScraper);
  add('disk', scrapers.disk, DiskScraper);
  add('filesystem', scrapers.filesystem, FilesystemScraper);
  add('load', scrapers.load, LoadScraper);
  add('memory', scrapers.memory, MemoryScraper);
  add('network', scrapers.network, NetworkScraper);
  add('nfs', scrapers.nfs, NfsScraper);
  add('paging', scrapers.paging, PagingScraper);
  add('pressure', scrapers.pressure, PressureScraper);
  add('process', scrapers.process, ProcessScraper);
  add('processes', scrapers.processes, ProcessesScraper);
  add('system', scrapers.system, SystemScraper);
  return chosen;
}

/** Scrapers of what only Linux has. */
const LINUX_ONLY = new Set(['cgroup', 'nfs', 'pressure']);

/** Those that a system which is not Linux can not have. */
export function missingScrapers({ scrapers }: HostMetricsConfig): readonly string[] {
  return Object.entries(scrapers).flatMap(([type, settings]) =>
    settings !== undefined && LINUX_ONLY.has(type) ? [type] : [],
  );
}

export function createOtherScrapers(
  { scrapers }: HostMetricsConfig,
  platform: NodeJS.Platform,
  source: OtherSource,
): readonly ConfiguredScraper[] {
  const chosen: ConfiguredScraper[] = [];
  const add = <Settings>(
    type: string,
    settings: Settings | undefined,
    create: (settings: Settings, context: ScraperContext, source: OtherSource) => Scraper,
  ): void => {
    if (settings !== undefined) chosen.push({ type, create: (context) => create(settings, context, source) });
  };
  add('cpu', scrapers.cpu, otherCpu);
  add('disk', scrapers.disk, otherDisk);
  add('filesystem', scrapers.filesystem, otherFilesystem);
  add('load', scrapers.load, (settings, context) => otherLoad(settings, context, platform));
  add('memory', scrapers.memory, otherMemory);
  add('network', scrapers.network, otherNetwork);
  add('paging', scrapers.paging, otherPaging);
  add('process', scrapers.process, (settings, context) => new OtherProcess(settings, context, source));
  add('processes', scrapers.processes, otherProcesses);
  add('system', scrapers.system, otherSystem);
  return chosen;
}
