// Unary gRPC over node:http2, on raw message bytes. It owns framing, compression, limits and admission; the services
// it serves see one message and answer with one.

import assert from 'node:assert/strict';
import http2, {
  type Http2SecureServer,
  type Http2Server,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import type { Admission } from '../admission.ts';
import type { ClientContext, WireForm } from '../batch.ts';
import type { Span } from '../spans.ts';
import { NoMemoryForBody } from './body-errors.ts';
import { admitOnly, bothSay, certificateClient } from './client-certificate.ts';
import { decompress, encodingOf, type Encoding } from './compression.ts';
import { GrowingCharge } from './growing-charge.ts';
import { Handshakes } from './handshakes.ts';
import { endServedCall, type GrpcServerSpans } from './grpc-spans.ts';
import { asGrpcError, fail, overLimit, respondPlain, tooLarge } from './grpc-failures.ts';
import { GRPC_STATUS, GrpcError } from './grpc-status.ts';
import { endAfterGoaway, pingEvery } from './keepalive.ts';
import { OverLimit, type RequestAccount, type ServerMiddleware } from './middleware.ts';
import { metadataOf } from './request-metadata.ts';
import type { ProtocolServer } from './served.ts';
import { LEAST_BYTES_PER_S, SlowBodies, type IncomingBody } from './slow-bodies.ts';
import { joinParts } from './slab.ts';
import type { ServerTlsOptions } from './tls.ts';

/** What a handler may ask about the call. */
export interface GrpcCall {
  readonly headers: IncomingHttpHeaders;
  readonly client: ClientContext;
  /** The message as it came, when it was compressed with something a destination may take as it is. */
  readonly wire: WireForm | undefined;
}

/** Answers a call with a message, or fails with a GrpcError. */
export type GrpcHandler = (message: Uint8Array, call: GrpcCall) => Promise<Uint8Array>;

export interface GrpcServerOptions {
  readonly methods: ReadonlyMap<string, GrpcHandler>;
  /** Of one message, before and after decompression. */
  readonly maxMessageBytes: number;
  /** Streams one connection may have open. */
  readonly maxConcurrentStreams: number;
  readonly admission: Admission;
  /** Copies request headers into the client context. */
  readonly includeMetadata: boolean;
  readonly tls?: ServerTlsOptions;
  /** Checks the request before its body is read; fails with a GrpcError (UNAUTHENTICATED). */
  readonly authenticate?: (
    headers: IncomingHttpHeaders,
  ) => ReadonlyMap<string, unknown> | Promise<ReadonlyMap<string, unknown>>;
  /** Asked after authentication. */
  readonly middleware?: ServerMiddleware | undefined;
  readonly keepalive: {
    readonly maxConnectionIdleMs: number;
    readonly maxConnectionAgeMs: number;
    readonly maxConnectionAgeGraceMs: number;
    /** Ping a silent client after this long, and close it when the ping stays unanswered for `timeoutMs`. */
    readonly timeMs: number;
    readonly timeoutMs: number;
  };
  /** Absent while nobody takes the agent's own spans. */
  readonly spans?: GrpcServerSpans | undefined;
  /** Told of refusals for want of memory, so that they are counted. */
  readonly onRefused?: (path: string) => void;
  /** The details of an UNAVAILABLE answer: a google.rpc.Status with RetryInfo. */
  readonly retryDetails: (message: string, retryAfterMs: number) => Uint8Array;
}

const FRAME_PREFIX_BYTES = 5;
/** Stream and connection windows: large enough that a request of a few MiB needs no round trip. */
const WINDOW_BYTES = 4 << 20;
/** Request headers are small; this is the limit grpc-go has too. */
const MAX_HEADER_LIST_BYTES = 64 << 10;
/** How long a client should wait when there is no memory for its request. */
const ADMISSION_RETRY_MS = 1_000;
const NO_METADATA: ReadonlyMap<string, readonly string[]> = new Map();

export class GrpcServer implements ProtocolServer {
  readonly #server: Http2Server | Http2SecureServer;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #handshakes: Handshakes | undefined;
  readonly #options: GrpcServerOptions;
  /** Predecessors that still have connections. */
  readonly #adopted = new Set<GrpcServer>();
  readonly #slowBodies = new SlowBodies();
  #heir: GrpcServer | undefined;
  #stopping = false;

  constructor(options: GrpcServerOptions) {
    this.#options = options;
    const common = {
      settings: {
        initialWindowSize: WINDOW_BYTES,
        maxConcurrentStreams: options.maxConcurrentStreams,
        maxHeaderListSize: MAX_HEADER_LIST_BYTES,
        enablePush: false,
      },
      maxSessionMemory: 64,
    };
    // Both kinds have the same events; only the handshake differs.
    this.#server = options.tls
      ? http2.createSecureServer({ ...common, ...options.tls, allowHTTP1: false })
      : http2.createServer(common);
    admitOnly(this.#server, options.tls?.named);
    this.#handshakes = options.tls && new Handshakes(this.#server);
    this.#server.on('session', (session) => this.#watch(session));
    this.#server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) =>
      this.#onStream(stream, headers),
    );
    this.#server.on('sessionError', () => undefined);
    this.#server.on('tlsClientError', () => undefined);
  }

  /** Takes an accepted connection. */
  accept(socket: Socket): void {
    this.#handshakes?.begin(socket);
    this.#server.emit('connection', socket);
  }

  /** New certificates for new connections. */
  setSecureContext(context: SecureContextOptions): void {
    if ('setSecureContext' in this.#server && typeof this.#server.setSecureContext === 'function') {
      this.#server.setSecureContext(context);
    }
  }

  /** Serves the open connections of a predecessor from here on, as this server's options say, and stops them with its own. */
  adopt(predecessor: ProtocolServer): void {
    assert(predecessor instanceof GrpcServer, 'a server takes over connections of its own kind');
    for (const server of [predecessor, ...predecessor.#adopted]) {
      server.#heir = this;
      if (server.#sessions.size > 0 || server.#handshakes?.size) this.#adopted.add(server);
    }
    predecessor.#adopted.clear();
    for (const server of this.#adopted) if (server.#sessions.size === 0) this.#adopted.delete(server);
  }

  /** Tells clients to go elsewhere, waits for open calls, and closes everything when `deadline` aborts. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping = true;
    this.#handshakes?.cut();
    const adopted = [...this.#adopted].map((server) => server.stop(deadline));
    const closing = [...this.#sessions].map(
      (session) =>
        new Promise<void>((resolve) => {
          if (session.destroyed) resolve();
          session.once('close', resolve);
          session.close();
        }),
    );
    const force = (): void => {
      for (const session of this.#sessions) session.destroy();
    };
    if (deadline.aborted) force();
    else deadline.addEventListener('abort', force, { once: true });
    await Promise.all([...closing, ...adopted]);
    deadline.removeEventListener('abort', force);
    this.#server.close();
  }

  #watch(session: ServerHttp2Session): void {
    if (this.#stopping) {
      session.destroy();
      return;
    }
    this.#sessions.add(session);
    session.setLocalWindowSize(4 * WINDOW_BYTES);
    session.on('error', () => undefined);
    const { keepalive } = this.#options;
    const timers: NodeJS.Timeout[] = [];
    if (keepalive.maxConnectionIdleMs > 0) {
      session.setTimeout(keepalive.maxConnectionIdleMs, () => session.close());
    }
    if (keepalive.maxConnectionAgeMs > 0) {
      timers.push(
        setTimeout(() => {
          session.close();
          timers.push(setTimeout(() => session.destroy(), keepalive.maxConnectionAgeGraceMs || 2_147_483_647).unref());
        }, keepalive.maxConnectionAgeMs).unref(),
      );
    }
    endAfterGoaway(session);
    if (keepalive.timeMs > 0) timers.push(pingEvery(session, keepalive.timeMs, keepalive.timeoutMs));
    session.once('close', () => {
      this.#sessions.delete(session);
      for (const timer of timers) clearTimeout(timer);
    });
  }

  #onStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    if (this.#heir) {
      this.#heir.#onStream(stream, headers);
      return;
    }
    stream.on('error', ignoreStreamError);
    const path = headers[':path'] ?? '';
    const contentType = headers['content-type'];
    if (headers[':method'] !== 'POST' || !isGrpc(contentType)) {
      // gRPC clients map 415 to a clear error; anything else here is not gRPC at all.
      respondPlain(stream, 415, 'this port speaks gRPC: POST with content-type application/grpc');
      return;
    }
    const handler = this.#options.methods.get(path);
    if (!handler) {
      fail(stream, new GrpcError(GRPC_STATUS.UNIMPLEMENTED, `unknown method ${path}`));
      return;
    }
    const { authenticate } = this.#options;
    const call = new Call(this.#options, this.#slowBodies, stream, headers, path, handler);
    const client = authenticate?.(headers);
    if (!(client instanceof Promise)) {
      call.read(client);
      return;
    }
    client.then(
      (auth) => call.read(auth),
      (error: unknown) => call.refuse(asGrpcError(error)),
    );
  }
}

/** One call: reads the message within its limits, runs the handler, answers. */
class Call implements IncomingBody {
  readonly sinceMs: number;
  readonly #options: GrpcServerOptions;
  readonly #slowBodies: SlowBodies;
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #path: string;
  readonly #handler: GrpcHandler;
  readonly #parts: Buffer[] = [];
  #received = 0;
  /** Length of the whole frame with its prefix, once known. */
  #expected = 0;
  #charged = 0;
  /** What the message grew to while it was decompressed, until it is whole. */
  #grown: GrowingCharge | undefined;
  #done = false;
  /** The message is whole and will be answered: until then it stays in memory, whether its client waits or has gone. */
  #isHandled = false;
  #auth: ReadonlyMap<string, unknown> | undefined;
  /** The middleware's, on which all of `#charged` is counted too. */
  #account: RequestAccount | undefined;
  readonly #span: Span | undefined;

  constructor(
    options: GrpcServerOptions,
    slowBodies: SlowBodies,
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    path: string,
    handler: GrpcHandler,
  ) {
    this.#options = options;
    this.#slowBodies = slowBodies;
    this.sinceMs = slowBodies.now();
    this.#stream = stream;
    this.#headers = headers;
    this.#path = path;
    this.#handler = handler;
    this.#span = options.spans?.start(path, headers, stream);
  }

  refuse(error: GrpcError): void {
    this.#fail(error);
  }

  get receivedBytes(): number {
    return this.#received;
  }

  tooSlow(): void {
    const message = `the message came slower than ${LEAST_BYTES_PER_S} bytes a second`;
    this.#fail(new GrpcError(GRPC_STATUS.DEADLINE_EXCEEDED, message));
  }

  read(auth: ReadonlyMap<string, unknown> | undefined): void {
    this.#auth = auth;
    const account = this.#options.middleware?.enter(auth, clientOf(this.#stream).auth);
    if (account instanceof OverLimit) {
      this.#fail(overLimit(account));
      return;
    }
    this.#account = account;
    this.#slowBodies.watch(this);
    this.#stream.on('data', (part: Buffer) => this.#onData(part));
    this.#stream.on('end', () => this.#onEnd());
    this.#stream.on('close', () => {
      this.#slowBodies.forget(this);
      if (!this.#isHandled) this.#release();
      if (this.#span && !this.#done) endServedCall(this.#span, CLIENT_GONE);
    });
  }

  #onData(part: Buffer): void {
    if (this.#done) return;
    this.#parts.push(part);
    this.#received += part.length;
    if (this.#expected === 0 && this.#received >= FRAME_PREFIX_BYTES && !this.#admit()) return;
    if (this.#expected > 0 && this.#received > this.#expected) {
      this.#fail(new GrpcError(GRPC_STATUS.INTERNAL, 'a unary call carries one message, more bytes followed it'));
    }
  }

  /** Knows the message's length now: checks the limit and charges the memory. */
  #admit(): boolean {
    const [first] = this.#parts;
    const prefix = first && first.length >= FRAME_PREFIX_BYTES ? first : Buffer.concat(this.#parts);
    const length = prefix.readUInt32BE(1);
    const { maxMessageBytes, admission } = this.#options;
    if (prefix.readUInt8(0) > 1) {
      this.#fail(new GrpcError(GRPC_STATUS.INTERNAL, 'malformed gRPC frame: the compressed flag must be 0 or 1'));
      return false;
    }
    if (length > maxMessageBytes) {
      this.#fail(tooLarge(length, maxMessageBytes));
      return false;
    }
    if (!admission.tryAcquire(length)) {
      this.#fail(this.#noMemory());
      return false;
    }
    const refusal = this.#account?.take(length, 0);
    if (refusal) {
      admission.release(length);
      this.#fail(overLimit(refusal));
      return false;
    }
    this.#charged = length;
    this.#expected = length + FRAME_PREFIX_BYTES;
    return true;
  }

  /** To be tried again in a second. */
  #noMemory(): GrpcError {
    this.#options.onRefused?.(this.#path);
    const message = 'no memory for more data in flight';
    return new GrpcError(GRPC_STATUS.UNAVAILABLE, message, this.#options.retryDetails(message, ADMISSION_RETRY_MS));
  }

  #onEnd(): void {
    this.#slowBodies.forget(this);
    if (this.#done) return;
    if (this.#received !== this.#expected || this.#expected === 0) {
      const seen = this.#expected === 0 ? 'no whole frame' : `${this.#received} of ${this.#expected} bytes`;
      this.#fail(new GrpcError(GRPC_STATUS.INTERNAL, `malformed gRPC frame: the stream ended after ${seen}`));
      return;
    }
    this.#isHandled = true;
    const frame = joinParts(this.#parts, this.#received);
    this.#parts.length = 0;
    const body = frame.subarray(FRAME_PREFIX_BYTES);
    if (frame[0] === 0) this.#handle(body, undefined);
    else this.#decompress(body);
  }

  #decompress(body: Uint8Array): void {
    const header = this.#headers['grpc-encoding'];
    const named = encodingOf(Array.isArray(header) ? header[0] : header);
    // grpc-go's snappy is the framed format.
    const encoding: Encoding | undefined = named === 'snappy' ? 'x-snappy-framed' : named;
    if (encoding === undefined || encoding === 'identity') {
      const seen = String(header ?? 'none');
      this.#fail(
        new GrpcError(
          GRPC_STATUS.UNIMPLEMENTED,
          `grpc-encoding "${seen}" is not supported; use identity, gzip, zstd, deflate or snappy`,
        ),
      );
      return;
    }
    const wire = encoding === 'gzip' || encoding === 'zstd' ? { encoding, body } : undefined;
    let message: Uint8Array | Promise<Uint8Array>;
    try {
      this.#grown = new GrowingCharge(this.#options.admission, this.#charged);
      message = decompress(encoding, body, this.#options.maxMessageBytes, this.#grown);
    } catch (error) {
      this.#fail(asGrpcError(error));
      return;
    }
    if (message instanceof Promise) {
      message.then(
        (plain) => this.#handleDecompressed(plain, wire),
        (error: unknown) => this.#fail(error instanceof NoMemoryForBody ? this.#noMemory() : asGrpcError(error)),
      );
    } else this.#handleDecompressed(message, wire);
  }

  #handleDecompressed(message: Uint8Array, wire: WireForm | undefined): void {
    if (this.#done) return;
    // The bytes exist already; charging them late keeps the budget true without refusing what was half accepted.
    const bytes = message.length + (wire?.body.length ?? 0);
    this.#options.admission.acquire(bytes);
    this.#account?.hold(bytes);
    this.#release();
    this.#charged = bytes;
    this.#handle(message, wire);
  }

  #handle(message: Uint8Array, wire: WireForm | undefined): void {
    this.#handler(message, { headers: this.#headers, client: this.#client(), wire }).then(
      (answer) => this.#answer(answer),
      (error: unknown) => this.#fail(asGrpcError(error)),
    );
  }

  #client(): ClientContext {
    const known = clientOf(this.#stream);
    if (!this.#options.includeMetadata && !this.#auth && !this.#account && !this.#span) return known;
    return {
      ...known,
      metadata: this.#options.includeMetadata ? metadataOf(this.#headers) : NO_METADATA,
      ...(this.#auth ? { auth: bothSay(known.auth, this.#auth) ?? this.#auth } : {}),
      ...(this.#account ? { account: this.#account } : {}),
      ...(this.#span ? { span: this.#span } : {}),
    };
  }

  #answer(message: Uint8Array): void {
    this.#release();
    if (this.#done) return;
    this.#done = true;
    if (this.#span) endServedCall(this.#span);
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    const frame = Buffer.allocUnsafe(FRAME_PREFIX_BYTES + message.length);
    frame[0] = 0;
    frame.writeUInt32BE(message.length, 1);
    if (message.length > 0) frame.set(message, FRAME_PREFIX_BYTES);
    stream.on('wantTrailers', sendOkTrailers);
    stream.respond(RESPONSE_HEADERS, RESPOND_WITH_TRAILERS);
    stream.end(frame);
  }

  #fail(error: GrpcError): void {
    this.#release();
    if (this.#done) return;
    this.#done = true;
    if (this.#span) endServedCall(this.#span, error);
    this.#parts.length = 0;
    fail(this.#stream, error);
  }

  #release(): void {
    if (this.#charged > 0) {
      this.#options.admission.release(this.#charged);
      this.#account?.release(this.#charged);
    }
    this.#charged = 0;
    this.#grown?.release();
  }
}

const CLIENT_GONE = { status: GRPC_STATUS.CANCELLED, message: 'the client has gone' };
const RESPONSE_HEADERS = [':status', '200', 'content-type', 'application/grpc'];
const RESPOND_WITH_TRAILERS = { waitForTrailers: true };
const OK_TRAILERS = { 'grpc-status': '0' };

function sendOkTrailers(this: ServerHttp2Stream): void {
  this.sendTrailers(OK_TRAILERS);
}

/** A client that goes away is no event of ours; half a message it left behind is released on `close`. */
function ignoreStreamError(): void {}

function isGrpc(contentType: string | undefined): boolean {
  if (contentType === 'application/grpc' || contentType === 'application/grpc+proto') return true;
  return contentType !== undefined && /^application\/grpc(?:\+proto)?(?:;|$)/.test(contentType);
}

/** What is the same for all calls of a connection: asking an HTTP/2 session for its socket costs as much as a small call. */
const clients = new WeakMap<Http2Session, ClientContext>();
const UNKNOWN_CLIENT: ClientContext = { metadata: NO_METADATA };

function clientOf(stream: ServerHttp2Stream): ClientContext {
  const { session } = stream;
  if (!session) return UNKNOWN_CLIENT;
  let client = clients.get(session);
  if (!client) {
    const { socket } = session;
    const address = socket.remoteAddress;
    const auth = certificateClient(socket);
    client = { metadata: NO_METADATA, ...(address === undefined ? {} : { address }), ...(auth ? { auth } : {}) };
    clients.set(session, client);
  }
  return client;
}
