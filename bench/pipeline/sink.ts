// The destination, a process of its own: takes OTLP traces over gRPC and HTTP, answers OK and counts the spans that
// arrived. It can be told to take no more than so many spans a second, as a backend that is slow.

import { readFileSync } from 'node:fs';
import http from 'node:http';
import http2, { type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import https from 'node:https';
import type { Server } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { countItems } from '../../proto/otlp/count.ts';

const STREAM_WINDOW_BYTES = 4 << 20;
const SESSION_WINDOW_BYTES = 16 << 20;
const REMEMBERED_MAX = 10_000;
const EMPTY_MESSAGE = Buffer.alloc(5);

/** What the sink is asked. */
export interface SinkQuestion {
  /** Take at most so many spans a second from now on; 0: as many as come. */
  readonly spansPerSecond?: number;
}

/** What has arrived so far. */
export interface SinkCount {
  readonly spans: number;
  readonly requests: number;
}

export interface SinkPorts {
  readonly grpcPort: number;
  readonly httpPort: number;
}

export interface SinkReady extends SinkPorts {
  /** The same with TLS. */
  readonly secure: SinkPorts;
}

let spans = 0;
let requests = 0;

/** Spans by gzip trailer (CRC-32 and length of the content) and compressed length: each distinct body is unpacked once. */
const spansByTrailer = new Map<string, number>();

function spansIn(body: Buffer, isGzip: boolean): number {
  if (!isGzip) return countItems('traces', body);
  const key = `${body.length}:${body.toString('latin1', body.length - 8)}`;
  let count = spansByTrailer.get(key);
  if (count === undefined) {
    count = countItems('traces', gunzipSync(body));
    if (spansByTrailer.size >= REMEMBERED_MAX) spansByTrailer.clear();
    spansByTrailer.set(key, count);
  }
  return count;
}

let spansPerSecond = 0;
let nextTurnMs = 0;

/** Counts and answers when it is this request's turn. */
function take(body: Buffer, isGzip: boolean, answer: () => void): void {
  const arrived = spansIn(body, isGzip);
  const done = (): void => {
    spans += arrived;
    requests++;
    answer();
  };
  if (spansPerSecond === 0) {
    done();
    return;
  }
  const now = performance.now();
  nextTurnMs = Math.max(now, nextTurnMs) + (1000 * arrived) / spansPerSecond;
  setTimeout(done, nextTurnMs - now);
}

function onSession(session: ServerHttp2Session): void {
  session.setLocalWindowSize(SESSION_WINDOW_BYTES);
}

function onStream(stream: ServerHttp2Stream): void {
  const parts: Buffer[] = [];
  stream.on('data', (part: Buffer) => parts.push(part));
  // An agent that stops or gives up resets its streams.
  stream.on('error', () => undefined);
  stream.on('end', () => {
    const frame = parts.length === 1 ? parts[0] : Buffer.concat(parts);
    // A sender that gives a call up in the middle also ends its stream.
    if (!frame || frame.length < 5 || frame.length !== 5 + frame.readUInt32BE(1)) return;
    take(frame.subarray(5), frame[0] === 1, () => {
      if (stream.destroyed) return;
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(EMPTY_MESSAGE);
    });
  });
}

function onRequest(request: http.IncomingMessage, response: http.ServerResponse): void {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    if (!request.complete) return;
    take(Buffer.concat(parts), request.headers['content-encoding'] === 'gzip', () => {
      response.writeHead(200, { 'content-type': 'application/x-protobuf', 'content-length': 0 });
      response.end();
    });
  });
}

function portOf(server: { address(): unknown }): number {
  const address = server.address();
  return typeof address === 'object' && address && 'port' in address ? Number(address.port) : 0;
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(portOf(server))));
}

const [, , cert = '', key = ''] = process.argv;
const material = { cert: readFileSync(cert), key: readFileSync(key) };
const h2 = { settings: { initialWindowSize: STREAM_WINDOW_BYTES } };
const keepAlive = { keepAliveTimeout: 60_000 };
const grpcServers = [http2.createServer(h2), http2.createSecureServer({ ...h2, ...material })];
for (const server of grpcServers) server.on('session', onSession).on('stream', onStream);
const webServers = [
  http.createServer(keepAlive, onRequest),
  https.createServer({ ...keepAlive, ...material }, onRequest),
];
const [grpcPort = 0, secureGrpcPort = 0] = await Promise.all(grpcServers.map(listening));
const [httpPort = 0, secureHttpPort = 0] = await Promise.all(webServers.map(listening));
const secure = { grpcPort: secureGrpcPort, httpPort: secureHttpPort };
process.send?.({ grpcPort, httpPort, secure } satisfies SinkReady);

process.on('message', (question: SinkQuestion) => {
  if (question.spansPerSecond !== undefined) spansPerSecond = question.spansPerSecond;
  process.send?.({ spans, requests } satisfies SinkCount);
});
// Without the one who measures there is nothing to do.
process.on('disconnect', () => process.exit(0));
