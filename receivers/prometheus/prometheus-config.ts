// A Prometheus configuration as Prometheus v3.14 judges it: `global`, `scrape_configs` and the rest of its sections.

import { z } from 'zod';
import { globalKeys } from './global-config.ts';
import { jobProblems } from './jobs.ts';
import { scrapeConfigKeys } from './scrape-config-keys.ts';
import { pathPatterns, serverShape } from './server-sections.ts';
import { section, sections } from './yaml-values.ts';

export const prometheusConfig = z
  .strictObject({
    global: section(globalKeys).prefault({}).describe('What jobs take where they say nothing themselves.'),
    scrape_configs: sections(scrapeConfigKeys, 'this entry of scrape_configs').prefault([]).describe('The jobs.'),
    scrape_config_files: pathPatterns().describe(
      'Files with further scrape_configs; a * may stand in the last part. Paths in them are relative to them.',
    ),
    ...serverShape,
  })
  .superRefine((config, context) => {
    const names = new Set<string>();
    for (const [index, job] of config.scrape_configs.entries()) {
      if (names.has(job.job_name)) {
        context.addIssue({
          code: 'custom',
          path: ['scrape_configs', index, 'job_name'],
          message: `there is another job with the name ${JSON.stringify(job.job_name)}; every job needs a name of its own`,
        });
      }
      names.add(job.job_name);
      for (const { path, message } of jobProblems(job, config.global)) {
        context.addIssue({ code: 'custom', path: ['scrape_configs', index, ...path], message });
      }
    }
    const isLegacy = config.global.metric_name_validation_scheme === 'legacy';
    const strategy = config.otlp.translation_strategy;
    if (isLegacy && (strategy === 'NoTranslation' || strategy === 'NoUTF8EscapingWithSuffixes')) {
      context.addIssue({
        code: 'custom',
        path: ['otlp', 'translation_strategy'],
        message: `${strategy} does not go with metric_name_validation_scheme: legacy`,
      });
    }
  });

export type PrometheusConfig = z.output<typeof prometheusConfig>;
