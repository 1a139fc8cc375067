// The metrics of the cgroup scraper. Neither the collector's host_metrics nor the semantic conventions have them.

import type { MetricDefinition, MetricDefinitions } from '../metric.ts';

type Form = Pick<MetricDefinition, 'kind' | 'isInteger'>;

const COUNT: Form = { kind: 'counter', isInteger: true };
const TIME: Form = { kind: 'counter', isInteger: false };
const AMOUNT: Form = { kind: 'updown', isInteger: true };

function metric(description: string, unit: string, form: Form, attributes: readonly string[] = []): MetricDefinition {
  return { description, unit, ...form, enabled: true, attributes: ['cgroup.path', ...attributes] };
}

export const CGROUP_METRICS = {
  'system.cgroup.cpu.limit': metric('CPUs that the group may use at most; absent without a limit.', '{cpu}', {
    kind: 'updown',
    isInteger: false,
  }),
  'system.cgroup.cpu.periods': metric('Periods in which the limit of CPU time was applied.', '{period}', COUNT),
  'system.cgroup.cpu.throttled.periods': metric('Periods in which the group was held up.', '{period}', COUNT),
  'system.cgroup.cpu.throttled.time': metric('Time for which tasks of the group were held up.', 's', TIME),
  'system.cgroup.cpu.time': metric('CPU time of the group.', 's', TIME, ['state']),
  'system.cgroup.io': metric('Bytes the group transferred from and to devices.', 'By', COUNT, ['device', 'direction']),
  'system.cgroup.io.operations': metric('Transfers of the group from and to devices.', '{operation}', COUNT, [
    'device',
    'direction',
  ]),
  'system.cgroup.memory.events': metric(
    'How often the group came to a limit of its memory (low, high, max), was out of memory (oom), and lost a process to it (oom_kill).',
    '{event}',
    COUNT,
    ['type'],
  ),
  'system.cgroup.memory.high': metric(
    'Bytes above which the group is slowed down; absent without a limit.',
    'By',
    AMOUNT,
  ),
  'system.cgroup.memory.limit': metric('Bytes the group may use at most; absent without a limit.', 'By', AMOUNT),
  'system.cgroup.memory.usage': metric('Bytes the group uses, with its caches.', 'By', AMOUNT),
  'system.cgroup.memory.state': metric('Bytes of some of the kinds of memory the group uses.', 'By', AMOUNT, ['state']),
  'system.cgroup.pids.count': metric('Processes and threads of the group.', '{process}', AMOUNT),
  'system.cgroup.pids.limit': metric('Processes and threads it may have; absent without a limit.', '{process}', AMOUNT),
  'system.cgroup.pressure.total': metric(
    'Time in which some, or all, tasks of the group were held up by a lack of CPU, memory or I/O.',
    's',
    TIME,
    ['resource', 'stall_type'],
  ),
} as const satisfies MetricDefinitions;
