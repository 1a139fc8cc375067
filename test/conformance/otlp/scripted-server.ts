// OTLP servers that answer as they are told, well or badly, and keep what they saw: every attempt with its time, size and
// connection. gRPC over raw HTTP/2, so that also answers no gRPC library would give are possible; HTTP/1.1 beside it.

import http from 'node:http';
import http2, { type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import https from 'node:https';
import type net from 'node:net';

export type Protocol = 'grpc' | 'http';

/** An answer; `status` is the gRPC code or HTTP's. */
export interface Answer {
  readonly status: number;
  readonly body?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly delayMs?: number;
  /** Before `delayMs` is over, as soon as so many attempts have come. */
  readonly untilAttempts?: number;
}

/** No answer: silence, the connection closed without one, bytes that are no HTTP, or a body without an end in sight. */
export type Misbehaviour = 'hang' | 'disconnect' | 'nonsense' | 'endless';

export type Reply = Answer | Misbehaviour;

export interface Attempt {
  readonly atMs: number;
  readonly path: string;
  /** The message as it came, without gRPC's frame. */
  readonly body: Buffer;
  /** Counts connections from 1. */
  readonly connection: number;
  /** Set once the answer was taken whole. */
  answered: boolean;
  /** Set once the client took back the request, or the connection broke, before the answer. */
  abandoned: boolean;
}

export interface ScriptedOptions {
  readonly protocol: Protocol;
  /** What the attempt, counted from 1, gets; OK unless given. */
  readonly reply?: (attempt: number) => Reply;
  /** Listens over TLS, and speaks HTTP/1.1 only. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly port?: number;
}

/** A server that never changes its mind. */
export function always(reply: Reply): () => Reply {
  return () => reply;
}

const OK: Answer = { status: 200 };
const GRPC_OK: Answer = { status: 0 };
const WINDOW_BYTES = 16 << 20;
const POLL_MS = 5;
const ENDLESS_PART = Buffer.alloc(256 << 10, 7);
/** Of an answer without end: far above every limit. */
const ENDLESS_BYTES = 256 << 20;

export class ScriptedServer implements AsyncDisposable {
  readonly attempts: Attempt[] = [];
  /** Answers from the next attempt on. */
  reply: (attempt: number) => Reply;
  /** Most requests open at the same time. */
  mostOpen = 0;
  /** Bytes of an endless answer that the client took. */
  taken = 0;
  #open = 0;
  #accepted = 0;
  #port: number;
  readonly #protocol: Protocol;
  readonly #server: net.Server;
  readonly #connections = new Map<net.Socket, number>();
  readonly #sessions = new WeakMap<ServerHttp2Session, number>();

  constructor(options: ScriptedOptions) {
    this.#protocol = options.protocol;
    this.#port = options.port ?? 0;
    const ok = options.protocol === 'grpc' ? GRPC_OK : OK;
    this.reply = options.reply ?? (() => ok);
    if (options.protocol === 'grpc') this.#server = this.#grpcServer();
    else {
      const listener = (request: http.IncomingMessage, response: http.ServerResponse): void => {
        this.#onHttp(request, response);
      };
      this.#server = options.tls
        ? https.createServer({ ...options.tls, ALPNProtocols: ['http/1.1'] }, listener)
        : http.createServer(listener);
    }
    this.#server.on(options.tls ? 'secureConnection' : 'connection', (socket: net.Socket) => {
      this.#connections.set(socket, this.#countConnection());
      socket.on('error', () => undefined);
      socket.once('close', () => this.#connections.delete(socket));
    });
  }

  get port(): number {
    return this.#port;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    if (typeof address === 'object' && address) this.#port = address.port;
  }

  /** Answers everything with success from now on, starts if it was down, and breaks off what still waits. */
  async release(): Promise<void> {
    if (!this.#server.listening) await this.start();
    const ok = this.#protocol === 'grpc' ? GRPC_OK : OK;
    this.reply = () => ok;
    if (this.#open > 0) this.#cutAll();
  }

  /** Whether `enough` came to hold within the time. */
  async until(enough: () => boolean, timeoutMs = 5_000): Promise<boolean> {
    const timeout = AbortSignal.timeout(timeoutMs);
    while (!enough()) {
      if (timeout.aborted) return false;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cutAll();
    await new Promise<void>((resolve) => {
      // Without a listener there is nothing to close.
      this.#server.close(() => resolve());
    });
  }

  #cutAll(): void {
    for (const socket of this.#connections.keys()) socket.destroy();
  }

  #begin(path: string, body: Buffer, connection: number): { attempt: Attempt; reply: Reply } {
    this.#open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.#open);
    const attempt: Attempt = {
      atMs: performance.now(),
      path,
      body,
      connection,
      answered: false,
      abandoned: false,
    };
    this.attempts.push(attempt);
    return { attempt, reply: this.reply(this.attempts.length) };
  }

  #grpcServer(): net.Server {
    const server = http2.createServer({ settings: { initialWindowSize: WINDOW_BYTES }, maxSessionMemory: 512 });
    server.on('session', (session) => {
      this.#sessions.set(session, this.#countConnection());
      session.setLocalWindowSize(WINDOW_BYTES);
      session.on('error', () => undefined);
    });
    server.on('stream', (stream: ServerHttp2Stream, headers) => this.#onGrpc(stream, headers[':path'] ?? ''));
    return server;
  }

  #countConnection(): number {
    this.#accepted += 1;
    return this.#accepted;
  }

  #onGrpc(stream: ServerHttp2Stream, path: string): void {
    // A stream of a server belongs to a session of a server.
    const session = stream.session as ServerHttp2Session | undefined;
    const connection = (session && this.#sessions.get(session)) ?? 0;
    const parts: Buffer[] = [];
    stream.on('error', () => undefined);
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('end', () => {
      const { attempt, reply } = this.#begin(path, Buffer.concat(parts).subarray(5), connection);
      stream.once('close', () => this.#ended(attempt, stream.rstCode === 0 && stream.writableFinished));
      if (reply === 'hang') return;
      if (reply === 'endless') this.#endlessGrpc(stream);
      else if (reply === 'disconnect' || reply === 'nonsense') session?.destroy();
      else this.#afterDelay(reply, () => answerGrpc(stream, reply));
    });
  }

  #onHttp(request: http.IncomingMessage, response: http.ServerResponse): void {
    const parts: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { socket } = request;
      const { attempt, reply } = this.#begin(
        request.url ?? '',
        Buffer.concat(parts),
        this.#connections.get(socket) ?? 0,
      );
      response.on('error', () => undefined);
      response.once('close', () => this.#ended(attempt, response.writableFinished));
      if (reply === 'hang') return;
      if (reply === 'endless') {
        response.writeHead(200, { 'content-type': 'application/x-protobuf' });
        this.#endless(response);
      } else if (reply === 'disconnect') socket.destroy();
      else if (reply === 'nonsense') socket.end('nonsense\r\n\r\n');
      else this.#afterDelay(reply, () => answerHttp(response, reply));
    });
  }

  #afterDelay({ delayMs, untilAttempts = Infinity }: Answer, answer: () => void): void {
    if (delayMs === undefined) answer();
    else void this.until(() => this.attempts.length >= untilAttempts, delayMs).then(answer);
  }

  #ended(attempt: Attempt, isWhole: boolean): void {
    this.#open -= 1;
    attempt.answered = isWhole;
    attempt.abandoned = !isWhole;
  }

  #endlessGrpc(stream: ServerHttp2Stream): void {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(ENDLESS_BYTES, 1);
    stream.write(prefix);
    this.#endless(stream);
  }

  #endless(out: ServerHttp2Stream | http.ServerResponse): void {
    const more = (): void => {
      while (!out.destroyed && this.taken < ENDLESS_BYTES) {
        this.taken += ENDLESS_PART.length;
        if (!out.write(ENDLESS_PART)) {
          out.once('drain', more);
          return;
        }
      }
    };
    more();
  }
}

function answerGrpc(stream: ServerHttp2Stream, answer: Answer): void {
  if (stream.destroyed || stream.closed) return;
  const status = { 'grpc-status': String(answer.status), ...answer.headers };
  const head = { ':status': 200, 'content-type': 'application/grpc' };
  if (answer.status !== 0) {
    stream.respond({ ...head, ...status }, { endStream: true });
    return;
  }
  const body = answer.body ?? Buffer.alloc(0);
  const frame = Buffer.alloc(5 + body.length);
  frame.writeUInt32BE(body.length, 1);
  frame.set(body, 5);
  stream.respond(head, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers(status));
  stream.end(frame);
}

function answerHttp(response: http.ServerResponse, answer: Answer): void {
  if (response.destroyed) return;
  response.writeHead(answer.status, { 'content-type': 'application/x-protobuf', ...answer.headers });
  response.end(answer.body);
}
