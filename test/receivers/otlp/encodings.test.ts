// Every compression that the receiver names is taken over both protocols, each with what its protocol calls snappy.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { compress } from '../../../pipeline/transport/compression.ts';
import { connector } from '../../../pipeline/transport/dial.ts';
import { GrpcClient } from '../../../pipeline/transport/grpc-client.ts';
import { GRPC_STATUS } from '../../../pipeline/transport/grpc-status.ts';
import { config } from '../../../receivers/otlp/config.ts';
import { OtlpReceiver } from '../../../receivers/otlp/receiver.ts';
import { freePorts } from '../../support/agent.ts';
import { Collector, SOON, testContext } from '../../support/context.ts';
import { httpRequest } from '../../support/http-request.ts';
import { tracesRequest } from '../../support/requests.ts';

const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const SPANS = 2;

const collector = new Collector();
let httpPort = 0;
let client: GrpcClient;
let receiver: OtlpReceiver;

before(async () => {
  const [grpcPort = 0, port = 0] = await freePorts(2);
  httpPort = port;
  const { context } = testContext({ kind: 'receiver', id: 'otlp' });
  receiver = new OtlpReceiver(
    config.parse({
      protocols: { grpc: { endpoint: `127.0.0.1:${grpcPort}` }, http: { endpoint: `127.0.0.1:${port}` } },
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

async function overGrpc(body: Uint8Array, encoding: string): Promise<number> {
  return (await client.call({ path: EXPORT, chunks: [body], bytes: body.length, encoding }).answer).status;
}

async function overHttp(body: Uint8Array, encoding: string): Promise<number> {
  const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': encoding };
  return (await httpRequest(`http://127.0.0.1:${httpPort}/v1/traces`, { method: 'POST', body, headers })).status;
}

for (const encoding of ['gzip', 'zstd', 'deflate', 'snappy'] as const) {
  void test(`${encoding} over both protocols`, async () => {
    const itemsBefore = collector.items;
    const body = tracesRequest(SPANS);
    assert.equal(await overHttp(await compress(encoding, body), encoding), 200);
    // gRPC's snappy is the framed format.
    const framed = encoding === 'snappy' ? 'x-snappy-framed' : encoding;
    assert.equal(await overGrpc(await compress(framed, body), encoding), GRPC_STATUS.OK);
    assert.equal(collector.items - itemsBefore, 2 * SPANS);
  });
}

void test('an encoding nobody named is refused: 400, UNIMPLEMENTED', async () => {
  assert.equal(await overHttp(await compress('x-snappy-framed', tracesRequest(SPANS)), 'x-snappy-framed'), 400);
  assert.equal(await overGrpc(tracesRequest(SPANS), 'br'), GRPC_STATUS.UNIMPLEMENTED);
});
