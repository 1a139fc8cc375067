// The client of a job against real servers, good and bad ones.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http, { type RequestListener } from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, test } from 'node:test';
import zlib from 'node:zlib';
import { Admission } from '../../../../pipeline/admission.ts';
import { tlsClientSettings } from '../../../../pipeline/settings/tls.ts';
import { HttpClient, type Answer, type GetOptions } from '../../../../receivers/prometheus/http/client.ts';
import type { HttpSettings } from '../../../../receivers/prometheus/http-settings.ts';

const NO_PROXY = { url: '', noProxy: '', fromEnvironment: false, connectHeaders: new Map() };
const PLAIN: HttpSettings = {
  tls: tlsClientSettings.parse({}),
  proxy: NO_PROXY,
  followRedirects: true,
  enableHttp2: true,
  headers: [],
};
const DEFAULTS: GetOptions = { headers: { accept: 'text/plain' }, timeoutMs: 2_000, limitBytes: 1 << 20 };

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<{ readonly port: number; readonly server: http.Server }> {
  const server = http.createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: portOf(server), server };
}

/** A server that is handed raw sockets once they have sent something. */
async function serveRaw(onRequest: (socket: net.Socket) => void): Promise<number> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => onRequest(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return portOf(server);
}

function portOf(server: net.Server): number {
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  return address.port;
}

interface Given {
  readonly settings?: Partial<HttpSettings>;
  readonly admission?: Admission;
  readonly steadyNow?: () => number;
}

async function client({
  settings = {},
  admission = new Admission(64 << 20),
  steadyNow = () => performance.now(),
}: Given = {}): Promise<HttpClient> {
  const made = new HttpClient({
    settings: { ...PLAIN, ...settings },
    component: 'receiver:prometheus',
    userAgent: 'test',
    connectTimeoutMs: 2_000,
    admission,
    steadyNow,
    onFailure: (error) => assert.fail(String(error)),
  });
  closers.push(() => made.close());
  await made.start();
  return made;
}

async function get(
  from: HttpClient,
  port: number,
  options: Partial<GetOptions> = {},
  at = '/metrics',
): Promise<Answer & { readonly text: string }> {
  const answer = await from.get(new URL(`http://127.0.0.1:${port}${at}`), { ...DEFAULTS, ...options });
  const text = Buffer.from(answer.body).toString('utf8');
  answer.release();
  return { ...answer, text };
}

void test('a page, plain and compressed, over one connection that is kept', async () => {
  const admission = new Admission(1 << 20);
  const seen = new Set<unknown>();
  const { port } = await serve((request, response) => {
    seen.add(request.socket);
    assert.equal(request.headers.accept, 'text/plain');
    assert.equal(request.headers['user-agent'], 'test');
    assert.equal(request.headers.host, `127.0.0.1:${port}`);
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    if (request.url === '/gzip?a=1') {
      response.setHeader('content-encoding', 'gzip');
      response.end(zlib.gzipSync('up 2\n'));
    } else response.end('up 1\n');
  });
  const from = await client({ admission });
  const plain = await get(from, port);
  assert.deepEqual(
    [plain.status, plain.text, plain.contentType, plain.wireBytes],
    [200, 'up 1\n', 'text/plain; version=0.0.4', 5],
  );
  const packed = await get(from, port, {}, '/gzip?a=1');
  assert.equal(packed.text, 'up 2\n');
  assert.equal(packed.wireBytes, 25);
  assert.equal(seen.size, 1);
  assert.equal(admission.usedBytes, 0);
});

void test('bodies that are too large end early, plain or compressed', async () => {
  let sent = 0;
  const { port } = await serve((request, response) => {
    if (request.url === '/bomb') {
      response.setHeader('content-encoding', 'gzip');
      response.end(zlib.gzipSync(Buffer.alloc(64 << 20)));
      return;
    }
    // A gigabyte, if somebody takes it.
    const chunk = Buffer.alloc(1 << 16, 'a');
    const more = (): void => {
      while (sent < 1 << 30) {
        sent += chunk.length;
        if (!response.write(chunk)) return;
      }
      response.end();
    };
    response.on('drain', more);
    more();
  });
  const admission = new Admission(64 << 20);
  const from = await client({ admission });
  await assert.rejects(get(from, port), { name: 'BodyTooLarge' });
  assert.ok(sent < 64 << 20, `${sent} sent`);
  await assert.rejects(get(from, port, {}, '/bomb'), { name: 'BodyTooLarge' });
  assert.equal(admission.usedBytes, 0);
});

void test('a body is charged while it grows, and refused where there is no memory', async () => {
  const admission = new Admission(256 << 10);
  admission.acquire(200 << 10);
  const { port } = await serve((_request, response) => response.end(Buffer.alloc(1 << 19)));
  const from = await client({ admission });
  await assert.rejects(get(from, port), { name: 'NoMemoryForBody' });
  assert.equal(admission.usedBytes, 200 << 10);
});

void test('who hangs, drips, or never ends the headers is given up in time', async () => {
  const from = await client();
  const endless = await serveRaw((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    const timer = setInterval(() => socket.write('x-more: and more\r\n'), 5);
    socket.on('close', () => clearInterval(timer));
  });
  const dripping = await serveRaw((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    const timer = setInterval(() => socket.write('a'), 5);
    socket.on('close', () => clearInterval(timer));
  });
  const silent = await serveRaw(() => undefined);
  await Promise.all(
    [endless, dripping, silent].map(async (port) => {
      await assert.rejects(get(from, port, { timeoutMs: 100 }), {
        name: 'TimedOut',
        message: 'no answer within 100 ms',
      });
    }),
  );
});

void test('headers have a limit', async () => {
  const port = await serveRaw((socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(1 << 20)}\r\n\r\n`));
  await assert.rejects(get(await client(), port), { code: 'HPE_HEADER_OVERFLOW' });
});

void test('a Content-Length that is not true costs the scrape, not the next one', async () => {
  const from = await client();
  const long = await serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nup 1\n'));
  await assert.rejects(get(from, long), /aborted/);
  let turn = 0;
  const short = await serveRaw((socket) => {
    turn++;
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nup ${turn}\nand what was not promised\n`);
  });
  assert.equal((await get(from, short)).text, 'up 1\n');
  assert.equal((await get(from, short)).text, 'up 2\n');
});

void test('other answers than 200 are told with their status', async () => {
  const { port } = await serve((_request, response) => {
    response.writeHead(503, 'Busy');
    response.end('x'.repeat(100));
  });
  const answer = await get(await client(), port);
  assert.deepEqual([answer.status, answer.statusText, answer.text], [503, '503 Busy', '']);
});

void test('a connection that its server has closed meanwhile is not the end', async () => {
  let answered = 0;
  const port = await serveRaw((socket) => {
    if (answered++ === 1) {
      socket.resetAndDestroy();
      return;
    }
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nup 1\n');
  });
  const from = await client();
  await get(from, port);
  assert.equal((await get(from, port)).text, 'up 1\n');
  assert.equal(answered, 3);
});

void test('redirects are followed ten times, and secrets stay at the host they are for', async () => {
  const seen: string[] = [];
  const other = await serve((request, response) => {
    seen.push(`other ${request.headers.authorization} ${String(request.headers['x-team'])} ${request.headers.cookie}`);
    response.end('there');
  });
  const { port } = await serve((request, response) => {
    seen.push(`${request.url} ${request.headers.authorization} ${String(request.headers['x-team'])}`);
    if (request.url === '/round') response.writeHead(302, { location: '/round' });
    else if (request.url === '/here') response.writeHead(301, { location: 'metrics' });
    else if (request.url === '/away') response.writeHead(307, { location: `http://127.0.0.1:${other.port}/` });
    response.end('here');
  });
  const settings = {
    authorization: { type: 'Bearer', credentials: { value: 'secret', file: '' } },
    headers: [
      { name: 'X-Team', values: ['a'], secrets: [], files: [] },
      { name: 'Cookie', values: [], secrets: ['b'], files: [] },
    ],
  };
  const from = await client({ settings });
  assert.equal((await get(from, port, {}, '/here')).text, 'here');
  assert.equal((await get(from, port, {}, '/away')).text, 'there');
  assert.deepEqual(seen, [
    '/here Bearer secret a',
    '/metrics Bearer secret a',
    '/away Bearer secret a',
    'other undefined a undefined',
  ]);
  seen.length = 0;
  await assert.rejects(get(from, port, {}, '/round'), /stopped after 10 redirects/);
  assert.equal(seen.length, 11);
  const stays = await client({ settings: { followRedirects: false } });
  assert.equal((await get(stays, port, {}, '/here')).status, 301);
});

void test('credentials of files are read again', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'scrape-'));
  closers.push(() => rmSync(folder, { recursive: true }));
  const { port } = await serve((request, response) =>
    response.end(`${request.headers.authorization} ${String(request.headers['x-key'])}`),
  );
  const [password, key] = [path.join(folder, 'password'), path.join(folder, 'key')];
  let now = 0;
  const from = await client({
    steadyNow: () => now,
    settings: {
      basicAuth: { username: { value: 'me', file: '' }, password: { value: '', file: password } },
      headers: [{ name: 'X-Key', values: [], secrets: [], files: [key] }],
    },
  });
  await assert.rejects(get(from, port), { code: 'CREDENTIALS_FILE', message: /key: there is no such file/ });
  writeFileSync(password, 'one\n');
  writeFileSync(key, 'k1');
  const basic = (word: string): string => `Basic ${Buffer.from(`me:${word}`).toString('base64')}`;
  assert.equal((await get(from, port)).text, `${basic('one')} k1`);
  writeFileSync(password, 'two');
  now += 5_000;
  assert.equal((await get(from, port)).text, `${basic('two')} k1`);
});

void test('a proxy is asked for plain HTTP, with its own credentials', async () => {
  const { port } = await serve((request, response) =>
    response.end(`${request.url} ${request.headers['proxy-authorization']}`),
  );
  const url = `http://me:pass@127.0.0.1:${port}`;
  const from = await client({ settings: { proxy: { ...NO_PROXY, url } } });
  const answer = await from.get(new URL('http://nowhere.invalid:81/metrics?a=b'), DEFAULTS);
  assert.equal(
    Buffer.from(answer.body).toString(),
    `http://nowhere.invalid:81/metrics?a=b Basic ${Buffer.from('me:pass').toString('base64')}`,
  );
  answer.release();
  const direct = await client({ settings: { proxy: { ...NO_PROXY, url, noProxy: 'example.org' } } });
  // Loopback is not proxied beside no_proxy, as in Go.
  assert.equal((await get(direct, port)).text, '/metrics undefined');
  await assert.rejects(client({ settings: { proxy: { ...NO_PROXY, url: 'socks5://127.0.0.1:1' } } }), {
    code: 'START_FAILED',
  });
});

void test('a token is fetched once, and again when it expires', async () => {
  let tokens = 0;
  const { port } = await serve((request, response) => {
    if (request.url !== '/token') {
      response.end(request.headers.authorization);
      return;
    }
    let form = '';
    request.on('data', (part: Buffer) => (form += part.toString()));
    request.on('end', () => {
      assert.equal(form, 'grant_type=client_credentials&scope=a+b&audience=x');
      assert.equal(request.headers.authorization, `Basic ${Buffer.from('id:s%2F').toString('base64')}`);
      response.end(JSON.stringify({ access_token: `t${++tokens}`, token_type: 'bearer', expires_in: 100 }));
    });
  });
  let now = 0;
  const from = await client({
    steadyNow: () => now,
    settings: {
      oauth2: {
        clientId: 'id',
        clientSecret: { value: 's/', file: '' },
        scopes: ['a', 'b'],
        tokenUrl: `http://127.0.0.1:${port}/token`,
        endpointParams: new Map([['audience', 'x']]),
        tls: tlsClientSettings.parse({}),
        proxy: NO_PROXY,
      },
    },
  });
  const both = await Promise.all([get(from, port), get(from, port)]);
  assert.deepEqual(
    both.map(({ text }) => text),
    ['Bearer t1', 'Bearer t1'],
  );
  now = 95_000;
  assert.equal((await get(from, port)).text, 'Bearer t2');
});
