import assert from 'node:assert/strict';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { AgentError } from '../../pipeline/errors.ts';
import { SharedListenerPool, splitEndpoint } from '../../pipeline/listener-pool.ts';

/** Says its name to whoever connects. */
function saying(name: string) {
  return (socket: net.Socket): void => {
    socket.on('error', () => undefined);
    socket.end(name);
  };
}

function ask(where: net.NetConnectOpts): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(where);
    let text = '';
    socket.on('data', (part) => (text += part.toString()));
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

void test('endpoints are split as Go splits them', () => {
  assert.deepEqual(splitEndpoint('localhost:4317'), { host: 'localhost', port: 4317 });
  assert.deepEqual(splitEndpoint('[::1]:80'), { host: '::1', port: 80 });
  assert.deepEqual(splitEndpoint(':8080'), { host: '', port: 8080 });
  for (const bad of ['localhost', 'a:b', '::1:80', 'host:70000', '']) assert.equal(splitEndpoint(bad), undefined, bad);
});

void test('localhost answers on every family the machine has', async () => {
  const pool = new SharedListenerPool();
  const listening = await pool.claim('receiver:a', { endpoint: 'localhost:0', transport: 'tcp' }, saying('a'));
  for (const bound of listening.bound) {
    const { host, port } = splitEndpoint(bound) ?? { host: '', port: 0 };
    assert.equal(await ask({ host, port }), 'a');
  }
  await listening.release();
});

void test('a port in use is explained: the address, the component and how to find who has it', async () => {
  const other = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const address = other.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await assert.rejects(
    new SharedListenerPool().claim('receiver:otlp', { endpoint: `127.0.0.1:${port}`, transport: 'tcp' }, saying('x')),
    (error) =>
      error instanceof AgentError &&
      error.code === 'LISTEN_FAILED' &&
      error.component === 'receiver:otlp' &&
      error.message.includes(String(port)) &&
      (error.mend ?? '').includes('ss -ltnp'),
  );
  other.close();
});

void test('two components can not have one address, except that a reload hands it over without closing it', async () => {
  const pool = new SharedListenerPool();
  const port = await freePort();
  const where = { endpoint: `127.0.0.1:${port}`, transport: 'tcp' as const };
  const first = await pool.claim('receiver:a', where, saying('a'));
  await assert.rejects(pool.claim('receiver:b', where, saying('b')), /already used by receiver:a/);

  pool.beginReload((component) => component === 'receiver:a');
  const second = await pool.claim('receiver:a', where, saying('new'));
  await assert.rejects(pool.claim('receiver:c', where, saying('c')), /already used/);
  assert.equal(await ask({ port, host: '127.0.0.1' }), 'new');
  await first.release();
  await pool.endReload();
  assert.equal(await ask({ port, host: '127.0.0.1' }), 'new');

  pool.beginReload((component) => component === 'receiver:a');
  const failed = await pool.claim('receiver:a', where, saying('failed'));
  await failed.release();
  await pool.endReload();
  assert.equal(await ask({ port, host: '127.0.0.1' }), 'new', 'a reload that failed gives the address back');

  pool.beginReload((component) => component === 'receiver:a');
  await second.release();
  assert.equal(await ask({ port, host: '127.0.0.1' }).catch(() => 'closed'), '', 'still open while the reload goes on');
  await pool.endReload();
  await assert.rejects(ask({ port, host: '127.0.0.1' }), /ECONNREFUSED/);
});

void test('a Unix socket left behind by a dead process is replaced, a living one is not', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'genesis-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const socket = path.join(folder, 'agent.sock');
  const pool = new SharedListenerPool();
  const living = await pool.claim('receiver:a', { endpoint: socket, transport: 'unix' }, saying('a'));
  await assert.rejects(
    new SharedListenerPool().claim('receiver:b', { endpoint: socket, transport: 'unix' }, saying('b')),
    /already listens/,
  );
  assert.equal(await ask({ path: socket }), 'a');
  await living.release();
  writeFileSync(socket, '');
  const again = await pool.claim('receiver:a', { endpoint: socket, transport: 'unix' }, saying('again'));
  assert.equal(await ask({ path: socket }), 'again');
  await again.release();
});
