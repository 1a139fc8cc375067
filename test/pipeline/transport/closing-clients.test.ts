// Clients that are closed or turned elsewhere while they connect leave no connection behind: one would keep the process.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { connector, type Connector } from '../../../pipeline/transport/dial.ts';
import { GrpcClient } from '../../../pipeline/transport/grpc-client.ts';
import { HttpClient } from '../../../pipeline/transport/http-client.ts';
import { portOf } from '../../support/destination.ts';
import { opened } from '../../support/context.ts';

interface Peer {
  readonly port: number;
  /** Connections that were accepted. */
  readonly sockets: Socket[];
  readonly open: () => number;
  readonly accepted: (count: number) => Promise<void>;
}

/** A peer that accepts and says nothing. */
async function silentPeer(t: TestContext): Promise<Peer> {
  const sockets: Socket[] = [];
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined).resume();
    sockets.push(socket);
    server.emit('accepted');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: portOf(server),
    sockets,
    open: () => sockets.filter(({ destroyed }) => !destroyed).length,
    accepted: async (count) => {
      while (sockets.length < count) await once(server, 'accepted');
    },
  };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Connects, and hands the connection over when the gate opens, whether anyone still wants it or not. */
function late(port: number, gate: Promise<void>): Connector {
  return async () => {
    const socket = net.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    await gate;
    return socket;
  };
}

const REQUEST = { path: '/x', chunks: [], bytes: 0 };

function grpcClient(connect: Connector): GrpcClient {
  return new GrpcClient({ connect, authority: 'a', secure: false, headers: {}, maxResponseBytes: 1024 });
}

function httpClient(connect: Connector): HttpClient {
  return new HttpClient({
    connect,
    authority: 'a',
    headers: {},
    maxResponseBytes: 1024,
    keepAlive: true,
    maxIdleConnections: 2,
    maxConnections: 2,
    idleTimeoutMs: 0,
  });
}

void test('gRPC: a connection that comes after the close is closed', { timeout: 10_000 }, async (t) => {
  const peer = await silentPeer(t);
  const gate = opened();
  const client = grpcClient(late(peer.port, gate.promise));
  const { answer } = client.call(REQUEST);
  await peer.accepted(1);
  await client.close();
  gate.open();
  await assert.rejects(answer, /closed/);
  await until(() => peer.open() === 0);
  await assert.rejects(client.call(REQUEST).answer, /closed/);
});

void test('HTTP: a connection that comes after the close is closed', { timeout: 10_000 }, async (t) => {
  const peer = await silentPeer(t);
  const gate = opened();
  const client = httpClient(late(peer.port, gate.promise));
  const call = client.post('/x', [], 0, {});
  await peer.accepted(1);
  client.close();
  call.cancel(new Error('stopped'));
  gate.open();
  await assert.rejects(call.answer);
  await until(() => peer.open() === 0);
});

void test('gRPC: who reconnects while connecting ends with one connection', { timeout: 10_000 }, async (t) => {
  const peer = await silentPeer(t);
  const first = opened();
  const second = opened();
  let made = 0;
  const client = grpcClient((signal) => {
    made += 1;
    return late(peer.port, made === 1 ? first.promise : second.promise)(signal);
  });
  const one = client.call(REQUEST);
  await peer.accepted(1);
  client.reconnect();
  const other = client.call(REQUEST);
  await peer.accepted(2);
  second.open();
  first.open();
  await until(() => (peer.sockets[0]?.bytesRead ?? 0) > 0 && (peer.sockets[1]?.bytesRead ?? 0) > 0);
  one.cancel(new Error('enough'));
  await assert.rejects(one.answer, /enough/);
  await until(() => peer.open() === 1);
  assert.equal(peer.sockets[1]?.destroyed, false, 'the newer one stays');
  other.cancel(new Error('enough'));
  await assert.rejects(other.answer, /enough/);
  await client.close();
  await until(() => peer.open() === 0);
});

void test('HTTP: connections in use at a reconnect are closed after their request', { timeout: 10_000 }, async (t) => {
  const peer = await silentPeer(t);
  const client = httpClient(late(peer.port, Promise.resolve()));
  const { answer } = client.post('/x', [], 0, {});
  await until(() => (peer.sockets[0]?.bytesRead ?? 0) > 0);
  client.reconnect();
  peer.sockets[0]?.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
  assert.equal((await answer).status, 200);
  await until(() => peer.open() === 0);
  client.close();
});

void test(
  'a connection that is being made ends with its signal: TCP with TLS, and a proxy',
  { timeout: 10_000 },
  async (t) => {
    const peer = await silentPeer(t);
    const target = { host: '127.0.0.1', port: peer.port, timeoutMs: 60_000 };
    const proxy = new URL(`http://127.0.0.1:${peer.port}`);
    for (const [count, connect] of [
      connector(() => ({ ...target, tls: {} })),
      connector(() => ({ ...target, proxy })),
    ].entries()) {
      const stop = new AbortController();
      const connected = assert.rejects(connect(stop.signal));
      await peer.accepted(count + 1);
      stop.abort();
      await connected;
      await until(() => peer.open() === 0);
      await assert.rejects(connect(stop.signal));
    }
  },
);
