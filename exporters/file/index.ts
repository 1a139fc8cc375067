// Declares the file exporter.

import { defineExporter } from '../../pipeline/component.ts';
import { sendingExporter } from '../../pipeline/sending/exporter.ts';
import { config } from './config.ts';
import { FileDestination } from './destination.ts';

/** A disk that fails is for whoever sent the data to know: there is no queue and no retry here, as in the collector. */
const SENDING = {
  timeoutMs: 0,
  retry: {
    enabled: false,
    initialIntervalMs: 0,
    randomizationFactor: 0,
    multiplier: 1,
    maxIntervalMs: 0,
    maxElapsedMs: 0,
  },
};

export default defineExporter({
  type: 'file',
  signals: { traces: 'alpha', metrics: 'alpha', logs: 'alpha', profiles: 'development' },
  summary: 'Writes what arrives to files, as OTLP/JSON lines or protobuf, with rotation.',
  config,
  example: `file:
  path: ./telemetry.json
  rotation:
    max_megabytes: 10
    max_backups: 3
`,
  create: (settings, context) => sendingExporter(context, SENDING, new FileDestination(settings, context)),
});
