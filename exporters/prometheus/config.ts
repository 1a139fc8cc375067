// The prometheus exporter's configuration: the collector's keys and defaults, and a bound on the series that are kept.

import { z } from 'zod';
import { checkResourceLabels, resourceLabelShape } from '../../pipeline/prometheus/resource-labels.ts';
import { STRATEGIES } from '../../pipeline/prometheus/naming.ts';
import { deprecated, nonNegativeDuration } from '../../pipeline/schema.ts';
import { optionalQueueSettings } from '../../pipeline/settings/exporter-helper.ts';
import { checkHttpServer, httpServerShape } from '../../pipeline/settings/http-server.ts';

export const config = z
  .strictObject({
    ...httpServerShape({ endpoint: '' }),
    sending_queue: optionalQueueSettings.describe('Where data waits to be taken in; without it, senders wait.'),
    namespace: z.string().default('').describe('Comes before every metric name, with an underscore.'),
    const_labels: z.record(z.string(), z.string()).default({}).describe('Labels of every series.'),
    send_timestamps: z
      .boolean()
      .default(false)
      .describe('Say when a value was measured, in place of when it is scraped.'),
    metric_expiration: nonNegativeDuration()
      .prefault('5m')
      .describe('A series that got no value for this long is shown no more; 0 shows nothing.'),
    ...resourceLabelShape(),
    enable_open_metrics: z
      .boolean()
      .default(false)
      .describe('Answer scrapers that ask for OpenMetrics with it; exemplars in text need that.'),
    without_scope_info: z.boolean().default(false).describe('No otel_scope_ labels.'),
    add_metric_suffixes: deprecated(
      z.boolean().default(true),
      'it is ignored, as in the collector; use translation_strategy.',
    ),
    translation_strategy: z
      .enum(STRATEGIES)
      .default('')
      .describe(
        'How names become Prometheus names: with or without underscores for other characters, with or without units and types at the end. Unset means UnderscoreEscapingWithSuffixes.',
      ),
    max_series: z
      .int()
      .min(1)
      .default(200_000)
      .describe('Series kept; values of further ones are dropped, which the log and the metrics of drops say.'),
  })
  .superRefine((settings, context) => {
    checkHttpServer(settings, context);
    const refuse = (key: string, message: string): void => context.addIssue({ code: 'custom', path: [key], message });
    if (settings.endpoint.trim() === '') {
      refuse('endpoint', 'expecting a non-blank address to run the Prometheus metrics handler, such as 0.0.0.0:8889');
    }
    checkResourceLabels(settings, context);
  });

export type PrometheusConfig = z.output<typeof config>;
