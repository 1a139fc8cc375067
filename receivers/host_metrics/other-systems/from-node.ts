// The scrapers cpu, load and system on systems that are not Linux, from Node itself: without a child process.

import os from 'node:os';
import { hostMetrics } from '../metric.ts';
import { scaleToSeconds } from '../precision.ts';
import type { Scraper, ScraperContext } from '../scraper.ts';
import { CPU_METRICS, type CpuSettings } from '../scrapers/cpu.ts';
import { LOAD_METRICS, type LoadSettings } from '../scrapers/load.ts';
import { SYSTEM_METRICS, type SystemSettings } from '../scrapers/system.ts';
import { OtherScraper } from './scraper.ts';

/** What Node calls them, and the collector. */
const STATES = [
  ['user', 'user'],
  ['nice', 'nice'],
  ['sys', 'system'],
  ['idle', 'idle'],
  ['irq', 'interrupt'],
] as const;
const MILLISECONDS = 1_000;
const HERTZ = 1e6;

export function otherCpu(settings: CpuSettings, context: ScraperContext): Scraper {
  const metrics = hostMetrics(CPU_METRICS, settings.metrics, context.conventions);
  let before: readonly os.CpuInfo[] = [];
  return new OtherScraper({
    type: 'cpu',
    context,
    read: () => os.cpus(),
    write: (writer, cpus) => {
      const frequency = metrics['system.cpu.frequency'];
      if (frequency.open(writer)) {
        for (const [index, { speed }] of cpus.entries()) {
          // 0 where the processor does not tell, as those of Apple.
          if (speed > 0) frequency.add(speed * HERTZ, frequency.attributes(`cpu${index}`));
        }
        frequency.close();
      }
      metrics['system.cpu.logical.count'].write(writer, cpus.length);
      const time = metrics['system.cpu.time'];
      if (time.open(writer)) {
        for (const [index, { times }] of cpus.entries()) {
          for (const [key, state] of STATES) {
            time.add(scaleToSeconds(times[key], MILLISECONDS), time.attributes(`cpu${index}`, state));
          }
        }
        time.close();
      }
      const utilization = metrics['system.cpu.utilization'];
      if (before.length > 0 && utilization.open(writer)) {
        for (const [index, { times }] of cpus.entries()) {
          const earlier = before[index]?.times;
          if (!earlier) continue;
          const elapsed = STATES.reduce((sum, [key]) => sum + times[key] - earlier[key], 0);
          for (const [key, state] of STATES) {
            const share = elapsed > 0 ? (times[key] - earlier[key]) / elapsed : 0;
            utilization.add(share, utilization.attributes(`cpu${index}`, state));
          }
        }
        utilization.close();
      }
      before = cpus;
    },
  });
}

export function otherLoad(settings: LoadSettings, context: ScraperContext, platform: NodeJS.Platform): Scraper {
  const metrics = hostMetrics(LOAD_METRICS, settings.metrics, context.conventions);
  const divisor = settings.cpu_average ? os.availableParallelism() : 1;
  return new OtherScraper({
    type: 'load',
    context,
    // Windows has no load averages; Node says 0.
    read: () => (platform === 'win32' ? undefined : os.loadavg()),
    write: (writer, [one = 0, five = 0, fifteen = 0]) => {
      metrics['system.cpu.load_average.15m'].write(writer, fifteen / divisor);
      metrics['system.cpu.load_average.1m'].write(writer, one / divisor);
      metrics['system.cpu.load_average.5m'].write(writer, five / divisor);
    },
  });
}

export function otherSystem(settings: SystemSettings, context: ScraperContext): Scraper {
  const metrics = hostMetrics(SYSTEM_METRICS, settings.metrics, context.conventions);
  return new OtherScraper({
    type: 'system',
    context,
    read: () => Math.floor(os.uptime()),
    write: (writer, uptimeS) => metrics['system.uptime'].write(writer, uptimeS),
  });
}
