import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { config } from '../../../extensions/headers_setter/config.ts';
import { HeadersSetter } from '../../../extensions/headers_setter/headers-setter.ts';
import { NO_CLIENT, type ClientContext } from '../../../pipeline/batch.ts';
import { AgentError } from '../../../pipeline/errors.ts';
import {
  CanNotAuthorize,
  type ClientAuthenticator,
  type RequestHeaders,
} from '../../../pipeline/transport/client-authentication.ts';
import { runningContext } from '../running-context.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'headers-'));
after(() => rmSync(folder, { recursive: true }));

async function setter(settings: object, others: Readonly<Record<string, unknown>> = {}): Promise<HeadersSetter> {
  const { context } = runningContext('headers_setter');
  const extension = new HeadersSetter(config.parse(settings), { ...context, extension: (id) => others[id] });
  await extension.start();
  after(() => extension.stop());
  return extension;
}

function clientWith(metadata: Readonly<Record<string, readonly string[]>>, auth: object = {}): ClientContext {
  return { metadata: new Map(Object.entries(metadata)), auth: new Map(Object.entries(auth)) };
}

async function applied(
  headers: readonly object[],
  before: RequestHeaders,
  client: ClientContext = NO_CLIENT,
): Promise<RequestHeaders> {
  const extension = await setter({ headers });
  const changed = { ...before };
  await extension.authorize(changed, client);
  return changed;
}

void test('insert, update, upsert and delete, in their order', async () => {
  const before = { a: '1', b: '2' };
  assert.deepEqual(await applied([{ key: 'A', action: 'insert', value: 'x' }], before), before);
  assert.deepEqual(await applied([{ key: 'C', action: 'insert', value: 'x' }], before), { ...before, c: 'x' });
  assert.deepEqual(await applied([{ key: 'A', action: 'update', value: 'x' }], before), { ...before, a: 'x' });
  assert.deepEqual(await applied([{ key: 'C', action: 'update', value: 'x' }], before), before);
  assert.deepEqual(await applied([{ key: 'A', value: 'x' }], before), { ...before, a: 'x' });
  assert.deepEqual(await applied([{ key: 'B', action: 'delete' }], before), { a: '1' });
  const chain = [
    { key: 'B', action: 'delete' },
    { key: 'b', action: 'insert', value: 'y' },
    { key: 'b', action: 'update', value: 'z' },
  ];
  assert.deepEqual(await applied(chain, before), { a: '1', b: 'z' });
});

void test('values come from the request that brought the data, or from who sent it', async () => {
  const client = clientWith({ 'x-tenant': ['acme'] }, { subject: 'ann', groups: ['a', 'b'] });
  const of = (source: object, from = client): Promise<RequestHeaders> => applied([{ key: 'K', ...source }], {}, from);
  assert.deepEqual(await of({ from_context: 'X-Tenant' }), { k: 'acme' });
  assert.deepEqual(await of({ from_context: 'X-Other', default_value: 'd' }), { k: 'd' });
  assert.deepEqual(await of({ from_context: 'X-Other' }), { k: '' });
  assert.deepEqual(await of({ from_context: 'auth.subject' }), { k: 'ann' });
  await assert.rejects(of({ from_context: 'auth.groups' }), CanNotAuthorize);
  assert.deepEqual(await of({ from_attribute: 'subject' }), { k: 'ann' });
  assert.deepEqual(await of({ from_attribute: 'groups' }), { k: '["a","b"]' });
  assert.deepEqual(await of({ from_attribute: 'other', default_value: 'd' }), { k: 'd' });
  assert.deepEqual(await of({ from_attribute: 'subject', default_value: 'd' }, NO_CLIENT), { k: 'd' });
});

void test('what can not be sent on costs the data, not the exporter', async () => {
  const extension = await setter({ headers: [{ key: 'K', from_context: 'x' }] });
  const authorize = (values: readonly string[]) => extension.authorize({}, clientWith({ x: values }));
  assert.throws(() => authorize(['a', 'b']), CanNotAuthorize);
  assert.throws(() => authorize(['a\r\nb: c']), CanNotAuthorize);
});

void test('data may share a request when the headers are the same', async () => {
  const extension = await setter({
    headers: [
      { key: 'K', from_context: 'x' },
      { key: 'L', from_attribute: 'subject' },
    ],
  });
  const same = (one: ClientContext, other: ClientContext): boolean => extension.mayShare(one, other);
  const acme = clientWith({ x: ['acme'], y: ['1'] }, { subject: 'ann' });
  assert.equal(same(acme, clientWith({ x: ['acme'], y: ['2'] }, { subject: 'ann' })), true);
  assert.equal(same(acme, clientWith({ x: ['other'] }, { subject: 'ann' })), false);
  assert.equal(same(acme, clientWith({ x: ['acme'] }, { subject: 'bob' })), false);
  assert.equal(same(NO_CLIENT, NO_CLIENT), true);
});

void test('a value from a file is read again', async () => {
  const file = path.join(folder, 'key');
  writeFileSync(file, 'one\n');
  const extension = await setter({ headers: [{ key: 'K', value_file: file }] });
  const headers: RequestHeaders = {};
  await extension.authorize(headers, NO_CLIENT);
  const refused = { ...headers };
  assert.equal(await extension.renew(refused), false);
  writeFileSync(file, 'two');
  assert.equal(await extension.renew(refused), true);
  assert.deepEqual(headers, { k: 'one' });
  await extension.authorize(headers, NO_CLIENT);
  assert.deepEqual(headers, { k: 'two' });
  await assert.rejects(
    setter({ headers: [{ key: 'K', value_file: path.join(folder, 'none') }] }),
    (error) => error instanceof AgentError && error.code === 'CREDENTIALS_FILE',
  );
});

void test('another authenticator is asked first, also one that has to wait', async () => {
  const token: ClientAuthenticator = {
    needsTls: true,
    authorize: async (headers) => {
      headers['authorization'] = 'Bearer x';
    },
    mayShare: (one) => one !== NO_CLIENT,
    renew: ({ authorization }) => Promise.resolve(authorization === 'Bearer old'),
  };
  const settings = {
    headers: [{ key: 'Authorization', action: 'update', value: 'Token y' }],
    additional_auth: 'oauth2client',
  };
  const extension = await setter(settings, { oauth2client: token });
  const headers: RequestHeaders = {};
  await extension.authorize(headers, NO_CLIENT);
  assert.deepEqual(headers, { authorization: 'Token y' });
  assert.equal(extension.needsTls, true);
  assert.equal(await extension.renew({ authorization: 'Bearer old' }), true);
  assert.equal(await extension.renew({ authorization: 'Bearer x' }), false);
  assert.equal(extension.mayShare(NO_CLIENT, NO_CLIENT), false);
  await assert.rejects(setter(settings), /additional_auth names oauth2client, which is not running/);
  await assert.rejects(setter(settings, { oauth2client: {} }), /which does not authenticate requests/);
});

void test('what can not work is refused', () => {
  const bad: [object, RegExp][] = [
    [{ headers: [] }, /at least one header/],
    [{ headers: [{ key: 'a b', value: 'x' }] }, /must be the name of a header/],
    [{ headers: [{ key: 'a' }] }, /found none/],
    [{ headers: [{ key: 'a', value: 'x', from_context: 'y' }] }, /found value and from_context/],
    [{ headers: [{ key: 'a', action: 'replace', value: 'x' }] }, /insert/],
  ];
  for (const [settings, message] of bad) assert.throws(() => config.parse(settings), message);
});
