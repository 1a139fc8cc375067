// The lines of an htpasswd file: names, and how each one's password is checked. The kinds are those of contrib's library.

import { compare } from 'bcryptjs';
import { createHash } from 'node:crypto';
import { digestOfSecret, isOneOf } from '../../pipeline/transport/same-secret.ts';
import { md5Crypt } from './md5-crypt.ts';
import { roundsOf, shaCrypt } from './sha-crypt.ts';

export interface PasswordEntry {
  /** Whether a check takes milliseconds on purpose. */
  readonly isSlow: boolean;
  matches(password: string): boolean | Promise<boolean>;
}

export interface Htpasswd {
  readonly entries: ReadonlyMap<string, PasswordEntry>;
  /** Lines, from 1, that can not be used. */
  readonly badLines: readonly number[];
}

/** More rounds of SHA or bcrypt would hold up everything else for seconds at every check. */
const MAX_ROUNDS = 500_000;
const MAX_BCRYPT_COST = 15;
const SHA1_BYTES = 20;

/** A later line for the same name wins. */
export function parseHtpasswd(text: string): Htpasswd {
  const entries = new Map<string, PasswordEntry>();
  const badLines: number[] = [];
  text.split('\n').forEach((raw, index) => {
    const line = raw.trim();
    if (line === '') return;
    const colon = line.indexOf(':');
    const entry = colon === -1 ? undefined : entryOf(line.slice(colon + 1));
    if (entry) entries.set(line.slice(0, colon), entry);
    else badLines.push(index + 1);
  });
  return { entries, badLines };
}

/** Undefined where the text has the sign of a kind but not its form. */
function entryOf(hash: string): PasswordEntry | undefined {
  for (const magic of ['$apr1$', '$1$']) if (hash.startsWith(magic)) return md5Entry(hash, magic);
  for (const magic of ['$5$', '$6$']) if (hash.startsWith(magic)) return shaEntry(hash, magic);
  if (/^\$2[abxy]\$/.test(hash)) return bcryptEntry(hash);
  if (hash.startsWith('{SHA}')) return sha1Entry(hash.slice(5), false);
  if (hash.startsWith('{SSHA}')) return sha1Entry(hash.slice(6), true);
  const digests = [digestOfSecret(hash.replace(/^\{PLAIN\}/, '')), digestOfSecret(hash)];
  return { isSlow: false, matches: (password) => isOneOf(digests, password) };
}

function md5Entry(hash: string, magic: string): PasswordEntry | undefined {
  const [salt, expected] = cut(hash.slice(magic.length), '$');
  if (expected === undefined) return undefined;
  const digests = [digestOfSecret(expected)];
  return { isSlow: true, matches: (password) => isOneOf(digests, md5Crypt(password, salt, magic)) };
}

function shaEntry(hash: string, magic: string): PasswordEntry | undefined {
  const parts = hash.slice(magic.length).split('$');
  const rounds = parts.length === 3 ? roundsOf(parts.shift() ?? '') : undefined;
  const [salt, expected] = parts;
  if (parts.length !== 2 || salt === undefined || expected === undefined || (rounds ?? 0) > MAX_ROUNDS)
    return undefined;
  const digests = [digestOfSecret(expected)];
  return { isSlow: true, matches: (password) => isOneOf(digests, shaCrypt(password, salt, magic, rounds)) };
}

function bcryptEntry(hash: string): PasswordEntry | undefined {
  // $2x$ marks hashes of a broken implementation, which no library here can check.
  const match = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(hash);
  if (!match || Number(match[1]) > MAX_BCRYPT_COST) return undefined;
  return { isSlow: true, matches: (password) => compare(password, hash) };
}

function sha1Entry(base64: string, isSalted: boolean): PasswordEntry | undefined {
  const bytes = Buffer.from(base64, 'base64');
  if (isSalted ? bytes.length < SHA1_BYTES : bytes.length !== SHA1_BYTES) return undefined;
  const digests = [digestOfSecret(bytes.subarray(0, SHA1_BYTES).toString('hex'))];
  const salt = bytes.subarray(SHA1_BYTES);
  return {
    isSlow: false,
    matches: (password) => isOneOf(digests, createHash('sha1').update(password).update(salt).digest('hex')),
  };
}

function cut(text: string, at: string): [string, string | undefined] {
  const index = text.indexOf(at);
  return index === -1 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}
