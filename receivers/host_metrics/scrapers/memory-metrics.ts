// The metrics of the memory scraper.

import type { MetricDefinitions } from '../metric.ts';

const STATE = { keys: { state: 'system.memory.state' } };

export const MEMORY_METRICS = {
  'system.linux.memory.available': {
    description:
      'An estimate of how much memory is available for starting new applications, without swapping. This is a more accurate alternative than system.memory.usage with state=free. (Linux only)',
    unit: 'By',
    kind: 'updown',
    isInteger: true,
    enabled: false,
    conventional: { name: 'system.memory.linux.available' },
  },
  'system.linux.memory.dirty': {
    description: 'The amount of dirty memory according to `/proc/meminfo`.',
    unit: 'By',
    kind: 'updown',
    isInteger: true,
    enabled: false,
  },
  'system.memory.limit': {
    description: 'Total bytes of memory available.',
    unit: 'By',
    kind: 'updown',
    isInteger: true,
    enabled: false,
  },
  'system.memory.linux.hugepages.limit': {
    description: 'Total number of hugepages available.',
    unit: '{page}',
    kind: 'updown',
    isInteger: true,
    enabled: false,
  },
  'system.memory.linux.hugepages.page_size': {
    description: 'System hugepage size in bytes.',
    unit: 'By',
    kind: 'updown',
    isInteger: true,
    enabled: false,
  },
  'system.memory.linux.hugepages.reserved': {
    description:
      'Number of reserved hugepages (hugepages for which a commitment to allocate has been made, but no allocation has yet been made). This is reported as a separate metric rather than a usage state because reserved pages are already counted in free pages - they represent a subset of free pages that cannot be used for non-reserved allocations.',
    unit: '{page}',
    kind: 'updown',
    isInteger: true,
    enabled: false,
  },
  'system.memory.linux.hugepages.surplus': {
    description:
      'Number of surplus hugepages (overcommitted hugepages beyond the persistent pool). This is reported as a separate metric rather than a usage state because surplus pages can be in either used or free state, and including them would break the semantic convention that usage states must sum to the limit.',
    unit: '{page}',
    kind: 'updown',
    isInteger: true,
    enabled: false,
  },
  'system.memory.linux.hugepages.usage': {
    description: 'Number of hugepages in use by state.',
    unit: '{page}',
    kind: 'updown',
    isInteger: true,
    enabled: false,
    attributes: ['system.memory.linux.hugepages.state'],
  },
  'system.memory.linux.hugepages.utilization': {
    description: 'Percentage of hugepages in use by state.',
    unit: '1',
    kind: 'gauge',
    isInteger: false,
    enabled: false,
    attributes: ['system.memory.linux.hugepages.state'],
  },
  'system.memory.linux.shared': {
    description:
      'Shared memory usage, including tmpfs filesystems and System V/POSIX shared memory. Only supported on Linux.',
    unit: 'By',
    kind: 'updown',
    isInteger: true,
    enabled: false,
  },
  'system.memory.page_size': {
    description: "A constant value for the system's configured page size.",
    unit: 'By',
    kind: 'gauge',
    isInteger: true,
    enabled: false,
  },
  'system.memory.usage': {
    description: 'Bytes of memory in use.',
    unit: 'By',
    kind: 'updown',
    isInteger: true,
    enabled: true,
    attributes: ['state'],
    conventional: STATE,
  },
  'system.memory.utilization': {
    description: 'Percentage of memory bytes in use.',
    unit: '1',
    kind: 'gauge',
    isInteger: false,
    enabled: false,
    attributes: ['state'],
    conventional: STATE,
  },
} as const satisfies MetricDefinitions;
