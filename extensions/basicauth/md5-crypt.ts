// MD5 password hashes of htpasswd (`$apr1$`) and of crypt(3) (`$1$`), as apr_md5.c and FreeBSD's crypt-md5.c define them.
// Only checked, never made: they are weak, but people have files full of them.

import { createHash } from 'node:crypto';

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Which digest bytes form each group of 24 bits. */
const GROUPS: readonly (readonly [number, number, number])[] = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
];
const ROUNDS = 1_000;
/** apr_md5.c and crypt-md5.c use no more of the salt. */
const MAX_SALT = 8;
const DIGEST_BYTES = 16;

function md5(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** The part after the last `$`; `magic` is `$apr1$` or `$1$`. */
export function md5Crypt(password: string, salt: string, magic: string): string {
  const secret = Buffer.from(password);
  const salted = Buffer.from(salt.slice(0, MAX_SALT));
  const inner = md5(secret, salted, secret);
  const parts: Uint8Array[] = [secret, Buffer.from(magic), salted];
  for (let left = secret.length; left > 0; left -= DIGEST_BYTES) {
    parts.push(inner.subarray(0, Math.min(left, DIGEST_BYTES)));
  }
  for (let bits = secret.length; bits > 0; bits >>= 1) {
    parts.push((bits & 1) === 1 ? Buffer.alloc(1) : secret.subarray(0, 1));
  }
  let digest = md5(...parts);
  for (let round = 0; round < ROUNDS; round += 1) {
    const isOdd = (round & 1) === 1;
    const mixed: Uint8Array[] = [isOdd ? secret : digest];
    if (round % 3 !== 0) mixed.push(salted);
    if (round % 7 !== 0) mixed.push(secret);
    mixed.push(isOdd ? digest : secret);
    digest = md5(...mixed);
  }
  let text = '';
  for (const [a, b, c] of GROUPS) {
    text += encode24(((digest[a] ?? 0) << 16) | ((digest[b] ?? 0) << 8) | (digest[c] ?? 0), 4);
  }
  return text + encode24(digest[11] ?? 0, 2);
}

/** The lowest bits first, six to a character. */
export function encode24(bits: number, characters: number): string {
  let text = '';
  for (let left = bits, index = 0; index < characters; index += 1, left >>>= 6) text += ALPHABET[left & 0x3f];
  return text;
}
