import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { AgentError } from '../../../pipeline/errors.ts';
import { SharedListenerPool } from '../../../pipeline/listener-pool.ts';
import { OwnTelemetry } from '../../../pipeline/own-telemetry/own-telemetry.ts';
import { MetricStore } from '../../../pipeline/own-telemetry/metric-store.ts';
import { OwnedMetrics } from '../../../pipeline/own-telemetry/component-metrics.ts';
import { PrometheusText } from '../../../pipeline/own-telemetry/prometheus-text.ts';
import { ownResource, type OwnTelemetrySettings } from '../../../pipeline/own-telemetry/settings.ts';

const RESOURCE = ownResource({ version: '0.1.0', instanceId: 'one' });
const running: OwnTelemetry[] = [];

after(async () => {
  for (const telemetry of running) await telemetry.stop(AbortSignal.timeout(1_000));
});

async function start(settings: OwnTelemetrySettings): Promise<{ telemetry: OwnTelemetry; url: string }> {
  const telemetry = new OwnTelemetry({
    settings: { logs: { output_paths: [] }, ...settings },
    resource: RESOURCE,
    now: () => Date.now(),
    sampleTraceIds: () => [],
  });
  await telemetry.start(new SharedListenerPool());
  running.push(telemetry);
  return { telemetry, url: `http://${telemetry.bound[0]}` };
}

const readers = (more: object = {}) => [
  { pull: { exporter: { prometheus: { host: '127.0.0.1', port: 0, ...more } } } },
];

void test('the endpoint serves what the collector serves by default', async () => {
  const { telemetry, url } = await start({ metrics: { readers: readers() } });
  const metrics = telemetry.metricsFor('receiver', 'otlp');
  const counters = metrics.receiver('traces', 'http');
  counters.accepted.add(3);
  counters.refused.add(2);
  const response = await fetch(`${url}/metrics`);
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores');
  const lines = (await response.text()).split('\n');
  for (const line of [
    '# HELP otelcol_receiver_accepted_spans Number of spans successfully pushed into the pipeline. [Alpha]',
    '# TYPE otelcol_receiver_accepted_spans counter',
    'otelcol_receiver_accepted_spans{receiver="otlp",transport="http"} 3',
    'otelcol_receiver_refused_spans{receiver="otlp",transport="http"} 2',
    'otelcol_receiver_failed_spans{receiver="otlp",transport="http"} 0',
    'target_info{service_instance_id="one",service_name="genesis-agent",service_version="0.1.0"} 1',
    'promhttp_metric_handler_errors_total{cause="gathering"} 0',
  ]) {
    assert(lines.includes(line), `missing: ${line}`);
  }
  for (const name of [
    'cpu_seconds',
    'memory_rss',
    'runtime_heap_alloc_bytes',
    'runtime_total_alloc_bytes',
    'runtime_total_sys_memory_bytes',
    'uptime',
  ]) {
    const line = lines.find((one) => one.startsWith(`otelcol_process_${name} `));
    assert(Number(line?.split(' ')[1]) >= 0, `${name}: ${line}`);
  }
  metrics.release();
  assert.doesNotMatch(await (await fetch(`${url}/metrics`)).text(), /otelcol_receiver/);
  const other = await fetch(`${url}/`);
  assert.deepEqual([other.status, await other.text()], [404, '404 page not found\n']);
});

void test('suffixes, scope and constant labels appear where they are asked for', async () => {
  const store = new MetricStore('normal');
  const metrics = new OwnedMetrics(store, 'processor', 'batch');
  metrics.counter({ name: 'a.count', help: 'A.', unit: '{item}', labels: { 'otel.signal': 'logs' } }).add(1);
  metrics.counter({ name: 'up', help: 'Up.', unit: 's' }).add(1.5);
  metrics.gauge({ name: 'memory_bytes', help: 'M.', unit: 'By' }, () => 7);
  const page = new PrometheusText(store, RESOURCE, {
    host: 'localhost',
    port: 0,
    without_type_suffix: false,
    without_scope_info: false,
    with_resource_constant_labels: { included: ['service.name'] },
  });
  const scope = 'otel_scope_name="genesis-agent",otel_scope_schema_url="",otel_scope_version="0.1.0"';
  const text = await page.render();
  assert(
    text.includes(`a_count_total{${scope},otel_signal="logs",processor="batch",service_name="genesis-agent"} 1\n`),
  );
  assert(text.includes(`up_seconds_total{${scope},processor="batch",service_name="genesis-agent"} 1.5\n`));
  assert(text.includes(`memory_bytes{${scope},processor="batch",service_name="genesis-agent"} 7\n`));
});

void test('histograms are cumulative, and a bound belongs to its bucket', async () => {
  const store = new MetricStore('normal');
  const series = new OwnedMetrics(store, 'processor', 'batch').histogram({ name: 'h', help: 'H.', buckets: [10, 20] });
  for (const value of [10, 11, 20, 21]) series.record(value);
  const text = await new PrometheusText(store, {}, { host: '', port: 0 }).render();
  assert(
    text.includes(
      [
        'h_bucket{processor="batch",le="10"} 1',
        'h_bucket{processor="batch",le="20"} 3',
        'h_bucket{processor="batch",le="+Inf"} 4',
        'h_sum{processor="batch"} 62',
        'h_count{processor="batch"} 4',
      ].join('\n'),
    ),
  );
});

void test('instances with one id share series: counters go on, gauges add up, the last one out takes them along', () => {
  const store = new MetricStore('normal');
  const [first, second] = [
    new OwnedMetrics(store, 'processor', 'batch'),
    new OwnedMetrics(store, 'processor', 'batch'),
  ];
  const a = first.counter({ name: 'c', help: 'C.' });
  assert.equal(second.counter({ name: 'c', help: 'C.' }), a);
  first.gauge({ name: 'g', help: 'G.' }, () => 1);
  second.gauge({ name: 'g', help: 'G.' }, () => 2);
  const value = (name: string): number | undefined => {
    const series = store
      .families()
      .find((family) => family.name === name)
      ?.series.values()
      .next().value;
    return series && 'value' in series
      ? typeof series.value === 'function'
        ? series.value()
        : series.value
      : undefined;
  };
  a.add(5);
  assert.equal(value('g'), 3);
  first.release();
  assert.equal(value('c'), 5);
  assert.equal(value('g'), 2);
  second.release();
  assert.deepEqual(store.families(), []);
});

void test('metrics above the level are counted nowhere; none serves nothing', async () => {
  const store = new MetricStore('basic');
  const metrics = new OwnedMetrics(store, 'exporter', 'otlp_http');
  metrics.counter({ name: 'deep', help: 'D.', level: 'detailed' }).add(1);
  metrics.counter({ name: 'plain', help: 'P.' }).add(1);
  assert.deepEqual(
    store.families().map(({ name }) => name),
    ['plain'],
  );
  const { telemetry } = await start({ metrics: { level: 'none', readers: readers() } });
  assert.deepEqual([telemetry.bound, telemetry.figures()], [[], []]);
});

void test('a gauge that throws costs its own line only, and is counted', async () => {
  const { telemetry, url } = await start({ metrics: { readers: readers() } });
  telemetry.metricsFor('exporter', 'a').gauge({ name: 'broken', help: 'B.' }, () => {
    throw new Error('no');
  });
  const text = await (await fetch(`${url}/metrics`)).text();
  assert.match(text, /promhttp_metric_handler_errors_total\{cause="gathering"\} 1\n/);
  assert.doesNotMatch(text, /^broken/m);
});

void test('the log names every address the metrics are served at', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'metrics-test-'));
  const file = path.join(folder, 'log');
  const { telemetry } = await start({
    logs: { output_paths: [file] },
    metrics: { readers: readers({ host: 'localhost' }) },
  });
  const log = readFileSync(file, 'utf8');
  rmSync(folder, { recursive: true });
  assert.ok(telemetry.bound.length > 0);
  for (const address of telemetry.bound) assert.ok(log.includes(address), `${address} is not in ${log}`);
});

void test('a port in use is LISTEN_FAILED and names who wanted it', async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  const address = holder.address();
  assert(address && typeof address === 'object');
  await assert.rejects(start({ metrics: { readers: readers({ port: address.port }) } }), (error) => {
    assert(error instanceof AgentError);
    assert.deepEqual([error.code, error.component], ['LISTEN_FAILED', 'service:telemetry']);
    return true;
  });
  holder.close();
});
