import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { jwtVerify } from 'jose';
import { config, JWT_BEARER } from '../../../extensions/oauth2client/config.ts';
import { OAuth2Client } from '../../../extensions/oauth2client/oauth2-client.ts';
import { Refused } from '../../../pipeline/delivery.ts';
import type { RequestHeaders } from '../../../pipeline/transport/client-authentication.ts';
import { smallServer, type Answer, type Asked } from '../../support/small-server.ts';
import { runningContext } from '../running-context.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'oauth2-'));
after(() => rmSync(folder, { recursive: true }));

function client(settings: object) {
  const { context, clock, telemetry } = runningContext('oauth2client');
  const extension = new OAuth2Client(
    config.parse({ client_id: 'agent', client_secret: 'very secret', ...settings }),
    context,
  );
  after(() => extension.stop());
  const header = async (): Promise<string | undefined> => {
    const headers: RequestHeaders = {};
    await extension.authorize(headers);
    return headers['authorization'];
  };
  return { extension, clock, header, errors: () => JSON.stringify(telemetry.logs.recentErrors()) };
}

/** Gives `token 1`, `token 2`, …; tokens live for a minute. */
function tokens(more: object = {}): () => Answer {
  let count = 0;
  return () => {
    count += 1;
    return { body: { access_token: `token ${count}`, token_type: 'bearer', expires_in: 60, ...more } };
  };
}

const formOf = ({ body }: Asked) => Object.fromEntries(new URLSearchParams(body));

void test('a token is fetched once, however many need it, with what is configured', async () => {
  await using server = await smallServer(tokens());
  const { header } = client({
    client_id: 'a:b',
    token_url: `${server.url}/token?x=1`,
    scopes: ['read', 'write'],
    endpoint_params: { audience: 'them', resource: ['a', 'b'] },
  });
  assert.deepEqual(
    await Promise.all([header(), header(), header()]),
    Array.from({ length: 3 }, () => 'Bearer token 1'),
  );
  assert.equal(server.asked.length, 1);
  const [asked] = server.asked;
  assert.ok(asked);
  assert.deepEqual([asked.method, asked.path], ['POST', '/token?x=1']);
  assert.equal(asked.body, 'grant_type=client_credentials&scope=read+write&audience=them&resource=a&resource=b');
  // RFC 6749, section 2.3.1: both are encoded as in a form first.
  const credentials = Buffer.from('a%3Ab:very+secret').toString('base64');
  assert.equal(asked.headers.authorization, `Basic ${credentials}`);
});

void test('before it expires a new one is fetched, and nobody waits for it', async () => {
  await using server = await smallServer(tokens());
  const { header, clock } = client({ token_url: server.url, expiry_buffer: '20s' });
  assert.equal(await header(), 'Bearer token 1');
  clock.now += 39_000;
  assert.equal(await header(), 'Bearer token 1');
  assert.equal(server.asked.length, 1);
  clock.now += 2_000;
  assert.equal(await header(), 'Bearer token 1');
  while ((await header()) !== 'Bearer token 2') await new Promise((resolve) => setImmediate(resolve));
  assert.equal(server.asked.length, 2);
  clock.now += 61_000;
  assert.equal(await header(), 'Bearer token 3');
});

void test('a buffer longer than the lifetime does not mean a token for every request', async () => {
  await using server = await smallServer(tokens());
  const { header, clock } = client({ token_url: server.url });
  await header();
  clock.now += 29_000;
  await header();
  assert.equal(server.asked.length, 1);
});

void test('a server that wants name and secret among the parameters gets them there', async () => {
  await using server = await smallServer((asked) =>
    asked.headers.authorization === undefined
      ? { body: 'access_token=form+token&token_type=MAC&expires_in=5' }
      : { status: 401, body: { error: 'invalid_client' } },
  );
  const { header, clock } = client({ token_url: server.url });
  assert.equal(await header(), 'MAC form token');
  const [, second] = server.asked;
  assert.ok(second);
  assert.deepEqual(formOf(second), {
    grant_type: 'client_credentials',
    client_id: 'agent',
    client_secret: 'very secret',
  });
  clock.now += 60_000;
  await header();
  assert.equal(server.asked.length, 3);
});

void test('a failure can be tried again, leaves the server alone for a moment, and tells no secret', async () => {
  let answer: Answer = { status: 400, body: { error: 'unauthorized_client', error_description: 'very secret' } };
  await using server = await smallServer(() => answer);
  const { header, clock, errors } = client({ token_url: server.url });
  const isRefusal = (error: unknown): boolean =>
    error instanceof Refused &&
    /answered 400: unauthorized_client/.test(error.message) &&
    !/secret/.test(String(error));
  await assert.rejects(header(), isRefusal);
  const asked = server.asked.length;
  await assert.rejects(header(), isRefusal);
  assert.equal(server.asked.length, asked);
  assert.doesNotMatch(errors(), /very|secret/);
  answer = { body: {} };
  clock.now += 1_000;
  await assert.rejects(header(), /has no access_token/);
  answer = { body: { access_token: 'late' } };
  clock.now += 1_000;
  assert.equal(await header(), 'Bearer late');
  clock.now += 365 * 86_400_000;
  assert.equal(await header(), 'Bearer late');
});

void test('while a new token can not be had, the old one is used until it expires', async () => {
  let works = true;
  const next = tokens();
  await using server = await smallServer(() => (works ? next() : { status: 503, body: {} }));
  const { header, clock } = client({ token_url: server.url, expiry_buffer: '20s' });
  await header();
  works = false;
  clock.now += 45_000;
  assert.equal(await header(), 'Bearer token 1');
  clock.now += 10_000;
  await assert.rejects(header(), Refused);
});

void test('a token that is refused before it expires is fetched anew, unless it is new itself', async () => {
  await using server = await smallServer(tokens());
  const { extension, header, clock } = client({ token_url: server.url });
  const refused = { authorization: (await header()) ?? '' };
  assert.equal(await extension.renew(refused), false);
  clock.now += 10_000;
  assert.equal(await extension.renew(refused), true);
  assert.equal(await extension.renew(refused), true);
  assert.equal(await header(), 'Bearer token 2');
  assert.equal(await extension.renew(refused), true);
  assert.equal(server.asked.length, 2);
  assert.equal(await extension.renew({ authorization: 'set by another' }), false);
});

void test('no answer is no wait without end', async () => {
  await using server = await smallServer(() => undefined);
  const { header } = client({ token_url: server.url, timeout: '20ms' });
  await assert.rejects(header(), /no answer within 20 ms/);
});

void test('secrets come from files, read for every token', async () => {
  await using server = await smallServer(tokens());
  const file = path.join(folder, 'secret');
  const { header, clock } = client({ token_url: server.url, client_secret_file: file });
  await assert.rejects(header(), /can not use client_secret_file .*ENOENT/);
  writeFileSync(file, 'one\n');
  clock.now += 1_000;
  await header();
  writeFileSync(file, 'two\n');
  clock.now += 60_000;
  await header();
  const credentials = server.asked.map(({ headers }) => Buffer.from(headers.authorization?.slice(6) ?? '', 'base64'));
  assert.deepEqual(credentials.map(String), ['agent:one', 'agent:two']);
});

void test('a signed JWT in place of the secret', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await using server = await smallServer(tokens());
  const settings = {
    token_url: server.url,
    grant_type: JWT_BEARER,
    client_certificate_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_certificate_key_id: 'key-1',
    signature_algorithm: 'RS512',
    claims: { sub: 'someone', team: 'a' },
    scopes: ['read'],
  };
  const { header, clock } = client(settings);
  assert.equal(await header(), 'Bearer token 1');
  const [asked] = server.asked;
  assert.ok(asked);
  const { assertion = '', ...rest } = formOf(asked);
  assert.deepEqual(rest, { grant_type: JWT_BEARER, scope: 'read' });
  const { payload, protectedHeader } = await jwtVerify(assertion, publicKey, {
    issuer: 'agent',
    audience: server.url,
    currentDate: new Date(clock.now),
  });
  assert.deepEqual(protectedHeader, { alg: 'RS512', typ: 'JWT', kid: 'key-1' });
  assert.deepEqual([payload.sub, payload['team'], payload['scope']], ['someone', 'a', 'read']);
  await assert.rejects(
    client({ ...settings, client_certificate_key: 'very secret' }).header(),
    (error) => error instanceof Refused && /no private RSA key/.test(error.message),
  );
});

void test('what can not work is refused', () => {
  const good = { client_id: 'a', client_secret: 'b', token_url: 'https://x/token' };
  assert.equal(config.parse(good).expiry_buffer, 300_000);
  const bad: [object, RegExp][] = [
    [{ ...good, client_id: '' }, /give client_id/],
    [{ ...good, client_secret: '' }, /give client_secret/],
    [{ ...good, token_url: '' }, /is missing/],
    [{ ...good, token_url: 'x/token' }, /http or https/],
    [{ ...good, grant_type: JWT_BEARER }, /client_certificate_key/],
    [
      { ...good, grant_type: JWT_BEARER, client_certificate_key: 'x', signature_algorithm: 'ES256' },
      /RS256, RS384, RS512/,
    ],
    [{ ...good, scopes: ['x'], endpoint_params: { scope: 'y' } }, /can not say scope/],
  ];
  for (const [settings, message] of bad) assert.throws(() => config.parse(settings), message);
});
