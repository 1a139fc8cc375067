// The clauses of Remote-Write 2.0 (https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/) that bind a receiver, asked one
// by one over HTTP, 1.0's beside them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refused, Rejected } from '../../../pipeline/delivery.ts';
import { compress, type Encoding } from '../../../pipeline/transport/compression.ts';
import { V1_MESSAGE, V2_MESSAGE } from '../../../proto/prometheus/remote-write/fields.ts';
import prometheusRemoteWrite from '../../../receivers/prometheus_remote_write/index.ts';
import { freePorts } from '../../support/agent.ts';
import { Collector, SOON, testContext } from '../../support/context.ts';
import { httpRequest } from '../../support/http-request.ts';
import { request, type SeriesSpec } from './requests.ts';

const MS = 1_700_000_000_000;
const V2_TYPE = `application/x-protobuf;proto=${V2_MESSAGE}`;
const GOOD: SeriesSpec = {
  labels: { __name__: 'good', job: 'j' },
  samples: [
    { value: 1, ms: MS },
    { value: 2, ms: MS + 1 },
  ],
  exemplars: [{ labels: { trace_id: 'x' }, value: 1, ms: MS }],
};
const NATIVE: SeriesSpec = {
  labels: { __name__: 'native' },
  histograms: [
    { count_int: 1, sum: 1, positive_spans: [{ offset: 0, length: 1 }], positive_deltas: [1], timestamp: MS },
  ],
};
const BAD: SeriesSpec = { labels: { k: 'nameless' }, samples: [{ value: 1, ms: MS }] };

interface Served {
  readonly send: (
    body: Uint8Array | Promise<Uint8Array>,
    headers?: Readonly<Record<string, string>>,
    method?: string,
    path?: string,
  ) => Promise<Answer>;
  readonly next: Collector;
  readonly usedBytes: () => number;
  readonly metric: (name: string) => number;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
  /** Samples, histograms, exemplars. */
  readonly written: readonly unknown[];
}

async function serving(
  work: (served: Served) => Promise<void>,
  settings: object = {},
  admittedBytes = 64 << 20,
): Promise<void> {
  const [port = 0] = await freePorts(1);
  const { context, admission, metric } = testContext({ kind: 'receiver', id: 'prw', admittedBytes });
  const next = new Collector();
  const config = prometheusRemoteWrite.config.parse({ endpoint: `127.0.0.1:${port}`, ...settings });
  const receiver = prometheusRemoteWrite.create(config, context, { metrics: next });
  await receiver.start();
  try {
    const send: Served['send'] = async (body, headers = {}, method = 'POST', path = '/api/v1/write') => {
      const answer = await httpRequest(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: { 'content-type': V2_TYPE, 'content-encoding': 'snappy', ...headers },
        body: await body,
      });
      const of = (what: string): unknown => answer.headers[`x-prometheus-remote-write-${what}-written`];
      const written = [of('samples'), of('histograms'), of('exemplars')];
      return { status: answer.status, text: answer.body.toString(), headers: answer.headers, written };
    };
    await work({ send, next, usedBytes: () => admission.usedBytes, metric });
    assert.equal(admission.usedBytes, 0);
  } finally {
    await receiver.stop(SOON());
  }
}

const snappy = (bytes: Uint8Array): Promise<Uint8Array> => compress('snappy', bytes);
const v2 = (...series: readonly SeriesSpec[]): Promise<Uint8Array> => snappy(request(V2_MESSAGE, series));
const v1 = (...series: readonly SeriesSpec[]): Promise<Uint8Array> => snappy(request(V1_MESSAGE, series));

/** What is sent, and what has to come back. */
const CLAUSES: readonly {
  readonly clause: string;
  readonly body: () => Uint8Array | Promise<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly path?: string;
  readonly status: number;
  readonly written?: readonly unknown[];
  readonly says?: RegExp;
  /** Points that went on. */
  readonly points?: number;
  /** Samples that are counted as lost. */
  readonly failed?: number;
}[] = [
  {
    clause: 'Response: all written is 204 with an empty body; Required Written Response Headers',
    body: () => v2(GOOD, NATIVE),
    status: 204,
    written: ['2', '1', '1'],
    says: /^$/,
    points: 3,
  },
  { clause: 'an empty request is written', body: () => v2(), status: 204, written: ['0', '0', '0'], points: 0 },
  {
    clause: 'Partial Write: valid samples of a request are written, the answer is 400 with words and counts',
    body: () => v2(BAD, GOOD, BAD),
    status: 400,
    written: ['2', '0', '1'],
    says: /^2 samples and histograms were not taken: a series has no name.*; 2 problems in all\n$/,
    points: 2,
    failed: 2,
  },
  {
    clause: 'Invalid Samples: nothing written is 400 too',
    body: () => v2(BAD),
    status: 400,
    written: ['0', '0', '0'],
    says: /has no name/,
    points: 0,
    failed: 1,
  },
  {
    clause: 'Content-Type: parameters with blanks, quotes and other cases are the same',
    body: () => v2(GOOD),
    headers: { 'content-type': `Application/X-Protobuf; proto="${V2_MESSAGE}"; charset=x` },
    status: 204,
    written: ['2', '0', '1'],
  },
  {
    clause: 'Content-Type: without a parameter it is 1.0',
    body: () => v1(GOOD),
    headers: { 'content-type': 'application/x-protobuf' },
    status: 204,
    written: ['2', '0', '1'],
    points: 2,
  },
  {
    clause: 'Content-Type: 1.0 by its name',
    body: () => v1(GOOD),
    headers: { 'content-type': `application/x-protobuf;proto=${V1_MESSAGE}` },
    status: 204,
    points: 2,
  },
  {
    clause: 'Content-Type: either message read as the other is empty, so that it shows in the counts',
    body: () => v2(GOOD),
    headers: { 'content-type': 'application/x-protobuf' },
    status: 204,
    written: ['0', '0', '0'],
    points: 0,
  },
  ...['application/json', 'text/plain', 'application/x-protobuf;proto=io.prometheus.write.v3.Request'].map((type) => ({
    clause: `Unsupported Request Content: ${type} is 415`,
    body: () => v2(GOOD),
    headers: { 'content-type': type },
    status: 415,
    says: /content-type ".*" is not supported; use application\/x-protobuf;proto=io.prometheus.write.v2.Request/,
    points: 0,
  })),
  ...['gzip', 'zstd', 'x-snappy-framed', 'identity', 'what'].map((encoding) => ({
    clause: `Unsupported Request Content: ${encoding} is 415`,
    body: () => v2(GOOD),
    headers: { 'content-encoding': encoding },
    status: 415,
    says: /content-encoding ".*" is not supported; use snappy/,
    points: 0,
  })),
  {
    clause: 'Content-Encoding: none is taken for snappy, as Prometheus does',
    body: () => v2(GOOD),
    headers: { 'content-encoding': '' },
    status: 204,
    points: 2,
  },
  {
    clause: 'Protocol: the framed format is not snappy',
    body: () => compress('x-snappy-framed', request(V2_MESSAGE, [GOOD])),
    status: 400,
    says: /not valid snappy/,
    points: 0,
  },
  {
    clause: 'what is no protobuf is 400, never retried',
    body: () => snappy(Buffer.from([0x2a, 0x7f, 1])),
    status: 400,
    written: ['0', '0', '0'],
    says: /malformed protobuf/,
    points: 0,
  },
  { clause: 'only POST', body: () => v2(GOOD), method: 'PUT', status: 405, says: /uses POST, not PUT/, points: 0 },
  { clause: 'only the path', body: () => v2(GOOD), path: '/write', status: 404, says: /goes to \/api\/v1\/write/ },
];

void test('clauses of the specification', async (t) => {
  for (const { clause, body, headers, method, path, status, written, says, points, failed } of CLAUSES) {
    await t.test(clause, () =>
      serving(async ({ send, next, metric }) => {
        const answer = await send(body(), headers, method, path);
        assert.equal(answer.status, status, answer.text);
        if (written) assert.deepEqual(answer.written, written);
        if (says) assert.match(answer.text, says);
        if (points !== undefined) assert.equal(next.items, points);
        assert.equal(metric('otelcol_receiver_failed_metric_points'), failed ?? 0);
      }),
    );
  }
});

void test('what the pipeline refuses is to be sent again, what it rejects is not', () =>
  serving(async ({ send, next, metric }) => {
    next.fail = () => new Refused('full', { retryAfterMs: 2_500 });
    const refused = await send(v2(GOOD, BAD));
    assert.deepEqual([refused.status, refused.headers['retry-after'], refused.text], [503, '3', 'full\n']);
    assert.deepEqual(refused.written, ['0', '0', '0']);
    next.fail = () => new Rejected('never', { count: 2 });
    assert.deepEqual([(await send(v2(GOOD))).status], [400]);
    next.fail = () => new Rejected('half', { count: 1 });
    const half = await send(v2(GOOD));
    assert.deepEqual([half.status, half.text], [400, '1 of 2 points were not taken: half\n']);
    assert.equal(metric('otelcol_receiver_refused_metric_points'), 2);
    assert.equal(metric('otelcol_receiver_failed_metric_points'), 3);
    assert.equal(metric('otelcol_receiver_accepted_metric_points'), 1);
  }));

void test('other compressions where they are configured', async () => {
  const settings = { compression_algorithms: ['', 'gzip', 'x-snappy-framed'] };
  await serving(async ({ send, next }) => {
    const plain = request(V2_MESSAGE, [GOOD]);
    const all: readonly Encoding[] = ['gzip', 'x-snappy-framed'];
    for (const encoding of all) {
      assert.equal((await send(compress(encoding, plain), { 'content-encoding': encoding })).status, 204);
    }
    assert.equal((await send(plain, { 'content-encoding': '' })).status, 204);
    assert.equal((await send(snappy(plain))).status, 415);
    assert.equal(next.items, 6);
  }, settings);
});

void test('bodies have limits before and after decompression and conversion', async () => {
  await serving(
    async ({ send, next }) => {
      const long = { labels: { __name__: 'a', k: 'x'.repeat(20_000) }, samples: GOOD.samples ?? [] };
      assert.equal((await send(new Uint8Array(20_000))).status, 413);
      const bomb = await send(v2(long));
      assert.equal(bomb.status, 413);
      assert.match(
        bomb.text,
        /larger than the limit of 10000 bytes; raise max_request_body_size or send fewer samples/,
      );
      // Small here, as its texts come once, and large in OTLP, where they stand at each point.
      const label = { __name__: 'a', k: 'x'.repeat(5_000) };
      const many = Array.from({ length: 100 }, (_, index) => ({ value: 1, ms: MS + index }));
      const grown = await send(v2({ labels: label, samples: many }));
      assert.equal(grown.status, 413);
      assert.match(grown.text, /80000 bytes/);
      assert.equal(next.items, 0);
      assert.equal((await send(v2(GOOD))).status, 204);
    },
    { max_request_body_size: 10_000 },
  );
});

void test('what a request grows to is admitted or refused', () =>
  serving(
    async ({ send, next, usedBytes }) => {
      const label = { __name__: 'a', k: 'x'.repeat(5_000) };
      const many = Array.from({ length: 1_000 }, (_, index) => ({ value: 1, ms: MS + index }));
      const body = await v2({ labels: label, samples: many });
      // Alone it may be larger than what there is; beside another it waits.
      let opened = (): void => undefined;
      next.gate = new Promise((resolve) => (opened = resolve));
      const first = send(body);
      while (usedBytes() < 4_800_000) await new Promise((resolve) => setImmediate(resolve));
      const second = await send(body);
      assert.deepEqual([second.status, second.headers['retry-after']], [503, '1']);
      opened();
      assert.equal((await first).status, 204);
    },
    {},
    6 << 20,
  ));

void test('a page of an allowed origin may send, and every answer has the configured headers', () =>
  serving(
    async ({ send }) => {
      const headers = { origin: 'https://a.example' };
      const answer = await send(v2(GOOD), headers);
      assert.equal(answer.headers['access-control-allow-origin'], 'https://a.example');
      assert.equal(answer.headers['x-own'], '1');
      const preflight = { ...headers, 'access-control-request-method': 'POST' };
      assert.equal((await send(new Uint8Array(0), preflight, 'OPTIONS')).status, 204);
    },
    { cors: { allowed_origins: ['https://*.example'] }, response_headers: { 'X-Own': '1' } },
  ));
