// The prometheus exporter's configuration: the collector's keys and defaults, and a bound on the series that are kept.

import { z } from 'zod';
import { deprecated, nonNegativeDuration } from '../../pipeline/schema.ts';
import { optionalQueueSettings } from '../../pipeline/settings/exporter-helper.ts';
import { checkHttpServer, httpServerShape } from '../../pipeline/settings/http-server.ts';

const STRATEGIES = [
  '',
  'UnderscoreEscapingWithSuffixes',
  'UnderscoreEscapingWithoutSuffixes',
  'NoUTF8EscapingWithSuffixes',
  'NoTranslation',
] as const;

const patterns = z.array(z.string()).default([]);

const resourceLabels = z.strictObject({
  included: patterns.describe('Resource attributes to add, by name; * and ? are wildcards.'),
  excluded: patterns.describe('Resource attributes to leave out; alone, it adds all others.'),
  enabled: z.boolean().default(false).describe('Add all resource attributes.'),
  exclude_service_attributes: z
    .boolean()
    .default(false)
    .describe('Leave out service.name, service.namespace and service.instance.id, which are job and instance already.'),
});

export type ResourceLabelSettings = z.output<typeof resourceLabels>;

const isSet = ({ included, excluded, enabled, exclude_service_attributes: excludes }: ResourceLabelSettings): boolean =>
  enabled || excludes || included.length > 0 || excluded.length > 0;

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
    resource_to_telemetry_conversion: deprecated(resourceLabels.prefault({}), 'use resource_constant_labels.'),
    resource_constant_labels: resourceLabels
      .prefault({})
      .describe('Which resource attributes become labels of every series of the resource.'),
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
    const { resource_constant_labels: constant, resource_to_telemetry_conversion: older } = settings;
    if (constant.enabled || constant.exclude_service_attributes) {
      refuse(
        'resource_constant_labels',
        'write included and excluded here; enabled and exclude_service_attributes are of resource_to_telemetry_conversion',
      );
    }
    if (isSet(constant) && isSet(older)) {
      refuse('resource_to_telemetry_conversion', 'write resource_constant_labels only; this is its older spelling');
    }
    if ((older.enabled || older.exclude_service_attributes) && older.included.length + older.excluded.length > 0) {
      refuse(
        'resource_to_telemetry_conversion',
        'enabled and exclude_service_attributes do not go together with included and excluded',
      );
    }
  });

export type PrometheusConfig = z.output<typeof config>;
