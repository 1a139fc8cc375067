// The exporter's parts by themselves: configuration and formats.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { config } from '../../../exporters/prometheus/config.ts';
import { negotiate } from '../../../exporters/prometheus/negotiate.ts';
import { settingsOf } from '../../support/processor.ts';

void test("the collector's configurations", () => {
  const example = settingsOf(
    config,
    `endpoint: "1.2.3.4:1234"
tls: {ca_file: certs/ca.crt, key_file: certs/server.key, cert_file: certs/server.crt}
namespace: test-space
const_labels: {label1: value1, another label: spaced value}
send_timestamps: true
metric_expiration: 60m
add_metric_suffixes: false
`,
  );
  assert.equal(example.metric_expiration, 3_600_000);
  for (const [yaml, message] of [
    ['namespace: a', /non-blank address/],
    ['endpoint: " "', /non-blank address/],
    ['{endpoint: "a:1", translation_strategy: Other}', /translation_strategy/],
    ['{endpoint: "a:1", resource_constant_labels: {enabled: true}}', /write included and excluded here/],
    [
      '{endpoint: "a:1", resource_constant_labels: {included: [a]}, resource_to_telemetry_conversion: {enabled: true}}',
      /older spelling/,
    ],
    ['{endpoint: "a:1", resource_to_telemetry_conversion: {enabled: true, included: [a]}}', /do not go together/],
  ] as const) {
    assert.throws(() => settingsOf(config, yaml), message, yaml);
  }
});

void test('which format a scraper gets', () => {
  const protobuf = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';
  for (const [accept, hasOpenMetrics, expected] of [
    ['', true, 'text underscores'],
    ['*/*', true, 'text underscores'],
    ['nonsense;;q=,=', true, 'text underscores'],
    ['application/openmetrics-text;version=1.0.0', false, 'text underscores'],
    ['application/openmetrics-text;version=1.0.0', true, 'openmetrics underscores'],
    ['text/plain;q=0.5,application/openmetrics-text;version=0.0.1;escaping=dots;q=0.6', true, 'openmetrics dots'],
    [`${protobuf};q=0.3, text/plain;version=0.0.4;escaping=values`, true, 'text values'],
    [`${protobuf};escaping=allow-utf-8`, false, 'protobuf allow-utf-8'],
    [protobuf.replace('delimited', 'text'), true, 'text underscores'],
    ['text/plain;escaping=unknown', true, 'text underscores'],
  ] as const) {
    const { kind, scheme } = negotiate(accept, hasOpenMetrics);
    assert.equal(`${kind} ${scheme}`, expected, accept);
  }
});
