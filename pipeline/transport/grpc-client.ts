// Unary gRPC calls over node:http2, on raw message bytes: one connection per destination, made when needed and again
// after it broke.

import http2, { type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2';
import { decodeGrpcMessage, GRPC_STATUS } from './grpc-status.ts';
import { endAfterGoaway, pingEvery, pingOnce } from './keepalive.ts';
import type { Connector } from './dial.ts';

export interface GrpcClientOptions {
  /** Opens the connection under the HTTP/2 session: plain, TLS or through a proxy. */
  readonly connect: Connector;
  /** `host:port` for `:authority`. */
  readonly authority: string;
  readonly secure: boolean;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of one response; a longer one fails the call. */
  readonly maxResponseBytes: number;
  readonly keepalive?: { readonly timeMs: number; readonly timeoutMs: number };
}

/** What came back: a gRPC status, and the message where the status is OK. */
export interface GrpcAnswer {
  readonly status: number;
  readonly message: string;
  /** `grpc-status-details-bin`, decoded: a google.rpc.Status. */
  readonly details: Uint8Array | undefined;
  readonly body: Uint8Array;
}

/** No answer: connection refused, broken, or not gRPC. Always worth another try. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** The peer answered with something too large to be read. */
export class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge';
}

export interface GrpcRequest {
  readonly path: string;
  /** The message, in pieces. */
  readonly chunks: readonly Uint8Array[];
  readonly bytes: number;
  /** `gzip` when the pieces are compressed. */
  readonly encoding?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A call under way. */
export interface GrpcCallHandle {
  readonly answer: Promise<GrpcAnswer>;
  cancel(reason: Error): void;
}

const WINDOW_BYTES = 4 << 20;
const EMPTY = new Uint8Array(0);
/** What a peer has to say goodbye, when nothing is under way any more. */
const CLOSE_GRACE_MS = 1_000;
/** What a peer has, that let a call's time run out, to answer a ping. */
const PROBE_TIMEOUT_MS = 3_000;
/** Up to this size copying into one frame is cheaper than a second write. */
const COPY_MAX_BYTES = 16 * 1024;

export class GrpcClient {
  readonly #options: GrpcClientOptions;
  readonly #headers: readonly string[];
  #session: Promise<ClientHttp2Session> | undefined;
  #ready: ClientHttp2Session | undefined;
  readonly #sessions = new Set<ClientHttp2Session>();
  readonly #closing = new AbortController();
  /** With a ping under way. */
  readonly #suspects = new WeakSet<ClientHttp2Session>();

  constructor(options: GrpcClientOptions) {
    this.#options = options;
    const headers = [
      ':method',
      'POST',
      ':scheme',
      options.secure ? 'https' : 'http',
      ':authority',
      options.authority,
      'content-type',
      'application/grpc',
      'te',
      'trailers',
      'grpc-accept-encoding',
      'identity',
    ];
    for (const [name, value] of Object.entries(options.headers)) headers.push(name, value);
    this.#headers = headers;
  }

  call(request: GrpcRequest): GrpcCallHandle {
    const call = new UnaryCall(this.#options.maxResponseBytes, this.#suspect);
    const session = this.#ready;
    if (session && !session.closed && !session.destroyed) this.#send(call, session, request);
    else {
      this.#connected().then(
        (connected) => this.#send(call, connected, request),
        (error: unknown) => call.fail(new NoAnswer(messageOf(error), { cause: error })),
      );
    }
    return call;
  }

  /** Closes the connection after open calls, or at once where there are none; one that is being made is not made. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#ready = undefined;
    this.#session = undefined;
    await Promise.all(
      [...this.#sessions].map(
        (session) =>
          new Promise<void>((resolve) => {
            if (session.destroyed) resolve();
            // Node keeps some sessions for ever that a peer has ended against the protocol.
            const cut = setTimeout(() => session.destroy(), CLOSE_GRACE_MS);
            session.once('close', () => {
              clearTimeout(cut);
              resolve();
            });
            session.close();
          }),
      ),
    );
  }

  /** The next call opens a new connection (new certificates, new address); calls under way finish on the old one. */
  reconnect(): void {
    const session = this.#ready;
    this.#ready = undefined;
    this.#session = undefined;
    session?.close();
  }

  /**
   * A peer that lets a call wait until it is given up may be gone without a word, as behind a firewall that forgot the
   * connection: the kernel would find that out after a quarter of an hour. A ping that stays unanswered does so at once.
   */
  readonly #suspect = (session: ClientHttp2Session): void => {
    if (this.#suspects.has(session)) return;
    this.#suspects.add(session);
    pingOnce(session, PROBE_TIMEOUT_MS, () => this.#suspects.delete(session));
  };

  #send(call: UnaryCall, session: ClientHttp2Session, request: GrpcRequest): void {
    if (call.settled) return;
    const headers = [...this.#headers, ':path', request.path];
    if (request.encoding !== undefined) headers.push('grpc-encoding', request.encoding);
    if (request.headers) for (const [name, value] of Object.entries(request.headers)) headers.push(name, value);
    let stream: ClientHttp2Stream;
    try {
      stream = session.request(headers, REQUEST_OPTIONS);
    } catch (error) {
      call.fail(new NoAnswer(messageOf(error), { cause: error }));
      return;
    }
    call.attach(stream);
    const prefix = Buffer.allocUnsafe(5 + (request.bytes <= COPY_MAX_BYTES ? request.bytes : 0));
    prefix[0] = request.encoding === undefined ? 0 : 1;
    prefix.writeUInt32BE(request.bytes, 1);
    if (request.bytes <= COPY_MAX_BYTES) {
      let at = 5;
      for (const chunk of request.chunks) {
        prefix.set(chunk, at);
        at += chunk.length;
      }
      stream.end(prefix);
      return;
    }
    stream.cork();
    stream.write(prefix);
    for (const chunk of request.chunks) stream.write(chunk);
    stream.end();
    stream.uncork();
  }

  #connected(): Promise<ClientHttp2Session> {
    if (this.#session) return this.#session;
    const opening: Promise<ClientHttp2Session> = this.#open().then(
      (session) => {
        if (this.#session === opening) this.#ready = session;
        // Another took its place while it was made: it carries the calls that waited for it, and no more.
        else setImmediate(() => session.close());
        return session;
      },
      (error: unknown) => {
        if (this.#session === opening) this.#session = undefined;
        throw error;
      },
    );
    this.#session = opening;
    return opening;
  }

  async #open(): Promise<ClientHttp2Session> {
    const { signal } = this.#closing;
    const socket = await this.#options.connect(signal);
    if (signal.aborted) {
      socket.destroy();
      throw new NoAnswer('the client is closed');
    }
    const session = http2.connect(`${this.#options.secure ? 'https' : 'http'}://${this.#options.authority}`, {
      createConnection: () => socket,
      settings: { initialWindowSize: WINDOW_BYTES, enablePush: false },
      maxSessionMemory: 64,
    });
    this.#sessions.add(session);
    const { keepalive } = this.#options;
    const pings =
      keepalive && keepalive.timeMs > 0 ? pingEvery(session, keepalive.timeMs, keepalive.timeoutMs) : undefined;
    const forget = (): void => {
      if (this.#ready !== session) return;
      this.#ready = undefined;
      this.#session = undefined;
    };
    session.on('goaway', forget);
    endAfterGoaway(session);
    session.once('close', () => {
      clearInterval(pings);
      this.#sessions.delete(session);
      forget();
    });
    await new Promise<void>((resolve, reject) => {
      session.once('connect', () => resolve());
      session.once('close', () => reject(new NoAnswer(`${this.#options.authority} closed the connection`)));
      session.on('error', reject);
    });
    return session;
  }
}

const REQUEST_OPTIONS = { endStream: false };

class UnaryCall implements GrpcCallHandle {
  readonly answer: Promise<GrpcAnswer>;
  settled = false;
  readonly #maxResponseBytes: number;
  readonly #unanswered: (session: ClientHttp2Session) => void;
  #resolve: ((answer: GrpcAnswer) => void) | undefined;
  #reject: ((error: Error) => void) | undefined;
  #stream: ClientHttp2Stream | undefined;
  #headers: IncomingHttpHeaders | undefined;
  #trailers: IncomingHttpHeaders | undefined;
  #parts: Buffer[] | undefined;
  #received = 0;
  #error: Error | undefined;

  /** `unanswered` hears of the connection on which a call was given up before anything had come. */
  constructor(maxResponseBytes: number, unanswered: (session: ClientHttp2Session) => void) {
    this.#maxResponseBytes = maxResponseBytes;
    this.#unanswered = unanswered;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  attach(stream: ClientHttp2Stream): void {
    this.#stream = stream;
    stream.on('response', (headers) => {
      this.#headers = headers;
    });
    stream.on('trailers', (trailers) => {
      this.#trailers = trailers;
    });
    stream.on('data', (part: Buffer) => this.#onData(part));
    stream.on('error', (error: Error) => {
      this.#error = error;
    });
    stream.on('close', () => this.#onClose());
  }

  cancel(reason: Error): void {
    const isUnanswered = !this.settled && this.#headers === undefined;
    this.fail(reason);
    const stream = this.#stream;
    if (!stream) return;
    const { session } = stream;
    stream.close(http2.constants.NGHTTP2_CANCEL);
    // Safe: a client's stream is of a client's session.
    if (isUnanswered && session) this.#unanswered(session as ClientHttp2Session);
  }

  fail(error: Error): void {
    if (this.settled) return;
    this.settled = true;
    this.#reject?.(error);
  }

  #onData(part: Buffer): void {
    this.#received += part.length;
    if (this.#received > this.#maxResponseBytes + 5) {
      this.cancel(new AnswerTooLarge(`the answer is larger than ${this.#maxResponseBytes} bytes`));
      return;
    }
    (this.#parts ??= []).push(part);
  }

  #onClose(): void {
    if (this.settled) return;
    // Trailers-only answers carry the status in the headers.
    const source = this.#trailers?.['grpc-status'] === undefined ? this.#headers : this.#trailers;
    const status = source?.['grpc-status'];
    if (status === undefined) {
      this.fail(new NoAnswer(this.#explainMissingStatus(), { cause: this.#error }));
      return;
    }
    this.settled = true;
    const message = source?.['grpc-message'];
    const details = source?.['grpc-status-details-bin'];
    this.#resolve?.({
      status: Number(status),
      message: typeof message === 'string' ? decodeGrpcMessage(message) : '',
      details: typeof details === 'string' ? Buffer.from(details, 'base64') : undefined,
      body: this.#body(),
    });
  }

  /** The message without its frame; empty when there is none or its frame is not whole. */
  #body(): Uint8Array {
    if (this.#received <= 5 || !this.#parts) return EMPTY;
    const frame = Buffer.concat(this.#parts, this.#received);
    return frame[0] === 0 && frame.readUInt32BE(1) === this.#received - 5 ? frame.subarray(5) : EMPTY;
  }

  #explainMissingStatus(): string {
    const http = Number(this.#headers?.[':status'] ?? 200);
    if (http !== 200) return `the peer answered HTTP ${http} instead of gRPC`;
    const code = this.#stream?.rstCode ?? 0;
    if (this.#error) return this.#error.message;
    if (code === http2.constants.NGHTTP2_REFUSED_STREAM) return 'the peer refused the stream';
    return code === GRPC_STATUS.OK
      ? 'the connection closed without an answer'
      : `the peer reset the stream (code ${code})`;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
