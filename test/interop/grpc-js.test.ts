// @grpc/grpc-js as the client: what another gRPC stack makes of our server, in good days and bad.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import grpc from '@grpc/grpc-js';
import { freePorts, startAgent, type Program } from '../support/agent.ts';
import { grpcDestination, httpDestination, type Destination } from '../support/destination.ts';
import { GrpcTestClient } from '../support/grpc-client.ts';
import { pipelines } from '../support/pipelines.ts';
import { spansMessage } from '../support/spans.ts';

let destination: Destination;
let agent: Program;
let port: number;

before(async () => {
  destination = await grpcDestination();
  const [grpcPort = 0, httpPort = 0] = await freePorts(2);
  port = grpcPort;
  const settings = {
    endpoint: `127.0.0.1:${destination.port}`,
    tls: { insecure: true },
    sending_queue: { enabled: false },
  };
  agent = await startAgent({ config: pipelines({ grpcPort, httpPort, exporter: 'otlp_grpc', settings }) });
});

after(async () => {
  await agent.stop();
  await destination[Symbol.asyncDispose]();
});

void test('an export is answered with an empty message: partial_success stays unset', async () => {
  using client = new GrpcTestClient(port);
  const answer = await client.call({ body: spansMessage(3) });
  assert.equal(answer.code, grpc.status.OK, answer.message);
  assert.equal(answer.body?.length, 0);
});

void test('an empty request succeeds and goes no further', async () => {
  using client = new GrpcTestClient(port);
  const seen = destination.arrivals.all.length;
  const answer = await client.call({ body: new Uint8Array(0) });
  assert.equal(answer.code, grpc.status.OK, answer.message);
  assert.equal(destination.arrivals.all.length, seen);
});

void test('gzip and deflate as grpc-js compresses', async () => {
  for (const algorithm of [
    grpc.compressionAlgorithms.gzip,
    grpc.compressionAlgorithms.deflate,
    grpc.compressionAlgorithms.identity,
  ]) {
    using client = new GrpcTestClient(port, { 'grpc.default_compression_algorithm': algorithm });
    const body = spansMessage(50);
    const answer = await client.call({ body });
    assert.equal(answer.code, grpc.status.OK, answer.message);
    assert.deepEqual(Buffer.from(destination.arrivals.all.at(-1)?.body ?? []), Buffer.from(body));
  }
});

void test('fifty calls at once over one connection, each with its own answer', async () => {
  using client = new GrpcTestClient(port);
  const seen = destination.arrivals.all.reduce((sum, { body }) => sum + body.length, 0);
  const body = spansMessage(100);
  const answers = await Promise.all(Array.from({ length: 50 }, () => client.call({ body })));
  assert.deepEqual(new Set(answers.map(({ code }) => code)), new Set([grpc.status.OK]));
  const arrived = destination.arrivals.all.reduce((sum, { body: { length } }) => sum + length, 0) - seen;
  assert.equal(arrived, 50 * body.length);
});

void test('a message of 8 MiB passes, one above the limit is told so for good', async () => {
  using client = new GrpcTestClient(port);
  const passed = await client.call({ body: spansMessage(1, 'x'.repeat(8 << 20)) });
  assert.equal(passed.code, grpc.status.OK, passed.message);
  const answer = await client.call({ body: Buffer.alloc(65 << 20) });
  assert.equal(answer.code, grpc.status.RESOURCE_EXHAUSTED, answer.message);
  assert.match(answer.message, /64|67108864/);
  assert.equal(answer.details?.retryDelayMs, undefined, 'RetryInfo would make clients send it again');
});

void test('metadata of 30 KiB is taken; far too much of it fails that call only', async () => {
  using client = new GrpcTestClient(port);
  const taken = await client.call({ body: spansMessage(1), metadata: { 'x-large': 'v'.repeat(30 << 10) } });
  assert.equal(taken.code, grpc.status.OK, taken.message);
  const refused = await client.call({ body: spansMessage(1), metadata: { 'x-large': 'v'.repeat(200 << 10) } });
  assert.notEqual(refused.code, grpc.status.OK);
  const next = await client.call({ body: spansMessage(1) });
  assert.equal(next.code, grpc.status.OK, next.message);
});

void test('an unknown method is UNIMPLEMENTED', async () => {
  using client = new GrpcTestClient(port);
  const answer = await client.call({ path: '/no.such.Service/Export', body: new Uint8Array(0) });
  assert.equal(answer.code, grpc.status.UNIMPLEMENTED);
});

void test('what is no OTLP is INVALID_ARGUMENT with a BadRequest', async () => {
  using client = new GrpcTestClient(port);
  const answer = await client.call({ body: Buffer.from('this is not protobuf, is it?') });
  assert.equal(answer.code, grpc.status.INVALID_ARGUMENT, answer.message);
  assert.match(answer.message, /OTLP/);
  assert.equal(answer.details?.code, grpc.status.INVALID_ARGUMENT);
  assert.match(answer.detailBytes?.toString('latin1') ?? '', /google\.rpc\.BadRequest/);
});

void test('a deadline that passes and a call that is cancelled leave the connection usable', async () => {
  await using hanging = await httpDestination(() => undefined);
  const [grpcPort = 0, httpPort = 0] = await freePorts(2);
  const settings = {
    endpoint: `http://127.0.0.1:${hanging.port}`,
    timeout: '1s',
    retry_on_failure: { enabled: false },
    sending_queue: { enabled: false },
  };
  await using stuck = await startAgent({ config: pipelines({ grpcPort, httpPort, exporter: 'otlp_http', settings }) });
  using client = new GrpcTestClient(grpcPort);
  const late = await client.call({ body: spansMessage(1), deadlineMs: 300 });
  assert.equal(late.code, grpc.status.DEADLINE_EXCEEDED);
  const cancelled = await client.call({
    body: spansMessage(1),
    started: (call) => {
      setTimeout(() => call.cancel(), 100);
    },
  });
  assert.equal(cancelled.code, grpc.status.CANCELLED);
  const next = await client.call({ body: new Uint8Array(0) });
  assert.equal(next.code, grpc.status.OK, next.message);
  assert.ok(stuck.isRunning);
});

void test('metrics and logs have their own services', async () => {
  using client = new GrpcTestClient(port);
  for (const service of ['metrics.v1.MetricsService', 'logs.v1.LogsService']) {
    const path = `/opentelemetry.proto.collector.${service}/Export`;
    const answer = await client.call({ path, body: new Uint8Array(0) });
    assert.equal(answer.code, grpc.status.OK, answer.message);
  }
});
