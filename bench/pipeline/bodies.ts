// Request bodies for h2load as files: OTLP traces in protobuf, bare for HTTP and framed for gRPC, plain and gzipped.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { encode } from '../../test/proto/reference.ts';
import { spansRequest } from '../proto-request.ts';

export type Protocol = 'grpc' | 'http';

export interface BodyChoice {
  readonly protocol: Protocol;
  readonly spans: number;
  readonly gzip: boolean;
}

/** The bytes that go over the wire as the request's body. gzip has the level SDKs use, zlib's default. */
export function requestBody({ protocol, spans, gzip }: BodyChoice): Buffer {
  const message = encode('traces', spansRequest(spans));
  const bytes = gzip ? gzipSync(message) : Buffer.from(message);
  if (protocol === 'http') return bytes;
  // gRPC's length-prefixed message: one byte says whether it is compressed, four the length.
  const frame = Buffer.alloc(5 + bytes.length);
  frame[0] = gzip ? 1 : 0;
  frame.writeUInt32BE(bytes.length, 1);
  frame.set(bytes, 5);
  return frame;
}

/** Writes the body into `folder`; gives the file. */
export function writeBody(folder: string, choice: BodyChoice): string {
  const file = path.join(folder, `${choice.protocol}-${choice.spans}${choice.gzip ? '-gzip' : ''}.bin`);
  writeFileSync(file, requestBody(choice));
  return file;
}
