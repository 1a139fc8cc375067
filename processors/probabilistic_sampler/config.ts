// The probabilistic sampler's configuration: the collector's keys and defaults.

import { z } from 'zod';
import { MIN_PROBABILITY } from './threshold.ts';

export const config = z.strictObject({
  sampling_percentage: z
    .number()
    .default(0)
    .describe('Share of the items that is kept, in percent; 100 and above keep all, 0 keeps none.')
    .superRefine((percent, context) => {
      const refuse = (message: string): void => context.addIssue({ code: 'custom', input: percent, message });
      const ratio = Math.fround(percent) / 100;
      if (!Number.isFinite(ratio)) refuse(`sampling rate is invalid: ${percent}%`);
      else if (ratio < 0) refuse(`sampling rate is negative: ${percent}%`);
      else if (ratio > 0 && ratio < MIN_PROBABILITY) refuse(`sampling rate is too small: ${percent}%`);
    }),
  hash_seed: z
    .int()
    .min(0)
    .max(0xffff_ffff)
    .default(0)
    .describe('Seed of the hash; agents behind one another need different ones, agents side by side the same.'),
  mode: z
    .enum(['', 'hash_seed', 'proportional', 'equalizing'])
    .default('')
    .describe(
      'hash_seed (also where unset): by a hash of the trace id. proportional: by the randomness in the id or tracestate, on top of earlier sampling. equalizing: the same, but earlier sampling counts towards the share.',
    ),
  fail_closed: z
    .boolean()
    .default(true)
    .describe('Drop items whose tracestate can not be read or which have no randomness; false keeps them.'),
  sampling_precision: z
    .int()
    .min(1)
    .max(14)
    .default(4)
    .describe('Hex digits of the sampling threshold that is written; more are used for extreme shares.'),
  attribute_source: z
    .enum(['', 'traceID', 'record'])
    .default('traceID')
    .describe('Logs only: sample by the trace id, or by the attribute from_attribute alone.'),
  from_attribute: z
    .string()
    .default('')
    .describe('Logs only: an attribute to sample by where there is no trace id, e.g. an id of the record.'),
  sampling_priority: z
    .string()
    .default('')
    .describe('Logs only: an attribute with the share in percent that this record is to be kept with.'),
});

export type SamplerConfig = z.output<typeof config>;
