// SHA-256 and SHA-512 password hashes of crypt(3) (`$5$`, `$6$`), after "Unix crypt using SHA-256 and SHA-512" by Ulrich
// Drepper, version 0.6; the numbers in comments are its steps.

import { createHash } from 'node:crypto';
import { encode24 } from './md5-crypt.ts';

const DEFAULT_ROUNDS = 5_000;
const MIN_ROUNDS = 1_000;
const MAX_SALT = 16;

interface Kind {
  readonly algorithm: 'sha256' | 'sha512';
  readonly bytes: number;
  /** Which digest bytes form each group of 24 bits, then what is left over (22e). */
  readonly groups: readonly (readonly [number, number, number])[];
  readonly tail: readonly number[];
}

const SHA256: Kind = {
  algorithm: 'sha256',
  bytes: 32,
  groups: rotating(10, [0, 10, 20], 21, 30),
  tail: [31, 30],
};

const SHA512: Kind = {
  algorithm: 'sha512',
  bytes: 64,
  groups: rotating(21, [0, 21, 42], 22, 63),
  tail: [63],
};

/** Groups of three bytes, each one further on: the step is added to every index, modulo the bytes that are in groups. */
function rotating(
  count: number,
  first: readonly [number, number, number],
  step: number,
  modulus: number,
): readonly (readonly [number, number, number])[] {
  const groups: [number, number, number][] = [];
  let [a, b, c] = first;
  for (let index = 0; index < count; index += 1) {
    groups.push([a, b, c]);
    [a, b, c] = [(a + step) % modulus, (b + step) % modulus, (c + step) % modulus];
  }
  return groups;
}

/** `rounds=5000` as a number within the allowed range; undefined where the text is none. */
export function roundsOf(text: string): number | undefined {
  const match = /^rounds=(\d+)$/.exec(text);
  return match ? Math.max(MIN_ROUNDS, Number(match[1])) : undefined;
}

/** The part after the last `$`; `magic` is `$5$` or `$6$`. */
export function shaCrypt(password: string, salt: string, magic: string, rounds = DEFAULT_ROUNDS): string {
  const kind = magic === '$5$' ? SHA256 : SHA512;
  const secret = Buffer.from(password);
  const salted = Buffer.from(salt).subarray(0, MAX_SALT);
  const hash = (parts: readonly Uint8Array[]): Buffer => {
    const one = createHash(kind.algorithm);
    for (const part of parts) one.update(part);
    return one.digest();
  };
  // 4–12
  const inner = hash([secret, salted, secret]);
  const parts: Uint8Array[] = [secret, salted, stretch(inner, secret.length)];
  for (let bits = secret.length; bits > 0; bits >>= 1) parts.push((bits & 1) === 1 ? inner : secret);
  let digest = hash(parts);
  // 13–20
  const p = stretch(hash(Array.from({ length: secret.length }, () => secret)), secret.length);
  const s = stretch(hash(Array.from({ length: 16 + (digest[0] ?? 0) }, () => salted)), salted.length);
  // 21
  for (let round = 0; round < rounds; round += 1) {
    const isOdd = (round & 1) === 1;
    const mixed: Uint8Array[] = [isOdd ? p : digest];
    if (round % 3 !== 0) mixed.push(s);
    if (round % 7 !== 0) mixed.push(p);
    mixed.push(isOdd ? digest : p);
    digest = hash(mixed);
  }
  let text = '';
  for (const [a, b, c] of kind.groups) {
    text += encode24(((digest[a] ?? 0) << 16) | ((digest[b] ?? 0) << 8) | (digest[c] ?? 0), 4);
  }
  const [high = 0, low] = kind.tail;
  return (
    text +
    (low === undefined ? encode24(digest[high] ?? 0, 2) : encode24(((digest[high] ?? 0) << 8) | (digest[low] ?? 0), 3))
  );
}

/** The block again and again, cut to the length. */
function stretch(block: Buffer, length: number): Buffer {
  const long = Buffer.alloc(length);
  for (let at = 0; at < length; at += block.length) block.copy(long, at);
  return long;
}
