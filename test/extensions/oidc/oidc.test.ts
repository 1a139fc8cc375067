import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWK } from 'jose';
import { config } from '../../../extensions/oidc/config.ts';
import { Oidc } from '../../../extensions/oidc/oidc.ts';
import { Refused } from '../../../pipeline/delivery.ts';
import { AgentError } from '../../../pipeline/errors.ts';
import { Unauthenticated } from '../../../pipeline/transport/authentication.ts';
import { smallServer, type Answer, type SmallServer } from '../../support/small-server.ts';
import { runningContext, START_UNIX_MS } from '../running-context.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'oidc-'));
after(() => rmSync(folder, { recursive: true }));

interface SigningKey {
  readonly alg: string;
  readonly jwk: JWK;
  readonly privateKey: CryptoKey;
}

async function signingKey(alg: string, kid?: string): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg);
  return { alg, privateKey, jwk: { ...(await exportJWK(publicKey)), ...(kid === undefined ? {} : { kid }) } };
}

const rsa = await signingKey('RS256', 'rsa');
const ec = await signingKey('ES256', 'ec');
const ed = await signingKey('EdDSA', 'ed');

function tokenOf(key: SigningKey, claims: object, header: object = {}): Promise<string> {
  const seconds = START_UNIX_MS / 1000;
  return new SignJWT({ sub: 'ann', aud: 'agent', exp: seconds + 600, ...claims })
    .setProtectedHeader({ alg: key.alg, ...(key.jwk.kid === undefined ? {} : { kid: key.jwk.kid }), ...header })
    .sign(key.privateKey);
}

interface Provider extends SmallServer {
  /** What is answered now. */
  readonly state: { keys: readonly JWK[]; document?: object; status?: number };
}

async function provider(keys: readonly SigningKey[]): Promise<Provider> {
  const state: Provider['state'] = { keys: keys.map(({ jwk }) => jwk) };
  const server = await smallServer(({ path: asked }): Answer => {
    if (state.status !== undefined) return { status: state.status, body: {} };
    if (asked === '/jwks') return { body: { keys: state.keys } };
    const supported = ['RS256', 'ES256', 'EdDSA', 'HS256', 'none'];
    const document = { issuer: server.url, jwks_uri: `${server.url}/jwks` };
    return { body: { ...document, id_token_signing_alg_values_supported: supported, ...state.document } };
  });
  return { ...server, state, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function started(settings: object) {
  const { context, clock } = runningContext('oidc');
  const extension = new Oidc(config.parse(settings), context);
  after(() => extension.stop());
  await extension.start();
  const enter = (token: string) => extension.authenticate({ authorization: `Bearer ${token}` });
  return { extension, clock, enter };
}

const stranger = (message: RegExp) => (error: unknown) =>
  error instanceof Unauthenticated && message.test(error.message);

void test('a token of the provider comes in, with its claims; others do not', async () => {
  await using server = await provider([rsa, ec, ed]);
  const iss = server.url;
  const { extension, enter } = await started({ providers: [{ issuer_url: iss, audience: 'agent' }] });
  for (const key of [rsa, ec, ed]) {
    const token = await tokenOf(key, { iss, tenant: 'acme', groups: ['a'] });
    const client = await enter(token);
    assert.deepEqual([client.get('subject'), client.get('membership'), client.get('raw')], ['ann', [], token]);
    assert.deepEqual([client.get('claims.tenant'), client.get('claims.groups')], ['acme', ['a']]);
    assert.equal(await enter(token), client);
  }
  const seconds = START_UNIX_MS / 1000;
  const bad: [string, RegExp][] = [
    [await tokenOf(rsa, { iss: 'https://elsewhere' }), /"iss" claim/],
    [await tokenOf(rsa, { iss, aud: 'other' }), /"aud" claim/],
    [await tokenOf(rsa, { iss, exp: seconds - 1 }), /expired/],
    [await tokenOf(rsa, { iss, exp: undefined }), /"exp" claim/],
    [await tokenOf(rsa, { iss, nbf: seconds + 301 }), /"nbf" claim/],
    [(await tokenOf(rsa, { iss })).replace(/.{10}$/, 'AAAAAAAAAA'), /signature/],
    [await tokenOf(await signingKey('RS256', 'rsa'), { iss }), /signature/],
    [await tokenOf(await signingKey('RS384', 'rsa'), { iss }), /alg/],
    [new UnsecuredJWT({ iss, aud: 'agent', sub: 'ann', exp: seconds + 600 }).encode(), /verify token|parse/],
    ['nonsense', /failed to parse the token/],
  ];
  for (const [token, message] of bad) await assert.rejects(enter(token), stranger(message), token);
  await enter(await tokenOf(rsa, { iss, nbf: seconds + 299, aud: ['x', 'agent'] }));
  await assert.rejects(extension.authenticate({}), stranger(/didn't succeed/));
  await assert.rejects(extension.authenticate({ authorization: 'x' }), stranger(/invalid authorization header/));
  await assert.rejects(extension.authenticate({ authorization: 'a b c' }), stranger(/invalid authorization header/));
});

void test('what was right is remembered until it expires', async () => {
  await using server = await provider([rsa]);
  const { enter, clock } = await started({ providers: [{ issuer_url: server.url, ignore_audience: true }] });
  const token = await tokenOf(rsa, { iss: server.url, exp: START_UNIX_MS / 1000 + 30 });
  await enter(token);
  clock.now += 30_000;
  await assert.rejects(enter(token), stranger(/expired/));
});

void test('names and groups come from the claims that are configured', async () => {
  await using server = await provider([rsa]);
  const iss = server.url;
  const { enter } = await started({
    attribute: 'Authorization',
    issuer_url: iss,
    audience: 'agent',
    username_claim: 'email',
    groups_claim: 'roles',
  });
  const client = await enter(await tokenOf(rsa, { iss, email: 'ann@example.com', roles: ['x', 7] }));
  assert.deepEqual([client.get('subject'), client.get('membership')], ['ann@example.com', ['x', '7']]);
  await assert.rejects(enter(await tokenOf(rsa, { iss, roles: 'x' })), stranger(/lacks the claim.*user name/));
  await assert.rejects(enter(await tokenOf(rsa, { iss, email: 'a' })), stranger(/lacks the claim.*groups/));
  await assert.rejects(enter(await tokenOf(rsa, { iss, email: 1, roles: 'x' })), stranger(/not a text/));
});

void test('several providers: each one verifies its own tokens', async () => {
  await using first = await provider([rsa]);
  await using second = await provider([ec]);
  const { enter } = await started({
    providers: [
      { issuer_url: first.url, audience: 'agent' },
      { issuer_url: second.url, audience: 'agent' },
    ],
  });
  await enter(await tokenOf(rsa, { iss: first.url }));
  await enter(await tokenOf(ec, { iss: second.url }));
  await assert.rejects(enter(await tokenOf(ec, { iss: first.url })), stranger(/verify/));
  await assert.rejects(enter(await tokenOf(rsa, { iss: 'https://elsewhere' })), stranger(/no OIDC provider/));
});

void test('a new key is asked for, but not again and again', async () => {
  await using server = await provider([rsa]);
  const iss = server.url;
  const { enter, clock } = await started({ providers: [{ issuer_url: iss, audience: 'agent' }] });
  server.state.keys = [ec.jwk];
  clock.now += 31_000;
  await enter(await tokenOf(ec, { iss }));
  const asked = server.asked.length;
  await assert.rejects(enter(await tokenOf(ed, { iss })), stranger(/no applicable key/));
  await assert.rejects(enter(await tokenOf(rsa, { iss })), stranger(/no applicable key/));
  assert.equal(server.asked.length, asked);
});

void test('a provider that fails later leaves its keys in use; one that never answered makes clients wait', async () => {
  await using server = await provider([rsa]);
  const iss = server.url;
  const { enter, clock } = await started({ providers: [{ issuer_url: iss, audience: 'agent' }] });
  server.state.status = 503;
  clock.now += 599_000;
  const exp = clock.now / 1000 + 600;
  await enter(await tokenOf(rsa, { iss, exp }));
  clock.now += 10_000;
  await enter(await tokenOf(rsa, { iss, exp, jti: 'again' }));

  const late = await started({ providers: [{ issuer_url: iss, audience: 'agent' }] });
  const token = await tokenOf(rsa, { iss });
  await assert.rejects(late.enter(token), Refused);
  delete server.state.status;
  late.clock.now += 2_000;
  await late.enter(token);
});

void test('a provider that can not be the right one fails the start', async () => {
  await using server = await provider([rsa]);
  const start = () => started({ providers: [{ issuer_url: server.url, audience: 'agent' }] });
  const unusable = (message: RegExp) => (error: unknown) =>
    error instanceof AgentError && error.code === 'OIDC_PROVIDER' && message.test(error.message);
  server.state.document = { issuer: 'https://other' };
  await assert.rejects(start(), unusable(/names another issuer: "https:\/\/other"/));
  server.state.document = { jwks_uri: 1 };
  await assert.rejects(start(), unusable(/no jwks_uri/));
  delete server.state.document;
  server.state.keys = [];
  await assert.rejects(start(), unusable(/no key/));
  server.state.status = 404;
  await assert.rejects(start(), unusable(/answered 404/));
});

void test('keys from a file, also without names, and read again', async () => {
  const file = path.join(folder, 'jwks.json');
  const [one, other] = [await signingKey('RS256'), await signingKey('RS256')];
  const write = (...keys: SigningKey[]) => writeFileSync(file, JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));
  write(one, other, ed);
  const settings = { issuer_url: 'https://issuer', ignore_issuer: true, audience: 'agent', public_keys_file: file };
  const { enter, extension } = await started({ providers: [settings] });
  for (const key of [one, other, ed]) await enter(await tokenOf(key, { iss: 'anyone' }));
  const token = await tokenOf(one, {});
  await enter(token);
  write(other);
  await extension.refresh();
  await assert.rejects(enter(token), stranger(/verify/));
  writeFileSync(file, '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}');
  await assert.rejects(extension.refresh(), /no key of the types/);
  writeFileSync(file, 'secret');
  await assert.rejects(extension.refresh(), (error) => !/secret/.test(String(error)));
});

void test('what can not work is refused', () => {
  const good = { issuer_url: 'https://a', audience: 'x' };
  const bad: [object, RegExp][] = [
    [{ providers: [{ issuer_url: 'https://a' }] }, /give audience/],
    [{ providers: [{ audience: 'x' }] }, /issuer is missing/],
    [{ providers: [{ ...good, issuer_url: 'a' }] }, /http or https/],
    [{ providers: [good, good] }, /twice/],
    [{ ...good, providers: [good] }, /twice/],
    [{ providers: [good, { ...good, issuer_url: 'https://b', ignore_issuer: true }] }, /several providers/],
  ];
  for (const [settings, message] of bad) assert.throws(() => config.parse(settings), message);
});

void test('who was let in is known at once, for as long as that is remembered', async () => {
  await using server = await provider([rsa]);
  const iss = server.url;
  const { extension, clock, enter } = await started({ providers: [{ issuer_url: iss, audience: 'agent' }] });
  const token = await tokenOf(rsa, { iss });
  const headers = { authorization: `Bearer ${token}` };
  assert.equal(extension.known(headers), undefined, 'not verified yet');
  const client = await enter(token);
  assert.equal(extension.known(headers), client);
  for (const authorization of [`Bearer ${token}x`, `Bearer ${token} x`, 'Bearer', '', undefined]) {
    assert.equal(extension.known(authorization === undefined ? {} : { authorization }), undefined);
  }
  clock.now += 60_001;
  assert.equal(extension.known(headers), undefined);
});
