// Declares the OTLP/HTTP exporter.

import { defineExporter } from '../../pipeline/component.ts';
import { sendingExporter } from '../../pipeline/sending/exporter.ts';
import { sendingSettingsOf } from '../../pipeline/sending/settings.ts';
import { config } from './config.ts';
import { HttpDestination } from './destination.ts';

export default defineExporter({
  type: 'otlp_http',
  aliases: ['otlphttp'],
  signals: { traces: 'stable', metrics: 'stable', logs: 'stable', profiles: 'alpha' },
  summary: 'Sends OTLP over HTTP, as protobuf or JSON.',
  config,
  example: `otlp_http:
  endpoint: http://localhost:4318
`,
  runsInCopies: ({ sending_queue: queue }) => queue?.storage === undefined,
  create: (settings, context) =>
    sendingExporter(context, sendingSettingsOf(settings), new HttpDestination(settings, context)),
});
