import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHtpasswd } from '../../../extensions/basicauth/htpasswd.ts';

const PASSWORD = 'correct horse';

/** Made by other programs: openssl passwd and crypt(3). */
const HASHES: Readonly<Record<string, string>> = {
  apr1: '$apr1$abcdefgh$sIQmFnT1CuEXAsyjuXjUX/',
  md5: '$1$abcdefgh$y6iHhJNbuC0xpbk0w9pm80',
  sha256: '$5$abcdefgh$ruMep1ijHnJPZbETDNiumskxcX3kN4lzZd5VlsqE7eB',
  sha512: '$6$abcdefgh$yIZAF3gQPvtKZO/9qOJKffAKKbtS3ef3qmwyugk4uWVjX8YZf/GV3A8SkFxEPY0T56CcilGrHKLffBsp6dLMG.',
  sha1: '{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=',
  ssha: '{SSHA}awc/Cj0kafyFd5d8fGn07xoHBJJzYWx0c2FsdA==',
  bcrypt: '$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e',
  bcrypt2y: '$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e',
  plain: PASSWORD,
  nginx: `{PLAIN}${PASSWORD}`,
};

void test('every kind of password is checked', async () => {
  const { entries, badLines } = parseHtpasswd(
    Object.entries(HASHES)
      .map(([name, hash]) => `${name}:${hash}`)
      .join('\n'),
  );
  assert.deepEqual(badLines, []);
  for (const name of Object.keys(HASHES)) {
    const entry = entries.get(name);
    assert.equal(await entry?.matches(PASSWORD), true, name);
    for (const wrong of ['', 'correct hors', 'correct horse ', 'Correct horse', '$1$abcdefgh$']) {
      assert.equal(await entry?.matches(wrong), false, `${name}: ${wrong}`);
    }
  }
});

/** The examples of Drepper's paper, of go-htpasswd's tests, and one of crypt(3). */
const VECTORS: readonly (readonly [string, string])[] = [
  ['Hello world!', '$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5'],
  ['Hello world!', '$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA'],
  [
    'Hello world!',
    '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
  ],
  ['This is just a test', '$5$rounds=5000$toolongsaltstrin$Un/5jzAHMgOGZ5.mWJpuVolil07guHPvOW8mGRcvxa5'],
  ['princessbuttercup', '$5$gildor$/96zrUL6Si5ApMDxKlIvMHefBZz04JXJeg.Lp1fjhg1'],
];

void test('salts and rounds are used as the definitions say', async () => {
  for (const [password, hash] of VECTORS) {
    assert.equal(await parseHtpasswd(`a:${hash}`).entries.get('a')?.matches(password), true, hash);
  }
});

void test('lines that can not be used are numbered, the last line for a name wins', async () => {
  const text = [
    'no colon',
    '',
    'a:$apr1$short',
    'b:{SHA}AAAA',
    'c:$2y$05$tooshort',
    'd:$2y$31$R0dMGzPPDHiSBpJFDCCzXeeHtwGGrvBLPqeiB0wGjbAqKUHbMkUBy',
    'e:$6$nosalt',
    'f:$6$rounds=999999999$salt$x',
    'g:{SSHA}AA==',
    'h:one',
    'h:two:with colon',
  ].join('\n');
  const { entries, badLines } = parseHtpasswd(text);
  assert.deepEqual(badLines, [1, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual([...entries.keys()], ['h']);
  assert.equal(await entries.get('h')?.matches('two:with colon'), true);
  assert.equal(await entries.get('h')?.matches('one'), false);
});
