// The settings of the host_metrics receiver.

import { z } from 'zod';
import { nonNegativeDuration, duration, positiveDuration } from '../../pipeline/schema.ts';
import { valuePatterns } from './attribute-filter.ts';
import { metricsSection } from './metric-settings.ts';
import { nameListSection } from './name-filter.ts';
import { RESOURCE_ATTRIBUTES, type IdentitySettings } from './process-identity.ts';
import { CGROUP_METRICS } from './scrapers/cgroup-metrics.ts';
import { CPU_METRICS } from './scrapers/cpu.ts';
import { DISK_METRICS } from './scrapers/disk.ts';
import { FILESYSTEM_METRICS } from './scrapers/filesystem.ts';
import { LOAD_METRICS } from './scrapers/load.ts';
import { MEMORY_METRICS } from './scrapers/memory-metrics.ts';
import { NETWORK_METRICS } from './scrapers/network-metrics.ts';
import { NFS_METRICS } from './scrapers/nfs-metrics.ts';
import { PAGING_METRICS } from './scrapers/paging.ts';
import { PRESSURE_METRICS } from './scrapers/pressure.ts';
import { PROCESSES_METRICS } from './scrapers/processes.ts';
import { PROCESS_METRICS } from './scrapers/process-metrics.ts';
import { SYSTEM_METRICS } from './scrapers/system.ts';

/** A scraper is on when it is written; a bare `cpu:` means its defaults. */
function scraper<Shape extends z.ZodRawShape>(shape: Shape, what: string) {
  return z
    .preprocess((value) => (value === null ? {} : value), z.strictObject(shape).optional())
    .describe(what)
    .meta({ nullable: true });
}

function muted(what: string) {
  return z.boolean().default(false).describe(`Say nothing in the log about ${what}.`);
}

function resourceAttributes() {
  const shape = Object.fromEntries(
    Object.entries(RESOURCE_ATTRIBUTES).map(([name, { enabled, description }]) => [
      name,
      z
        .strictObject({
          enabled: z.boolean().default(enabled).describe('Whether it is set.'),
          metrics_include: valuePatterns('Only processes that have such a value; none: all.'),
          metrics_exclude: valuePatterns('No processes that have such a value.'),
        })
        .prefault({})
        .describe(description),
    ]),
  );
  const section = z.strictObject(shape).prefault({}).describe('What is said of the process itself.');
  // Safe: the shape has exactly these keys, which fromEntries forgets.
  return section as unknown as z.ZodType<IdentitySettings['attributes']>;
}

const scrapers = z.strictObject({
  cgroup: scraper(
    {
      paths: z
        .array(z.string().regex(/^\/(?!.*\.\.)/, 'must begin with / and have no ..'))
        .max(100)
        .default([])
        .describe(
          "Further control groups, such as /system.slice/nginx.service, besides the agent's own and the host's.",
        ),
      metrics: metricsSection(CGROUP_METRICS),
    },
    'What control groups (containers, services) use, how far they may go, and how they are held up.',
  ),
  cpu: scraper({ metrics: metricsSection(CPU_METRICS) }, 'How the CPUs spend their time.'),
  disk: scraper(
    {
      include: nameListSection('devices', 'Devices to look at; none: all.'),
      exclude: nameListSection('devices', 'Devices to leave out.'),
      metrics: metricsSection(DISK_METRICS),
    },
    'What block devices transfer.',
  ),
  filesystem: scraper(
    {
      include_virtual_filesystems: z
        .boolean()
        .default(false)
        .describe('Also filesystems without a device of their own, such as tmpfs.'),
      include_devices: nameListSection('devices', 'Devices to look at; none: all.'),
      exclude_devices: nameListSection('devices', 'Devices to leave out.'),
      include_fs_types: nameListSection('fs_types', 'Types of filesystems to look at; none: all.'),
      exclude_fs_types: nameListSection('fs_types', 'Types of filesystems to leave out.'),
      include_mount_points: nameListSection(
        'mount_points',
        'Mount points to look at, as the host sees them; none: all.',
      ),
      exclude_mount_points: nameListSection('mount_points', 'Mount points to leave out, as the host sees them.'),
      metrics: metricsSection(FILESYSTEM_METRICS),
    },
    'How full filesystems are.',
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
  nfs: scraper({ metrics: metricsSection(NFS_METRICS) }, "What the kernel's client and server of NFS do."),
  paging: scraper({ metrics: metricsSection(PAGING_METRICS) }, 'Swap and page faults.'),
  pressure: scraper(
    { metrics: metricsSection(PRESSURE_METRICS) },
    'How long tasks wait for CPU, memory and I/O (pressure stall information).',
  ),
  process: scraper(
    {
      include: nameListSection('names', 'Names of programs to look at; none: all.'),
      exclude: nameListSection('names', 'Names of programs to leave out.'),
      max_processes: z
        .int()
        .min(1)
        .max(10_000)
        .default(1_000)
        .describe('How many processes are shown at most: those that use most.'),
      order_by: z
        .enum(['cpu', 'memory'])
        .default('cpu')
        .describe('What they use most, where there are more: CPU time since the last scrape, or resident memory.'),
      scrape_process_delay: nonNegativeDuration()
        .prefault('0s')
        .describe('How long a process must have been running before it is looked at.'),
      mute_process_all_errors: muted('anything of a process that can not be read'),
      mute_process_name_error: muted('names that can not be read'),
      mute_process_exe_error: muted('paths of programs that can not be read'),
      mute_process_io_error: muted('transfers that can not be read'),
      mute_process_user_error: muted('owners without a name'),
      mute_process_cgroup_error: muted('control groups that can not be read'),
      resource_attributes: resourceAttributes(),
      metrics: metricsSection(PROCESS_METRICS),
    },
    'CPU, memory and transfers of each process.',
  ),
  processes: scraper({ metrics: metricsSection(PROCESSES_METRICS) }, 'How many processes there are, by state.'),
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
