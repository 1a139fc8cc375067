// From an exporter's section to what the sending engine needs.

import type { ExporterHelperSettings } from '../settings/exporter-helper.ts';
import type { SendingSettings } from './exporter.ts';

type HelperKeys = Pick<ExporterHelperSettings, 'retry_on_failure' | 'sending_queue'> & { readonly timeout: number };

export function sendingSettingsOf(config: HelperKeys): SendingSettings {
  const { retry_on_failure: retry, sending_queue: queue } = config;
  return {
    timeoutMs: config.timeout,
    retry: {
      enabled: retry.enabled,
      initialIntervalMs: retry.initial_interval,
      randomizationFactor: retry.randomization_factor,
      multiplier: retry.multiplier,
      maxIntervalMs: retry.max_interval,
      maxElapsedMs: retry.max_elapsed_time,
    },
    ...(queue
      ? {
          queue: {
            consumers: queue.num_consumers,
            capacity: queue.queue_size,
            sizer: queue.sizer,
            blockOnOverflow: queue.block_on_overflow,
            waitForResult: queue.wait_for_result,
            ...(queue.storage === undefined ? {} : { storage: queue.storage }),
            ...(queue.batch
              ? {
                  batch: {
                    minSize: queue.batch.min_size,
                    maxSize: queue.batch.max_size,
                    sizer: queue.batch.sizer,
                    flushTimeoutMs: queue.batch.flush_timeout,
                    metadataKeys: queue.batch.partition.metadata_keys.map((key) => key.toLowerCase()),
                  },
                }
              : {}),
          },
        }
      : {}),
  };
}
