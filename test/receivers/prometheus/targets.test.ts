import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { TARGET_CASES } from '../../interop/relabel-cases.ts';
import { compileRelabelling } from '../../../receivers/prometheus/relabel.ts';
import { targetsOf, type TargetsOfGroup } from '../../../receivers/prometheus/targets.ts';
import { jobFrom } from './decoding.ts';

type Texts = Readonly<Record<string, string>>;

interface Answer {
  readonly error?: string;
  readonly dropped?: boolean;
  readonly labels?: Texts;
  readonly discovered?: Texts;
  readonly url?: string;
}

// Safe: the file is written by record-relabel.ts, in the order of the cases.
const answers = JSON.parse(
  readFileSync(new URL('../../data/prometheus-relabel/answers.json', import.meta.url), 'utf8'),
) as { readonly targets: readonly Answer[] };

function targets(keys: string, own: Texts, group: Texts = {}): TargetsOfGroup {
  const job = jobFrom(keys);
  return targetsOf(
    { source: 'g', targets: [new Map(Object.entries(own))], labels: new Map(Object.entries(group)) },
    job,
    compileRelabelling(job.relabelConfigs),
  );
}

void describe('targets are made as by Prometheus', () => {
  for (const [index, { job, target: own, group }] of TARGET_CASES.entries()) {
    void test(`${job.replace(/^.*\n\s*/, '')}, case ${index}`, () => {
      const expected = answers.targets[index];
      const made = targets(job, own, group);
      if (expected?.error !== undefined) {
        assert.equal(made.problems.length, 1, expected.error);
        return;
      }
      assert.deepEqual(made.problems, []);
      assert.equal(made.dropped, expected?.dropped === true ? 1 : 0);
      const [target] = made.targets;
      if (expected?.dropped === true) assert.equal(target, undefined);
      else {
        assert.deepEqual(target && Object.fromEntries(target.labels), { ...expected?.labels });
        assert.deepEqual(target && Object.fromEntries(target.discoveredLabels), { ...expected?.discovered });
        assert.equal(target?.url, expected?.url);
      }
    });
  }
});

void test('interval, timeout and switches come from the labels', () => {
  const [target] = targets('{job_name: j, scrape_native_histograms: true}', {
    __address__: 'h:1',
    __scrape_interval__: '2s',
    __scrape_timeout__: '500ms',
    __convert_classic_histograms_to_nhcb__: '1',
    __scrape_native_histograms__: 'false',
  }).targets;
  assert.equal(target?.intervalMs, 2_000);
  assert.equal(target?.timeoutMs, 500);
  assert.equal(target?.convertClassicHistogramsToNhcb, true);
  assert.equal(target?.scrapeNativeHistograms, false);
  assert.equal(target?.alwaysScrapeClassicHistograms, false);
});

void test('the id is that of labels and URL together', () => {
  const id = (own: Texts): string | undefined => targets('job_name: j', { __address__: 'h:1', ...own }).targets[0]?.id;
  assert.equal(id({ __meta_x: 'gone' }), id({}));
  assert.notEqual(id({ more: 'x' }), id({}));
  assert.notEqual(id({ __metrics_path__: '/x' }), id({}));
});

void test('what can not be scraped is told with its place', () => {
  const problem = (own: Texts): string => targets('job_name: j', own).problems.join();
  assert.equal(problem({}), 'the target  of g: it has no address (__address__ is empty)');
  assert.match(problem({ __address__: 'http://x' }), /"http:\/\/x" is not an address; expected host:port/);
  assert.match(problem({ __address__: 'h:1', __scheme__: 'ftp' }), /expected http or https in __scheme__/);
  assert.match(problem({ __address__: 'h:x' }), /"http:\/\/h:x\/metrics" is not a URL/);
  assert.match(
    problem({ __address__: 'h:1', __scrape_timeout__: '1h' }),
    /__scrape_timeout__ 1h is longer than its __scrape_interval__ 1m/,
  );
});
