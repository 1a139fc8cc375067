// A destination for OTLP traces that can fall ill in every way and get well again, on one port: a TCP front that hangs,
// cuts and resets, and servers of Node's own behind it that answer whatever they are told to.

import http, { type ServerResponse } from 'node:http';
import http2, { type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import net, { type Socket } from 'node:net';
import { decode } from '../proto/reference.ts';
import { portOf } from './destination.ts';

/**
 * What the front does with a connection: hands it on; reads and says nothing; reads nothing; resets it once something has
 * come; or hands on the first bytes of an answer and then falls silent, or resets.
 */
export type Front = 'pass' | 'silent' | 'deaf' | 'reset' | 'half' | 'half_reset';

/** Instead of taking a request. */
export type AnswerHttp = (response: ServerResponse) => void;
export type AnswerGrpc = (stream: ServerHttp2Stream) => void;

const HALF_BYTES = 40;
const WINDOW_BYTES = 65_535;
const EMPTY_MESSAGE = Buffer.alloc(5);

export class SickDestination implements AsyncDisposable {
  readonly port: number;
  /** Names of the spans that were taken. */
  readonly taken = new Set<string>();
  /** Requests that came whole, and connections. */
  requests = 0;
  connections = 0;
  front: Front = 'pass';
  answerHttp: AnswerHttp | undefined;
  answerGrpc: AnswerGrpc | undefined;
  /** Open connections, by what the front did with them when they came. */
  readonly #open = new Map<Socket, Front>();
  readonly #servers: readonly net.Server[];
  readonly #sessions = new Set<ServerHttp2Session>();
  #window = WINDOW_BYTES;
  readonly #waiting = new Set<() => void>();

  private constructor(front: net.Server, servers: readonly net.Server[]) {
    this.port = portOf(front);
    this.#servers = [front, ...servers];
  }

  static async start(protocol: 'grpc' | 'http'): Promise<SickDestination> {
    const front = net.createServer();
    const web = http.createServer();
    const h2 = http2.createServer();
    const backend = protocol === 'http' ? web : h2;
    for (const server of [front, backend]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    }
    const made = new SickDestination(front, [backend]);
    front.on('connection', (socket) => made.#accept(socket, portOf(backend)));
    web.on('request', (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        if (!request.complete) return;
        made.requests += 1;
        if (made.answerHttp) made.answerHttp(response);
        else {
          made.#take(Buffer.concat(parts));
          response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
        }
      });
    });
    h2.on('session', (session) => {
      session.on('error', () => undefined);
      session.settings({ initialWindowSize: made.#window });
      made.#sessions.add(session);
      session.on('close', () => made.#sessions.delete(session));
    });
    h2.on('stream', (stream: ServerHttp2Stream) => {
      const parts: Buffer[] = [];
      stream.on('error', () => undefined);
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const frame = Buffer.concat(parts);
        // Who gives a call up in the middle also ends its stream.
        if (stream.destroyed || frame.length < 5 || frame.length !== 5 + frame.readUInt32BE(1)) return;
        made.requests += 1;
        if (made.answerGrpc) made.answerGrpc(stream);
        else {
          made.#take(frame.subarray(EMPTY_MESSAGE.length));
          grpcStatus(0, { body: EMPTY_MESSAGE })(stream);
        }
      });
    });
    return made;
  }

  /** As it was at first. Connections that were hung up on stay as they are: nobody tells the other end. */
  heal(): void {
    this.front = 'pass';
    this.answerHttp = undefined;
    this.answerGrpc = undefined;
    this.grant(WINDOW_BYTES);
  }

  /** How much of a message a gRPC client may send before it is told that there is room for more. */
  grant(bytes: number): void {
    this.#window = bytes;
    for (const session of this.#sessions) session.settings({ initialWindowSize: bytes });
  }

  /** Cuts what is open, so that what comes next meets `front`. */
  cut(): void {
    for (const socket of this.#open.keys()) socket.resetAndDestroy();
  }

  get openConnections(): number {
    return this.#open.size;
  }

  /** Resolves once all of `names` were taken. */
  async until(names: readonly string[], timeoutMs: number): Promise<void> {
    const timeout = AbortSignal.timeout(timeoutMs);
    while (!names.every((name) => this.taken.has(name))) {
      if (timeout.aborted) {
        const missing = names.filter((name) => !this.taken.has(name));
        throw new Error(`after ${timeoutMs} ms ${missing.length} of ${names.length} are missing: ${missing.join(' ')}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.#waiting.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
      this.#waiting.clear();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  #take(message: Uint8Array): void {
    for (const name of JSON.stringify(decode('traces', message)).matchAll(/"name":"([^"]+)"/g)) {
      if (name[1] !== undefined) this.taken.add(name[1]);
    }
    for (const wake of this.#waiting) wake();
  }

  #accept(socket: Socket, backendPort: number): void {
    const { front } = this;
    this.connections += 1;
    this.#open.set(socket, front);
    socket.on('error', () => undefined);
    if (front === 'deaf') {
      socket.pause();
      return;
    }
    if (front === 'silent') socket.resume();
    if (front === 'reset') socket.once('data', () => socket.resetAndDestroy());
    if (front === 'silent' || front === 'reset') {
      socket.on('close', () => this.#open.delete(socket));
      return;
    }
    const inner = net.connect(backendPort, '127.0.0.1');
    inner.on('error', () => undefined);
    socket.pipe(inner);
    socket.on('close', () => {
      this.#open.delete(socket);
      inner.destroy();
    });
    if (front === 'pass') {
      inner.pipe(socket);
      inner.on('close', () => socket.destroy());
      return;
    }
    let left = HALF_BYTES;
    inner.on('data', (part: Buffer) => {
      if (left > 0) socket.write(part.subarray(0, left));
      left -= part.length;
      if (left <= 0 && front === 'half_reset') setTimeout(() => socket.resetAndDestroy(), 10);
    });
  }
}

export interface GrpcStatusAnswer {
  readonly message?: string;
  /** `google.rpc.Status`, base64. */
  readonly details?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** Answers with a gRPC status. */
export function grpcStatus(code: number, answer: GrpcStatusAnswer = {}): AnswerGrpc {
  const trailers = {
    'grpc-status': String(code),
    ...(answer.message === undefined ? {} : { 'grpc-message': answer.message }),
    ...(answer.details === undefined ? {} : { 'grpc-status-details-bin': answer.details }),
  };
  return (stream) => {
    const head = { ':status': 200, 'content-type': 'application/grpc', ...answer.headers };
    if (!answer.body) {
      stream.respond({ ...head, ...trailers }, { endStream: true });
      return;
    }
    stream.respond(head, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.end(answer.body);
  };
}
