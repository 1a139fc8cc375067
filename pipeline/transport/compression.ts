// Compressed bodies, for every receiver and exporter: one helper that knows the encodings and bounds the output.

import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { BodyCorrupt, BodyTooLarge, NoMemoryForBody } from './body-errors.ts';
import { free, inflateInPool, type OutputBudget } from './inflate.ts';
import { takeBytes } from './slab.ts';

/** Content encodings the agent reads and writes. `zlib` is another name for `deflate`, as in the collector. */
export type Encoding = 'identity' | 'gzip' | 'zstd' | 'deflate' | 'snappy' | 'x-snappy-framed';

/** Larger inputs are handed to the thread pool, so that one body does not stop the loop; smaller ones cost less here. */
const INLINE_MAX_BYTES = 256 * 1024;
/** What a small input may grow to here: a thousandfold one would stop the loop for a fifth of a second. */
const INLINE_MAX_OUTPUT_BYTES = 2 << 20;
/** Most OTLP requests fit one output chunk of this size; the default of 16 KiB costs a copy per chunk. */
const CHUNK_BYTES = 64 * 1024;

const gzip = promisify(zlib.gzip);
const deflate = promisify(zlib.deflate);
const zstdCompress = promisify(zlib.zstdCompress);

/** The encoding a header names; undefined for one the agent does not know. */
export function encodingOf(header: string | undefined): Encoding | undefined {
  switch (header) {
    case undefined:
    case '':
    case 'identity':
    case 'none':
      return 'identity';
    case 'gzip':
    case 'zstd':
    case 'deflate':
    case 'snappy':
    case 'x-snappy-framed':
      return header;
    case 'zlib':
      return 'deflate';
    default:
      return undefined;
  }
}

/**
 * Fails with BodyTooLarge, BodyCorrupt or NoMemoryForBody. A plain value, not a promise, where the work was done at once;
 * then nothing has been asked of the budget, and the output has at most 2 MiB.
 */
export function decompress(
  encoding: Encoding,
  body: Uint8Array,
  limitBytes: number,
  budget?: OutputBudget,
): Uint8Array | Promise<Uint8Array> {
  if (encoding === 'identity') return body;
  if (encoding === 'snappy' || encoding === 'x-snappy-framed') return unsnappy(encoding, body, limitBytes);
  if (body.length <= INLINE_MAX_BYTES) {
    const options = { maxOutputLength: Math.min(limitBytes, INLINE_MAX_OUTPUT_BYTES), chunkSize: CHUNK_BYTES };
    try {
      if (encoding === 'gzip') return fitted(zlib.gunzipSync(body, options));
      return fitted(encoding === 'zstd' ? zlib.zstdDecompressSync(body, options) : zlib.inflateSync(body, options));
    } catch (error) {
      if (!isTooLarge(error) || limitBytes <= INLINE_MAX_OUTPUT_BYTES) throw explain(error, encoding, limitBytes);
    }
  }
  return inflateInPool(encoding, body, limitBytes, budget).catch((error: unknown) => {
    throw explain(error, encoding, limitBytes);
  });
}

/** Out of zlib's chunk, which is larger and would be kept with it: a queue of small bodies would be a queue of chunks. */
function fitted(output: Buffer): Buffer {
  if (output.buffer.byteLength !== CHUNK_BYTES) return output;
  const copy = takeBytes(output.length);
  copy.set(output);
  free(output);
  return copy;
}

/** Compresses; `level` as the algorithm counts it, undefined for its fastest sensible one. */
export async function compress(encoding: Encoding, body: Uint8Array, level?: number): Promise<Uint8Array> {
  switch (encoding) {
    case 'identity':
      return body;
    case 'gzip':
    case 'deflate': {
      const options = { level: level ?? zlib.constants.Z_BEST_SPEED, chunkSize: CHUNK_BYTES };
      if (body.length <= INLINE_MAX_BYTES) {
        return encoding === 'gzip' ? zlib.gzipSync(body, options) : zlib.deflateSync(body, options);
      }
      return encoding === 'gzip' ? gzip(body, options) : deflate(body, options);
    }
    case 'zstd': {
      const params = { [zlib.constants.ZSTD_c_compressionLevel]: level ?? 1 };
      if (body.length <= INLINE_MAX_BYTES) return zlib.zstdCompressSync(body, { params, chunkSize: CHUNK_BYTES });
      return zstdCompress(body, { params, chunkSize: CHUNK_BYTES });
    }
    default: {
      const { snappyCompress, snappyFrame } = await import('./snappy.ts');
      return encoding === 'snappy' ? snappyCompress(body) : snappyFrame(body);
    }
  }
}

async function unsnappy(encoding: Encoding, body: Uint8Array, limitBytes: number): Promise<Uint8Array> {
  const { snappyUncompress, snappyUnframe } = await import('./snappy.ts');
  return encoding === 'snappy' ? snappyUncompress(body, limitBytes) : snappyUnframe(body, limitBytes);
}

function isTooLarge(error: unknown): boolean {
  // Errors of node:zlib carry a code.
  return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
}

function explain(error: unknown, encoding: Encoding, limitBytes: number): Error {
  if (error instanceof BodyTooLarge || error instanceof NoMemoryForBody) return error;
  if (isTooLarge(error)) return new BodyTooLarge(limitBytes);
  const message = error instanceof Error ? error.message : String(error);
  return new BodyCorrupt(`the body is not valid ${encoding}: ${message}`, { cause: error });
}
