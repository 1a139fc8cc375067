import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { test } from 'node:test';
import { connector, proxyFor } from '../../../pipeline/transport/dial.ts';
import { grpcTarget, httpTarget } from '../../../pipeline/transport/target.ts';
import { portOf } from '../../support/destination.ts';

const PROXIES = { HTTP_PROXY: 'http://p:1', HTTPS_PROXY: 'http://s:2', NO_PROXY: 'internal,.corp, other.com:8080' };

const WANTED = new AbortController().signal;

void test('the environment chooses the proxy as Go does', () => {
  assert.equal(proxyFor('far.org', 80, false, PROXIES)?.host, 'p:1');
  assert.equal(proxyFor('far.org', 443, true, PROXIES)?.host, 's:2');
  for (const host of ['localhost', '127.0.0.1', '::1', 'internal', 'x.internal', 'a.corp'])
    assert.equal(proxyFor(host, 80, false, PROXIES), undefined, host);
  assert.equal(proxyFor('other.com', 8080, false, PROXIES), undefined);
  assert.equal(proxyFor('other.com', 80, false, PROXIES)?.host, 'p:1');
  assert.equal(proxyFor('far.org', 80, false, {}), undefined);
  const ranges = { HTTP_PROXY: 'p:1', NO_PROXY: '10.0.0.0/8, fd00::/8,192.168.1.7,10/8/8' };
  for (const host of ['10.1.2.3', 'fd12::1', '192.168.1.7']) {
    assert.equal(proxyFor(host, 80, false, ranges), undefined, host);
  }
  for (const host of ['11.1.2.3', 'fe80::1', '192.168.1.8', '10.example.com']) {
    assert.equal(proxyFor(host, 80, false, ranges)?.host, 'p:1', host);
  }
  assert.equal(proxyFor('far.org', 80, false, { HTTP_PROXY: 'proxy:3128' })?.host, 'proxy:3128');
});

void test('endpoints are read in every spelling', () => {
  const of = (endpoint: string): unknown[] => {
    const { host, port, secure } = grpcTarget(endpoint);
    return [host, port, secure];
  };
  assert.deepEqual(of('backend:4317'), ['backend', 4317, undefined]);
  assert.deepEqual(of('[::1]:4317'), ['::1', 4317, undefined]);
  assert.deepEqual(of('dns:///backend:4317'), ['backend', 4317, undefined]);
  assert.deepEqual(of('dns://8.8.8.8/backend:4317'), ['backend', 4317, undefined]);
  assert.deepEqual(of('https://backend:4317'), ['backend', 4317, true]);
  assert.deepEqual(of('http://backend:4317/'), ['backend', 4317, false]);
  assert.deepEqual(of('unix:///run/x.sock'), ['/run/x.sock', undefined, undefined]);
  assert.deepEqual(httpTarget(new URL('https://[::1]/v1')).host, '::1');
  assert.deepEqual(httpTarget(new URL('https://backend')).port, 443);
});

void test('a proxy is tunnelled through, with its credentials; its refusal is told', async (t) => {
  const origin = net.createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
  const asked: (string | undefined)[] = [];
  const proxy = http.createServer().listen(0, '127.0.0.1');
  proxy.on('connect', (request, socket) => {
    asked.push(request.url, request.headers['proxy-authorization']);
    if (request.url?.startsWith('forbidden')) {
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    net.connect(portOf(origin), '127.0.0.1').pipe(socket);
  });
  t.after(() => {
    origin.close();
    proxy.closeAllConnections();
    proxy.close();
  });
  await new Promise((resolve) => setImmediate(resolve));
  const url = new URL(`http://user:secret@127.0.0.1:${portOf(proxy)}`);
  const through = (host: string) => connector(() => ({ host, port: 4317, proxy: url, timeoutMs: 2_000 }))(WANTED);
  const socket = await through('backend.example');
  const text = await new Promise((resolve) => socket.once('data', (part: Buffer) => resolve(part.toString())));
  socket.destroy();
  assert.equal(text, 'hello');
  assert.deepEqual(asked, ['backend.example:4317', `Basic ${Buffer.from('user:secret').toString('base64')}`]);
  await assert.rejects(through('forbidden'), /answered 403 to CONNECT forbidden:4317/);
});

void test('a connection that does not come about is given up in time', async () => {
  // An address of the documentation range on the loopback's net never answers; a closed port answers at once.
  await assert.rejects(connector(() => ({ host: '127.0.0.1', port: 1, timeoutMs: 1_000 }))(WANTED), /ECONNREFUSED/);
});
