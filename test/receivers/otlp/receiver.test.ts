// Memory of clients that go before their answer, over both protocols: charged as long as their data is here.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import { test } from 'node:test';
import type grpc from '@grpc/grpc-js';
import type { Consumer } from '../../../pipeline/delivery.ts';
import { config } from '../../../receivers/otlp/config.ts';
import { OtlpReceiver } from '../../../receivers/otlp/receiver.ts';
import { freePorts } from '../../support/agent.ts';
import { opened, SOON, testContext } from '../../support/context.ts';
import { GrpcTestClient } from '../../support/grpc-client.ts';
import { tracesRequest } from '../../support/requests.ts';

const BODY = tracesRequest(5);

async function withReceiver(
  work: (made: {
    readonly grpcPort: number;
    readonly httpPort: number;
    readonly usedBytes: () => number;
    /** Resolves once a batch is inside. */
    readonly arrived: Promise<void>;
    /** Lets it out. */
    readonly letGo: () => void;
  }) => Promise<void>,
  httpSettings: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const [grpcPort = 0, httpPort = 0] = await freePorts(2);
  const arrived = opened();
  const gate = opened();
  const held: Consumer = {
    consume: () => {
      arrived.open();
      return gate.promise;
    },
  };
  const { context, admission } = testContext({ kind: 'receiver', id: 'otlp' });
  const protocols = {
    grpc: { endpoint: `127.0.0.1:${grpcPort}` },
    http: { endpoint: `127.0.0.1:${httpPort}`, ...httpSettings },
  };
  const receiver = new OtlpReceiver(config.parse({ protocols }), context, { traces: held });
  await receiver.start();
  try {
    const usedBytes = (): number => admission.usedBytes;
    await work({ grpcPort, httpPort, usedBytes, arrived: arrived.promise, letGo: gate.open });
    while (admission.usedBytes > 0) await new Promise((resolve) => setImmediate(resolve));
  } finally {
    await receiver.stop(SOON());
  }
}

/** Long enough for the server to see that a connection or a stream is closed. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}

void test('a cancelled call over gRPC is charged until its data has left', { timeout: 10_000 }, () =>
  withReceiver(async ({ grpcPort, usedBytes, arrived, letGo }) => {
    using client = new GrpcTestClient(grpcPort);
    let call: grpc.ClientUnaryCall | undefined;
    const answer = client.call({ body: BODY, started: (under) => (call = under) });
    await arrived;
    call?.cancel();
    await answer;
    await settled();
    assert.ok(usedBytes() >= BODY.length, `${usedBytes()} bytes are charged`);
    letGo();
  }),
);

void test('a closed request over HTTP is charged until its data has left', { timeout: 10_000 }, () =>
  withReceiver(async ({ httpPort, usedBytes, arrived, letGo }) => {
    const headers = { 'content-type': 'application/x-protobuf' };
    const request = http.request(`http://127.0.0.1:${httpPort}/v1/traces`, { method: 'POST', headers });
    request.on('error', () => undefined);
    request.end(BODY);
    await arrived;
    request.destroy();
    await settled();
    assert.ok(usedBytes() >= BODY.length, `${usedBytes()} bytes are charged`);
    letGo();
  }),
);

void test('half a body over HTTP is released with its connection', { timeout: 10_000 }, () =>
  withReceiver(async ({ httpPort, usedBytes }) => {
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': BODY.length };
    const request = http.request(`http://127.0.0.1:${httpPort}/v1/traces`, { method: 'POST', headers });
    request.on('error', () => undefined);
    request.write(BODY.subarray(0, 8));
    await once(request, 'socket');
    while (usedBytes() === 0) await new Promise((resolve) => setImmediate(resolve));
    request.destroy();
  }),
);

void test('an answer over HTTP that is not there within write_timeout ends the request', { timeout: 10_000 }, () =>
  withReceiver(
    async ({ httpPort, arrived, letGo }) => {
      const headers = { 'content-type': 'application/x-protobuf' };
      const request = http.request(`http://127.0.0.1:${httpPort}/v1/traces`, { method: 'POST', headers });
      const cut = assert.rejects(once(request, 'response'), { code: 'ECONNRESET' });
      request.end(BODY);
      await Promise.all([arrived, cut]);
      // Over HTTP/2 it ends the request alone.
      const session = http2.connect(`http://127.0.0.1:${httpPort}`);
      const stream = session.request({ ':method': 'POST', ':path': '/v1/traces', ...headers });
      stream.end(BODY);
      await assert.rejects(once(stream, 'response'), { code: 'ERR_HTTP2_STREAM_ERROR' });
      assert.equal(session.destroyed, false);
      session.close();
      letGo();
    },
    { write_timeout: '100ms' },
  ),
);
