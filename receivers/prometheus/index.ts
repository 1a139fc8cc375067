// Declares the prometheus receiver.

import { defineReceiver } from '../../pipeline/component.ts';
import { config } from './config.ts';
import { PrometheusReceiver } from './receiver.ts';

export default defineReceiver({
  type: 'prometheus',
  signals: { metrics: 'beta' },
  summary: 'Scrapes targets as Prometheus does, by the scrape_configs of a Prometheus configuration.',
  config,
  example: `prometheus:
  config:
    global:
      scrape_interval: 15s
    scrape_configs:
      - job_name: node
        static_configs:
          - targets: [localhost:9100]
`,
  create: (settings, context, outputs) => new PrometheusReceiver(settings, context, outputs),
});
