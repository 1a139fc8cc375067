// Declares the prometheus_remote_write exporter.

import type { ComponentContext } from '../../pipeline/component.ts';
import { defineExporter } from '../../pipeline/component.ts';
import { sendingExporter, type SendingSettings } from '../../pipeline/sending/exporter.ts';
import { sendingSettingsOf } from '../../pipeline/sending/settings.ts';
import { FolderStorage } from '../../pipeline/storage/folder-storage.ts';
import { config, type RemoteWriteConfig } from './config.ts';
import { RemoteWriteDestination } from './destination.ts';

export default defineExporter({
  type: 'prometheus_remote_write',
  aliases: ['prometheusremotewrite'],
  signals: { metrics: 'beta' },
  summary: 'Writes metrics to Prometheus and to what speaks its remote write, 1.0 and 2.0.',
  config,
  example: `prometheus_remote_write:
  endpoint: http://localhost:9090/api/v1/write
  protobuf_message: io.prometheus.write.v2.Request
  external_labels:
    cluster: demo
  wal:
    directory: ./prom_rw
`,
  create: (settings, context) =>
    sendingExporter(context, sendingOf(settings, context), new RemoteWriteDestination(settings, context)),
});

/**
 * One batch at a time, whatever waits going out merged: so the samples of a series keep their order, which Prometheus
 * wants. Requests of one batch go in parallel, each series in one of them.
 */
function sendingOf(settings: RemoteWriteConfig, context: ComponentContext): SendingSettings {
  const { timeout, http, remote_write_queue: queue, wal } = settings;
  const timeouts = [timeout, http?.timeout ?? 0].filter((ms) => ms > 0);
  const shared = sendingSettingsOf({
    timeout: timeouts.length === 0 ? 0 : Math.min(...timeouts),
    retry_on_failure: settings.retry_on_failure,
    sending_queue: undefined,
  });
  const retry = wal ? { ...shared.retry, maxElapsedMs: 0 } : shared.retry;
  if (!queue.enabled) return { ...shared, retry, parallelWithoutQueue: 1 };
  return {
    ...shared,
    retry,
    queue: {
      consumers: 1,
      capacity: queue.queue_size,
      sizer: 'requests',
      blockOnOverflow: false,
      waitForResult: false,
      ...(wal ? { storage: storageOf(wal.directory, context) } : {}),
    },
  };
}

const LOCK_TIMEOUT_MS = 1_000;

function storageOf(directory: string, context: ComponentContext): FolderStorage {
  return new FolderStorage({
    directory,
    configuredAt: `exporters::${context.id}::wal::directory`,
    settings: { fsync: true, maxBytes: 0 },
    lockTimeoutMs: LOCK_TIMEOUT_MS,
    log: context.log,
    steadyNow: context.steadyNow,
    random: context.random,
  });
}
