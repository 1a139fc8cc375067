// The configuration of cumulative_to_delta: the collector's keys and defaults.

import { z } from 'zod';
import { compileRe2 } from '../../pipeline/regexp.ts';
import { duration } from '../../pipeline/schema.ts';

const METRIC_TYPES = ['sum', 'histogram', 'exponentialhistogram'] as const;

const metricType = z.preprocess(
  (value) => (typeof value === 'string' ? value.toLowerCase() : value),
  z.enum(METRIC_TYPES),
);

const match = (what: string) =>
  z
    .strictObject({
      match_type: z
        .enum(['strict', 'regexp'])
        .optional()
        .describe('strict: equal; regexp: an expression (RE2) that matches somewhere in the name.'),
      regexp: z.unknown().optional().describe('Taken for compatibility, without effect.'),
      metrics: z.array(z.string()).nullish().describe(`Names of metrics to ${what}.`),
      metric_types: z.array(metricType).default([]).describe(`Types of metrics to ${what}.`),
    })
    .superRefine(({ match_type: type, metrics }, issues) => {
      const hasNames = (metrics ?? []).length > 0;
      const refuse = (path: PropertyKey[], message: string): void => issues.addIssue({ code: 'custom', path, message });
      if (hasNames && type === undefined) refuse(['match_type'], 'match_type is missing; expected strict or regexp');
      if (!hasNames && type !== undefined) refuse(['metrics'], 'metrics are missing; match_type needs some');
      if (type !== 'regexp') return;
      for (const [index, text] of (metrics ?? []).entries()) {
        try {
          compileRe2(text);
        } catch (error) {
          refuse(['metrics', index], error instanceof Error ? error.message : String(error));
        }
      }
    })
    .prefault({})
    .describe(`Metrics to ${what}.`);

export const config = z.strictObject({
  include: match('convert; all where neither names nor types are given'),
  exclude: match('leave as they are, also where they are included'),
  max_staleness: duration()
    .prefault('1h')
    .describe('How long a series is remembered after its latest point; 0: as long as the agent runs.'),
  initial_value: z
    .enum(['auto', 'keep', 'drop'])
    .default('auto')
    .describe(
      'The first point of a series: keep sends it as it is, drop only remembers it, auto sends it where its start time says that the series began after this processor.',
    ),
});

export type CumulativeToDeltaConfig = z.output<typeof config>;
