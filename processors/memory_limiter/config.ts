// The memory limiter's configuration: the collector's keys, defaults and rules.

import { z } from 'zod';
import { count, duration } from '../../pipeline/schema.ts';

export const config = z
  .strictObject({
    check_interval: duration()
      .prefault('0s')
      .describe('How often memory is measured; must be set, 1s is a good value.'),
    limit_mib: count().default(0).describe('The hard limit in MiB.'),
    spike_limit_mib: count()
      .default(0)
      .describe('Data is refused from limit_mib less this on, in MiB; a fifth of the limit where 0.'),
    limit_percentage: count().default(0).describe('The hard limit as a share of the memory available, in percent.'),
    spike_limit_percentage: count().default(0).describe('As spike_limit_mib, in percent of the memory available.'),
    min_gc_interval_when_soft_limited: duration()
      .prefault('10s')
      .describe('The shortest time between forced collections above the soft limit.'),
    min_gc_interval_when_hard_limited: duration()
      .prefault('0s')
      .describe('The shortest time between forced collections above the hard limit.'),
    max_gc_interval_when_soft_limited: duration()
      .prefault('30s')
      .describe('Collections that free little become rarer, up to this; 0 keeps them as often.'),
    max_gc_interval_when_hard_limited: duration().prefault('30s').describe('The same above the hard limit.'),
  })
  .superRefine((settings, context) => {
    for (const [key, message] of problemsOf(settings)) context.addIssue({ code: 'custom', path: [key], message });
  });

export type MemoryLimiterConfig = z.output<typeof config>;

function problemsOf(settings: {
  readonly check_interval: number;
  readonly limit_mib: number;
  readonly spike_limit_mib: number;
  readonly limit_percentage: number;
  readonly spike_limit_percentage: number;
  readonly min_gc_interval_when_soft_limited: number;
  readonly min_gc_interval_when_hard_limited: number;
  readonly max_gc_interval_when_soft_limited: number;
  readonly max_gc_interval_when_hard_limited: number;
}): (readonly [string, string])[] {
  const {
    limit_mib: mib,
    limit_percentage: percentage,
    min_gc_interval_when_soft_limited: minSoft,
    min_gc_interval_when_hard_limited: minHard,
    max_gc_interval_when_soft_limited: maxSoft,
    max_gc_interval_when_hard_limited: maxHard,
  } = settings;
  const rules: (readonly [boolean, string, string])[] = [
    [settings.check_interval <= 0, 'check_interval', "'check_interval' must be greater than zero, such as 1s"],
    [
      minSoft < minHard,
      'min_gc_interval_when_soft_limited',
      "should be larger than 'min_gc_interval_when_hard_limited'",
    ],
    [maxSoft < 0, 'max_gc_interval_when_soft_limited', 'must be non-negative'],
    [maxHard < 0, 'max_gc_interval_when_hard_limited', 'must be non-negative'],
    [
      maxSoft > 0 && maxSoft < minSoft,
      'max_gc_interval_when_soft_limited',
      "must be greater than or equal to 'min_gc_interval_when_soft_limited' (or 0 to disable)",
    ],
    [
      maxHard > 0 && maxHard < minHard,
      'max_gc_interval_when_hard_limited',
      "must be greater than or equal to 'min_gc_interval_when_hard_limited' (or 0 to disable)",
    ],
    [
      maxSoft > 0 && maxHard > 0 && maxSoft < maxHard,
      'max_gc_interval_when_soft_limited',
      "should be larger than or equal to 'max_gc_interval_when_hard_limited' (when both are set)",
    ],
    [mib === 0 && percentage === 0, 'limit_mib', "'limit_mib' or 'limit_percentage' must be greater than zero"],
    [percentage > 100, 'limit_percentage', 'must be between 1 and 100'],
    [settings.spike_limit_percentage > 100, 'spike_limit_percentage', 'must be between 1 and 100'],
    [mib > 0 && mib <= settings.spike_limit_mib, 'spike_limit_mib', "must be smaller than 'limit_mib'"],
    [
      percentage > 0 && percentage <= settings.spike_limit_percentage,
      'spike_limit_percentage',
      "must be smaller than 'limit_percentage'",
    ],
  ];
  return rules.flatMap(([isWrong, key, message]) => (isWrong ? [[key, message] as const] : []));
}
