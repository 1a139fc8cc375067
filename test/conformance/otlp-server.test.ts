// The server clauses S1–S11 of the OTLP specification, asked of a receiver over its real ports.

import assert from 'node:assert/strict';
import zlib from 'node:zlib';
import { after, before, test } from 'node:test';
import { Refused, Rejected } from '../../pipeline/delivery.ts';
import { compress } from '../../pipeline/transport/compression.ts';
import { connector } from '../../pipeline/transport/dial.ts';
import { GrpcClient, type GrpcAnswer } from '../../pipeline/transport/grpc-client.ts';
import { GRPC_STATUS } from '../../pipeline/transport/grpc-status.ts';
import { decodePartialSuccess } from '../../proto/export-response.ts';
import { decodeStatus } from '../../proto/status.ts';
import { config } from '../../receivers/otlp/config.ts';
import { OtlpReceiver } from '../../receivers/otlp/receiver.ts';
import { freePorts } from '../support/agent.ts';
import { Collector, SOON, testContext } from '../support/context.ts';
import { httpRequest, type HttpAnswer } from '../support/http-request.ts';
import { tracesRequest } from '../support/requests.ts';

const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const LIMIT_MIB = 1;
const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';

const collector = new Collector();
let httpPort = 0;
let client: GrpcClient;
let receiver: OtlpReceiver;

before(async () => {
  const [grpcPort = 0, port = 0] = await freePorts(2);
  httpPort = port;
  const { context } = testContext({ kind: 'receiver', id: 'otlp', admittedBytes: 32 << 20 });
  receiver = new OtlpReceiver(
    config.parse({
      protocols: {
        grpc: { endpoint: `127.0.0.1:${grpcPort}`, max_recv_msg_size_mib: LIMIT_MIB },
        http: { endpoint: `127.0.0.1:${port}`, max_request_body_size: LIMIT_MIB << 20 },
      },
    }),
    context,
    { traces: collector },
  );
  await receiver.start();
  client = new GrpcClient({
    connect: connector(() => ({ host: '127.0.0.1', port: grpcPort, timeoutMs: 5_000 })),
    authority: 'test',
    secure: false,
    headers: {},
    maxResponseBytes: 1 << 20,
  });
});

after(async () => {
  await client.close();
  await receiver.stop(SOON());
});

function overGrpc(body: Uint8Array, options: { encoding?: string; path?: string } = {}): Promise<GrpcAnswer> {
  const { encoding, path = EXPORT } = options;
  return client.call({ path, chunks: [body], bytes: body.length, ...(encoding === undefined ? {} : { encoding }) })
    .answer;
}

function overHttp(
  body: Uint8Array | string,
  headers: Record<string, string> = {},
  method = 'POST',
  path = '/v1/traces',
): Promise<HttpAnswer> {
  return httpRequest(`http://127.0.0.1:${httpPort}${path}`, {
    method,
    body,
    headers: { 'content-type': PROTOBUF, ...headers },
  });
}

async function failingWith<T>(error: Error, work: () => Promise<T>): Promise<T> {
  collector.fail = () => error;
  try {
    return await work();
  } finally {
    collector.fail = undefined;
  }
}

/** Every body of an error is a Status in the encoding of the request. */
function statusIn(answer: HttpAnswer): { code: number; message: string; retryDelayMs?: number } | undefined {
  if (answer.headers['content-type'] === JSON_TYPE) {
    // The test is whether it has this shape.
    return JSON.parse(answer.body.toString()) as { code: number; message: string };
  }
  assert.equal(answer.headers['content-type'], PROTOBUF);
  return decodeStatus(answer.body);
}

void test('S1: none and gzip are accepted, and the other encodings the agent names', async () => {
  const body = tracesRequest(2);
  const itemsBefore = collector.items;
  assert.equal((await overGrpc(body)).status, GRPC_STATUS.OK);
  assert.equal((await overHttp(body)).status, 200);
  let count = 2;
  for (const encoding of ['gzip', 'zstd', 'deflate', 'snappy', 'x-snappy-framed'] as const) {
    const compressed = await compress(encoding, body);
    assert.equal(
      (await overHttp(compressed, { 'content-encoding': encoding })).status,
      encoding === 'x-snappy-framed' ? 400 : 200,
      encoding,
    );
    count += encoding === 'x-snappy-framed' ? 0 : 1;
    if (encoding === 'x-snappy-framed') continue;
    // gRPC's snappy is the framed format.
    const framed = encoding === 'snappy' ? await compress('x-snappy-framed', body) : compressed;
    assert.equal((await overGrpc(framed, { encoding })).status, GRPC_STATUS.OK, encoding);
    count += 1;
  }
  assert.equal(collector.items - itemsBefore, count * 2);
});

void test('S2: gRPC limits the message before and after decompression, not to be tried again', async () => {
  const large = Buffer.alloc((LIMIT_MIB << 20) + 1);
  for (const answer of [await overGrpc(large), await overGrpc(zlib.gzipSync(large), { encoding: 'gzip' })]) {
    assert.equal(answer.status, GRPC_STATUS.RESOURCE_EXHAUSTED);
    assert.match(answer.message, /max_recv_msg_size_mib/);
    assert.equal(answer.details && decodeStatus(answer.details)?.retryDelayMs, undefined);
  }
});

void test('S3: HTTP answers 413 for the same, with a Status that says how to raise the limit', async () => {
  const large = Buffer.alloc((LIMIT_MIB << 20) + 1);
  for (const answer of [await overHttp(large), await overHttp(zlib.gzipSync(large), { 'content-encoding': 'gzip' })]) {
    assert.equal(answer.status, 413);
    assert.match(statusIn(answer)?.message ?? '', /max_request_body_size/);
  }
});

void test('S4: an answer stays small however long the reason is', async () => {
  const long = new Rejected('x'.repeat(6 << 20), { count: 1 });
  const [grpcAnswer, httpAnswer] = await failingWith(long, () =>
    Promise.all([overGrpc(tracesRequest(1)), overHttp(tracesRequest(1))]),
  );
  assert.ok(grpcAnswer.message.length < 4_096);
  assert.ok(httpAnswer.body.length < 1 << 20, String(httpAnswer.body.length));
});

void test('S5: an empty request succeeds, and full success leaves partial_success unset', async () => {
  for (const body of [new Uint8Array(0), tracesRequest(1)]) {
    const grpcAnswer = await overGrpc(body);
    assert.equal(grpcAnswer.status, GRPC_STATUS.OK);
    assert.equal(grpcAnswer.body.length, 0);
    const httpAnswer = await overHttp(body);
    assert.deepEqual([httpAnswer.status, httpAnswer.body.length], [200, 0]);
  }
  const json = await overHttp('{}', { 'content-type': JSON_TYPE });
  assert.deepEqual([json.status, json.body.toString()], [200, '{}']);
});

void test('S6: rejected items are told by partial_success', async () => {
  const partly = new Rejected('two are bad', { count: 2 });
  const [grpcAnswer, httpAnswer, json] = await failingWith(partly, () =>
    Promise.all([
      overGrpc(tracesRequest(5)),
      overHttp(tracesRequest(5)),
      overHttp('{"resourceSpans":[{"scopeSpans":[{"spans":[{},{},{}]}]}]}', { 'content-type': JSON_TYPE }),
    ]),
  );
  const expected = { rejected: 2, message: 'two are bad' };
  assert.equal(grpcAnswer.status, GRPC_STATUS.OK);
  assert.deepEqual(decodePartialSuccess(grpcAnswer.body), expected);
  assert.equal(httpAnswer.status, 200);
  assert.deepEqual(decodePartialSuccess(httpAnswer.body), expected);
  assert.deepEqual(JSON.parse(json.body.toString()), {
    partialSuccess: { rejectedSpans: '2', errorMessage: 'two are bad' },
  });
});

void test('S7: refusals are UNAVAILABLE with RetryInfo, bad data INVALID_ARGUMENT', async () => {
  const refused = await failingWith(new Refused('busy', { retryAfterMs: 2_500 }), () => overGrpc(tracesRequest(1)));
  assert.equal(refused.status, GRPC_STATUS.UNAVAILABLE);
  assert.equal(refused.details && decodeStatus(refused.details)?.retryDelayMs, 2_500);
  const bad = await overGrpc(Buffer.from([0xff, 0xff]));
  assert.equal(bad.status, GRPC_STATUS.INVALID_ARGUMENT);
  assert.match(bad.message, /not an OTLP traces request/);
});

void test('S8: HTTP says 400 for bad data, 503 with Retry-After when refusing', async () => {
  const bad = await overHttp(Buffer.from([0xff, 0xff]));
  assert.equal(bad.status, 400);
  assert.equal((await overHttp('{', { 'content-type': JSON_TYPE })).status, 400);
  assert.equal((await overHttp(Buffer.from('no gzip'), { 'content-encoding': 'gzip' })).status, 400);
  const refused = await failingWith(new Refused('busy', { retryAfterMs: 2_500 }), () => overHttp(tracesRequest(1)));
  assert.equal(refused.status, 503);
  assert.equal(refused.headers['retry-after'], '3');
});

void test('S9: every error has a Status in the encoding of the request', async () => {
  const answers: readonly (readonly [string, HttpAnswer, number])[] = [
    ['bad data', await overHttp(Buffer.from([0xff])), 400],
    ['bad JSON', await overHttp('[]', { 'content-type': JSON_TYPE }), 400],
    ['unknown path', await overHttp('', {}, 'POST', '/v1/nothing'), 404],
    ['a signal nobody takes', await overHttp('', {}, 'POST', '/v1/logs'), 404],
    ['wrong method', await overHttp('', { 'content-type': JSON_TYPE }, 'PUT'), 405],
    ['wrong content type', await overHttp('x', { 'content-type': 'text/plain' }), 415],
    ['unknown encoding', await overHttp('x', { 'content-encoding': 'br' }), 400],
  ];
  for (const [what, answer, status] of answers) {
    assert.equal(answer.status, status, what);
    assert.notEqual(statusIn(answer)?.message ?? '', '', what);
  }
  assert.equal(answers[1]?.[1].headers['content-type'], JSON_TYPE);
  assert.equal(answers[0]?.[1].headers['content-type'], PROTOBUF);
});

void test('S10: protobuf and JSON share the port by content type, with parameters or not', async () => {
  const itemsBefore = collector.items;
  assert.equal((await overHttp(tracesRequest(1), { 'content-type': `${PROTOBUF}; charset=binary` })).status, 200);
  const json = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"x"}]}]}]}';
  assert.equal((await overHttp(json, { 'content-type': 'application/json; charset=utf-8' })).status, 200);
  assert.equal(collector.items - itemsBefore, 2);
});

void test('S11: a JSON request arrives as the protobuf it stands for', async () => {
  const json = {
    resourceSpans: [
      {
        scopeSpans: [{ spans: [{ traceId: 'ABCDEF00000000000000000000000001', startTimeUnixNano: '7', unknown: 1 }] }],
      },
    ],
  };
  assert.equal((await overHttp(JSON.stringify(json), { 'content-type': JSON_TYPE })).status, 200);
  const bytes = Buffer.from(collector.batches.at(-1)?.chunks[0] ?? []);
  assert.ok(bytes.includes(Buffer.from('abcdef00000000000000000000000001', 'hex')));
});

void test('an unknown gRPC method is UNIMPLEMENTED, an unknown encoding too', async () => {
  assert.equal((await overGrpc(tracesRequest(1), { path: '/nobody.Knows/This' })).status, GRPC_STATUS.UNIMPLEMENTED);
  assert.equal((await overGrpc(tracesRequest(1), { encoding: 'br' })).status, GRPC_STATUS.UNIMPLEMENTED);
});
