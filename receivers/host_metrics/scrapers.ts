// The scrapers that a configuration asks for, in the order in which they run.

import type { HostMetricsConfig } from './config.ts';
import type { Scraper, ScraperContext } from './scraper.ts';
import { CgroupScraper } from './scrapers/cgroup.ts';
import { CpuScraper } from './scrapers/cpu.ts';
import { DiskScraper } from './scrapers/disk.ts';
import { FilesystemScraper } from './scrapers/filesystem.ts';
import { LoadScraper } from './scrapers/load.ts';
import { MemoryScraper } from './scrapers/memory.ts';
import { NetworkScraper } from './scrapers/network.ts';
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
  add('paging', scrapers.paging, PagingScraper);
  add('pressure', scrapers.pressure, PressureScraper);
  add('process', scrapers.process, ProcessScraper);
  add('processes', scrapers.processes, ProcessesScraper);
  add('system', scrapers.system, SystemScraper);
  return chosen;
}
