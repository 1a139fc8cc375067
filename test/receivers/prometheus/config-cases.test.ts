// Prometheus' own configurations, good and bad, judged by the schema, by the files they name, and by the receiver.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { AgentError, AgentErrors } from '../../../pipeline/errors.ts';
import { config } from '../../../receivers/prometheus/config.ts';
import { prometheusConfig, type PrometheusConfig } from '../../../receivers/prometheus/prometheus-config.ts';
import { loadJobs } from '../../../receivers/prometheus/scrape-jobs.ts';
import { decoded } from './decoding.ts';

const DATA = path.resolve(import.meta.dirname, '../../data/prometheus-config');
const CASES = path.join(DATA, 'cases');
const REASONS = path.join(DATA, 'reasons.json');

// Safe: the file is written below.
const reasons = JSON.parse(readFileSync(REASONS, 'utf8')) as Readonly<Record<string, readonly string[]>>;
const seen: Record<string, string[]> = {};

const files = readdirSync(CASES);
const text = (file: string): string => readFileSync(path.join(CASES, file), 'utf8');

function isRefusedByPrometheus(file: string): boolean {
  return /\.(?:bad|incompatible)\.yml$/.test(file) || file === 'config_with_deprecated_am_api_config.yml';
}

/** Why the configuration is refused, by the schema or for the files it names; empty where it is not. */
function problems(file: string): string[] {
  const result = decoded(prometheusConfig, text(file));
  if ('errors' in result) return result.errors.replaceAll('test.yaml', file).split('\n');
  return fileProblems(result);
}

function fileProblems(section: PrometheusConfig): string[] {
  const placed = section.scrape_config_files.map((name) => path.join(CASES, name));
  try {
    loadJobs({ ...config.parse(RECEIVER), config: { ...section, scrape_configs: [], scrape_config_files: placed } });
    // The kinds of discovery that are not built here, and credentials that do not exist, are the receiver's own refusals.
    if (placed.length > 0) loadJobs({ ...config.parse(RECEIVER), config: { ...section, scrape_config_files: placed } });
    return [];
  } catch (error) {
    if (!(error instanceof AgentError) && !(error instanceof AgentErrors)) throw error;
    return error.toString().replaceAll(`${CASES}/`, '').split('\n');
  }
}

const RECEIVER = { config: { scrape_configs: [{ job_name: 'j' }] } };

after(() => {
  if (process.env['RECORD'] === '1') writeFileSync(REASONS, `${JSON.stringify(seen, undefined, 1)}\n`);
});

void describe('every configuration is judged as by Prometheus', () => {
  assert.equal(files.length, 215);
  for (const file of files) {
    void test(file, () => {
      const found = problems(file);
      assert.equal(found.length > 0, isRefusedByPrometheus(file), found.join('\n'));
      if (found.length > 0) seen[file] = found;
      if (process.env['RECORD'] !== '1') assert.deepEqual(seen[file], reasons[file]);
    });
  }
});

void describe('the receiver refuses what is not about scraping, and what is not built here', () => {
  const receiver = (file: string): string => {
    const indented = text(file).replaceAll(/^/gm, '  ');
    const result = decoded(config, `config:\n${indented}`);
    return 'errors' in result ? result.errors : '';
  };
  const cases: readonly (readonly [string, RegExp])[] = [
    ['agent_mode.good.yml', /config::remote_write: remote_write has no place in a receiver; use the exporter/],
    ['agent_mode.with_alert_manager.yml', /config::alerting::alertmanagers: .*which sends no alerts; remove it/],
    ['agent_mode.with_alert_relabels.yml', /config::alerting::alert_relabel_configs: /],
    ['agent_mode.with_remote_reads.yml', /config::remote_read: remote_read has no place in a receiver/],
    ['agent_mode.with_rule_files.yml', /config::rule_files: rule_files has no place in a receiver/],
    [
      'kubernetes_selectors_pod.good.yml',
      /config::scrape_configs::0::kubernetes_sd_configs: kubernetes_sd_configs is valid, but this kind of service discovery is not built here/,
    ],
    ['external_labels.good.yml', /there is nothing to scrape/],
  ];
  for (const [file, expected] of cases) {
    void test(file, () => assert.match(receiver(file), expected));
  }

  void test('every kind of service discovery of a large configuration is named', () => {
    const found = receiver('conf.good.yml').match(/scrape_configs::\d+::\w+_sd_configs: \w+ is valid, but/g);
    assert.equal(found?.length, 27);
  });

  void test('what is about scraping only is taken', () => {
    for (const file of [
      'local_enable_scrape_native_hist.good.yml',
      'scrape_config_files.good.yml',
      'scrape_config_local_validation_mode.yml',
    ]) {
      assert.equal(receiver(file), '', file);
    }
  });
});
