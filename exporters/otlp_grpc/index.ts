// Declares the OTLP/gRPC exporter.

import { defineExporter } from '../../pipeline/component.ts';
import { sendingExporter } from '../../pipeline/sending/exporter.ts';
import { sendingSettingsOf } from '../../pipeline/sending/settings.ts';
import { config } from './config.ts';
import { GrpcDestination } from './destination.ts';

export default defineExporter({
  type: 'otlp_grpc',
  aliases: ['otlp'],
  signals: { traces: 'stable', metrics: 'stable', logs: 'stable', profiles: 'alpha' },
  summary: 'Sends OTLP over gRPC.',
  config,
  example: `otlp_grpc:
  endpoint: localhost:4317
  tls:
    insecure: true
`,
  runsInCopies: ({ sending_queue: queue }) => queue?.storage === undefined,
  create: (settings, context) =>
    sendingExporter(context, sendingSettingsOf(settings), new GrpcDestination(settings, context)),
});
