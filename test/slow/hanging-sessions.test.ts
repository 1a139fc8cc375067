// A server that says GOAWAY under an open call and then breaks the protocol: Node keeps such a client session for ever, with
// its call and its connection (node:http2 in v26: DATA for stream 0 is neither reported nor the end). Ours end.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import net, { type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { connector } from '../../pipeline/transport/dial.ts';
import { GrpcClient, NoAnswer } from '../../pipeline/transport/grpc-client.ts';
import { portOf } from '../support/destination.ts';

const REQUEST = { path: '/x', chunks: [Buffer.alloc(100)], bytes: 100 };
/** pipeline/transport/keepalive.ts gives calls half a minute, pipeline/transport/grpc-client.ts a close a second. */
const FAREWELL_MS = 30_000;
const GRACE_MS = 1_000;
/** What a busy machine may take beyond that. */
const LATE_MS = 10_000;

function frame(type: number, flags: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  return Buffer.concat([head, payload]);
}

const NOTHING = Buffer.alloc(0);
const SETTINGS = Buffer.concat([frame(4, 0, NOTHING), frame(4, 1, NOTHING)]);
/** The last stream it will answer is the first one; then DATA for stream 0, which RFC 9113, 6.1 forbids. */
const FAREWELL = Buffer.concat([frame(7, 0, Buffer.from([0, 0, 0, 1, 0, 0, 0, 0])), frame(0, 0, Buffer.alloc(3))]);

interface Peer {
  readonly port: number;
  readonly sockets: Socket[];
  readonly saidGoodbye: Promise<unknown>;
}

/** Breaks the protocol on the first connection, once a call is open; later ones are left alone. */
async function brokenPeer(t: TestContext): Promise<Peer> {
  const sockets: Socket[] = [];
  const server = net.createServer((socket) => {
    const isFirst = sockets.push(socket) === 1;
    let received = 0;
    socket.on('error', () => undefined);
    socket.write(SETTINGS);
    socket.on('data', (part: Buffer) => {
      received += part.length;
      if (!isFirst || received < 200) return;
      socket.removeAllListeners('data').resume();
      socket.write(FAREWELL, () => server.emit('goodbye'));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: portOf(server), sockets, saidGoodbye: once(server, 'goodbye') };
}

function clientOf({ port }: Peer): GrpcClient {
  return new GrpcClient({
    connect: connector(() => ({ host: '127.0.0.1', port, timeoutMs: 5_000 })),
    authority: `127.0.0.1:${port}`,
    secure: false,
    headers: {},
    maxResponseBytes: 1024,
  });
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

void test('Node itself keeps such a session, or the bounds are not needed any more', { timeout: 20_000 }, async (t) => {
  const peer = await brokenPeer(t);
  const session = http2.connect(`http://127.0.0.1:${peer.port}`).on('error', () => undefined);
  t.after(() => session.destroy());
  const stream = session.request({ ':method': 'POST', ':path': '/x' }).on('error', () => undefined);
  stream.write(Buffer.alloc(300));
  await peer.saidGoodbye;
  await new Promise((resolve) => setTimeout(resolve, GRACE_MS));
  session.close();
  await new Promise((resolve) => setTimeout(resolve, GRACE_MS));
  t.diagnostic(session.destroyed ? 'this Node ends the session' : 'this Node keeps the session');
  assert.equal(peer.sockets.length, 1);
});

void test('a close ends it within a second', { timeout: GRACE_MS + LATE_MS }, async (t) => {
  const peer = await brokenPeer(t);
  const client = clientOf(peer);
  const answer = assert.rejects(client.call(REQUEST).answer, NoAnswer);
  await peer.saidGoodbye;
  await client.close();
  await answer;
  await until(() => peer.sockets[0]?.destroyed === true);
});

void test(
  'its calls end half a minute after the GOAWAY, and others go elsewhere',
  { timeout: FAREWELL_MS + LATE_MS },
  async (t) => {
    const peer = await brokenPeer(t);
    const client = clientOf(peer);
    const answer = assert.rejects(client.call(REQUEST).answer, NoAnswer);
    await peer.saidGoodbye;
    // The GOAWAY is read before whatever comes now.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const next = client.call(REQUEST);
    await until(() => peer.sockets.length === 2);
    await answer;
    await until(() => peer.sockets[0]?.destroyed === true);
    assert.equal(peer.sockets[1]?.destroyed, false);
    next.cancel(new Error('enough'));
    await assert.rejects(next.answer, /enough/);
    await client.close();
  },
);
