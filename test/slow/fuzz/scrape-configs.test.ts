// What scraping is told to do: Prometheus configurations with their relabelling, and the target groups of files and servers.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { decode } from '../../../pipeline/config/decode.ts';
import { parseYaml } from '../../../pipeline/config/yaml.ts';
import { AgentError } from '../../../pipeline/errors.ts';
import type { TargetGroup } from '../../../receivers/prometheus/discovery/discovery.ts';
import { groupsOfJson, groupsOfYaml } from '../../../receivers/prometheus/discovery/target-groups.ts';
import { jobOf } from '../../../receivers/prometheus/jobs.ts';
import { prometheusConfig } from '../../../receivers/prometheus/prometheus-config.ts';
import { compileRelabelling } from '../../../receivers/prometheus/relabel.ts';
import type { ScrapeConfig } from '../../../receivers/prometheus/scrape-config.ts';
import { targetsOf } from '../../../receivers/prometheus/targets.ts';
import { RELABEL_CASES, TARGET_CASES } from '../../interop/relabel-cases.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';
import { fuzz, type Verdict } from './driver.ts';
import { mutateBytes, mutateText } from './mutate.ts';

const CASES = new URL('../../data/prometheus-config/cases/', import.meta.url);
const CONFIGURATIONS = [
  ...readdirSync(CASES).map((file) => readFileSync(new URL(file, CASES), 'utf8')),
  ...TARGET_CASES.map(({ job }) => `scrape_configs:\n- ${job}\n  static_configs: [{targets: ["h:1"]}]\n`),
  ...RELABEL_CASES.map(
    ({ rules }) =>
      `scrape_configs:\n- job_name: j\n  static_configs: [{targets: ["h:1"], labels: {a: foo, b: bar}}]\n  relabel_configs:\n  ${rules.replaceAll('\n', '\n  ')}\n`,
  ),
].filter((text) => text.length < 20_000);
const WORDS = [
  '$1',
  '${name}',
  '(.*)',
  '(?:',
  '1h30m',
  '15MB',
  '!!binary',
  'null',
  'labelmap',
  'hashmod',
  '__meta_x',
  '0',
  '99999999999999999999',
  '-',
];

function mutant(texts: readonly string[], random: SeededRandom): Buffer {
  const text = texts[random.below(texts.length)] ?? '';
  if (random.chance(0.1)) return Buffer.from(text);
  if (random.chance(0.2)) return mutateBytes(Buffer.from(text), random, []);
  return Buffer.from(mutateText(text, random, WORDS, texts));
}

const SAMPLE: readonly ReadonlyMap<string, string>[] = [
  new Map([['__address__', 'host:9100']]),
  new Map([
    ['__address__', '[::1]:1'],
    ['__meta_x', '\u{1d400}'],
    ['a', 'foo'],
    ['job', 'x'],
  ]),
];

/** What the job makes of targets is bounded and clean: texts, no label of two underscores, a URL that can be asked. */
function scrapable(job: ScrapeConfig, group: TargetGroup): void {
  const relabelling = compileRelabelling(job.relabelConfigs);
  const metric = compileRelabelling(job.metricRelabelConfigs);
  const { targets, problems, dropped } = targetsOf(group, job, relabelling);
  assert.equal(targets.length + problems.length + dropped, group.targets.length);
  for (const target of targets) {
    assert.ok(URL.canParse(target.url));
    assert.ok(target.intervalMs > 0 && target.timeoutMs > 0 && target.timeoutMs <= target.intervalMs);
    for (const [name, value] of target.labels)
      assert.ok(!name.startsWith('__') && value !== '' && value.isWellFormed());
    metric(target.labels);
  }
}

function judged(text: string): Verdict {
  const { node, errors } = parseYaml(text, 'prometheus.yml');
  for (const error of errors) assert.ok(error instanceof AgentError);
  if (!node) return 'refused';
  const decoded = decode(prometheusConfig, node, []);
  for (const error of decoded.errors) {
    assert.ok(error.toString().length < 4_000 + 4 * text.length, 'a message for people');
  }
  if (!('value' in decoded)) return 'refused';
  const { scrape_configs: jobs, global } = decoded.value;
  for (const job of jobs.slice(0, 20)) {
    const made = jobOf(job, global);
    scrapable(made, { source: 'sample', targets: SAMPLE, labels: new Map([['zone', 'z']]) });
    for (const discovery of made.discoveries) {
      if (discovery.kind !== 'static') continue;
      for (const group of discovery.groups.slice(0, 5)) scrapable(made, group);
    }
  }
  return 'accepted';
}

void test('scrape configurations', { timeout: 0x7fff_ffff }, (context) =>
  fuzz(
    context,
    {
      name: 'scrape-configurations',
      make: (random) => mutant(CONFIGURATIONS, random),
      try: (input) => judged(Buffer.from(input).toString()),
    },
    10,
  ),
);

const GROUPS = [
  '[{"targets":["a:1","b:2"],"labels":{"zone":"z","__meta_x":"y"}},{"targets":[]},{"labels":null,"targets":null}]',
  '- targets: [a:1, b:2]\n  labels: {zone: z, n: 5, t: true}\n- targets:\n  - c\n- labels: {}\n',
  '[]',
  'null',
];

void test('target groups', { timeout: 0x7fff_ffff }, (context) =>
  fuzz(
    context,
    {
      name: 'target-groups',
      make: (random) => mutant(GROUPS, random),
      try(input) {
        const text = Buffer.from(input).toString();
        let taken: Verdict = 'refused';
        for (const read of [groupsOfJson, groupsOfYaml]) {
          let groups: TargetGroup[];
          try {
            groups = read(text, { source: 's', label: ['__meta_filepath', 's'] });
          } catch (error) {
            assert.ok(error instanceof Error && !(error instanceof TypeError) && !(error instanceof RangeError));
            continue;
          }
          taken = 'accepted';
          for (const { targets, labels } of groups) {
            assert.equal(labels.get('__meta_filepath'), 's');
            for (const target of targets) assert.equal(typeof target.get('__address__'), 'string');
          }
        }
        return taken;
      },
    },
    5,
  ),
);
