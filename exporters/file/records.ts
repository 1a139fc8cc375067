// A request as it stands in a file: a line, or bytes after their length.

import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import type { Signal } from '../../pipeline/signal.ts';
import { protoToJson } from '../../proto/json/encode.ts';
import { internTexts } from '../../proto/otlp/profile-interning.ts';
import type { FileConfig } from './config.ts';

const compress = promisify(zstdCompress);
const LENGTH_BYTES = 4;
const NEWLINE = 0x0a;

/**
 * Profiles keep the texts of attributes in their string table, as a collector writes them. Throws MalformedProto where JSON
 * is asked for and the bytes are no request.
 */
export async function recordOf(signal: Signal, request: Uint8Array, config: FileConfig): Promise<Uint8Array> {
  const bytes = signal === 'profiles' ? internTexts(request) : request;
  const { format, compression } = config;
  if (compression === '' && format === 'json') return line(protoToJson(signal, bytes));
  const message = format === 'json' ? Buffer.from(protoToJson(signal, bytes)) : bytes;
  return withLength(compression === '' ? message : await compress(message));
}

function line(json: string): Uint8Array {
  const bytes = Buffer.allocUnsafe(Buffer.byteLength(json) + 1);
  bytes.write(json);
  bytes[bytes.length - 1] = NEWLINE;
  return bytes;
}

function withLength(message: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(LENGTH_BYTES + message.length);
  bytes.writeUInt32BE(message.length);
  bytes.set(message, LENGTH_BYTES);
  return bytes;
}
