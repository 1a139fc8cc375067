import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { exporterHelperShape, queueSettings } from '../../../pipeline/settings/exporter-helper.ts';
import { checkGrpcClient, grpcClientSettings, grpcClientShape } from '../../../pipeline/settings/grpc-client.ts';
import { grpcServerSettings } from '../../../pipeline/settings/grpc-server.ts';
import { httpClientKeepAlive, httpClientSettings } from '../../../pipeline/settings/http-client.ts';
import { httpServerKeepAlive, httpServerSettings } from '../../../pipeline/settings/http-server.ts';
import { tlsClientSettings, tlsServerSettings } from '../../../pipeline/settings/tls.ts';

const golden = new URL('../../data/golden-core/', import.meta.url);
const goldenYaml = (path: string): unknown => parse(readFileSync(new URL(path, golden), 'utf8'));
const messages = (schema: z.ZodType, input: unknown): string[] =>
  schema.safeParse(input).error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? [];

const otlpGrpc = z
  .strictObject({ ...exporterHelperShape(), ...grpcClientShape({ compression: 'gzip', keepalive: false }) })
  .superRefine(checkGrpcClient);

void test('TLS needs a certificate with its key, each from one place, and versions that fit', () => {
  assert.deepEqual(messages(tlsClientSettings, {}), []);
  assert.deepEqual(messages(tlsServerSettings, { cert_file: 'c', key_file: 'k' }), []);
  const refused: readonly (readonly [z.ZodType, object, RegExp])[] = [
    [tlsServerSettings, {}, /^cert_file: a listener with TLS needs/],
    [tlsClientSettings, { cert_file: 'c' }, /^key_file: a certificate needs its private key/],
    [tlsClientSettings, { key_pem: 'k' }, /^cert_file: a private key needs its certificate/],
    [tlsClientSettings, { ca_file: 'a', ca_pem: 'a' }, /^ca_pem: give either/],
    [tlsClientSettings, { min_version: '1.3', max_version: '1.2' }, /^max_version: max_version 1.2 is below/],
    [tlsClientSettings, { max_version: '1.1' }, /^max_version: max_version 1.1 is below min_version 1.2/],
    [tlsClientSettings, { min_version: 'asd' }, /^min_version: /],
    [tlsClientSettings, { curve_preferences: ['P999'] }, /^curve_preferences/],
  ];
  for (const [schema, input, expected] of refused) assert.match(messages(schema, input).join('\n'), expected);
});

void test('the collector refuses these exporter settings, and so do these schemas', () => {
  const cases = goldenYaml('exporter/otlpexporter/testdata/invalid_configs.yaml');
  assert.ok(typeof cases === 'object' && cases !== null);
  for (const [name, input] of Object.entries(cases)) {
    // A missing or empty endpoint is a rule of the exporter itself.
    if (['no_endpoint', 'https_endpoint', 'http_endpoint'].includes(name)) continue;
    assert.notDeepEqual(messages(otlpGrpc, input), [], name);
  }
});

const sizers = (name: string) => {
  const queue = queueSettings.parse(goldenYaml(`exporter/exporterhelper/internal/queuebatch/testdata/${name}.yaml`));
  return [queue?.sizer, queue?.batch?.sizer];
};

void test('a batch takes the sizer of its queue only when the batch has something in it', () => {
  assert.deepEqual(sizers('batch_unset'), ['requests', undefined]);
  assert.deepEqual(sizers('batch_disabled_explicit_sizer'), ['requests', undefined]);
  assert.deepEqual(sizers('batch_set_empty_explicit_sizer'), ['bytes', 'items']);
  assert.deepEqual(sizers('batch_set_empty_no_explicit_sizer'), ['requests', 'items']);
  assert.deepEqual(sizers('batch_set_nonempty_explicit_sizer'), ['bytes', 'bytes']);
  assert.deepEqual(sizers('batch_set_nonempty_no_explicit_sizer'), ['requests', 'items']);
});

void test('queues and retries have the rules of the collector', () => {
  const refused: readonly (readonly [object, RegExp])[] = [
    [{ sending_queue: { num_consumers: 0 } }, /num_consumers/],
    [{ sending_queue: { queue_size: 0 } }, /queue_size/],
    [{ sending_queue: { storage: 'file_storage', wait_for_result: true } }, /wait_for_result does not go together/],
    [{ sending_queue: { sizer: 'requests', batch: {} } }, /a batch is sized by items or bytes/],
    [{ sending_queue: { sizer: 'items', batch: {} } }, /min_size \(8192\) must not be above queue_size \(1000\)/],
    [{ sending_queue: { batch: { min_size: 10, max_size: 5 } } }, /max_size \(5\) must not be below min_size \(10\)/],
    [{ sending_queue: { batch: { flush_timeout: '0s' } } }, /flush_timeout: must be longer than 0/],
    [{ sending_queue: { batch: { partition: { metadata_keys: ['a', 'A'] } } } }, /a key appears twice/],
    [{ retry_on_failure: { max_elapsed_time: '1s' } }, /must not be shorter than initial_interval/],
    [{ retry_on_failure: { randomization_factor: 1.5 } }, /randomization_factor/],
    [{ timeout: '-5s' }, /timeout: must not be negative/],
  ];
  for (const [input, expected] of refused) {
    assert.match(messages(otlpGrpc, { endpoint: 'localhost:4317', ...input }).join('\n'), expected);
  }
  assert.deepEqual(messages(otlpGrpc, { sending_queue: { enabled: false, num_consumers: 0 } }), []);
  const { sending_queue: queue, retry_on_failure: retry, timeout } = otlpGrpc.parse({});
  assert.deepEqual(queue, {
    num_consumers: 10,
    queue_size: 1000,
    sizer: 'requests',
    block_on_overflow: false,
    wait_for_result: false,
    batch: undefined,
  });
  assert.equal(retry.max_elapsed_time, 300_000);
  assert.equal(timeout, 5000);
});

void test('a gRPC endpoint has a port, behind whatever scheme', () => {
  const schema = grpcClientSettings();
  for (const endpoint of [
    '',
    'a:1',
    '[::1]:4317',
    'dns:///a:1',
    'dns://8.8.8.8/a:1',
    'https://a:1',
    'unix:///run/x',
    ':4317',
  ]) {
    assert.deepEqual(messages(schema, { endpoint }), [], endpoint);
  }
  for (const endpoint of ['a', 'a:b', '::1:4317', 'https://a', 'unix://', 'dns:///a']) {
    assert.match(messages(schema, { endpoint }).join(), /^endpoint: /, endpoint);
  }
});

void test('request limits are 64 MiB where nothing else is said', () => {
  const grpc = grpcServerSettings({ endpoint: 'localhost:4317' });
  assert.equal(grpc.parse({}).max_recv_msg_size_mib, 64);
  assert.equal(grpc.parse({ max_recv_msg_size_mib: 0 }).max_recv_msg_size_mib, 64);
  assert.equal(grpc.parse({ max_recv_msg_size_mib: 4 }).max_recv_msg_size_mib, 4);
  const http = httpServerSettings({ endpoint: 'localhost:4318' });
  assert.equal(http.parse({}).max_request_body_size, 64 * 2 ** 20);
  assert.equal(http.parse({ max_request_body_size: -1 }).max_request_body_size, 64 * 2 ** 20);
});

void test('the reuse of HTTP connections is read from either spelling, not from both', () => {
  const server = httpServerSettings({ endpoint: 'localhost:4318' });
  const client = httpClientSettings();
  assert.deepEqual(httpServerKeepAlive(server.parse({}), 60_000), { enabled: true, idleTimeoutMs: 60_000 });
  assert.deepEqual(httpServerKeepAlive(server.parse({ idle_timeout: '5s' }), 60_000), {
    enabled: true,
    idleTimeoutMs: 5000,
  });
  assert.deepEqual(httpServerKeepAlive(server.parse({ keepalive: { enabled: false } }), 0), {
    enabled: false,
    idleTimeoutMs: 0,
  });
  assert.match(messages(server, { keepalive: {}, idle_timeout: '5s' }).join(), /^idle_timeout: /);
  assert.deepEqual(httpClientKeepAlive(client.parse({ keepalive: { max_idle_conns: 7 } })), {
    enabled: true,
    idleTimeoutMs: 90_000,
    maxIdleConnections: 7,
    maxIdleConnectionsPerHost: 0,
  });
  assert.match(messages(client, { keepalive: {}, disable_keep_alives: true }).join(), /^disable_keep_alives: /);
  assert.match(messages(client, { compression: 'gzip', compression_params: { level: 11 } }).join(), /level 11/);
  assert.match(messages(client, { compression: 'snappy', compression_params: { level: 1 } }).join(), /level 1/);
});
