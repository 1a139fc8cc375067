// What clients hear that are over a limit, over each protocol, from a real listener with a real authenticator.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import grpc from '@grpc/grpc-js';
import { BasicAuthServer } from '../../../extensions/basicauth/server.ts';
import { config } from '../../../extensions/tenant_limits/config.ts';
import { TenantLimits } from '../../../extensions/tenant_limits/tenant-limits.ts';
import { Admission } from '../../../pipeline/admission.ts';
import { AgentError } from '../../../pipeline/errors.ts';
import { decodeStatus } from '../../../proto/status.ts';
import { config as receiverConfig } from '../../../receivers/otlp/config.ts';
import { OtlpReceiver } from '../../../receivers/otlp/receiver.ts';
import { freePorts } from '../../support/agent.ts';
import { Collector, opened, SOON, testContext } from '../../support/context.ts';
import { GrpcTestClient, type GrpcAnswer } from '../../support/grpc-client.ts';
import { httpRequest, type HttpAnswer } from '../../support/http-request.ts';
import { tracesRequest } from '../../support/requests.ts';
import { runningContext } from '../running-context.ts';

const BODY = tracesRequest(3);
const JSON_BODY = '{"resourceSpans":[]}';

interface Served extends AsyncDisposable {
  readonly taken: Collector;
  readonly clock: { now: number };
  readonly limits: TenantLimits;
  readonly usedBytes: () => number;
  readonly metric: (name: string, labels: Readonly<Record<string, string>>) => number;
  grpc(user: string | undefined, body?: Uint8Array, metadata?: Record<string, string>): Promise<GrpcAnswer>;
  http(user: string | undefined, options?: { body?: Uint8Array | string; headers?: object }): Promise<HttpAnswer>;
}

function credentials(user: string | undefined): Record<string, string> {
  return user === undefined ? {} : { authorization: `Basic ${Buffer.from(`${user}:pass`).toString('base64')}` };
}

async function serve(
  settings: object,
  options: { readonly open?: boolean; readonly memoryBytes?: number } = {},
): Promise<Served> {
  const [grpcPort = 0, httpPort = 0] = await freePorts(2);
  const { context: running, clock, telemetry } = runningContext('tenant_limits');
  const admission = new Admission(options.memoryBytes ?? 64 << 20);
  const { context } = testContext({ kind: 'receiver', id: 'otlp' });
  const taken = new Collector();
  const limits = new TenantLimits(config.parse({ identity: ['username'], ...settings }), { ...running, admission });
  const inline = 'ann:{PLAIN}pass\nbob:{PLAIN}pass\n';
  const basic = new BasicAuthServer({ file: '', inline }, runningContext('basicauth').context);
  await basic.start();
  const extensions = new Map<string, unknown>([
    ['basicauth', basic],
    ['tenant_limits', limits],
  ]);
  const of = (port: number) => ({
    endpoint: `127.0.0.1:${port}`,
    ...(options.open === true ? {} : { auth: { authenticator: 'basicauth' } }),
    middlewares: [{ id: 'tenant_limits' }],
  });
  const receiver = new OtlpReceiver(
    receiverConfig.parse({ protocols: { grpc: of(grpcPort), http: of(httpPort) } }),
    { ...context, admission, extension: (id) => extensions.get(id) },
    { traces: taken },
  );
  await receiver.start();
  return {
    taken,
    clock,
    limits,
    usedBytes: () => admission.usedBytes,
    metric: (name, labels) =>
      telemetry
        .figures()
        .filter((one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value))
        .reduce((sum, one) => sum + one.value, 0),
    async grpc(user, body = BODY, metadata = {}) {
      using client = new GrpcTestClient(grpcPort);
      return await client.call({ body, metadata: { ...credentials(user), ...metadata } });
    },
    http: (user, { body = BODY, headers = {} } = {}) =>
      httpRequest(`http://127.0.0.1:${httpPort}/v1/traces`, {
        body,
        headers: { 'content-type': 'application/x-protobuf', ...credentials(user), ...headers },
      }),
    async [Symbol.asyncDispose]() {
      await receiver.stop(SOON());
      await basic.stop();
    },
  };
}

const MESSAGE =
  'tenant "ann" is over the limit of 0.5 requests a second; slow down, or raise tenant_limits::tenants::ann::requests_per_second';
const POLICY = '"requests";q=1;w=2, "bytes";q=1000000;qu="content-bytes";w=1';
const ONE_REQUEST = { tenants: { ann: { requests_per_second: 0.5, bytes_per_second: 1_000_000 } } };

void test('over gRPC: RESOURCE_EXHAUSTED with RetryInfo, and the limit as metadata', async () => {
  await using served = await serve(ONE_REQUEST);
  assert.equal((await served.grpc('ann')).code, grpc.status.OK);
  const refused = await served.grpc('ann');
  assert.equal(refused.code, grpc.status.RESOURCE_EXHAUSTED);
  assert.equal(refused.message, MESSAGE);
  assert.deepEqual(refused.details, { code: 8, message: MESSAGE, retryDelayMs: 2_000 });
  assert.equal(refused.metadata['ratelimit-policy'], POLICY);
  assert.equal(refused.metadata['ratelimit'], '"requests";r=0;t=2');
  assert.equal((await served.grpc('bob')).code, grpc.status.OK, 'others go on');
  served.clock.now += 2_000;
  assert.equal((await served.grpc('ann')).code, grpc.status.OK);
});

void test('over HTTP, as protobuf and as JSON: 429 with a Status in the encoding of the request', async () => {
  await using served = await serve(ONE_REQUEST);
  assert.equal((await served.http('ann')).status, 200);
  const asProtobuf = await served.http('ann');
  const asJson = await served.http('ann', { body: JSON_BODY, headers: { 'content-type': 'application/json' } });
  for (const { status, headers } of [asProtobuf, asJson]) {
    assert.equal(status, 429);
    assert.equal(headers['retry-after'], '2');
    assert.equal(headers['ratelimit-policy'], POLICY);
    assert.equal(headers['ratelimit'], '"requests";r=0;t=2');
  }
  assert.equal(asProtobuf.headers['content-type'], 'application/x-protobuf');
  assert.deepEqual(decodeStatus(asProtobuf.body), { code: 8, message: MESSAGE, retryDelayMs: 2_000 });
  assert.equal(asJson.headers['content-type'], 'application/json');
  assert.deepEqual(JSON.parse(asJson.body.toString()), {
    code: 8,
    message: MESSAGE,
    details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '2s' }],
  });
});

void test('bytes a second are those on the wire; what came before they ran out is taken', async () => {
  const padded = Buffer.concat([BODY, Buffer.from([0xfa, 0x7f, 0xff, 0x7f]), Buffer.alloc(16_383)]);
  const zipped = gzipSync(padded);
  assert.ok(zipped.length < 1_000);
  await using served = await serve({ default: { bytes_per_second: 1_000 } });
  assert.equal((await served.http('ann', { body: zipped, headers: { 'content-encoding': 'gzip' } })).status, 200);
  const refused = await served.http('ann', { body: padded });
  assert.equal(refused.status, 429);
  assert.match(
    decodeStatus(refused.body)?.message ?? '',
    /^tenant "ann" is over the limit of 1000 bytes a second; slow down, or raise tenant_limits::default::bytes_per_second or list it under tenant_limits::tenants$/,
  );
  const left = 1_000 - zipped.length;
  assert.equal(refused.headers['ratelimit'], `"bytes";r=${left};t=1`);
  assert.equal((await served.grpc('ann', padded)).code, grpc.status.RESOURCE_EXHAUSTED);
  assert.equal(served.metric('genesis_tenant_accepted_bytes', {}), zipped.length);
  served.clock.now += 1_000;
  const chunked = await served.http('ann', { body: padded, headers: { 'transfer-encoding': 'chunked' } });
  assert.equal(chunked.status, 200, 'one larger than the burst, alone');
});

void test('bytes in flight are given back when a request is answered, whatever became of it', async () => {
  await using served = await serve({ default: { bytes_in_flight: 100 } });
  const gate = opened();
  served.taken.gate = gate.promise;
  const first = served.grpc('ann');
  while (served.metric('genesis_tenant_in_flight_bytes', {}) < BODY.length) await new Promise(setImmediate);
  const refused = await served.http('ann');
  assert.equal(refused.status, 429);
  assert.equal(refused.headers['ratelimit-policy'], '"bytes-in-flight";q=100;qu="content-bytes"');
  assert.match(decodeStatus(refused.body)?.message ?? '', /over the limit of 100 bytes in flight; wait for answers/);
  gate.open();
  assert.equal((await first).code, grpc.status.OK);
  served.taken.gate = undefined;
  const bad = Buffer.from([0xff, 0xff, 0xff]);
  for (const body of [BODY, gzipSync(BODY), bad]) {
    const headers = body === BODY || body === bad ? {} : { 'content-encoding': 'gzip' };
    await served.http('ann', { body, headers });
    await served.http('ann', { body, headers: { ...headers, 'transfer-encoding': 'chunked' } });
  }
  await served.http('ann', { body: JSON_BODY, headers: { 'content-type': 'application/json' } });
  assert.equal((await served.grpc('ann', bad)).code, grpc.status.INVALID_ARGUMENT);
  assert.equal(served.metric('genesis_tenant_in_flight_bytes', {}), 0);
  assert.equal(served.usedBytes(), 0);
});

void test('who fills the memory is held to a fair part; who comes later finds room at once', async () => {
  const memoryBytes = 2 << 20;
  await using served = await serve({}, { memoryBytes });
  const gate = opened();
  served.taken.gate = gate.promise;
  const body = tracesRequest(1_000);
  const held = (): number => served.metric('genesis_tenant_in_flight_bytes', {});
  const underWay: Promise<{ code: grpc.status }>[] = [];
  /** Sends one request; what was refused, or nothing once it is in the pipeline. */
  const send = async (user: string): Promise<GrpcAnswer | undefined> => {
    const before = held();
    const answers: GrpcAnswer[] = [];
    const call = served.grpc(user, body);
    void call.then((answer) => answers.push(answer));
    while (held() < before + body.length && answers.length === 0) await new Promise(setImmediate);
    if (answers.length === 0) underWay.push(call);
    return answers[0];
  };
  let refused: GrpcAnswer | undefined;
  while (!refused) refused = await send('ann');
  assert.equal(refused.code, grpc.status.RESOURCE_EXHAUSTED);
  assert.match(refused.message, /^tenant "ann" is over the fair part of the memory, 15\d{5} bytes; wait for answers/);
  assert.match(String(refused.metadata['ratelimit-policy']), /^"fair-share";q=15\d{5};qu="content-bytes"$/);
  assert.equal(refused.details?.retryDelayMs, 1_000);
  assert.ok(held() > memoryBytes / 2 && held() <= (memoryBytes * 3) / 4);
  for (let bytes = body.length; bytes < memoryBytes / 4 - 1_024; bytes += body.length) {
    assert.equal(await send('bob'), undefined);
  }
  assert.match((await send('ann'))?.message ?? '', /fair part of the memory, 104\d{4} bytes/);
  gate.open();
  for (const { code } of await Promise.all(underWay)) assert.equal(code, grpc.status.OK);
  assert.equal(held(), 0);
});

void test('a header names nobody: without an identity all are counted together', async () => {
  await using served = await serve({ default: { requests_per_second: 1, request_burst: 2 } }, { open: true });
  const answers = [
    await served.http('ann'),
    await served.http('bob', { headers: { username: 'bob' } }),
    await served.http(undefined, { headers: { username: 'eve', 'x-scope-orgid': 'eve' } }),
  ];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 429],
  );
  assert.match(
    decodeStatus(answers[2]?.body ?? Buffer.alloc(0))?.message ?? '',
    /^clients without an identity are over/,
  );
});

void test('accepted and refused are counted by tenant and limit, under names of the configuration only', async () => {
  await using served = await serve({ default: { requests_per_second: 1 }, tenants: { ann: { weight: 2 } } });
  for (const user of ['ann', 'ann', 'bob', 'bob']) await served.http(user);
  const refused = (tenant: string, limit: string) =>
    served.metric('genesis_tenant_refused_requests', { tenant, limit });
  assert.deepEqual(
    [refused('ann', 'requests'), refused('(others)', 'requests'), refused('bob', 'requests')],
    [1, 1, 0],
  );
  assert.equal(served.metric('genesis_tenant_accepted_requests', { tenant: '(others)' }), 1);
  assert.equal(served.metric('genesis_tenant_accepted_bytes', { tenant: 'ann' }), BODY.length);
});

void test('a middleware that does not run, or is none, fails the start and says so', async () => {
  const { context } = testContext({ kind: 'receiver', id: 'otlp' });
  for (const protocol of ['grpc', 'http']) {
    for (const extension of [undefined, {}]) {
      const receiver = new OtlpReceiver(
        receiverConfig.parse({
          protocols: { [protocol]: { endpoint: '127.0.0.1:0', middlewares: [{ id: 'tenant_limits/x' }] } },
        }),
        { ...context, extension: () => extension },
        { traces: new Collector() },
      );
      await assert.rejects(
        receiver.start(),
        (error) =>
          error instanceof AgentError &&
          error.code === 'MIDDLEWARE_MISSING' &&
          error.message.includes(extension ? 'which is no middleware' : 'which is not running'),
      );
      await receiver.stop(SOON());
    }
  }
});
