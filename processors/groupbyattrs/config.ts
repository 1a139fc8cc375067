// The configuration of groupbyattrs: the collector's keys.

import { z } from 'zod';

export const config = z.strictObject({
  keys: z
    .array(z.string())
    .nullish()
    .transform((keys) => [...new Set((keys ?? []).filter((key) => key !== ''))])
    .describe(
      'Attributes of spans, log records and data points that become attributes of their resource; with none, what has the same resource, scope and metric is only put together.',
    ),
});

export type GroupByAttrsConfig = z.output<typeof config>;
