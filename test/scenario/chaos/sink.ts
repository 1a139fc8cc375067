// The destination as a process: writes down what it takes before it answers, so that its own end forgets nothing, and
// answers as it is told to.

import { openSync, writeSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import { gunzipSync } from 'node:zlib';
import { encodePartialSuccess } from '../../../proto/export-response.ts';
import { encodeStatus } from '../../../proto/status.ts';
import { numbersIn } from './numbers.ts';
import type { SinkMode } from './plan.ts';
import { answerParent, nowMs } from './processes.ts';

/** A line of the sink's file: a request that came, or that its answer went out. */
export type SinkLine =
  | {
      readonly request: string;
      readonly atMs: number;
      readonly mode: SinkMode;
      readonly taken: readonly number[];
      readonly rejected: readonly number[];
    }
  | { readonly answered: string; readonly atMs: number };

export interface SinkPorts {
  readonly grpc: number;
  readonly http: number;
}

/** An answer as both protocols can give it. */
interface Verdict {
  readonly status: number;
  readonly code: number;
  readonly body: Uint8Array;
  readonly retryAfterMs?: number;
}

const RETRY_AFTER_MS = 300;
/** Later than the agent waits, at times. */
const MOST_DELAY_MS = 1_500;
const NOTHING = new Uint8Array(0);
const GOOD: Verdict = { status: 200, code: 0, body: NOTHING };

// Both come from the parent, which starts this file.
const [fileName = '', generation = '0', host = '127.0.0.1', ports = '{}'] = process.argv.slice(2);
const wanted = JSON.parse(ports) as SinkPorts;
const file = openSync(fileName, 'a');
// What was killed may have left half a line.
writeSync(file, '\n');
let mode: SinkMode = 'good';
let requests = 0;

function write(line: SinkLine): void {
  writeSync(file, `${JSON.stringify(line)}\n`);
}

/** Decides, writes down, and answers by `reply`, or breaks the connection by `reset`. */
function handle(body: Uint8Array, reply: (verdict: Verdict, done: () => void) => void, reset: () => void): void {
  const name = `${generation}.${(requests += 1)}`;
  const numbers = numbersIn(body);
  const now = mode;
  const takes = (taken: number[], rejected: number[] = []): void =>
    write({ request: name, atMs: nowMs(), mode: now, taken, rejected });
  const answer = (verdict: Verdict): void => reply(verdict, () => write({ answered: name, atMs: nowMs() }));
  switch (now) {
    case 'unavailable':
      return answer({ status: 503, code: 14, body: NOTHING });
    case 'throttling':
      return answer({ status: 429, code: 8, body: NOTHING, retryAfterMs: RETRY_AFTER_MS });
    case 'rejecting':
      takes([], numbers);
      return answer({ status: 400, code: 3, body: NOTHING });
    case 'partial':
      takes(numbers.slice(1), numbers.slice(0, 1));
      return answer({ ...GOOD, body: encodePartialSuccess(1, 'the first one is not wanted') });
    case 'silent':
      return takes(numbers);
    case 'resetting':
      takes(numbers);
      return reset();
    case 'slow':
      takes(numbers);
      setTimeout(() => answer(GOOD), (requests * 397) % MOST_DELAY_MS);
      return undefined;
    default:
      takes(numbers);
      return answer(GOOD);
  }
}

const httpServer = http.createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('error', () => undefined);
  request.on('end', () => {
    if (!request.complete) return;
    const body = Buffer.concat(parts);
    handle(
      request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body,
      (verdict, done) => {
        const { status, code, retryAfterMs } = verdict;
        const isFailure = status !== 200;
        if (retryAfterMs !== undefined) response.setHeader('retry-after', '1');
        response.writeHead(status, { 'content-type': 'application/x-protobuf' });
        response.end(isFailure ? encodeStatus({ code, message: mode }) : verdict.body, done);
      },
      () => request.socket.destroy(),
    );
  });
});

const grpcServer = http2.createServer();
grpcServer.on('session', (session) => session.on('error', () => undefined));
grpcServer.on('stream', (stream: http2.ServerHttp2Stream) => {
  const parts: Buffer[] = [];
  stream.on('data', (part: Buffer) => parts.push(part));
  stream.on('error', () => undefined);
  stream.on('end', () => {
    const framed = Buffer.concat(parts);
    // One message: a flag that it is compressed, four bytes of length. A stream that was reset ends as well.
    if (framed.length < 5 || framed.length !== 5 + framed.readUInt32BE(1)) return;
    const message = framed.subarray(5);
    handle(
      framed[0] === 1 ? gunzipSync(message) : message,
      (verdict, done) => replyGrpc(stream, verdict, done),
      () => stream.session?.destroy(),
    );
  });
});

function replyGrpc(stream: http2.ServerHttp2Stream, verdict: Verdict, done: () => void): void {
  if (stream.destroyed) return;
  const { code, body, retryAfterMs } = verdict;
  const headers = { ':status': 200, 'content-type': 'application/grpc' };
  stream.on('finish', done);
  if (code !== 0) {
    const details = encodeStatus({
      code,
      message: mode,
      ...(retryAfterMs === undefined ? {} : { retryDelayMs: retryAfterMs }),
    });
    stream.respond(
      {
        ...headers,
        'grpc-status': String(code),
        'grpc-message': mode,
        'grpc-status-details-bin': Buffer.from(details).toString('base64'),
      },
      { endStream: true },
    );
    return;
  }
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.respond(headers, { waitForTrailers: true });
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(body.length, 1);
  stream.end(Buffer.concat([prefix, body]));
}

await Promise.all([
  new Promise<void>((resolve) => httpServer.listen(wanted.http, host, resolve)),
  new Promise<void>((resolve) => grpcServer.listen(wanted.grpc, host, resolve)),
]);
answerParent((question) => {
  // Written by the parent.
  mode = (question as { readonly mode: SinkMode }).mode;
  return Promise.resolve({});
});
