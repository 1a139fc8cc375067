import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { config } from '../../../receivers/prometheus/config.ts';
import { globSync } from '../../../receivers/prometheus/path-glob.ts';
import type { ScrapeConfig } from '../../../receivers/prometheus/scrape-config.ts';
import { externalLabels, loadJobs } from '../../../receivers/prometheus/scrape-jobs.ts';
import { decoded, errorsOf, jobFrom, jobs, prometheus } from './decoding.ts';

let folder: string;

before(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'scrape-jobs-'));
  mkdirSync(path.join(folder, 'jobs'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);

function load(text: string): readonly ScrapeConfig[] {
  const receiver = decoded(config, text.replaceAll('FOLDER', folder));
  if ('errors' in receiver) throw new Error(receiver.errors);
  return loadJobs(receiver);
}

void test('a job takes from global what it does not say itself', () => {
  const [own, other] = jobs(`
global:
  scrape_interval: 20s
  scrape_timeout: 15s
  sample_limit: 5
  body_size_limit: 1MB
  scrape_protocols: [PrometheusText0.0.4]
  extra_scrape_metrics: true
  metric_name_validation_scheme: legacy
scrape_configs:
- job_name: own
  scrape_interval: 10s
  sample_limit: 7
  scrape_protocols: [PrometheusProto]
  extra_scrape_metrics: false
  metric_name_validation_scheme: utf8
  metrics_path: /x
- job_name: other
`);
  assert.deepEqual(
    [own?.scrapeIntervalMs, own?.scrapeTimeoutMs, own?.sampleLimit, own?.bodySizeLimitBytes, own?.scrapeProtocols],
    [10_000, 10_000, 7, 1 << 20, ['PrometheusProto']],
  );
  assert.deepEqual(
    [other?.scrapeIntervalMs, other?.scrapeTimeoutMs, other?.sampleLimit, other?.scrapeProtocols, other?.metricsPath],
    [20_000, 15_000, 5, ['PrometheusText0.0.4'], '/metrics'],
  );
  assert.deepEqual([own?.extraScrapeMetrics, other?.extraScrapeMetrics], [false, true]);
  assert.deepEqual([own?.metricNameEscapingScheme, other?.metricNameEscapingScheme], ['allow-utf-8', 'underscores']);
});

void test('without global, the defaults are those of Prometheus', () => {
  const job = jobFrom('job_name: j');
  const { http, ...rest } = job;
  assert.deepEqual(rest, {
    jobName: 'j',
    scrapeIntervalMs: 60_000,
    scrapeTimeoutMs: 10_000,
    metricsPath: '/metrics',
    scheme: 'http',
    params: new Map(),
    honorLabels: false,
    honorTimestamps: true,
    trackTimestampsStaleness: false,
    scrapeProtocols: ['OpenMetricsText1.0.0', 'OpenMetricsText0.0.1', 'PrometheusText1.0.0', 'PrometheusText0.0.4'],
    fallbackScrapeProtocol: 'PrometheusText0.0.4',
    scrapeNativeHistograms: false,
    alwaysScrapeClassicHistograms: false,
    convertClassicHistogramsToNhcb: false,
    extraScrapeMetrics: false,
    scrapeFailureLogFile: '',
    enableCompression: true,
    bodySizeLimitBytes: 0,
    sampleLimit: 0,
    targetLimit: 0,
    labelLimit: 0,
    labelNameLengthLimit: 0,
    labelValueLengthLimit: 0,
    nativeHistogramBucketLimit: 0,
    nativeHistogramMinBucketFactor: 0,
    keepDroppedTargets: 0,
    metricNameValidationScheme: 'utf8',
    metricNameEscapingScheme: 'allow-utf-8',
    relabelConfigs: [],
    metricRelabelConfigs: [],
    discoveries: [],
  });
  assert.deepEqual([http.followRedirects, http.enableHttp2, http.headers], [true, true, []]);
  assert.equal(jobFrom('{job_name: j, scrape_native_histograms: true}').scrapeProtocols[0], 'PrometheusProto');
});

void test('a key without a value is the zero value, as in Prometheus', () => {
  const job = jobFrom(
    '{job_name: j, honor_timestamps: , enable_compression: , metrics_path: , params: , tls_config: }',
  );
  assert.deepEqual([job.honorTimestamps, job.enableCompression, job.metricsPath], [false, false, '']);
});

void test('the settings of the HTTP client', () => {
  const { http } = jobFrom(`job_name: j
  bearer_token_file: /token
  tls_config: {ca_file: /ca, insecure_skip_verify: true, min_version: TLS12, server_name: s}
  proxy_url: http://proxy:1
  no_proxy: localhost
  proxy_connect_header: {X: [y]}
  follow_redirects: false
  http_headers: {A: {values: [1, two], secrets: [s], files: [/f]}}`);
  assert.deepEqual(http.authorization, { type: 'Bearer', credentials: { value: '', file: '/token' } });
  assert.equal(http.tls.ca_file, '/ca');
  assert.equal(http.tls.min_version, '1.2');
  assert.equal(http.tls.server_name_override, 's');
  assert.deepEqual(http.proxy, {
    url: 'http://proxy:1',
    noProxy: 'localhost',
    fromEnvironment: false,
    connectHeaders: new Map([['X', ['y']]]),
  });
  assert.deepEqual(http.headers, [{ name: 'A', values: ['1', 'two'], secrets: ['s'], files: ['/f'] }]);
});

void test('settings that do not go together are refused with their place', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['tls_config: {max_version: TLS11}', /tls_config::max_version: TLS11 is below the lowest version, TLS12/],
    ['tls_config: {ca: x, ca_file: y}', /tls_config::ca_file: give at most one of ca and ca_file/],
    ['tls_config: {cert_file: x}', /tls_config::key_file: a client certificate needs its key/],
    ['basic_auth: {password: p, password_file: f}', /basic_auth::password_file: give at most one/],
    ['basic_auth: {password_ref: p}', /password_ref: there is no secret manager here/],
    ['oauth2: {client_id: a, token_url: "http://x", iss: y}', /oauth2::iss: .*jwt-bearer, which is not built here/],
    ['authorization: {type: Basic}', /authorization::type: the type can not be basic; use the section basic_auth/],
    ['no_proxy: x', /no_proxy: this goes with proxy_url only/],
    ['http_headers: {Host: {values: [x]}}', /http_headers::Host: the header Host can not be set/],
    ['scrape_interval: 15', /scrape_interval: "15" is not a duration: .*such as 30s or 1h30m/],
    ['scrape_interval: 1s\n  scrape_timeout: 2s', /scrape_timeout: the scrape timeout of the job "j" is longer/],
    ['params: {module: x}', /params::module: expected a list; write \[x\]/],
    ['static_configs: [{targets: "h:1"}]', /static_configs::0::targets: expected a list; write \[h:1\]/],
    ['scrape_protocols: [PrometheusProto, PrometheusProto]', /scrape_protocols::1: PrometheusProto is there twice/],
    ['dns_sd_configs: [{names: [x], type: A}]', /dns_sd_configs::0::port: records of type A hold no port: give one/],
    ['file_sd_configs: [{files: [x.txt]}]', /files::0: "x.txt" can not be used: expected a path that ends in \.json/],
  ];
  for (const [keys, expected] of cases) {
    assert.match(errorsOf(prometheus(`scrape_configs:\n- job_name: j\n  ${keys}\n`)), expected, keys);
  }
});

void test('jobs of files, whose paths begin where they are', () => {
  write(
    'jobs/a.yml',
    'scrape_configs:\n- job_name: a\n  file_sd_configs: [{files: [t.json, /abs.json]}]\n  tls_config: {ca_file: ca}\n',
  );
  write('jobs/b.yml', 'scrape_configs:\n- job_name: b\n  relabel_configs: [{target_label: x, replacement: "$1"}]\n');
  write('jobs/.hidden.yml', 'scrape_configs: [{job_name: hidden}]');
  const [own, hidden, a, b] = load(`
config:
  global: {scrape_interval: 7s}
  scrape_configs: [{job_name: own}]
  scrape_config_files: [FOLDER/jobs/*.yml]
`);
  assert.deepEqual([own?.jobName, hidden?.jobName, a?.jobName, b?.jobName], ['own', 'hidden', 'a', 'b']);
  assert.equal(b?.scrapeIntervalMs, 7_000);
  const jobsFolder = path.join(folder, 'jobs');
  assert.deepEqual(a?.discoveries, [
    { kind: 'file', files: [path.join(jobsFolder, 't.json'), '/abs.json'], refreshIntervalMs: 300_000 },
  ]);
  assert.equal(a?.http.tls.ca_file, path.join(jobsFolder, 'ca'));
});

void test('what is wrong with a file is told with its place', () => {
  const only = 'config: {scrape_config_files: [FOLDER/one.yml]}';
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      'scrape_configs: [{job_name: a, metrics_pth: /x}]',
      /one\.yml:1:32: scrape_configs::0::metrics_pth: the key "metrics_pth" is unknown here; did you mean "metrics_path"\?/,
    ],
    ['global: {}', /the key "global" is unknown here/],
    [
      'scrape_configs: [{job_name: a, ec2_sd_configs: [{region: x}]}]',
      /one\.yml: the job "a": ec2_sd_configs: .*not built here/,
    ],
    ['scrape_configs: [{job_name: a}, {job_name: a}]', /the job "a" of .*one\.yml is also in .*one\.yml/],
    [
      'scrape_configs: [{job_name: a, tls_config: {cert_file: /nowhere/c, key_file: /nowhere/k}}]',
      /the job "a": tls_config::cert_file: there is no file \/nowhere\/c/,
    ],
  ];
  for (const [text, expected] of cases) {
    write('one.yml', text);
    assert.throws(() => load(only), expected);
  }
  write('none.yml', '');
  assert.deepEqual(load('config: {scrape_config_files: [FOLDER/none.yml, FOLDER/absent.yml]}'), []);
});

void test('keys that the collector has removed, and what is not built, say what to do', () => {
  const message = (text: string): string =>
    errorsOf(decoded(config, `config: {scrape_configs: [{job_name: a}]}\n${text}`));
  assert.match(
    message('use_start_time_metric: true'),
    /use_start_time_metric: .*the processor metric_start_time has it/,
  );
  assert.match(
    message('report_extra_scrape_metrics: true'),
    /write extra_scrape_metrics to config::global or to a job/,
  );
  assert.match(message('target_allocator: {endpoint: http://x}'), /the target allocator is not built here/);
  assert.match(message('api_server: {enabled: true}'), /api_server::enabled: the API server .*is not built here/);
  assert.equal(message('api_server: {enabled: false}'), '');
  assert.match(
    errorsOf(decoded(config, 'trim_metric_suffixes: true')),
    /config::scrape_configs: there is nothing to scrape/,
  );
});

void test('external labels take variables', () => {
  const receiver = decoded(
    config,
    'config: {scrape_configs: [{job_name: a}], global: {external_labels: {a: "$X-${Y}", b: "$$", c: "$unset.", d: plain}}}',
  );
  assert.ok(!('errors' in receiver));
  const variables = new Map([
    ['X', 'one'],
    ['Y', 'two'],
  ]);
  assert.deepEqual(
    externalLabels(receiver, (name) => variables.get(name)),
    new Map([
      ['a', 'one-two'],
      ['b', '$'],
      ['c', '.'],
      ['d', 'plain'],
    ]),
  );
});

void test('paths by patterns', () => {
  for (const name of ['x1.yml', 'x2.yml', 'y{1}.yml', '[z].yml']) write(`jobs/${name}`, '');
  const names = (pattern: string): string[] =>
    globSync(path.join(folder, pattern), 100).map((found) => path.relative(folder, found));
  assert.deepEqual(names('jobs/x?.yml'), ['jobs/x1.yml', 'jobs/x2.yml']);
  assert.deepEqual(names('jobs/x[2-3].yml'), ['jobs/x2.yml']);
  // Only ^ turns a class round, as in Go.
  assert.deepEqual(names('j*/x[!1].yml'), ['jobs/x1.yml']);
  assert.deepEqual(names('j*/x[^1].yml'), ['jobs/x2.yml']);
  assert.deepEqual(names('jobs/y{1}.yml'), ['jobs/y{1}.yml']);
  assert.deepEqual(names(String.raw`jobs/\[z\].yml`), ['jobs/[z].yml']);
  assert.deepEqual(names('jobs/[z-a].yml'), []);
  assert.deepEqual(names('absent/*'), []);
  assert.equal(globSync(path.join(folder, 'jobs/*'), 2).length, 2);
});
