// Declares the receiver of Prometheus' remote write.

import { defineReceiver } from '../../pipeline/component.ts';
import { config } from './config.ts';
import { RemoteWriteReceiver } from './receiver.ts';

export default defineReceiver({
  type: 'prometheus_remote_write',
  aliases: ['prometheusremotewrite'],
  signals: { metrics: 'alpha' },
  summary: 'Receives what Prometheus and its kin write: remote write 1.0 and 2.0.',
  config,
  example: `prometheus_remote_write:
  endpoint: localhost:9090
`,
  runsInCopies: () => true,
  create: (settings, context, outputs) => new RemoteWriteReceiver(settings, context, outputs),
});
