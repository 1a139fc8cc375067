// A stop waits for requests, not for connections without one: idle ones, silent ones, and those whose handshake stands still.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import net, { type Socket } from 'node:net';
import { after, test } from 'node:test';
import { config } from '../../../receivers/otlp/config.ts';
import { OtlpReceiver } from '../../../receivers/otlp/receiver.ts';
import { freePorts } from '../../support/agent.ts';
import { TestAuthority } from '../../support/certificates.ts';
import { testContext } from '../../support/context.ts';

const authority = TestAuthority.make();
after(() => authority?.[Symbol.dispose]());
const options = { skip: authority ? false : 'needs openssl', timeout: 10_000 };

/** Lets a client connect, and stops with a deadline that the test does not live to see. */
async function stopWith(
  connect: (ports: { grpc: number; http: number; ca: string }) => Promise<Socket>,
): Promise<void> {
  assert.ok(authority);
  const [grpc = 0, http = 0] = await freePorts(2);
  const { cert, key } = authority.issue('localhost', 'DNS:localhost,IP:127.0.0.1');
  const tls = { cert_file: cert, key_file: key };
  const protocols = { grpc: { endpoint: `127.0.0.1:${grpc}`, tls }, http: { endpoint: `127.0.0.1:${http}`, tls } };
  const { context } = testContext({ kind: 'receiver', id: 'otlp' });
  const receiver = new OtlpReceiver(config.parse({ protocols }), context, {
    traces: { consume: () => Promise.resolve() },
  });
  await receiver.start();
  const socket = await connect({ grpc, http, ca: authority.ca });
  const closed = new Promise<void>((resolve) => socket.on('error', () => undefined).once('close', () => resolve()));
  const deadline = new AbortController();
  await receiver.stop(deadline.signal);
  await closed;
}

/** A connection that has been accepted, and on which these bytes were sent. */
async function raw(port: number, bytes: Uint8Array): Promise<Socket> {
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  if (bytes.length > 0) await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  await new Promise((resolve) => setTimeout(resolve, 50));
  return socket;
}

/** The beginning of a TLS record. */
const HALF_HELLO = Buffer.from([22, 3, 1]);

void test('an idle connection with TLS', options, () =>
  stopWith(async ({ http, ca }) => {
    const agent = new https.Agent({ keepAlive: true });
    const headers = { 'content-type': 'application/x-protobuf' };
    const url = `https://127.0.0.1:${http}/v1/traces`;
    const request = https.request(url, { agent, ca: readFileSync(ca), method: 'POST', headers });
    const connected = once(request, 'socket');
    request.end();
    const [response] = await once(request, 'response');
    response.resume();
    await once(response, 'end');
    const [socket] = await connected;
    return socket;
  }),
);

void test('handshakes that are not finished, over HTTP', options, async () => {
  await stopWith(({ http }) => raw(http, Buffer.alloc(0)));
  await stopWith(({ http }) => raw(http, HALF_HELLO));
});

void test('handshakes that are not finished, over gRPC', options, async () => {
  await stopWith(({ grpc }) => raw(grpc, Buffer.alloc(0)));
  await stopWith(({ grpc }) => raw(grpc, HALF_HELLO));
});
