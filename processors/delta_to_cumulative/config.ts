// The configuration of delta_to_cumulative: the collector's keys, and a default for max_streams that bounds the memory.

import { z } from 'zod';
import { positiveDuration } from '../../pipeline/schema.ts';

export const config = z.strictObject({
  max_stale: positiveDuration()
    .prefault('5m')
    .describe('A series without a point for longer than this is forgotten; should it come again, its sum begins anew.'),
  max_streams: z
    .int()
    .min(0)
    .max(10_000_000)
    .default(2_000_000)
    .describe('How many series are kept at most; points of further ones are dropped and counted.'),
});

export type DeltaToCumulativeConfig = z.output<typeof config>;
