// Who writes: asked of an authenticator and a middleware, and what is known of the client goes on with the data.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BearerTokenAuth } from '../../../extensions/bearertokenauth/bearer-token-auth.ts';
import { config as bearer } from '../../../extensions/bearertokenauth/config.ts';
import type { ServerAuthenticator } from '../../../pipeline/transport/authentication.ts';
import { compress } from '../../../pipeline/transport/compression.ts';
import type { RequestAccount, ServerMiddleware } from '../../../pipeline/transport/middleware.ts';
import { V1_MESSAGE } from '../../../proto/prometheus/remote-write/fields.ts';
import prometheusRemoteWrite from '../../../receivers/prometheus_remote_write/index.ts';
import { freePorts } from '../../support/agent.ts';
import { Collector, SOON, testContext } from '../../support/context.ts';
import { type HttpAnswer, httpRequest } from '../../support/http-request.ts';
import { request } from './requests.ts';

const BODY = await compress(
  'snappy',
  request(V1_MESSAGE, [{ labels: { __name__: 'up' }, samples: [{ value: 1, ms: 1_700_000_000_000 }] }]),
);

/** Held to nothing; counts. */
class CountingAccount implements RequestAccount {
  bytes = 0;
  most = 0;

  take(bytes: number): undefined {
    this.hold(bytes);
  }

  hold(bytes: number): void {
    this.bytes += bytes;
    this.most = Math.max(this.most, this.bytes);
  }

  release(bytes: number): void {
    this.bytes -= bytes;
  }
}

async function serving(
  extensions: Readonly<Record<string, unknown>>,
  settings: object,
  work: (send: (headers?: Readonly<Record<string, string>>) => Promise<HttpAnswer>, next: Collector) => Promise<void>,
): Promise<void> {
  const [port = 0] = await freePorts(1);
  const { context } = testContext({ kind: 'receiver', id: 'prw' });
  const next = new Collector();
  const receiver = prometheusRemoteWrite.create(
    prometheusRemoteWrite.config.parse({ endpoint: `127.0.0.1:${port}`, ...settings }),
    { ...context, extension: (id) => extensions[id] },
    { metrics: next },
  );
  await receiver.start();
  try {
    const url = `http://127.0.0.1:${port}/api/v1/write`;
    const send = (headers = {}): Promise<HttpAnswer> =>
      httpRequest(url, { headers: { 'content-encoding': 'snappy', ...headers }, body: BODY });
    await work(send, next);
  } finally {
    await receiver.stop(SOON());
  }
}

void test('a client that is known at once is not asked again, one that is not is asked', async () => {
  const token = new BearerTokenAuth(
    bearer.parse({ token: 'right' }),
    testContext({ kind: 'extension', id: 'bearertokenauth' }).context,
  );
  let asked = 0;
  const gate: ServerAuthenticator = {
    challenge: token.challenge,
    known: (headers) => token.known(headers),
    authenticate: (headers) => {
      asked += 1;
      return token.authenticate(headers);
    },
  };
  await serving({ gate }, { auth: { authenticator: 'gate' } }, async (send, next) => {
    assert.equal((await send({ authorization: 'Bearer right' })).status, 204);
    assert.deepEqual([asked, next.items], [0, 1]);
    const stranger = await send({ authorization: 'Bearer wrong' });
    assert.deepEqual([stranger.status, stranger.headers['www-authenticate']], [401, 'Bearer']);
    assert.deepEqual([asked, next.items], [1, 1]);
  });
});

void test('the account of a client goes with its data, and is charged until the answer', async () => {
  const account = new CountingAccount();
  const known = new Map([['username', 'ann']]);
  const seen: unknown[] = [];
  const gate: ServerAuthenticator = { challenge: 'Test', authenticate: async () => known };
  const counting: ServerMiddleware = {
    enter: (auth) => {
      seen.push(auth);
      return account;
    },
  };
  const settings = { auth: { authenticator: 'gate' }, middlewares: [{ id: 'counting' }], include_metadata: true };
  await serving({ gate, counting }, settings, async (send, next) => {
    assert.equal((await send({ 'x-scope': 'a' })).status, 204);
    const [batch] = next.batches;
    assert.ok(batch);
    const { context } = batch;
    assert.deepEqual([seen, context.auth, context.address], [[known], known, '127.0.0.1']);
    assert.deepEqual(context.metadata.get('x-scope'), ['a']);
    assert.equal(context.account, account);
    assert.deepEqual([account.bytes, account.most], [0, BODY.length + batch.bytes]);
  });
});
