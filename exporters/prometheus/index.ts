// Declares the prometheus exporter.

import { defineExporter } from '../../pipeline/component.ts';
import { sendingExporter } from '../../pipeline/sending/exporter.ts';
import { sendingSettingsOf } from '../../pipeline/sending/settings.ts';
import { config } from './config.ts';
import { PrometheusDestination } from './destination.ts';

/** Taking values into memory either works or never will: there is nothing to try again. */
const NO_RETRY = {
  enabled: false,
  initial_interval: 0,
  randomization_factor: 0,
  multiplier: 1,
  max_interval: 0,
  max_elapsed_time: 0,
};

export default defineExporter({
  type: 'prometheus',
  signals: { metrics: 'beta' },
  summary: 'Shows the latest value of every metric on /metrics, for Prometheus to scrape.',
  config,
  example: `prometheus:
  endpoint: 0.0.0.0:8889
  enable_open_metrics: true
  resource_constant_labels:
    included: [k8s.namespace.name, k8s.pod.name]
`,
  create: (settings, context) =>
    sendingExporter(
      context,
      sendingSettingsOf({ timeout: 0, retry_on_failure: NO_RETRY, sending_queue: settings.sending_queue }),
      new PrometheusDestination(settings, context),
    ),
});
