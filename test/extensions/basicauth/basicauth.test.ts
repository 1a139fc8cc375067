import assert from 'node:assert/strict';
import { hashSync } from 'bcryptjs';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { BasicAuthClient } from '../../../extensions/basicauth/client.ts';
import { config } from '../../../extensions/basicauth/config.ts';
import { PasswordCheck } from '../../../extensions/basicauth/password-check.ts';
import { BasicAuthServer } from '../../../extensions/basicauth/server.ts';
import { Refused } from '../../../pipeline/delivery.ts';
import { Unauthenticated } from '../../../pipeline/transport/authentication.ts';
import type { RequestHeaders } from '../../../pipeline/transport/client-authentication.ts';
import { runningContext } from '../running-context.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'basic-'));
after(() => rmSync(folder, { recursive: true }));

const running: { stop(): Promise<void> }[] = [];
after(async () => {
  for (const one of running) await one.stop();
});

async function server(htpasswd: object): Promise<BasicAuthServer> {
  const { context } = runningContext('basicauth/server');
  const { htpasswd: settings } = config.parse({ htpasswd });
  assert.ok(settings);
  const auth = new BasicAuthServer(settings, context);
  running.push(auth);
  await auth.start();
  return auth;
}

function client(settings: object): BasicAuthClient {
  const { client_auth: parsed } = config.parse({ client_auth: settings });
  assert.ok(parsed);
  const auth = new BasicAuthClient(parsed, runningContext('basicauth/client').context);
  running.push(auth);
  return auth;
}

const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
const isStranger = (error: unknown): boolean => error instanceof Unauthenticated;

void test('who is known and has the right password comes in, and is named', async () => {
  const auth = await server({ inline: `ann:${hashSync('pass:word', 4)}\nbob:plain\n` });
  for (let turn = 0; turn < 2; turn += 1) {
    const known = await auth.authenticate(basic('ann:pass:word'));
    assert.deepEqual(
      [...known],
      [
        ['username', 'ann'],
        ['raw', Buffer.from('ann:pass:word').toString('base64')],
      ],
    );
    await auth.authenticate({ authorization: basic('bob:plain').authorization.replace('Basic', 'bASIC') });
    for (const wrong of ['ann:password', 'ann:', 'bob:pass:word', 'eve:plain', ':', 'ann']) {
      await assert.rejects(auth.authenticate(basic(wrong)), isStranger, wrong);
    }
  }
  await assert.rejects(auth.authenticate({}), /no basic auth provided/);
  await assert.rejects(auth.authenticate({ authorization: 'Bearer x' }), /invalid authorization scheme prefix/);
  await assert.rejects(auth.authenticate({ authorization: 'Basic ' }), /invalid authorization format/);
});

void test('a file is read again, forgets what was right, and inline entries win over it', async () => {
  const file = path.join(folder, 'htpasswd');
  writeFileSync(file, `ann:${hashSync('old', 4)}\nbob:from file\nbroken line\n`);
  const auth = await server({ file, inline: 'bob:inline' });
  await auth.authenticate(basic('ann:old'));
  await auth.authenticate(basic('bob:inline'));
  await assert.rejects(auth.authenticate(basic('bob:from file')), isStranger);
  writeFileSync(file, `ann:${hashSync('new', 4)}\n`);
  await auth.refresh();
  await auth.authenticate(basic('ann:new'));
  await assert.rejects(auth.authenticate(basic('ann:old')), isStranger);
  await auth.authenticate(basic('bob:inline'));
  await assert.rejects(server({ file: path.join(folder, 'none') }), /can not use htpasswd::file .*no such file/);
});

void test('a slow check is made once, one at a time, and too many are refused', async () => {
  let checks = 0;
  let atATime = 0;
  const gate = Promise.withResolvers<void>();
  const check = new PasswordCheck();
  const matches = async (password: string): Promise<boolean> => {
    checks += 1;
    atATime += 1;
    assert.equal(atATime, 1);
    await gate.promise;
    atATime -= 1;
    return password === 'right';
  };
  check.use(new Map([['ann', { isSlow: true, matches }]]));
  const same = [check.isRight('ann', 'right'), check.isRight('ann', 'right')];
  await new Promise((resolve) => setImmediate(resolve));
  const guesses = Array.from({ length: 16 }, (_, index) => check.isRight('ann', `guess ${index}`));
  await assert.rejects(check.isRight('ann', 'one more'), Refused);
  gate.resolve();
  assert.deepEqual(await Promise.all(same), [true, true]);
  assert.deepEqual(new Set(await Promise.all(guesses)), new Set([false]));
  assert.equal(checks, 17);
  assert.equal(await check.isRight('ann', 'right'), true);
  assert.equal(await check.isRight('ann', 'guess 3'), false);
  assert.equal(checks, 17);
  // An unknown name costs the same as a known one.
  assert.equal(await check.isRight('eve', 'right'), false);
  assert.equal(checks, 18);
  check.close();
});

void test('a client sends name and password, from files that are read again', async () => {
  const headers: RequestHeaders = {};
  client({ username: 'ann', password: 'pass:word' }).authorize(headers);
  assert.deepEqual(headers, basic('ann:pass:word'));
  const [names, passwords] = [path.join(folder, 'name'), path.join(folder, 'password')];
  writeFileSync(names, 'bob\n');
  writeFileSync(passwords, ' secret \n');
  const auth = client({ username: 'ann', username_file: names, password_file: passwords });
  await auth.start();
  auth.authorize(headers);
  assert.deepEqual(headers, basic('bob:secret'));
  const refused = { ...headers };
  assert.equal(await auth.renew(refused), false);
  writeFileSync(passwords, 'other');
  assert.equal(await auth.renew(refused), true);
  auth.authorize(headers);
  assert.deepEqual(headers, basic('bob:other'));
  writeFileSync(names, 'a:b');
  await assert.rejects(auth.refresh(), /must not contain a colon/);
});

void test('what can not work is refused', () => {
  const bad: [object, RegExp][] = [
    [{}, /no credential source/],
    [{ htpasswd: { inline: 'a:b' }, client_auth: { username: 'a' } }, /only one of htpasswd and client_auth/],
    [{ htpasswd: {} }, /no credential source/],
    [{ client_auth: { username: 'a:b' } }, /colon/],
  ];
  for (const [settings, message] of bad) assert.throws(() => config.parse(settings), message);
});

void test('who was let in by a slow hash is known at once, until the password changes', async () => {
  const file = path.join(folder, 'known');
  writeFileSync(file, `ann:${hashSync('right', 4)}\n`);
  const auth = await server({ file });
  assert.equal(auth.known(basic('ann:right')), undefined, 'not checked yet');
  const letIn = await auth.authenticate(basic('ann:right'));
  assert.deepEqual(auth.known(basic('ann:right')), letIn);
  await assert.rejects(auth.authenticate(basic('ann:wrong')), isStranger);
  for (const headers of [basic('ann:wrong'), basic('eve:right'), basic('ann'), {}, { authorization: 'Bearer x' }]) {
    assert.equal(auth.known(headers), undefined);
  }
  writeFileSync(file, `ann:${hashSync('another', 4)}\n`);
  await auth.refresh();
  assert.equal(auth.known(basic('ann:right')), undefined);
});
