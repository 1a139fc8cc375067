// What only components and the graph can refuse is found by `validate`, with its place, and without starting anything.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verdictOn } from '../../../cmd/validate.ts';

function judge(yaml: string): ReturnType<typeof verdictOn> {
  return verdictOn({ uris: [`yaml:${yaml}`], env: {} });
}

void test('a good configuration is valid, and nothing stays open', async () => {
  const before = process.getActiveResourcesInfo().length;
  const { verdict, config } = await judge(`
receivers: {otlp: {protocols: {grpc: {}, http: {}}}}
processors: {memory_limiter: {check_interval: 1s, limit_mib: 100}, batch: {}}
exporters: {otlp_grpc: {endpoint: "localhost:4317"}, otlp_http: {endpoint: "http://localhost:4318"}, debug: {}}
connectors: {forward: {}}
service:
  pipelines:
    traces: {receivers: [otlp], processors: [memory_limiter, batch], exporters: [otlp_grpc, forward]}
    traces/next: {receivers: [forward], exporters: [otlp_http, debug]}
`);
  assert.equal(verdict, 'valid');
  assert.ok(config);
  assert.equal(process.getActiveResourcesInfo().length, before);
});

void test('all components that refuse their settings are named, each with its place', async () => {
  const { verdict, errors, config } = await judge(`
receivers: {nop: {}}
processors:
  attributes:
    include: {match_type: strict, services: [a]}
    actions: [{key: a, value: b, action: insert}]
exporters:
  otlp_http/one:
    endpoint: ":::"
  otlp_http/two: {endpoint: "http://localhost:4318", proxy_url: "::"}
service:
  pipelines:
    metrics: {receivers: [nop], processors: [attributes], exporters: [otlp_http/one, otlp_http/two]}
`);
  assert.equal(verdict, 'refused');
  assert.equal(config, undefined);
  const seen = errors.map(({ code, component, at }) => `${at?.line} ${component} ${code}`);
  assert.deepEqual(seen.toSorted(), [
    '10 exporter:otlp_http/two URL_INVALID',
    '4 processor:attributes CONFIG_VALUE_INVALID',
    '8 exporter:otlp_http/one URL_INVALID',
  ]);
});

void test('a circle is refused with its path', async () => {
  const { verdict, errors } = await judge(`
receivers: {nop: {}}
exporters: {nop: {}}
connectors: {forward: {}, forward/back: {}}
service:
  pipelines:
    traces/a: {receivers: [nop, forward/back], exporters: [forward]}
    traces/b: {receivers: [forward], exporters: [nop, forward/back]}
`);
  assert.equal(verdict, 'refused');
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['GRAPH_CYCLE'],
  );
});
