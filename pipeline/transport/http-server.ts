// HTTP/1.1 and HTTP/2 on one port, plain or TLS, for receivers: reads whole bodies within their limits and answers with
// whole bodies. What a request means is the handler's business.

import assert from 'node:assert/strict';
import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import http2, { type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import type { Admission } from '../admission.ts';
import type { Span } from '../spans.ts';
import { admitOnly, certificateClient } from './client-certificate.ts';
import { GrowingCharge } from './growing-charge.ts';
import { Handshakes } from './handshakes.ts';
import { endServedRequest, type HttpServerSpans } from './http-spans.ts';
import { endAfterGoaway } from './keepalive.ts';
import { OverLimit, type RequestAccount } from './middleware.ts';
import type { ProtocolServer } from './served.ts';
import { LEAST_BYTES_PER_S, SlowBodies, type IncomingBody } from './slow-bodies.ts';
import { joinParts } from './slab.ts';
import type { ServerTlsOptions } from './tls.ts';

export interface HttpRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The peer's address. */
  readonly address: string | undefined;
  /** What its verified certificate says about the client (client-certificate.ts). */
  readonly certificate: ReadonlyMap<string, unknown> | undefined;
  /** As it came over the wire. */
  readonly body: Uint8Array;
  /** Where a middleware counts the request; the body is counted already, what it grows to is to be. */
  readonly account?: RequestAccount | undefined;
  /** The span of the request, while such are recorded. */
  readonly span?: Span | undefined;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

/** Why a body was not read. */
export type BodyRefusal =
  | { readonly kind: 'too_large'; readonly limitBytes: number }
  | { readonly kind: 'too_slow'; readonly bytesPerS: number }
  | { readonly kind: 'no_memory' }
  | { readonly kind: 'over_limit'; readonly over: OverLimit };

export interface HttpService {
  /** Looks at the head before the body is read; a response ends the request there. */
  head(
    method: string,
    path: string,
    headers: IncomingHttpHeaders,
    query: string,
  ): HttpResponse | undefined | Promise<HttpResponse | undefined>;
  /** Asks a middleware, where there is one: after `head`, before the body is read. */
  enter?:
    | ((
        headers: IncomingHttpHeaders,
        certificate: ReadonlyMap<string, unknown> | undefined,
      ) => RequestAccount | OverLimit)
    | undefined;
  handle(request: HttpRequest): Promise<HttpResponse>;
  refuse(refusal: BodyRefusal, headers: IncomingHttpHeaders): HttpResponse;
}

export interface HttpServerOptions {
  readonly service: HttpService;
  /** Of a body before decompression. */
  readonly maxBodyBytes: number;
  readonly admission: Admission;
  readonly tls?: ServerTlsOptions;
  /** 0: none. Of a whole request, from its head to the end of its answer, of its head, of an idle connection. */
  readonly readTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly readHeaderTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly keepAlive: boolean;
  /** Absent while nobody takes the agent's own spans. */
  readonly spans?: HttpServerSpans | undefined;
}

const MAX_HEADER_BYTES = 64 << 10;
/** Default bounds on slow clients where the configuration sets none: a head has a minute, an idle connection five. */
const DEFAULT_HEADER_TIMEOUT_MS = 60_000;
const DEFAULT_IDLE_TIMEOUT_MS = 300_000;
const H2_PREFACE = Buffer.from('PRI * HTTP/2.0');
const WINDOW_BYTES = 4 << 20;

type AnyRequest = IncomingMessage | Http2ServerRequest;
type AnyResponse = ServerResponse | Http2ServerResponse;

export class HttpServer implements ProtocolServer {
  readonly #http1: http.Server | undefined;
  readonly #http2: http2.Http2Server | http2.Http2SecureServer;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #sockets = new Set<Socket>();
  readonly #handshakes: Handshakes | undefined;
  readonly #options: HttpServerOptions;
  /** Predecessors that still have connections. */
  readonly #adopted = new Set<HttpServer>();
  readonly #slowBodies = new SlowBodies();
  #heir: HttpServer | undefined;
  #stopping = false;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    const handler = (request: AnyRequest, response: AnyResponse): void => this.#onRequest(request, response);
    const timeouts = {
      headersTimeout: options.readHeaderTimeoutMs || DEFAULT_HEADER_TIMEOUT_MS,
      requestTimeout: options.readTimeoutMs,
      keepAliveTimeout: options.idleTimeoutMs || DEFAULT_IDLE_TIMEOUT_MS,
      keepAlive: options.keepAlive,
      maxHeaderSize: MAX_HEADER_BYTES,
    };
    const h2 = { settings: { initialWindowSize: WINDOW_BYTES, enablePush: false }, maxSessionMemory: 64 };
    if (options.tls) {
      this.#http2 = http2.createSecureServer({ ...h2, ...timeouts, ...options.tls, allowHTTP1: true }, handler);
      this.#http2.on('tlsClientError', () => undefined);
      admitOnly(this.#http2, options.tls.named);
      this.#http2.emit('listening');
      this.#handshakes = new Handshakes(this.#http2);
    } else {
      this.#http1 = http.createServer({ ...timeouts, noDelay: true }, handler);
      // The server never listens itself; without this event it would not enforce its timeouts on slow clients.
      this.#http1.emit('listening');
      this.#http2 = http2.createServer(h2, handler);
    }
    this.#http2.on('session', (session: ServerHttp2Session) => {
      this.#sessions.add(session);
      session.setLocalWindowSize(4 * WINDOW_BYTES);
      session.on('error', () => undefined);
      session.once('close', () => this.#sessions.delete(session));
      endAfterGoaway(session);
    });
    this.#http2.on('sessionError', () => undefined);
  }

  /** Takes an accepted connection. */
  accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    const http1 = this.#http1;
    if (!http1) {
      this.#handshakes?.begin(socket);
      this.#http2.emit('connection', socket);
      return;
    }
    // The first bytes tell HTTP/2 with prior knowledge from HTTP/1.1; a silent client has as long as for a head.
    socket.setTimeout(this.#options.readHeaderTimeoutMs || DEFAULT_HEADER_TIMEOUT_MS, () => socket.destroy());
    socket.once('data', (first: Buffer) => {
      socket.pause();
      socket.setTimeout(0);
      socket.removeAllListeners('timeout');
      socket.unshift(first);
      const isHttp2 = first.subarray(0, H2_PREFACE.length).equals(H2_PREFACE.subarray(0, first.length));
      (isHttp2 ? this.#http2 : http1).emit('connection', socket);
      if (!isHttp2) socket.resume();
    });
  }

  setSecureContext(context: SecureContextOptions): void {
    if ('setSecureContext' in this.#http2) this.#http2.setSecureContext(context);
  }

  /** Serves the open connections of a predecessor from here on, as this server's options say, and stops them with its own. */
  adopt(predecessor: ProtocolServer): void {
    assert(predecessor instanceof HttpServer, 'a server takes over connections of its own kind');
    for (const server of [predecessor, ...predecessor.#adopted]) {
      server.#heir = this;
      if (server.#sockets.size > 0) this.#adopted.add(server);
    }
    predecessor.#adopted.clear();
    for (const server of this.#adopted) if (server.#sockets.size === 0) this.#adopted.delete(server);
  }

  /** Answers what is under way, then closes; everything is cut when `deadline` aborts. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping = true;
    const adopted = [...this.#adopted].map((server) => server.stop(deadline));
    for (const session of this.#sessions) session.close();
    closeIdleConnections(this.#http1 ?? this.#http2);
    this.#handshakes?.cut();
    const closed = [...this.#sockets].map(
      (socket) =>
        new Promise<void>((resolve) => {
          if (socket.destroyed) resolve();
          socket.once('close', () => resolve());
        }),
    );
    const force = (): void => {
      for (const socket of this.#sockets) socket.destroy();
    };
    // Connections that never sent a byte are in nobody's hands: the servers know only those with a request.
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
    if (deadline.aborted) force();
    else deadline.addEventListener('abort', force, { once: true });
    await Promise.all([...closed, ...adopted]);
    deadline.removeEventListener('abort', force);
    this.#http2.close();
    this.#http1?.close();
  }

  #onRequest(request: AnyRequest, response: AnyResponse): void {
    if (this.#heir) {
      this.#heir.#onRequest(request, response);
      return;
    }
    const { url = '/', method = 'GET', headers } = request;
    const query = url.indexOf('?');
    const path = query === -1 ? url : url.slice(0, query);
    const span = this.#options.spans?.start(request, path);
    if (span) endWithResponse(span, response);
    const answer = (result: HttpResponse): void => this.#answer(request, response, result, span);
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    if (this.#options.writeTimeoutMs > 0) cutAfter(this.#options.writeTimeoutMs, request, response);
    const head = this.#options.service.head(method, path, headers, query === -1 ? '' : url.slice(query + 1));
    if (head === undefined) this.#readBody(request, response, { method, path, span });
    else if (head instanceof Promise) {
      head.then(
        (early) => (early ? answer(early) : this.#readBody(request, response, { method, path, span })),
        () => answer(INTERNAL_ERROR),
      );
    } else answer(head);
  }

  #certificateOf(request: AnyRequest): ReadonlyMap<string, unknown> | undefined {
    if (this.#options.tls?.requestCert !== true) return undefined;
    // The socket of a request over HTTP/2 is another object for each one; that of its session is not.
    return certificateClient('stream' in request ? request.stream.session?.socket : request.socket);
  }

  #readBody(
    request: AnyRequest,
    response: AnyResponse,
    { method, path, span }: Pick<HttpRequest, 'method' | 'path' | 'span'>,
  ): void {
    const options = this.#options;
    const { headers } = request;
    const { admission, maxBodyBytes, service } = options;
    const declared = headers['content-length'];
    const charge = new GrowingCharge(admission, 0);
    let finished = false;
    // From then on the body stays in memory until it is answered, whether its client waits or has gone.
    let isWhole = false;
    // Of the body, by the middleware.
    let counted = 0;
    const account = service.enter?.(headers, this.#certificateOf(request));
    if (account instanceof OverLimit) {
      this.#answer(request, response, service.refuse({ kind: 'over_limit', over: account }, headers), span);
      return;
    }
    const release = (): void => {
      charge.release();
      if (counted > 0) account?.release(counted);
      counted = 0;
    };
    const finish = (result: HttpResponse): void => {
      finished = true;
      release();
      this.#answer(request, response, result, span);
    };
    // False once the request is answered with a refusal.
    const admit = (bytes: number): boolean => {
      const isRoom = bytes === 0 || charge.grow(bytes);
      const over = isRoom ? account?.take(bytes, counted) : undefined;
      if (isRoom && !over) {
        counted += bytes;
        return true;
      }
      finish(service.refuse(over ? { kind: 'over_limit', over } : { kind: 'no_memory' }, headers));
      return false;
    };
    response.on('close', () => {
      if (isWhole) return;
      // What may still come of the body is nobody's.
      finished = true;
      release();
    });
    const length = declared === undefined ? 0 : Number(declared);
    if (length > maxBodyBytes) {
      finish(service.refuse({ kind: 'too_large', limitBytes: maxBodyBytes }, headers));
      return;
    }
    if (declared !== undefined && !admit(length)) return;
    const incoming: IncomingBody & { receivedBytes: number } = {
      sinceMs: this.#slowBodies.now(),
      receivedBytes: 0,
      tooSlow: () => finish(service.refuse({ kind: 'too_slow', bytesPerS: LEAST_BYTES_PER_S }, headers)),
    };
    this.#slowBodies.watch(incoming);
    response.on('close', () => this.#slowBodies.forget(incoming));
    const parts: Buffer[] = [];
    let received = 0;
    request.on('data', (part: Buffer) => {
      if (finished) return;
      received += part.length;
      incoming.receivedBytes = received;
      if (received > maxBodyBytes) {
        finish(service.refuse({ kind: 'too_large', limitBytes: maxBodyBytes }, headers));
        return;
      }
      // Without a declared length it is charged as it comes.
      if (received > charge.bytes && !admit(part.length)) return;
      parts.push(part);
    });
    request.on('end', () => {
      if (finished) return;
      isWhole = true;
      this.#slowBodies.forget(incoming);
      if (span && received > 0) span.set({ 'http.request.body.size': received });
      const body = joinParts(parts, received);
      // What was read from the socket need not stay until the answer.
      parts.length = 0;
      service
        .handle({
          method,
          path,
          headers,
          address: request.socket?.remoteAddress,
          certificate: this.#certificateOf(request),
          body,
          account,
          span,
        })
        .then(finish, () => finish(INTERNAL_ERROR));
    });
  }

  #answer(request: AnyRequest, response: AnyResponse, result: HttpResponse, span: Span | undefined): void {
    if (response.destroyed || response.headersSent) return;
    const body = typeof result.body === 'string' ? Buffer.from(result.body) : result.body;
    if (span && body.length > 0) span.set({ 'http.response.body.size': body.length });
    const headers: Record<string, string | number> = { ...result.headers };
    // RFC 9110, 8.6: never with 204, which has no body.
    if (result.status !== 204) headers['content-length'] = body.length;
    const incomplete = !request.complete;
    if (request.httpVersionMajor === 1 && (this.#stopping || incomplete || !this.#options.keepAlive)) {
      headers['connection'] = 'close';
    }
    // The two response classes have the same methods but not a common type.
    const plain = response as ServerResponse;
    plain.writeHead(result.status, headers);
    if (!incomplete) {
      plain.end(body);
      return;
    }
    // The rest of a refused upload is read and dropped for a moment, so that the client gets to read the answer. It is
    // whole by its length or its status; `end` would close an HTTP/1.1 connection at once, and a client that still writes may then find
    // it broken before it has read.
    plain.flushHeaders();
    if (body.length > 0) plain.write(body);
    request.resume();
    const cut = setTimeout(() => request.destroy(), LINGER_MS).unref();
    request.once('end', () => plain.end());
    request.once('close', () => {
      clearTimeout(cut);
      plain.end();
    });
  }
}

const LINGER_MS = 1_000;

/** Of HTTP/1.1; a secure server for HTTP/2 has this, too, which its type does not say. */
function closeIdleConnections(server: object): void {
  if ('closeIdleConnections' in server && typeof server.closeIdleConnections === 'function')
    server.closeIdleConnections();
}

/** Ends a request that is not answered in time: its connection, or its stream over HTTP/2. */
function cutAfter(timeoutMs: number, request: AnyRequest, response: AnyResponse): void {
  const timer = setTimeout(() => {
    if ('stream' in request) request.stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
    else request.socket.destroy();
  }, timeoutMs);
  response.once('close', () => clearTimeout(timer));
}

/** The span lasts until the answer is written, or the client gone. */
function endWithResponse(span: Span, response: AnyResponse): void {
  response.once('close', () => {
    const { headersSent, statusCode } = response;
    endServedRequest(span, headersSent ? statusCode : 0);
  });
}

const INTERNAL_ERROR: HttpResponse = {
  status: 500,
  headers: { 'content-type': 'text/plain' },
  body: 'internal error\n',
};
