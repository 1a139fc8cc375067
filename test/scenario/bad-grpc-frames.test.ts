// Garbage where gRPC frames should be, and clients that die: sent to a real agent, answered as gRPC says, and calls of
// others over other connections are not disturbed.

import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, afterEach, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import grpc from '@grpc/grpc-js';
import { freePorts, startAgent, type Program } from '../support/agent.ts';
import { httpDestination, type Destination } from '../support/destination.ts';
import { GrpcTestClient, TRACE_EXPORT } from '../support/grpc-client.ts';
import { pipelines } from '../support/pipelines.ts';
import { spansMessage } from '../support/spans.ts';

const LIMIT_MIB = 1;
/** Leaves 70 MiB for data in flight. */
const MEMORY_LIMITER = { check_interval: '1s', limit_mib: 200 };
/** Together they ask for more than there is. */
const DYING_CLIENTS = 80;

let destination: Destination;
let agent: Program;
let port: number;

before(async () => {
  destination = await httpDestination();
  const [grpcPort = 0, httpPort = 0] = await freePorts(2);
  port = grpcPort;
  const settings = { endpoint: `http://127.0.0.1:${destination.port}`, sending_queue: { enabled: false } };
  const processors = { memory_limiter: MEMORY_LIMITER };
  const limits = { max_recv_msg_size_mib: LIMIT_MIB };
  agent = await startAgent({
    config: pipelines({ grpcPort, httpPort, grpc: limits, processors, exporter: 'otlp_http', settings }),
  });
});

after(async () => {
  await agent.stop();
  await destination[Symbol.asyncDispose]();
});

afterEach(async () => {
  using client = new GrpcTestClient(port);
  const answer = await client.call({ body: spansMessage(2) });
  assert.equal(answer.code, grpc.status.OK, `a good call after a bad one: ${answer.message}`);
  assert.ok(agent.isRunning);
});

interface RawAnswer {
  readonly status: number | undefined;
  readonly grpcStatus: number | undefined;
  readonly message: string;
}

/** A call whose body is sent as it is. */
function raw(body: Uint8Array, headers: http2.OutgoingHttpHeaders = {}): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const session = http2.connect(`http://127.0.0.1:${port}`);
    session.on('error', reject);
    const stream = session.request({
      ':method': 'POST',
      ':path': TRACE_EXPORT,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    let status: number | undefined;
    let grpcStatus: number | undefined;
    let message = '';
    const look = (seen: http2.IncomingHttpHeaders): void => {
      if (seen[':status'] !== undefined) status = Number(seen[':status']);
      if (seen['grpc-status'] !== undefined) grpcStatus = Number(seen['grpc-status']);
      if (seen['grpc-message'] !== undefined) message = decodeURIComponent(String(seen['grpc-message']));
    };
    stream.on('response', look);
    stream.on('trailers', look);
    stream.on('error', () => undefined);
    stream.on('close', () => {
      session.close();
      resolve({ status, grpcStatus, message });
    });
    stream.resume();
    stream.end(body);
  });
}

function frame(flag: number, body: Uint8Array, length = body.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, body]);
}

void test('frames that end early, go on too long, or have no known flag', async () => {
  const message = spansMessage(2);
  for (const [body, pattern] of [
    [new Uint8Array(0), /no whole frame/],
    [Buffer.from([0, 0]), /no whole frame/],
    [frame(0, message, message.length + 10), /\d+ of \d+ bytes/],
    [frame(0, message, message.length - 10), /more bytes/],
    [frame(7, message), /compressed flag/],
    [Buffer.concat([frame(0, message), frame(0, message)]), /one message/],
  ] as const) {
    const answer = await raw(body);
    assert.equal(answer.status, 200);
    assert.equal(answer.grpcStatus, grpc.status.INTERNAL, answer.message);
    assert.match(answer.message, pattern);
  }
});

void test('compressed with nothing known, or not compressed at all', async () => {
  const message = spansMessage(2);
  const unknown = await raw(frame(1, message), { 'grpc-encoding': 'lz4' });
  assert.equal(unknown.grpcStatus, grpc.status.UNIMPLEMENTED);
  assert.match(unknown.message, /gzip/);
  const none = await raw(frame(1, message));
  assert.ok(none.grpcStatus === grpc.status.INTERNAL || none.grpcStatus === grpc.status.UNIMPLEMENTED, none.message);
  const broken = await raw(frame(1, Buffer.from('no gzip')), { 'grpc-encoding': 'gzip' });
  assert.equal(broken.grpcStatus, grpc.status.INTERNAL, broken.message);
});

void test('too large before and after decompression: RESOURCE_EXHAUSTED that names the limit', async () => {
  const large = Buffer.alloc((LIMIT_MIB << 20) + 1);
  const plain = await raw(frame(0, large));
  assert.equal(plain.grpcStatus, grpc.status.RESOURCE_EXHAUSTED, plain.message);
  assert.match(plain.message, /1048576/);
  const bomb = await raw(frame(1, gzipSync(Buffer.alloc(50 << 20))), { 'grpc-encoding': 'gzip' });
  assert.equal(bomb.grpcStatus, grpc.status.RESOURCE_EXHAUSTED, bomb.message);
  assert.match(bomb.message, /1048576/);
  const announced = await raw(frame(0, Buffer.alloc(10), 0xffff_ffff));
  assert.equal(announced.grpcStatus, grpc.status.RESOURCE_EXHAUSTED, announced.message);
});

void test('a client that speaks no gRPC is told so', async () => {
  const plain = await raw(Buffer.from('hello'), { 'content-type': 'text/plain' });
  assert.equal(plain.status, 415);
  assert.equal(plain.grpcStatus, undefined);
});

void test('bytes that are no HTTP/2 end that connection only', async () => {
  for (const bytes of [
    Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n'),
    Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01]),
    Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.alloc(300, 0xa5)]),
  ]) {
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
      socket.resume();
      socket.write(bytes);
      setTimeout(() => socket.end(), 300);
    });
  }
});

void test('clients that die in their message leave nothing behind', async () => {
  const arrived = destination.arrivals.all.length;
  for (let client = 0; client < DYING_CLIENTS; client += 20) await Promise.all(Array.from({ length: 20 }, die));
  assert.equal(destination.arrivals.all.length, arrived);
  // That memory is free again is what the good call after every test proves.
});

/** Announces a message as large as is allowed, sends a little of it and is gone. */
async function die(): Promise<void> {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  const stream = session.request({
    ':method': 'POST',
    ':path': TRACE_EXPORT,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.on('error', () => undefined);
  stream.write(frame(0, Buffer.alloc(1000), LIMIT_MIB << 20));
  await sleep(50);
  session.destroy();
}
