// Rules and jobs from YAML, as the receiver reads them.

import { z } from 'zod';
import { decode } from '../../../pipeline/config/decode.ts';
import { parseYaml } from '../../../pipeline/config/yaml.ts';
import { relabelConfig, relabelKeys, relabelProblem } from '../../../receivers/prometheus/relabel-config.ts';
import { compileRelabelling, type Relabelling } from '../../../receivers/prometheus/relabel.ts';
import { jobOf } from '../../../receivers/prometheus/jobs.ts';
import { prometheusConfig, type PrometheusConfig } from '../../../receivers/prometheus/prometheus-config.ts';
import type { ScrapeConfig } from '../../../receivers/prometheus/scrape-config.ts';
import { sections } from '../../../receivers/prometheus/yaml-values.ts';

/** The decoded value, or the errors as text. */
export function decoded<S extends z.ZodType>(schema: S, text: string): z.output<S> | { readonly errors: string } {
  const { node, errors } = parseYaml(text, 'test.yaml');
  if (!node || errors.length > 0) return { errors: errors.join('\n') };
  const result = decode(schema, node, []);
  return 'value' in result ? result.value : { errors: result.errors.join('\n') };
}

export function errorsOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'errors' in value ? String(value.errors) : '';
}

/** The rules of a YAML list, compiled, or why they are refused. */
export function relabelling(text: string, scheme: 'utf8' | 'legacy'): Relabelling | { readonly errors: string } {
  const list = decoded(z.strictObject({ rules: sections(relabelKeys, 'this rule') }), `rules:\n${text}`);
  if ('errors' in list) return list;
  for (const rule of list.rules) {
    const problem = relabelProblem(rule, scheme);
    if (problem) return { errors: problem.message };
  }
  return compileRelabelling(list.rules.map((rule) => relabelConfig(rule, scheme)));
}

export function prometheus(text: string): PrometheusConfig | { readonly errors: string } {
  return decoded(prometheusConfig, text);
}

/** The jobs of a Prometheus configuration that is valid. */
export function jobs(text: string): readonly ScrapeConfig[] {
  const config = prometheus(text);
  if ('errors' in config) throw new Error(config.errors);
  return config.scrape_configs.map((job) => jobOf(job, config.global));
}

/** The only job of `job`, the keys of an entry of scrape_configs. */
export function jobFrom(keys: string): ScrapeConfig {
  const [job] = jobs(`scrape_configs:\n- ${keys}`);
  if (!job) throw new Error('there is no job');
  return job;
}
