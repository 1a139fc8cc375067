// Converters that hash, encode, and make ids.

import { createHash } from 'node:crypto';
import { converter, type Converters } from '../function.ts';
import { Id, OttlEvaluationError, typeName, type OttlValue } from '../value.ts';
import { textOf } from './arguments.ts';
import { murmur3, murmur3x128 } from './murmur3.ts';
import { xxh128, xxh3 } from './xxh3.ts';

const digest = (algorithm: string) =>
  converter(['target'], ([text]) => createHash(algorithm).update(textOf(text)).digest('hex'));

const id = (size: number) => ({
  params: ['bytes'],
  prepare([constant]: readonly (OttlValue | undefined)[]) {
    if (constant !== undefined) toId(constant, size);
    return ([bytes = null]: readonly OttlValue[]) => toId(bytes, size);
  },
});

export const HASH_CONVERTERS: Converters = {
  MD5: digest('md5'),
  SHA1: digest('sha1'),
  SHA256: digest('sha256'),
  SHA512: digest('sha512'),
  FNV: converter(['target'], ([text]) => fnv64(Buffer.from(textOf(text)))),
  Murmur3Hash: converter(['target'], ([text]) => murmur3(Buffer.from(textOf(text)))),
  Murmur3Hash128: converter(['target'], ([text]) => murmur3x128(Buffer.from(textOf(text)))),
  XXH3: converter(['target'], ([text]) => xxh3(Buffer.from(textOf(text)))),
  XXH128: converter(['target'], ([text]) => xxh128(Buffer.from(textOf(text)))),
  TraceID: id(16),
  SpanID: id(8),
  ProfileID: id(16),
  UUID: {
    params: [],
    isVolatile: true,
    prepare:
      (_constants, { random }) =>
      () =>
        uuid(random),
  },
  UUIDv7: {
    params: [],
    isVolatile: true,
    prepare:
      (_constants, { now, random }) =>
      () =>
        uuid7(now(), random),
  },
  Base64Decode: converter(['target'], ([text]) => base64(textOf(text))),
  Base64Encode: converter(['target', 'variant?'], ([text, variant = null]) => {
    const bytes = Buffer.from(textOf(text));
    const wanted = variant === null ? 'base64' : textOf(variant);
    if (wanted === 'base64') return bytes.toString('base64');
    if (wanted === 'base64-raw') return bytes.toString('base64').replace(/=+$/, '');
    if (wanted === 'base64-raw-url') return bytes.toString('base64url');
    if (wanted === 'base64-url') return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
    throw new OttlEvaluationError(`unsupported base64 variant: ${wanted}`);
  }),
  Decode: converter(['target', 'encoding'], ([target, encoding]) => decode(target ?? null, textOf(encoding))),
};

/** FNV-1a, 64 bits, as the collector gives it: a signed integer. */
function fnv64(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return BigInt.asIntN(64, hash);
}

function toId(value: OttlValue, size: number): Id {
  if (value instanceof Uint8Array && value.length === size) return new Id(new Uint8Array(value));
  if (typeof value === 'string' && value.length === 2 * size && /^[0-9a-fA-F]*$/.test(value)) {
    return new Id(new Uint8Array(Buffer.from(value, 'hex')));
  }
  throw new OttlEvaluationError(`an id of ${size} bytes is expected, not ${typeName(value)}`);
}

/** Version 4, from the given randomness. */
function uuid(random: () => number): string {
  return uuidText(randomBytes(random), 4);
}

/** Version 7: 48 bits of milliseconds, the rest random. Source: RFC 9562, section 5.7. */
function uuid7(nowMs: number, random: () => number): string {
  const bytes = randomBytes(random);
  bytes.writeUIntBE(Math.floor(nowMs), 0, 6);
  return uuidText(bytes, 7);
}

function randomBytes(random: () => number): Buffer {
  return Buffer.from(Array.from({ length: 16 }, () => Math.floor(random() * 256)));
}

function uuidText(bytes: Buffer, version: number): string {
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | (version << 4), 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function base64(text: string): string {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) {
    throw new OttlEvaluationError('could not decode: illegal base64 data');
  }
  return Buffer.from(text, 'base64').toString('utf8');
}

function decode(target: OttlValue, encoding: string): string {
  const text = target instanceof Uint8Array ? Buffer.from(target).toString('latin1') : textOf(target);
  switch (encoding) {
    case 'base64':
      return base64(text);
    case 'base64-raw':
      return base64(text.padEnd(Math.ceil(text.length / 4) * 4, '='));
    case 'base64-url':
    case 'base64-raw-url':
      return base64(
        text
          .replaceAll('-', '+')
          .replaceAll('_', '/')
          .padEnd(Math.ceil(text.length / 4) * 4, '='),
      );
    case 'hex':
      return Buffer.from(text, 'hex').toString('utf8');
    case 'us-ascii':
    case 'ascii':
    case 'utf-8':
    case 'utf8':
      return target instanceof Uint8Array ? Buffer.from(target).toString('utf8') : text;
    default:
      throw new OttlEvaluationError(`unsupported encoding: ${encoding}`);
  }
}
