// Declares the host_metrics receiver.

import { defineReceiver } from '../../pipeline/component.ts';
import { config } from './config.ts';
import { HostMetricsReceiver } from './receiver.ts';

export default defineReceiver({
  type: 'host_metrics',
  aliases: ['hostmetrics'],
  signals: { metrics: 'beta' },
  summary:
    'Measures the host it runs on: CPU, memory, disks, filesystems, network, paging, processes, pressure, control groups.',
  config,
  example: `host_metrics:
  collection_interval: 10s
  scrapers:
    cpu:
    load:
    memory:
    disk:
    network:
      exclude:
        interfaces: [lo]
        match_type: strict
`,
  create: (settings, context, outputs) => new HostMetricsReceiver(settings, context, outputs),
});
