// The exporter's parts by themselves: configuration, sums of deltas and their bounds, labels once forgotten, exemplars.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { config } from '../../../exporters/prometheus_remote_write/config.ts';
import prometheusRemoteWrite from '../../../exporters/prometheus_remote_write/index.ts';
import { Intake } from '../../../exporters/prometheus_remote_write/intake.ts';
import { KnownByBytes } from '../../../exporters/prometheus_remote_write/known-by-bytes.ts';
import { V1_MESSAGE, V2_MESSAGE } from '../../../proto/prometheus/remote-write/fields.ts';
import { SOON, testContext } from '../../support/context.ts';
import { attributes, batchOfJson, settingsOf } from '../../support/processor.ts';

const ENDPOINT = 'endpoint: "http://a/write"';

void test("the collector's configurations", () => {
  const settings = settingsOf(
    config,
    `namespace: test-space
retry_on_failure: {enabled: true, initial_interval: 10s, max_interval: 60s, max_elapsed_time: 10m}
remote_write_queue: {enabled: true, queue_size: 2000, num_consumers: 10}
endpoint: "https://localhost:8888"
tls: {ca_file: "/var/lib/mycert.pem"}
write_buffer_size: 524288
headers: {Prometheus-Remote-Write-Version: "0.1.0", X-Scope-OrgID: 234}
external_labels: {key1: value1, key2: value2}
resource_to_telemetry_conversion: {enabled: true}
max_batch_size_bytes: 0
send_metadata: true
`.replace('234', '"234"'),
  );
  assert.equal(settings.max_batch_size_bytes, 3_000_000);
  assert.equal(settings.retry_on_failure.initial_interval, 10_000);
  const defaults = settingsOf(config, ENDPOINT);
  assert.equal(defaults.retry_on_failure.initial_interval, 50);
  assert.equal(defaults.timeout, 5_000);
  const { enabled, queue_size: size, num_consumers: consumers } = defaults.remote_write_queue;
  assert.deepEqual([enabled, size, consumers], [true, 10_000, 5]);
  assert.equal(defaults.max_batch_request_parallelism, undefined);
  assert.equal(settingsOf(config, 'http: {endpoint: "http://a/write", timeout: 3s}').http?.timeout, 3_000);
  // Switched off by an empty value, as in the collector.
  assert.equal(settingsOf(config, `{${ENDPOINT}, wal: }`).wal, undefined);
  assert.equal(settingsOf(config, `{${ENDPOINT}, wal: {directory: a}}`).wal?.directory, 'a');
});

void test('a URL without its scheme is a problem of the start', async () => {
  for (const endpoint of ['localhost:8888', '//a', 'ftp://a']) {
    const settings = settingsOf(config, JSON.stringify({ endpoint }));
    const { context } = testContext({ kind: 'exporter', id: 'prometheus_remote_write' });
    const exporter = prometheusRemoteWrite.create(settings, context);
    await assert.rejects(exporter.start(), /is not a URL to write metrics to/);
    await exporter.stop(SOON());
  }
});

void test('what is refused', () => {
  for (const [yaml, message] of [
    ['{}', /expecting the URL to write to/],
    [`{${ENDPOINT}, compression: gzip}`, /compression type must be snappy/],
    [`{${ENDPOINT}, http: {endpoint: "http://a", compression: zstd}}`, /compression type must be snappy/],
    [`{${ENDPOINT}, remote_write_queue: {queue_size: 0}}`, /a 0 size queue will drop all the data/],
    [`{${ENDPOINT}, remote_write_queue: {queue_size: -1}}`, /can't be negative/],
    [`{${ENDPOINT}, remote_write_queue: {num_consumers: -1}}`, /can't be negative/],
    [`{${ENDPOINT}, max_batch_size_bytes: -1}`, /max_batch_size_bytes/],
    [`{${ENDPOINT}, max_batch_request_parallelism: 0}`, /max_batch_request_parallelism/],
    [`{${ENDPOINT}, translation_strategy: Other}`, /translation_strategy/],
    [`{${ENDPOINT}, translation_strategy: NoTranslation}`, /requires Remote Write 2.0/],
    [`{${ENDPOINT}, protobuf_message: other}`, /protobuf_message/],
    [`{${ENDPOINT}, include_metadata_keys: [Content-Type]}`, /header of the remote write protocol/],
    [`{${ENDPOINT}, external_labels: {a: ""}}`, /a label has a name and a value/],
    [
      `{${ENDPOINT}, external_labels: {"_": b}, translation_strategy: NoTranslation, protobuf_message: ${V2_MESSAGE}}`,
      /leaves no valid label name/,
    ],
    [`{${ENDPOINT}, wal: {}}`, /expecting a folder/],
    [`{${ENDPOINT}, wal: {directory: a}, remote_write_queue: {enabled: false}}`, /queue on disk is the queue/],
    [`{${ENDPOINT}, sending_queue: {}}`, /sending_queue/],
    [`{${ENDPOINT}, resource_constant_labels: {enabled: true}}`, /write included and excluded here/],
  ] as const) {
    assert.throws(() => settingsOf(config, yaml), message, yaml);
  }
  settingsOf(config, `{${ENDPOINT}, translation_strategy: NoTranslation, protobuf_message: ${V2_MESSAGE}}`);
});

function intake(settings: object): Intake {
  return new Intake(config.parse({ endpoint: 'http://a/write', ...settings }));
}

interface Delta {
  readonly second: number;
  readonly label?: string;
  readonly count?: number;
  readonly flags?: number;
}

function delta({ second, label = 'a', count = 1, flags = 0 }: Delta): object {
  const timeUnixNano = `${second}000000000`;
  const startTimeUnixNano = `${second - 1}000000000`;
  return { attributes: attributes({ label }), timeUnixNano, startTimeUnixNano, asInt: String(count), flags };
}

/** What a batch of deltas comes to: values by label, and what was dropped. */
function taken(
  into: Intake,
  points: readonly Delta[],
  nowMs = 0,
): { values: number[]; dropped: Record<string, number>; startMs: number[] } {
  const sum = { aggregationTemporality: 1, isMonotonic: true, dataPoints: points.map(delta) };
  const batch = batchOfJson('metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', sum }] }] }] });
  const dropped = Object.fromEntries(into.take(batch, V1_MESSAGE, nowMs));
  const values: number[] = [];
  const startMs: number[] = [];
  for (const { head } of into.collected.series) {
    for (let sample = head; sample >= 0; sample = into.collected.next(sample)) {
      values.push(into.collected.value(sample));
      startMs.push(into.collected.startMs(sample));
    }
  }
  return { values, dropped, startMs };
}

void test('sums of deltas have a bound, an end and a beginning', () => {
  const into = intake({ max_delta_series: 2, delta_expiration: '10s' });
  assert.deepEqual(taken(into, [{ second: 5 }, { second: 6, count: 4 }]), {
    values: [1, 5],
    dropped: {},
    startMs: [4_000, 4_000],
  });
  // Two of the same time are one that came twice; an older one comes too late.
  assert.deepEqual(taken(into, [{ second: 6 }, { second: 5 }]).dropped, { out_of_order: 2 });
  const three = [
    { second: 7, label: 'b' },
    { second: 7, label: 'c' },
    { second: 7, label: 'd' },
  ];
  assert.deepEqual(taken(into, three, 9_000), { values: [1], dropped: { delta_limit: 2 }, startMs: [6_000] });
  // The first one is forgotten, which makes room.
  assert.deepEqual(taken(into, [{ second: 8, label: 'c' }], 70_000).dropped, {});
  assert.deepEqual(taken(into, [{ second: 9, label: 'a' }], 70_000).values, [1]);
  // What has ended begins anew.
  taken(
    into,
    [
      { second: 10, label: 'a' },
      { second: 11, label: 'a', flags: 1 },
    ],
    70_000,
  );
  assert.deepEqual(taken(into, [{ second: 12, label: 'a' }], 70_000), { values: [1], dropped: {}, startMs: [11_000] });
});

void test('sums of deltas outlive the translations they were found by', () => {
  const into = intake({});
  assert.deepEqual(taken(into, [{ second: 1 }]).values, [1]);
  // More than is remembered: all of it is forgotten before the next batch.
  const long = 'x'.repeat(9 << 20);
  for (let index = 0; index < 8; index++) taken(into, [{ second: 1, label: `${long}${index}` }]);
  assert.deepEqual(taken(into, [{ second: 2 }]).values, [2]);
});

void test('a message is found by its bytes, in whatever order they come', () => {
  const known = new KnownByBytes<number>();
  const keys = Array.from({ length: 20 }, (_, index) => Buffer.from(`key ${index}`));
  for (const [index, key] of keys.entries()) known.add(key, 0, key.length, index);
  for (const order of [keys, keys.toReversed(), keys.filter((_, index) => index % 3 === 0)]) {
    for (const key of order) assert.equal(known.find(key, 0, key.length), keys.indexOf(key));
  }
  assert.equal(known.find(Buffer.from('key'), 0, 3), undefined);
  // Part of a longer buffer.
  assert.equal(known.find(Buffer.from('<<key 7>>'), 2, 7), 7);
});
