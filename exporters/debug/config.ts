// The debug exporter's configuration: the collector's keys and defaults.

import { z } from 'zod';
import { count } from '../../pipeline/schema.ts';
import { optionalQueueSettings } from '../../pipeline/settings/exporter-helper.ts';

export const config = z
  .strictObject({
    verbosity: z
      .preprocess(
        (value) => (typeof value === 'string' ? value.toLowerCase() : value),
        z.enum(['basic', 'normal', 'detailed']),
      )
      .default('basic')
      .describe('basic: one line of counts a batch; normal: about one line an item; detailed: every field.'),
    sampling_initial: count().default(2).describe('Messages printed per second before sampling begins.'),
    sampling_thereafter: count()
      .default(1)
      .describe('From then on every how many-th message is printed; 0 prints none.'),
    use_internal_logger: z
      .boolean()
      .default(true)
      .describe("Print through the agent's log, with time and level; false writes the bare text to output_paths."),
    output_paths: z
      .array(z.string())
      .optional()
      .describe('stdout, stderr or files; stdout where unset. Only with use_internal_logger: false.'),
    sending_queue: optionalQueueSettings.describe('Off unless it is there.'),
  })
  .superRefine((settings, context) => {
    if (settings.output_paths === undefined) return;
    if (settings.use_internal_logger) {
      context.addIssue({
        code: 'custom',
        path: ['output_paths'],
        message: 'output_paths is not supported when use_internal_logger is true; set use_internal_logger: false',
      });
    } else if (settings.output_paths.length === 0) {
      context.addIssue({
        code: 'custom',
        path: ['output_paths'],
        message: 'output_paths must name at least one output',
      });
    }
  });

export type DebugConfig = z.output<typeof config>;
