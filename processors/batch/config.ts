// The batch processor's configuration: the collector's keys and defaults.

import { z } from 'zod';
import { count, nonNegativeDuration } from '../../pipeline/schema.ts';
import { metadataKeys } from '../../pipeline/settings/exporter-helper.ts';

export const config = z
  .strictObject({
    send_batch_size: count()
      .default(8192)
      .describe('Items at which a batch is sent without waiting any longer; 0 sends as soon as data is there.'),
    timeout: nonNegativeDuration()
      .prefault('200ms')
      .describe('How long data waits for more at most, while earlier data is on its way.'),
    send_batch_max_size: count().default(0).describe('Items of one batch at most; a larger one is split. 0: no limit.'),
    metadata_keys: metadataKeys,
    metadata_cardinality_limit: count()
      .default(1000)
      .describe('Different combinations of the metadata_keys in work at most; further ones are refused. 0: no limit.'),
  })
  .superRefine((settings, context) => {
    if (settings.send_batch_max_size > 0 && settings.send_batch_max_size < settings.send_batch_size) {
      context.addIssue({
        code: 'custom',
        path: ['send_batch_max_size'],
        message: 'send_batch_max_size must be greater or equal to send_batch_size',
      });
    }
  });

export type BatchConfig = z.output<typeof config>;
