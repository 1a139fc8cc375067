// `global`: what jobs take where they say nothing themselves, as in Prometheus v3.14.

import { z } from 'zod';
import { prometheusDuration } from './durations.ts';
import { isLabelName } from './label-names.ts';
import { escapingScheme, inherited, limitShape, scrapeProtocols, validationScheme } from './scrape-config-keys.ts';
import { flag, text, textMap } from './yaml-values.ts';

export const globalKeys = z
  .strictObject({
    scrape_interval: prometheusDuration().prefault('0').describe('How often targets are scraped; 1m where 0.'),
    scrape_timeout: prometheusDuration()
      .prefault('0')
      .describe('How long a scrape may take; 10s, at most the interval, where 0.'),
    scrape_protocols: inherited(scrapeProtocols).describe('What is asked for, best first.'),
    evaluation_interval: prometheusDuration().prefault('0').describe('Accepted, without effect: there are no rules.'),
    rule_query_offset: prometheusDuration().prefault('0').describe('Accepted, without effect: there are no rules.'),
    query_log_file: text().prefault('').describe('Accepted, without effect: there are no queries.'),
    scrape_failure_log_file: text().prefault('').describe('A file to which failed scrapes are written.'),
    external_labels: textMap()
      .prefault({})
      .describe('Labels added to every series; $NAME and $${NAME} in values stand for environment variables.'),
    ...limitShape,
    metric_name_validation_scheme: inherited(validationScheme).describe('Which names are valid: utf8 or legacy.'),
    metric_name_escaping_scheme: inherited(escapingScheme).describe('How other names are asked for.'),
    scrape_native_histograms: inherited(flag()).describe('Take native histograms.'),
    convert_classic_histograms_to_nhcb: flag()
      .prefault(false)
      .describe('Make native histograms with custom buckets of classic ones.'),
    always_scrape_classic_histograms: flag().prefault(false).describe('Take classic histograms beside native ones.'),
    extra_scrape_metrics: inherited(flag()).describe(
      'Also report scrape_timeout_seconds, scrape_sample_limit and scrape_body_size_bytes.',
    ),
  })
  .superRefine((keys, context) => {
    const intervalMs = keys.scrape_interval || DEFAULT_INTERVAL_MS;
    if (keys.scrape_timeout > intervalMs) {
      context.addIssue({
        code: 'custom',
        path: ['scrape_timeout'],
        message: 'the scrape timeout is longer than the scrape interval',
      });
    }
    for (const [name, value] of Object.entries(keys.external_labels)) {
      if (!isLabelName(name, keys.metric_name_validation_scheme === 'legacy' ? 'legacy' : 'utf8')) {
        context.addIssue({
          code: 'custom',
          path: ['external_labels', name],
          message: `${JSON.stringify(name)} is not a label name`,
        });
      } else if (!value.isWellFormed()) {
        context.addIssue({ code: 'custom', path: ['external_labels', name], message: 'the value is not valid text' });
      }
    }
  });

export type GlobalKeys = z.output<typeof globalKeys>;

export const DEFAULT_INTERVAL_MS = 60_000;
export const DEFAULT_TIMEOUT_MS = 10_000;
