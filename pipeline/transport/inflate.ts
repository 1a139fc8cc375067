// Decompression of what is large, in the thread pool: a few bodies at a time, into memory that is asked for as they grow.

import zlib from 'node:zlib';
import { BodyTooLarge, NoMemoryForBody } from './body-errors.ts';

/**
 * Memory for what a body grows to, asked for while it grows: a body of a few bytes can become as large as the limit
 * allows, and many of them more than there is.
 */
export interface OutputBudget {
  /** Charges so many more bytes; false where there is no room for them. */
  grow(bytes: number): boolean;
}

const CHUNK_BYTES = 64 * 1024;
/** More at once would share the memory so that none of them gets enough, and keep files and names waiting for the pool. */
const AT_ONCE = 2;
const FIRST_BYTES = 256 * 1024;

let working = 0;
const waiting: (() => void)[] = [];

/** Fails with BodyTooLarge, NoMemoryForBody, or zlib's error. */
export async function inflateInPool(
  encoding: 'gzip' | 'deflate' | 'zstd',
  body: Uint8Array,
  limitBytes: number,
  budget: OutputBudget | undefined,
): Promise<Uint8Array> {
  // The number of those that wait is bounded by the memory their bodies were admitted with.
  if (working >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else working += 1;
  try {
    return await inflate(encoding, body, limitBytes, budget);
  } finally {
    const next = waiting.shift();
    if (next) next();
    else working -= 1;
  }
}

function inflate(
  encoding: 'gzip' | 'deflate' | 'zstd',
  body: Uint8Array,
  limitBytes: number,
  budget: OutputBudget | undefined,
): Promise<Uint8Array> {
  const options = { chunkSize: CHUNK_BYTES };
  const stream =
    encoding === 'gzip'
      ? zlib.createGunzip(options)
      : encoding === 'zstd'
        ? zlib.createZstdDecompress(options)
        : zlib.createInflate(options);
  return new Promise((resolve, reject) => {
    const output = new Output(Math.min(limitBytes, promisedBytes(encoding, body) ?? FIRST_BYTES));
    stream.on('data', (part: Buffer) => {
      if (output.bytes + part.length > limitBytes) stream.destroy(new BodyTooLarge(limitBytes));
      else if (budget && !budget.grow(part.length)) stream.destroy(new NoMemoryForBody());
      else output.add(part);
    });
    stream.on('error', (error) => {
      output.discard();
      reject(error);
    });
    stream.on('end', () => resolve(output.whole()));
    stream.end(body);
  });
}

/** The parts in one buffer. Where its size is known before, nothing is copied twice; memory that is not written costs nothing. */
class Output {
  #buffer: Buffer;
  bytes = 0;

  constructor(expectedBytes: number) {
    this.#buffer = Buffer.allocUnsafeSlow(expectedBytes);
  }

  add(part: Buffer): void {
    const needed = this.bytes + part.length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, Math.ceil(this.#buffer.length * 1.5)));
      larger.set(this.#buffer.subarray(0, this.bytes));
      free(this.#buffer);
      this.#buffer = larger;
    }
    this.#buffer.set(part, this.bytes);
    this.bytes = needed;
    // zlib goes on in a new chunk once one is full.
    if (part.byteOffset + part.length === part.buffer.byteLength) free(part);
  }

  discard(): void {
    free(this.#buffer);
    this.bytes = 0;
  }

  whole(): Uint8Array {
    return this.#buffer.subarray(0, this.bytes);
  }
}

/** Gives the memory back now: waiting for the collector would let the garbage of a few such bodies outgrow all limits. */
export function free(buffer: Buffer): void {
  if (buffer.buffer instanceof ArrayBuffer) buffer.buffer.transfer(0);
}

/**
 * What the body says it grows to, true or not: gzip's trailer (RFC 1952 section 2.3.1), modulo 2^32 and of the last member;
 * undefined where a format does not say.
 */
function promisedBytes(encoding: 'gzip' | 'deflate' | 'zstd', body: Uint8Array): number | undefined {
  if (encoding !== 'gzip' || body.length < 18) return undefined;
  const trailer = new DataView(body.buffer, body.byteOffset + body.length - 4, 4);
  return Math.max(FIRST_BYTES, trailer.getUint32(0, true));
}
