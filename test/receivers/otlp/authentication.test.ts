// Who may send, over both protocols: an authenticator, certificates with names, and both; asked by the project's own
// exporters, which authenticate, and by strangers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import grpc from '@grpc/grpc-js';
import { config as grpcExporter } from '../../../exporters/otlp_grpc/config.ts';
import { GrpcDestination } from '../../../exporters/otlp_grpc/destination.ts';
import { config as httpExporter } from '../../../exporters/otlp_http/config.ts';
import { HttpDestination } from '../../../exporters/otlp_http/destination.ts';
import { BearerTokenAuth } from '../../../extensions/bearertokenauth/bearer-token-auth.ts';
import { config as bearer } from '../../../extensions/bearertokenauth/config.ts';
import { batchOf, type Batch } from '../../../pipeline/batch.ts';
import { Refused, Rejected } from '../../../pipeline/delivery.ts';
import { AgentError } from '../../../pipeline/errors.ts';
import { Attempt, type Destination } from '../../../pipeline/sending/exporter.ts';
import { Unauthenticated, type ServerAuthenticator } from '../../../pipeline/transport/authentication.ts';
import { CanNotAuthorize, type ClientAuthenticator } from '../../../pipeline/transport/client-authentication.ts';
import { config as receiverConfig } from '../../../receivers/otlp/config.ts';
import { OtlpReceiver } from '../../../receivers/otlp/receiver.ts';
import { freePorts } from '../../support/agent.ts';
import { TestAuthority } from '../../support/certificates.ts';
import { Collector, SOON, testContext } from '../../support/context.ts';
import { GrpcTestClient } from '../../support/grpc-client.ts';
import { httpRequest } from '../../support/http-request.ts';
import { tracesRequest } from '../../support/requests.ts';

const BATCH = batchOf('traces', tracesRequest(3), 3);

function bearerToken(token: string): BearerTokenAuth {
  return new BearerTokenAuth(
    bearer.parse({ token }),
    testContext({ kind: 'extension', id: 'bearertokenauth' }).context,
  );
}

interface Receiving extends AsyncDisposable {
  readonly grpcPort: number;
  readonly httpPort: number;
  readonly taken: Collector;
  readonly metric: (name: string) => number;
}

async function receive(settings: object, authenticator?: ServerAuthenticator): Promise<Receiving> {
  const [grpcPort = 0, httpPort = 0] = await freePorts(2);
  const { context, metric } = testContext({ kind: 'receiver', id: 'otlp' });
  const taken = new Collector();
  const of = (port: number) => ({
    endpoint: `127.0.0.1:${port}`,
    ...settings,
    ...(authenticator ? { auth: { authenticator: 'gate' } } : {}),
  });
  const receiver = new OtlpReceiver(
    receiverConfig.parse({ protocols: { grpc: of(grpcPort), http: of(httpPort) } }),
    { ...context, extension: (id) => (id === 'gate' ? authenticator : undefined) },
    { traces: taken },
  );
  await receiver.start();
  return { grpcPort, httpPort, taken, metric, [Symbol.asyncDispose]: () => receiver.stop(SOON()) };
}

/** Both exporters, made and started with this authenticator; `send` gives one batch to each. */
async function senders(
  receiving: Receiving,
  authenticator: ClientAuthenticator | undefined,
  settings: { readonly grpc: object; readonly http: object; readonly scheme?: string },
) {
  const { context: bare } = testContext({ kind: 'exporter', id: 'otlp', realTime: true });
  const context = { ...bare, extension: (id: string) => (id === 'key' ? authenticator : undefined) };
  const auth = authenticator ? { auth: { authenticator: 'key' } } : {};
  const { scheme = 'http' } = settings;
  const destinations: Destination[] = [
    new GrpcDestination(
      grpcExporter.parse({ endpoint: `127.0.0.1:${receiving.grpcPort}`, ...auth, ...settings.grpc }),
      context,
    ),
    new HttpDestination(
      httpExporter.parse({ endpoint: `${scheme}://127.0.0.1:${receiving.httpPort}`, ...auth, ...settings.http }),
      context,
    ),
  ];
  for (const destination of destinations) await destination.start();
  return {
    async send(batch: Batch = BATCH): Promise<unknown[]> {
      const outcomes: unknown[] = [];
      for (const destination of destinations) {
        outcomes.push(await destination.send(batch, new Attempt()).catch((error: unknown) => error));
      }
      return outcomes;
    },
    destinations,
    async [Symbol.asyncDispose]() {
      for (const destination of destinations) await destination.stop();
    },
  };
}

/** Credentials over plain gRPC, for tests of everything but that. */
function plain(authenticator: ClientAuthenticator): ClientAuthenticator {
  return {
    needsTls: false,
    authorize: (headers, client) => authenticator.authorize(headers, client),
    mayShare: (one, other) => authenticator.mayShare(one, other),
  };
}

const PLAIN = { grpc: { tls: { insecure: true } }, http: {} };

void test('a token lets an exporter in; without it, or with another, nothing is taken and nothing told', async () => {
  await using receiving = await receive({}, bearerToken('right'));
  await using known = await senders(receiving, plain(bearerToken('right')), PLAIN);
  assert.deepEqual(await known.send(), [undefined, undefined]);
  assert.equal(receiving.taken.items, 6);
  await using wrong = await senders(receiving, plain(bearerToken('wrong')), PLAIN);
  await using nobody = await senders(receiving, undefined, PLAIN);
  for (const outcome of [...(await wrong.send()), ...(await nobody.send())]) {
    assert.ok(outcome instanceof Rejected, String(outcome));
    assert.match(outcome.message, /UNAUTHENTICATED|answered 401/);
    assert.doesNotMatch(outcome.message, /right|wrong/);
  }
  assert.equal(receiving.taken.items, 6);
  assert.equal(receiving.metric('genesis_listener_unauthenticated_requests'), 4);
});

void test('a stranger is told how to authenticate before anything else', async () => {
  await using receiving = await receive({}, bearerToken('right'));
  for (const url of ['/v1/traces', '/nothing']) {
    const answer = await httpRequest(`http://127.0.0.1:${receiving.httpPort}${url}`, { method: 'GET' });
    assert.deepEqual([answer.status, answer.headers['www-authenticate']], [401, 'Bearer']);
    assert.doesNotMatch(answer.body.toString(), /v1/);
  }
  using client = new GrpcTestClient(receiving.grpcPort);
  const { code, message } = await client.call({ body: tracesRequest(1) });
  assert.deepEqual(
    [code, message],
    [grpc.status.UNAUTHENTICATED, 'missing or empty authorization header: Authorization'],
  );
});

void test('what the authenticator knows goes with the data; where it can not tell, the client tries again', async () => {
  let now: 'knows' | 'waits' | 'breaks' = 'knows';
  const authenticator: ServerAuthenticator = {
    challenge: 'Test',
    authenticate: async () => {
      if (now === 'waits') throw new Refused('ask again', { retryAfterMs: 2_000 });
      if (now === 'breaks') throw new Error('internal detail');
      return new Map([['subject', 'ann']]);
    },
  };
  await using receiving = await receive({}, authenticator);
  await using sending = await senders(receiving, undefined, PLAIN);
  await sending.send();
  assert.deepEqual(
    receiving.taken.batches.map(({ context }) => context.auth?.get('subject')),
    ['ann', 'ann'],
  );
  now = 'waits';
  for (const outcome of await sending.send()) assert.ok(outcome instanceof Refused && outcome.retryAfterMs === 2_000);
  now = 'breaks';
  for (const outcome of await sending.send()) {
    assert.ok(outcome instanceof Rejected && !/detail/.test(outcome.message), String(outcome));
  }
});

void test('query parameters can stand for headers', async () => {
  const token = new BearerTokenAuth(
    bearer.parse({ token: 'right', header: 'token', scheme: '' }),
    testContext({ kind: 'extension', id: 'bearertokenauth' }).context,
  );
  const [port = 0] = await freePorts(1);
  const { context } = testContext({ kind: 'receiver', id: 'otlp' });
  const auth = { authenticator: 'gate', request_params: ['token'] };
  const receiver = new OtlpReceiver(
    receiverConfig.parse({ protocols: { http: { endpoint: `127.0.0.1:${port}`, auth } } }),
    { ...context, extension: () => token },
    { traces: new Collector() },
  );
  await receiver.start();
  const post = (query: string) =>
    httpRequest(`http://127.0.0.1:${port}/v1/traces${query}`, {
      headers: { 'content-type': 'application/x-protobuf' },
      body: tracesRequest(1),
    });
  assert.equal((await post('?token=right')).status, 200);
  assert.equal((await post('?token=wrong')).status, 401);
  assert.equal((await post('')).status, 401);
  await receiver.stop(SOON());
});

void test('credentials that are fetched are waited for, no longer than the attempt; failures are what they are', async () => {
  await using receiving = await receive({}, bearerToken('right'));
  let authorize: ClientAuthenticator['authorize'] = async (headers) => {
    headers['authorization'] = 'Bearer right';
  };
  const fetched: ClientAuthenticator = {
    needsTls: false,
    authorize: (headers, client) => authorize(headers, client),
    mayShare: () => true,
  };
  await using sending = await senders(receiving, fetched, PLAIN);
  assert.deepEqual(await sending.send(), [undefined, undefined]);
  authorize = () => new Promise(() => undefined);
  for (const destination of sending.destinations) {
    const attempt = new Attempt();
    const sent = destination.send(BATCH, attempt);
    setImmediate(() => attempt.cancel(new Refused('too late')));
    await assert.rejects(sent, /too late/);
  }
  authorize = () => Promise.reject(new Refused('no token', { retryAfterMs: 5 }));
  for (const outcome of await sending.send()) assert.ok(outcome instanceof Refused && outcome.retryAfterMs === 5);
  authorize = () => {
    throw new CanNotAuthorize('two tenants');
  };
  for (const outcome of await sending.send()) assert.ok(outcome instanceof Rejected && outcome.count === 3);
});

void test('data whose credentials were refused is tried again where there are new ones, and lost where not', async () => {
  await using receiving = await receive({}, bearerToken('new'));
  let token = 'old';
  const renewed: (string | undefined)[] = [];
  const key: ClientAuthenticator = {
    needsTls: false,
    authorize(headers) {
      headers['authorization'] = `Bearer ${token}`;
    },
    renew({ authorization }) {
      renewed.push(authorization);
      return Promise.resolve(token === 'old');
    },
    mayShare: () => true,
  };
  await using sending = await senders(receiving, key, PLAIN);
  for (const outcome of await sending.send()) assert.ok(outcome instanceof Refused, String(outcome));
  token = 'wrong';
  for (const outcome of await sending.send()) assert.ok(outcome instanceof Rejected, String(outcome));
  token = 'new';
  assert.deepEqual(await sending.send(), [undefined, undefined]);
  assert.deepEqual(renewed, ['Bearer old', 'Bearer old', 'Bearer wrong', 'Bearer wrong']);
});

void test('what an authenticator sets takes the place of configured headers; over HTTP it sees all of them', async () => {
  await using receiving = await receive({ include_metadata: true });
  const headers = { 'x-a': 'configured', 'x-b': 'configured' };
  const seen: string[] = [];
  const setter: ClientAuthenticator = {
    needsTls: false,
    authorize(given) {
      seen.push(Object.keys(given).toSorted().join(' '));
      given['x-a'] = 'set';
      delete given['x-b'];
    },
    mayShare: () => true,
  };
  const settings = { grpc: { ...PLAIN.grpc, headers }, http: { headers } };
  await using sending = await senders(receiving, setter, settings);
  assert.deepEqual(await sending.send(), [undefined, undefined]);
  assert.deepEqual(seen, ['', 'content-encoding content-type user-agent x-a x-b']);
  const [byGrpc, byHttp] = receiving.taken.batches.map(({ context }) => context.metadata);
  assert.deepEqual([byGrpc?.get('x-a'), byGrpc?.get('x-b')], [['set'], ['configured']]);
  assert.deepEqual([byHttp?.get('x-a'), byHttp?.get('x-b')], [['set'], undefined]);
});

void test('a name and password in the URL are sent, as Go does, and not shown', async () => {
  const seen: (string | undefined)[] = [];
  const authenticator: ServerAuthenticator = {
    challenge: 'Basic',
    authenticate: async ({ authorization }) => {
      seen.push(authorization);
      throw new Unauthenticated('no');
    },
  };
  await using receiving = await receive({}, authenticator);
  const { context } = testContext({ kind: 'exporter', id: 'otlp_http', realTime: true });
  const endpoint = `http://ann:pass%20word@127.0.0.1:${receiving.httpPort}`;
  for (const headers of [{}, { Authorization: 'Bearer x' }]) {
    const destination = new HttpDestination(httpExporter.parse({ endpoint, headers }), context);
    await destination.start();
    await assert.rejects(destination.send(BATCH, new Attempt()), (error) => !/pass/.test(String(error)));
    await destination.stop();
  }
  assert.deepEqual(seen, [`Basic ${Buffer.from('ann:pass word').toString('base64')}`, 'Bearer x']);
});

void test('an authenticator that is missing, not of its kind, or would tell secrets in plain text fails the start', async () => {
  await using receiving = await receive({});
  const code = (expected: string) => (error: unknown) => error instanceof AgentError && error.code === expected;
  const { context } = testContext({ kind: 'exporter', id: 'otlp_grpc' });
  const start = (extension: unknown, tls: object) =>
    new GrpcDestination(
      grpcExporter.parse({ endpoint: `127.0.0.1:${receiving.grpcPort}`, tls, auth: { authenticator: 'key' } }),
      { ...context, extension: () => extension },
    ).start();
  await assert.rejects(start(undefined, {}), code('AUTHENTICATOR_MISSING'));
  await assert.rejects(start({ authenticate: () => undefined }, {}), code('AUTHENTICATOR_MISSING'));
  await assert.rejects(start(bearerToken('x'), { insecure: true }), code('CREDENTIALS_NEED_TLS'));
  await start(bearerToken('x'), {});
});

void test('certificates: only the named ones come in, and who they are goes with the data', async (t) => {
  using authority = TestAuthority.make();
  if (!authority) {
    t.skip('openssl is not on this machine');
    return;
  }
  const server = authority.issue('server', 'IP:127.0.0.1');
  const named = authority.issue('ann', 'DNS:ann.example,IP:2001:db8::1');
  const other = authority.issue('bob', 'URI:spiffe://example/bob');
  const tls = {
    cert_file: server.cert,
    key_file: server.key,
    client_ca_file: authority.ca,
    client_allowed_sans: ['2001:DB8:0::1', 'spiffe://example/eve'],
  };
  await using receiving = await receive({ tls }, bearerToken('right'));
  const as = ({ cert, key }: { cert: string; key: string }) => {
    const client = { tls: { ca_file: authority.ca, cert_file: cert, key_file: key } };
    return senders(receiving, bearerToken('right'), { grpc: client, http: client, scheme: 'https' });
  };
  await using known = await as(named);
  assert.deepEqual(await known.send(), [undefined, undefined]);
  assert.deepEqual(await known.send(), [undefined, undefined]);
  for (const { context } of receiving.taken.batches) {
    assert.equal(context.auth?.get('tls.client.subject'), 'O=tests,CN=ann');
    assert.equal(context.auth?.get('tls.client.issuer'), 'CN=test authority');
    assert.deepEqual(context.auth?.get('tls.client.subject_alternative_names'), [
      'ann.example',
      '2001:DB8:0:0:0:0:0:1',
    ]);
  }
  await using stranger = await as(other);
  for (const outcome of await stranger.send()) assert.ok(outcome instanceof Refused, String(outcome));
  assert.equal(receiving.taken.batches.length, 4);
});
