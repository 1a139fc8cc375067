// Settings that every exporter with a destination has: the collector's timeout, retry_on_failure and sending_queue.

import { z } from 'zod';
import {
  componentId,
  count,
  defaultSection,
  nonNegativeDuration,
  optionalSection,
  positiveDuration,
} from '../schema.ts';

/** The waits between attempts: the collector's configretry.BackOffConfig. */
export function backoffShape(defaults: { readonly initialInterval: string; readonly multiplier: number }) {
  return {
    initial_interval: nonNegativeDuration()
      .prefault(defaults.initialInterval)
      .describe('The wait after the first failure.'),
    randomization_factor: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe('Spreads each wait by up to this share, both ways.'),
    multiplier: z.number().min(0).default(defaults.multiplier).describe('Each wait is the previous one times this.'),
    max_interval: nonNegativeDuration().prefault('30s').describe('The longest wait.'),
  };
}

/** `retry_on_failure`. */
export function retrySettings(initialInterval = '5s') {
  return z
    .strictObject({
      enabled: z.boolean().default(true).describe('Whether to try again at all.'),
      ...backoffShape({ initialInterval, multiplier: 1.5 }),
      max_elapsed_time: nonNegativeDuration()
        .prefault('5m')
        .describe('Give a batch up after this long; 0 means never.'),
    })
    .superRefine((retry, context) => {
      if (retry.max_elapsed_time === 0) return;
      for (const key of ['initial_interval', 'max_interval'] as const) {
        if (retry.max_elapsed_time < retry[key]) {
          context.addIssue({
            code: 'custom',
            path: ['max_elapsed_time'],
            message: `max_elapsed_time must not be shorter than ${key}`,
          });
        }
      }
    });
}

const sizer = z.enum(['requests', 'items', 'bytes']);

/** Request headers that keep data apart, of whatever merges data. */
export const metadataKeys = z
  .array(z.string())
  .default([])
  .describe('Keep data apart by these request headers; see include_metadata of receivers.')
  .refine(
    (keys) => new Set(keys.map((key) => key.toLowerCase())).size === keys.length,
    'a key appears twice (upper and lower case are the same)',
  );

const batch = z
  .strictObject({
    flush_timeout: positiveDuration().prefault('200ms').describe('Send a batch after this, however small it is.'),
    sizer: sizer
      .optional()
      .describe("What sizes count: items or bytes; the queue's sizer where unset and the queue names one, else items."),
    min_size: count().default(8192).describe('Send a batch when it has reached this size.'),
    max_size: count().default(0).describe('Split batches above this size; 0 means never.'),
    partition: z
      .strictObject({
        metadata_keys: metadataKeys,
      })
      .prefault({})
      .describe('Which data must not share a batch.'),
  })
  .superRefine((settings, context) => {
    if (settings.max_size > 0 && settings.max_size < settings.min_size) {
      context.addIssue({
        code: 'custom',
        path: ['max_size'],
        message: `max_size (${settings.max_size}) must not be below min_size (${settings.min_size})`,
      });
    }
  });

const queue = z
  .strictObject({
    num_consumers: z.int().min(1).default(10).describe('Requests to the destination at the same time, at most.'),
    queue_size: z.int().min(1).default(1000).describe('How much the queue holds, in the unit of sizer.'),
    sizer: sizer.optional().describe('What queue_size counts: requests, items or bytes; requests where unset.'),
    block_on_overflow: z
      .boolean()
      .default(false)
      .describe('When the queue is full: wait for room, in place of refusing data at once.'),
    wait_for_result: z.boolean().default(false).describe('Answer the sender only when the destination has the data.'),
    storage: componentId()
      .optional()
      .describe('The storage extension that keeps the queue on disk; memory where unset.'),
    // A bare `batch:` does not take the queue's sizer; only one with something in it, even {}, does.
    batch: z
      .preprocess((value) => (value === null ? { sizer: 'items' } : value), optionalSection(batch))
      .optional()
      .describe('Merge what waits in the queue into larger requests.'),
  })
  .superRefine((settings, context) => {
    const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (settings.storage !== undefined && settings.wait_for_result) {
      refuse(['wait_for_result'], 'wait_for_result does not go together with a queue on disk (storage)');
    }
    if (!settings.batch) return;
    const { queueSizer, batchSizer } = sizersOf(settings);
    if (batchSizer === 'requests') {
      refuse(['batch', 'sizer'], 'a batch is sized by items or bytes, not by requests');
    } else if (batchSizer === queueSizer && settings.batch.min_size > settings.queue_size) {
      refuse(
        ['batch', 'min_size'],
        `min_size (${settings.batch.min_size}) must not be above queue_size (${settings.queue_size})`,
      );
    }
  });

/** `sending_queue`: on by default; undefined when turned off. */
export const queueSettings = defaultSection(queue).transform(withSizers);

/** `sending_queue` of exporters that have none unless it is written. */
export const optionalQueueSettings = optionalSection(queue).transform(withSizers);

function withSizers(settings: z.output<typeof queue> | undefined) {
  if (!settings) return undefined;
  const { queueSizer, batchSizer } = sizersOf(settings);
  return { ...settings, sizer: queueSizer, batch: settings.batch && { ...settings.batch, sizer: batchSizer } };
}

type Sizer = z.output<typeof sizer>;

/** A batch without a sizer of its own takes the one that the queue names; a queue that names none counts requests. */
function sizersOf(settings: { sizer?: Sizer | undefined; batch?: { sizer?: Sizer | undefined } | undefined }) {
  return {
    queueSizer: settings.sizer ?? 'requests',
    batchSizer: settings.batch?.sizer ?? settings.sizer ?? 'items',
  };
}

/** `timeout`: of one attempt; 0 means without limit. */
export function timeoutSetting(defaultTimeout = '5s') {
  return nonNegativeDuration().prefault(defaultTimeout).describe('For one attempt to send; 0 means without limit.');
}

/** The keys of the helper; a component whose client has a `timeout` of its own puts that after these. */
export function exporterHelperShape() {
  return {
    timeout: timeoutSetting(),
    retry_on_failure: retrySettings().prefault({}).describe('What to do when the destination fails for now.'),
    sending_queue: queueSettings.describe('Where data waits for the destination.'),
  };
}

export const exporterHelperSettings = z.strictObject(exporterHelperShape());

export type RetryOnFailureSettings = z.output<ReturnType<typeof retrySettings>>;
export type QueueSettings = z.output<typeof queueSettings>;
export type ExporterHelperSettings = z.output<typeof exporterHelperSettings>;
