// Clients of the agent's own pages that ask and do not read: what they keep is bounded in bytes and in time.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { type AdminHttp, type AdminHttpOptions, startAdminHttp } from '../../pipeline/admin-http.ts';
import { SharedListenerPool } from '../../pipeline/listener-pool.ts';

const MIB = 1 << 20;
/** More than the buffers of both ends of a connection hold. */
const PAGE_BYTES = 16 * MIB;

interface Served {
  readonly port: number;
  readonly server: AdminHttp;
  /** Responses that were made. */
  readonly made: () => number;
}

async function serve(t: TestContext, more: Partial<AdminHttpOptions> = {}): Promise<Served> {
  let made = 0;
  const shared = Buffer.alloc(PAGE_BYTES, 'x');
  const server = await startAdminHttp({
    component: 'extension:test',
    listeners: new SharedListenerPool(),
    address: { endpoint: '127.0.0.1:0', transport: 'tcp' },
    handler: ({ path }) => {
      made += 1;
      return { status: 200, type: 'text/plain', body: path === '/shared' ? shared : Buffer.alloc(PAGE_BYTES, 'y') };
    },
    onError: () => undefined,
    ...more,
  });
  t.after(() => server.stop(AbortSignal.abort()));
  return { server, port: Number(server.bound[0]?.split(':')[1]), made: () => made };
}

/** Asks, and reads nothing of the answer. */
async function stall(t: TestContext, port: number, path = '/'): Promise<{ readonly closed: Promise<void> }> {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  const closed = closeOf(socket);
  await once(socket, 'connect');
  socket.pause();
  socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
  return { closed };
}

/** A client that does not read hears of the end only by its own writing. */
function closeOf(socket: Socket): Promise<void> {
  socket.on('error', () => undefined);
  const poke = setInterval(() => socket.write('\r\n'), 10);
  return new Promise((resolve) => {
    socket.once('close', () => {
      clearInterval(poke);
      resolve();
    });
  });
}

async function readAll(port: number, path = '/'): Promise<number> {
  let bytes = 0;
  const [response] = await once(get({ host: '127.0.0.1', port, path, agent: false }), 'response');
  for await (const part of response) bytes += part.length;
  return bytes;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

void test('who reads gets a large page whole', { timeout: 10_000 }, async (t) => {
  const { port } = await serve(t);
  assert.equal(await readAll(port), PAGE_BYTES);
});

void test('who does not read within write_timeout is cut off', { timeout: 10_000 }, async (t) => {
  const { port } = await serve(t, { writeTimeoutMs: 100 });
  const { closed } = await stall(t, port);
  await closed;
});

void test('a page that is not ready within write_timeout is not waited for', { timeout: 10_000 }, async (t) => {
  const { port } = await serve(t, { writeTimeoutMs: 50, handler: () => new Promise(() => undefined) });
  await assert.rejects(readAll(port), { code: 'ECONNRESET' });
});

void test('who reads least is cut off where unread pages take too much', { timeout: 10_000 }, async (t) => {
  const { port, made } = await serve(t, { maxUnreadBytes: 2.5 * PAGE_BYTES });
  const first = await stall(t, port);
  await until(() => made() === 1);
  const others: Promise<void>[] = [];
  for (let i = 2; i <= 10; i++) {
    others.push((await stall(t, port)).closed);
    await until(() => made() === i);
  }
  await first.closed;
  // Nine of ten in all but two places.
  await Promise.all(others.slice(0, -2));
  assert.equal(await readAll(port), PAGE_BYTES, 'who reads is served all the same');
});

void test('a page that many ask for is kept once', { timeout: 10_000 }, async (t) => {
  const { port, made } = await serve(t, { maxUnreadBytes: 1.5 * PAGE_BYTES });
  let isCut = false;
  for (let i = 1; i <= 10; i++) {
    const { closed } = await stall(t, port, '/shared');
    void closed.then(() => (isCut = true));
    await until(() => made() === i);
  }
  assert.equal(await readAll(port, '/shared'), PAGE_BYTES);
  assert.equal(isCut, false);
});

void test('a page larger than the bound is sent, alone', { timeout: 10_000 }, async (t) => {
  const { port } = await serve(t, { maxUnreadBytes: MIB });
  const { closed } = await stall(t, port);
  assert.equal(await readAll(port), PAGE_BYTES);
  await closed;
});

void test('requests behind one that is not read cost no more than the bound', { timeout: 10_000 }, async (t) => {
  const { port, made } = await serve(t, { maxUnreadBytes: 2.5 * PAGE_BYTES });
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  const closed = closeOf(socket);
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(20));
  await until(() => made() >= 3);
  await closed;
  assert.equal(await readAll(port), PAGE_BYTES);
});

void test('a stop waits for no reader beyond its deadline', { timeout: 10_000 }, async (t) => {
  const { port, made, server } = await serve(t);
  const { closed } = await stall(t, port);
  await until(() => made() === 1);
  await server.stop(AbortSignal.timeout(50));
  await closed;
});
