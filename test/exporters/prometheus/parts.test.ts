// The exporter's parts by themselves: configuration, formats, resource labels, and sums of exponential histograms.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { config } from '../../../exporters/prometheus/config.ts';
import {
  type BucketRange,
  fitting,
  mergedBuckets,
  underZeroThreshold,
} from '../../../exporters/prometheus/exponential-buckets.ts';
import { negotiate } from '../../../exporters/prometheus/negotiate.ts';
import { resourceLabelRule } from '../../../exporters/prometheus/resource-labels.ts';
import { ExponentialValue } from '../../../exporters/prometheus/values.ts';
import { ExponentialHistogramDataPointView, MetricCursor } from '../../../proto/otlp/metrics.ts';
import { batchOfJson, settingsOf } from '../../support/processor.ts';

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

void test('which resource attributes become labels', () => {
  const none = { included: [], excluded: [], enabled: false, exclude_service_attributes: false };
  assert.equal(resourceLabelRule(none), undefined);
  const chosen = (settings: object): string =>
    ['a', 'a.b', 'a.bb', 'service.name'].filter(resourceLabelRule({ ...none, ...settings }) ?? (() => false)).join(' ');
  assert.equal(chosen({ enabled: true }), 'a a.b a.bb service.name');
  assert.equal(chosen({ enabled: true, exclude_service_attributes: true }), 'a a.b a.bb');
  assert.equal(chosen({ included: ['a.*'] }), 'a.b a.bb');
  assert.equal(chosen({ included: ['a.?', 'service.name'] }), 'a.b service.name');
  assert.equal(chosen({ excluded: ['a*b'] }), 'a service.name');
  assert.equal(chosen({ included: ['*'], excluded: ['a'] }), 'a.b a.bb service.name');
  assert.equal(chosen({ included: ['*?*.*b*'] }), 'a.b a.bb');
});

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
const range = fc.record({
  offset: fc.integer({ min: -3000, max: 3000 }),
  counts: fc.array(fc.nat(9), { maxLength: 40 }),
});
const sides = fc.record({ scale: fc.integer({ min: -4, max: 8 }), positive: range, negative: range });

void test('merged buckets hold every count, each between the bounds it had', () => {
  fc.assert(
    fc.property(sides, sides, (one, other) => {
      const merged = mergedBuckets(one, other);
      if (!merged) return;
      for (const side of ['positive', 'negative'] as const) {
        const { offset, counts }: BucketRange = merged[side];
        assert.equal(total(counts), total(one[side].counts) + total(other[side].counts));
        assert.ok(counts.length <= 4096);
        const expected = new Map<number, number>();
        for (const from of [one, other]) {
          for (const [index, count] of from[side].counts.entries()) {
            const to = Math.floor((from[side].offset + index) / 2 ** (from.scale - merged.scale));
            expected.set(to, (expected.get(to) ?? 0) + count);
          }
        }
        for (const [to, count] of expected) assert.equal(counts[to - offset], count);
      }
    }),
    { seed: 7 },
  );
});

void test('buckets at the edges', () => {
  const empty = { offset: 0, counts: [] };
  // Far apart: coarser until the way between them is short enough, and refused where no scale is.
  const far = { scale: 8, positive: { offset: 200_000, counts: [1] }, negative: empty };
  const near = { scale: 8, positive: { offset: -200_000, counts: [2] }, negative: empty };
  assert.equal(mergedBuckets(near, far)?.scale, 1);
  const beyond = { scale: 8, positive: { offset: 2 ** 31 - 1, counts: [1] }, negative: empty };
  assert.equal(mergedBuckets(near, beyond), undefined);
  assert.equal(fitting({ scale: -5, positive: empty, negative: empty }), undefined);
  const finest = fitting({ scale: 2 ** 31 - 1, positive: { offset: -1, counts: [1, 2] }, negative: empty });
  assert.deepEqual(finest?.positive, { offset: -1, counts: [1, 2] });
  const long = fitting({
    scale: 4,
    positive: { offset: 0, counts: Array.from({ length: 8000 }, () => 1) },
    negative: empty,
  });
  assert.equal(long?.scale, 3);
  // Buckets at scale 0 end at 2, 4, 8.
  assert.deepEqual(underZeroThreshold({ offset: 0, counts: [1, 2, 3] }, 0, 4), {
    rest: { offset: 2, counts: [3] },
    swallowed: 3,
  });
});

void test('deltas whose zero buckets grow', () => {
  const points = [
    { count: '4', sum: 6, zeroCount: '1', zeroThreshold: 0.5, positive: { offset: 0, bucketCounts: ['1', '2'] } },
    {
      count: '3',
      sum: -1,
      zeroCount: '1',
      zeroThreshold: 2,
      positive: { offset: 1, bucketCounts: ['1'] },
      negative: { offset: 0, bucketCounts: ['0', '1'] },
    },
  ];
  const value = new ExponentialValue();
  const exponentialHistogram = { aggregationTemporality: 1, dataPoints: points };
  const cursor = new MetricCursor();
  cursor.reset(
    batchOfJson('metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ exponentialHistogram }] }] }] }).chunks,
  );
  assert.ok(cursor.next());
  const walk = cursor.item.dataPoints();
  for (let isAdded = false; walk.next(); isAdded = true) {
    assert.ok(walk.item instanceof ExponentialHistogramDataPointView);
    assert.equal(value.take(walk.item, isAdded), 'taken');
  }
  assert.deepEqual(
    [value.count, value.sum, value.zeroCount, value.zeroThreshold, value.positive, value.negative],
    [7, 5, 3, 2, { offset: 1, counts: [3] }, { offset: 1, counts: [1] }],
  );
});
