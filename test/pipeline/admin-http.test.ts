import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { after, test } from 'node:test';
import {
  type AdminHttp,
  type AdminHttpOptions,
  type AdminResponse,
  startAdminHttp,
  text,
} from '../../pipeline/admin-http.ts';
import { Refused } from '../../pipeline/delivery.ts';
import { AgentError } from '../../pipeline/errors.ts';
import { SharedListenerPool } from '../../pipeline/listener-pool.ts';
import { Unauthenticated } from '../../pipeline/transport/authentication.ts';
import { TestAuthority } from '../support/certificates.ts';

const authority = TestAuthority.make();
after(() => authority?.[Symbol.dispose]());

const open: AdminHttp[] = [];
after(async () => {
  for (const server of open) await server.stop(AbortSignal.abort());
});

async function start(more: Partial<AdminHttpOptions> = {}): Promise<{ server: AdminHttp; port: number }> {
  const server = await startAdminHttp({
    component: 'extension:test',
    listeners: new SharedListenerPool(),
    address: { endpoint: '127.0.0.1:0', transport: 'tcp' },
    handler: ({ method, path, query }) => text(200, `${method} ${path} ${query.toString()}`),
    onError: () => undefined,
    ...more,
  });
  open.push(server);
  return { server, port: Number(server.bound[0]?.split(':')[1]) };
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: NodeJS.Dict<string | string[]>;
}

function ask(
  port: number,
  more: { method?: string; path?: string; headers?: Record<string, string>; body?: Buffer } = {},
): Promise<Answer> {
  const { method = 'GET', path = '/', headers = {}, body } = more;
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
      let answer = '';
      response.on('data', (part: Buffer) => (answer += part.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: answer, headers: response.headers }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Sends these bytes and gives everything that comes back until the server closes. */
function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let answer = '';
    socket.on('data', (part) => (answer += part.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

void test('path and query arrive decoded; HEAD has no body', async () => {
  const { port } = await start();
  assert.equal((await ask(port, { path: '/a%20b?x=1&y=%26' })).body, 'GET /a b x=1&y=%26');
  const head = await ask(port, { method: 'HEAD' });
  assert.deepEqual([head.status, head.body, head.headers['content-length']], [200, '', '7']);
  assert.equal((await ask(port, { path: '/%zz' })).status, 400);
});

void test('with allowed hosts only those names, and no other site, may ask', async () => {
  const { port } = await start({ allowedHosts: ['Agent.Example'] });
  const own = `127.0.0.1:${port}`;
  const cases: readonly [number, Record<string, string>, string?][] = [
    [200, {}],
    [200, { host: `localhost:${port}` }],
    [200, { host: `[::1]:${port}` }],
    [200, { host: `agent.example:${port}` }],
    [403, { host: 'evil.example' }],
    [403, { host: 'localhost.evil.example' }],
    [403, { host: '127.0.0.1.evil.example' }],
    [403, { host: 'user@evil.example' }],
    [403, { host: 'localhost@evil.example' }],
    [200, { host: own, origin: `http://${own}` }, 'POST'],
    [403, { host: own, origin: 'http://evil.example' }, 'POST'],
    [403, { host: own, origin: 'null' }, 'POST'],
    [403, { host: own, origin: 'http://localhost:1' }, 'POST'],
    [403, { host: own, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 'POST'],
    [403, { host: own, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    [403, { host: own, 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }],
    [403, { host: own, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 'POST'],
    [200, { host: own, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }],
    [200, { host: own, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }],
  ];
  for (const [status, headers, method = 'GET'] of cases) {
    assert.equal((await ask(port, { method, headers })).status, status, JSON.stringify({ method, headers }));
  }
});

void test('on all addresses any of them may be used, but still no foreign name', async () => {
  const { port } = await start({ allowedHosts: [], address: { endpoint: '0.0.0.0:0', transport: 'tcp4' } });
  for (const [status, host] of [
    [200, '10.1.2.3:55679'],
    [200, '[fe80::1]'],
    [403, 'evil.example'],
  ] as const) {
    assert.equal((await ask(port, { headers: { host } })).status, status, host);
  }
  const foreign = { host: `10.1.2.3:${port}`, origin: 'http://10.9.9.9' };
  assert.equal((await ask(port, { method: 'POST', headers: foreign })).status, 403);
});

void test('a request without a host is refused where hosts are checked', async () => {
  const { port } = await start({ allowedHosts: [] });
  assert.match(await raw(port, 'GET / HTTP/1.1\r\nhost:\r\nconnection: close\r\n\r\n'), /^HTTP\/1\.1 403 /);
});

void test('without allowed hosts any name is served', async () => {
  const { port } = await start();
  assert.equal((await ask(port, { headers: { host: 'metrics.example' } })).status, 200);
});

void test('a handler that throws gives a bare 500 and tells its owner', async () => {
  const errors: unknown[] = [];
  const { port } = await start({
    handler: () => Promise.reject(new Error('secret')),
    onError: (error) => errors.push(error),
  });
  const answer = await ask(port);
  assert.deepEqual([answer.status, answer.body, errors.map(String)], [500, 'internal error\n', ['Error: secret']]);
});

void test('an authenticator decides before the handler runs', async () => {
  const { port } = await start({
    authentication: {
      challenge: 'Bearer',
      check: async (headers, query) => {
        if (query === 'busy') throw new Refused('ask again');
        if (query === 'bug') throw new TypeError('internal detail');
        if (headers.authorization !== 'Bearer x') throw new Unauthenticated('no token');
        return new Map();
      },
    },
  });
  const refused = await ask(port);
  assert.deepEqual([refused.status, refused.body, refused.headers['www-authenticate']], [401, 'no token\n', 'Bearer']);
  assert.equal((await ask(port, { headers: { authorization: 'Bearer x' } })).status, 200);
  const busy = await ask(port, { path: '/?busy' });
  assert.deepEqual([busy.status, busy.headers['retry-after']], [503, '1']);
  const failed = await ask(port, { path: '/?bug' });
  assert.deepEqual([failed.status, failed.body], [401, 'authentication failed\n']);
});

void test('a body no endpoint needs is read away up to a limit', async () => {
  const { port } = await start();
  assert.equal((await ask(port, { method: 'POST', body: Buffer.alloc(60_000) })).status, 200);
  assert.match(
    await raw(port, `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999\r\n\r\n${'x'.repeat(70_000)}`),
    /^HTTP\/1\.1 413 /,
  );
});

void test('garbage, endless heads and silence cost a client its connection, nobody else', async () => {
  const { port } = await start({ readHeaderTimeoutMs: 50 });
  assert.match(await raw(port, 'garbage\r\n\r\n'), /^HTTP\/1\.1 400 /);
  assert.match(await raw(port, `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}`), /^HTTP\/1\.1 4/);
  assert.match(await raw(port, 'GET / HTTP/1.1\r\nhost: a'), /^(?:HTTP\/1\.1 4|$)/);
  assert.equal((await ask(port)).status, 200);
});

void test('stop lets an answer under way finish, closes idle and silent connections, and frees the port', async () => {
  const entered = Promise.withResolvers<void>();
  const result = Promise.withResolvers<AdminResponse>();
  const { server, port } = await start({
    handler: () => {
      entered.resolve();
      return result.promise;
    },
  });
  const silent = raw(port, '');
  const slow = ask(port);
  await entered.promise;
  const stopped = server.stop(new AbortController().signal);
  await assert.rejects(ask(port), { code: 'ECONNREFUSED' });
  assert.equal(await silent, '');
  result.resolve(text(200, 'done'));
  const answer = await slow;
  assert.deepEqual([answer.body, answer.headers['connection']], ['done', 'close']);
  await stopped;
});

void test('stop cuts what is left when the deadline aborts', async () => {
  const entered = Promise.withResolvers<void>();
  const { server, port } = await start({
    handler: () => {
      entered.resolve();
      return new Promise(() => undefined);
    },
  });
  const cut = assert.rejects(ask(port), { code: 'ECONNRESET' });
  await entered.promise;
  const deadline = new AbortController();
  const stopped = server.stop(deadline.signal);
  deadline.abort();
  await stopped;
  await cut;
});

void test('a port in use is LISTEN_FAILED and names the component', async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  const address = holder.address();
  assert(address && typeof address === 'object');
  await assert.rejects(
    start({ address: { endpoint: `127.0.0.1:${address.port}`, transport: 'tcp' } }),
    (error) => error instanceof AgentError && error.code === 'LISTEN_FAILED' && error.component === 'extension:test',
  );
  holder.close();
});

void test('a stop waits for no handshake', { skip: authority ? false : 'needs openssl', timeout: 10_000 }, async () => {
  assert.ok(authority);
  const { cert, key } = authority.issue('localhost', 'DNS:localhost,IP:127.0.0.1');
  const { server, port } = await start({ tls: { cert: readFileSync(cert), key: readFileSync(key) } });
  const socket = connect(port, '127.0.0.1');
  const closed = new Promise<void>((resolve) => socket.on('error', () => undefined).once('close', () => resolve()));
  // The beginning of a TLS record.
  await new Promise<void>((resolve) => socket.write(Buffer.from([22, 3, 1]), () => resolve()));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await server.stop(new AbortController().signal);
  await closed;
});
