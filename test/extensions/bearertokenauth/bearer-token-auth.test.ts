import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BearerTokenAuth } from '../../../extensions/bearertokenauth/bearer-token-auth.ts';
import { config } from '../../../extensions/bearertokenauth/config.ts';
import { Refused } from '../../../pipeline/delivery.ts';
import { AgentError } from '../../../pipeline/errors.ts';
import { Unauthenticated } from '../../../pipeline/transport/authentication.ts';
import type { RequestHeaders } from '../../../pipeline/transport/client-authentication.ts';
import { runningContext } from '../running-context.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'bearer-'));
after(() => rmSync(folder, { recursive: true }));

const running: BearerTokenAuth[] = [];
after(async () => {
  for (const one of running) await one.stop();
});

function make(settings: object) {
  const { context, status } = runningContext('bearertokenauth');
  const auth = new BearerTokenAuth(config.parse(settings), context);
  running.push(auth);
  return { auth, status };
}

function sent(auth: BearerTokenAuth): RequestHeaders {
  const headers: RequestHeaders = {};
  auth.authorize(headers);
  return headers;
}

const isStranger = (error: unknown): boolean => error instanceof Unauthenticated && !/secret/.test(error.message);

void test('a token comes with its scheme, in the header that is configured', async () => {
  const { auth } = make({ token: 'secret' });
  assert.deepEqual(sent(auth), { authorization: 'Bearer secret' });
  assert.equal((await auth.authenticate({ authorization: 'Bearer secret' })).size, 0);
  for (const value of ['Bearer secre', 'Bearer secret ', 'bearer secret', 'secret', 'Basic secret', '']) {
    await assert.rejects(auth.authenticate({ authorization: value }), isStranger, value);
  }
  await assert.rejects(auth.authenticate({}), /missing or empty authorization header: Authorization/);
  const other = make({ token: 'secret', scheme: '', header: 'X-Api-Key' }).auth;
  assert.deepEqual(sent(other), { 'x-api-key': 'secret' });
  await other.authenticate({ 'x-api-key': 'secret' });
  await assert.rejects(other.authenticate({ authorization: 'secret' }), isStranger);
});

void test('of several tokens each is taken and the first is sent', async () => {
  const { auth } = make({ tokens: ['a', 'b'] });
  assert.deepEqual(sent(auth), { authorization: 'Bearer a' });
  await auth.authenticate({ authorization: 'Bearer b' });
  await assert.rejects(auth.authenticate({ authorization: 'Bearer c' }), isStranger);
});

void test('a file has a token in each line, and is read again', async () => {
  const filename = path.join(folder, 'tokens');
  writeFileSync(filename, '  first  of team A\n\n\tsecond\t# team B\n');
  const { auth } = make({ filename, token: 'ignored' });
  await auth.start();
  assert.deepEqual(sent(auth), { authorization: 'Bearer first' });
  await auth.authenticate({ authorization: 'Bearer second' });
  await assert.rejects(auth.authenticate({ authorization: 'Bearer ignored' }), isStranger);
  writeFileSync(filename, 'third');
  await auth.refresh();
  assert.deepEqual(sent(auth), { authorization: 'Bearer third' });
  await assert.rejects(auth.authenticate({ authorization: 'Bearer second' }), isStranger);
  writeFileSync(filename, ' \n');
  await assert.rejects(auth.refresh(), (error) => error instanceof AgentError && error.code === 'CREDENTIALS_FILE');
  await auth.authenticate({ authorization: 'Bearer third' });
});

void test('a token that is refused is read anew', async () => {
  const filename = path.join(folder, 'rotated');
  writeFileSync(filename, 'old');
  const { auth } = make({ filename });
  await auth.start();
  const refused = sent(auth);
  assert.equal(await auth.renew(refused), false);
  writeFileSync(filename, 'new');
  assert.equal(await auth.renew(refused), true);
  assert.equal(await auth.renew(refused), true);
  assert.equal(await auth.renew(sent(auth)), false);
  assert.equal(await make({ token: 'fixed' }).auth.renew({ authorization: 'Bearer fixed' }), false);
});

void test('a file that is not there fails the start, or is waited for', async () => {
  const filename = path.join(folder, 'later');
  await assert.rejects(make({ filename }).auth.start(), /can not use filename .*later: there is no such file/);
  const retry = { enabled: true, interval: '2ms' };
  const gaveUp = make({ filename, retry_on_failure: { ...retry, max_retries: 2 }, wait_for_token_file: true });
  await assert.rejects(gaveUp.auth.start(), /there is no such file/);

  const waiting = make({ filename, retry_on_failure: retry }).auth;
  await waiting.start();
  assert.throws(() => sent(waiting), Refused);
  await assert.rejects(waiting.authenticate({ authorization: 'Bearer x' }), Refused);
  writeFileSync(filename, 'x');
  const isIn = (): Promise<boolean> =>
    waiting.authenticate({ authorization: 'Bearer x' }).then(
      () => true,
      () => false,
    );
  while (!(await isIn())) await sleep(2);
  assert.deepEqual(sent(waiting), { authorization: 'Bearer x' });
});

void test('a file that never comes is said for good', async () => {
  const { auth, status } = make({
    filename: path.join(folder, 'never'),
    retry_on_failure: { enabled: true, interval: '1ms', max_retries: 1 },
  });
  await auth.start();
  while (status.get('extension:bearertokenauth') !== 'PermanentError') {
    await sleep(2);
  }
});

void test('what can not work is refused', () => {
  const bad: [object, RegExp][] = [
    [{}, /a token is needed/],
    [{ token: 'a', tokens: ['b'] }, /either token or tokens/],
    [{ token: 'a', retry_on_failure: { enabled: true, interval: '1s' } }, /needs a filename/],
    [{ filename: 'a', retry_on_failure: { enabled: true } }, /longer than 0/],
    [{ filename: 'a', retry_on_failure: { enabled: true, interval: '1s', max_retries: -1 } }, /not be negative/],
    [{ filename: 'a', wait_for_token_file: true }, /retry_on_failure to be enabled/],
    [{ token: 'a', wait_for_token_file: true }, /needs a filename/],
  ];
  for (const [settings, message] of bad) assert.throws(() => config.parse(settings), message);
});

void test('who has a token is known at once, nobody else is', () => {
  const { auth } = make({ tokens: ['secret', 'other'] });
  for (const token of ['secret', 'other']) assert.ok(auth.known({ authorization: `Bearer ${token}` }));
  for (const value of ['Bearer secre', 'secret', 'Bearer ', '']) {
    assert.equal(auth.known({ authorization: value }), undefined, value);
  }
  assert.equal(auth.known({}), undefined);
  const unread = make({
    filename: path.join(folder, 'not there'),
    retry_on_failure: { enabled: true, interval: '1s' },
  }).auth;
  assert.equal(unread.known({ authorization: 'Bearer undefined' }), undefined);
});
