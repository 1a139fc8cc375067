// The settings of the prometheus receiver: a Prometheus configuration, of which what is not about scraping is refused, and
// the receiver's own keys.

import { z } from 'zod';
import { nonNegativeDuration } from '../../pipeline/schema.ts';
import { httpServerSettings } from '../../pipeline/settings/http-server.ts';
import { UNBUILT_DISCOVERIES } from './discovery/unbuilt.ts';
import { prometheusConfig, type PrometheusConfig } from './prometheus-config.ts';
import { refused } from './yaml-values.ts';

const apiServer = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .refine((enabled) => !enabled, 'the API server of the receiver is not built here; remove api_server')
    .describe('Refused where true: the API server is not built here.'),
  max_connections: z.int().default(512).describe('Without effect.'),
  server_config: httpServerSettings({ endpoint: '127.0.0.1:9090' }).prefault({}).describe('Without effect.'),
});

const SERVER_SECTIONS = {
  remote_write: 'use the exporter prometheus_remote_write in the pipeline',
  remote_read: 'the receiver stores nothing',
  rule_files: 'the receiver evaluates no rules',
} as const;

/** What Prometheus does and a receiver does not: the collector refuses these sections too. */
function refuseServerSections(config: PrometheusConfig, context: z.RefinementCtx): void {
  for (const [key, instead] of Object.entries(SERVER_SECTIONS)) {
    // Safe: exactly the keys of the constant, which entries forgets.
    if (config[key as keyof typeof SERVER_SECTIONS].length === 0) continue;
    context.addIssue({
      code: 'custom',
      path: [key],
      message: `${key} has no place in a receiver; ${instead}; remove it`,
    });
  }
  for (const key of ['alert_relabel_configs', 'alertmanagers'] as const) {
    if (config.alerting[key].length === 0) continue;
    const message = `alerting.${key} has no place in a receiver, which sends no alerts; remove it`;
    context.addIssue({ code: 'custom', path: ['alerting', key], message });
  }
}

/** Kinds of service discovery that Prometheus has and that are not built here. */
export function unbuiltDiscoveries(
  job: PrometheusConfig['scrape_configs'][number],
): { readonly key: string; readonly message: string }[] {
  return UNBUILT_DISCOVERIES.flatMap((key) => {
    const found: unknown = Object.entries(job).find(([name]) => name === key)?.[1];
    if (!Array.isArray(found) || found.length === 0) return [];
    const message = `${key} is valid, but this kind of service discovery is not built here; use static_configs, file_sd_configs, http_sd_configs or dns_sd_configs`;
    return [{ key, message }];
  });
}

export const config = z
  .strictObject({
    config: prometheusConfig
      .superRefine((section, context) => {
        refuseServerSections(section, context);
        for (const [index, job] of section.scrape_configs.entries()) {
          for (const { key, message } of unbuiltDiscoveries(job)) {
            context.addIssue({ code: 'custom', path: ['scrape_configs', index, key], message });
          }
        }
      })
      .prefault({})
      .describe('A Prometheus configuration.'),
    trim_metric_suffixes: z
      .boolean()
      .default(false)
      .describe(
        'Take units and _total off the names of metrics: request_duration_seconds_total becomes request_duration.',
      ),
    scrape_on_shutdown: z.boolean().default(false).describe('Scrape every target once more before the receiver stops.'),
    discovery_reload_on_startup: z
      .boolean()
      .default(false)
      .describe('Accepted, without effect: targets are used as soon as they are discovered.'),
    initial_scrape_offset: nonNegativeDuration()
      .prefault('0s')
      .describe('How much later than otherwise the first scrape of a target is.'),
    target_allocator: refused('the target allocator is not built here; write the jobs to config::scrape_configs'),
    api_server: apiServer.prefault({}).describe('The API server for debugging, which is not built here.'),
    use_start_time_metric: refused(
      'the collector has removed use_start_time_metric; the processor metric_start_time has it',
    ),
    start_time_metric_regex: refused(
      'the collector has removed start_time_metric_regex; the processor metric_start_time has it',
    ),
    report_extra_scrape_metrics: refused(
      'the collector has removed report_extra_scrape_metrics; write extra_scrape_metrics to config::global or to a job',
    ),
  })
  .superRefine((receiver, context) => {
    if (receiver.target_allocator !== undefined && receiver.target_allocator !== null) return;
    const { scrape_configs: jobs, scrape_config_files: files } = receiver.config;
    if (jobs.length > 0 || files.length > 0) return;
    context.addIssue({
      code: 'custom',
      path: ['config', 'scrape_configs'],
      message: 'there is nothing to scrape; write at least one job to scrape_configs, or scrape_config_files',
    });
  });

export type PrometheusReceiverConfig = z.output<typeof config>;
