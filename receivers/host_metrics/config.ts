// The settings of the host_metrics receiver.

import { z } from 'zod';
import { nonNegativeDuration, duration, positiveDuration } from '../../pipeline/schema.ts';
import { metricsSection } from './metric-settings.ts';
import { nameListSection } from './name-filter.ts';
import { CPU_METRICS } from './scrapers/cpu.ts';
import { DISK_METRICS } from './scrapers/disk.ts';
import { LOAD_METRICS } from './scrapers/load.ts';
import { MEMORY_METRICS } from './scrapers/memory-metrics.ts';
import { NETWORK_METRICS } from './scrapers/network-metrics.ts';
import { PAGING_METRICS } from './scrapers/paging.ts';
import { SYSTEM_METRICS } from './scrapers/system.ts';

/** A scraper is on when it is written; a bare `cpu:` means its defaults. */
function scraper<Shape extends z.ZodRawShape>(shape: Shape, what: string) {
  return z
    .preprocess((value) => (value === null ? {} : value), z.strictObject(shape).optional())
    .describe(what)
    .meta({ nullable: true });
}

const scrapers = z.strictObject({
  cpu: scraper({ metrics: metricsSection(CPU_METRICS) }, 'How the CPUs spend their time.'),
  disk: scraper(
    {
      include: nameListSection('devices', 'Devices to look at; none: all.'),
      exclude: nameListSection('devices', 'Devices to leave out.'),
      metrics: metricsSection(DISK_METRICS),
    },
    'What block devices transfer.',
  ),
  load: scraper(
    {
      cpu_average: z.boolean().default(false).describe('Divide by the number of logical CPUs.'),
      metrics: metricsSection(LOAD_METRICS),
    },
    'Load averages.',
  ),
  memory: scraper({ metrics: metricsSection(MEMORY_METRICS) }, 'What the memory is used for.'),
  network: scraper(
    {
      include: nameListSection('interfaces', 'Interfaces to look at; none: all.'),
      exclude: nameListSection('interfaces', 'Interfaces to leave out.'),
      metrics: metricsSection(NETWORK_METRICS),
    },
    'What interfaces transfer, TCP connections, retransmits, full accept queues, tracked connections.',
  ),
  paging: scraper({ metrics: metricsSection(PAGING_METRICS) }, 'Swap and page faults.'),
  system: scraper({ metrics: metricsSection(SYSTEM_METRICS) }, 'How long the system has been running.'),
});

export const config = z
  .strictObject({
    collection_interval: positiveDuration().prefault('1m').describe('How often the host is looked at.'),
    initial_delay: duration().prefault('1s').describe('How long after the start the first time is.'),
    timeout: nonNegativeDuration()
      .prefault('0s')
      .describe('How long a mount may take to answer; 0: the interval, at most 5 s.'),
    root_path: z
      .string()
      .default('')
      .describe("The folder under which the host's root lies, for an agent in a container; empty: this system."),
    metadata_collection_interval: duration()
      .prefault('5m')
      .describe('Accepted, without effect: entities are not sent.'),
    semantic_conventions: z
      .enum(['collector', '1.44'])
      .default('collector')
      .describe(
        "Whose names, units and attributes are used: the collector's own, or those of the OpenTelemetry semantic conventions 1.44.",
      ),
    scrapers: scrapers
      .prefault({})
      .refine((section) => Object.values(section).some((one) => one !== undefined), 'must name at least one scraper')
      .describe('What is looked at.'),
  })
  .describe('The host_metrics receiver.');

export type HostMetricsConfig = z.output<typeof config>;
