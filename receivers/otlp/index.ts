// Declares the OTLP receiver.

import { defineReceiver } from '../../pipeline/component.ts';
import { config } from './config.ts';
import { OtlpReceiver } from './receiver.ts';

export default defineReceiver({
  type: 'otlp',
  signals: { traces: 'stable', metrics: 'stable', logs: 'stable', profiles: 'alpha' },
  summary: 'Receives OTLP over gRPC and HTTP, as protobuf and JSON.',
  config,
  example: `otlp:
  protocols:
    grpc:
      endpoint: localhost:4317
    http:
      endpoint: localhost:4318
`,
  runsInCopies: () => true,
  create: (settings, context, outputs) => new OtlpReceiver(settings, context, outputs),
});
