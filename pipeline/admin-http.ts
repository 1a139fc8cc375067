// The small HTTP server behind the agent's own pages: metrics, health, admin. It bounds what a client may cost, checks whom
// a browser is talking to (DNS rebinding, requests forged by other sites), and stops within a deadline.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { AnswersUnderWay } from './answers-under-way.ts';
import { Refused } from './delivery.ts';
import { splitEndpoint } from './listener-pool.ts';
import type { ListenAddress, Listening, ListenerPool } from './listen.ts';
import { Unauthenticated, type ListenerAuthentication } from './transport/authentication.ts';
import { admitOnly, certificateClient } from './transport/client-certificate.ts';
import { Handshakes } from './transport/handshakes.ts';
import { OverLimit, type ServerMiddleware } from './transport/middleware.ts';
import type { ServerTlsOptions } from './transport/tls.ts';

/** A request whose head has been read and checked. */
export interface AdminRequest {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
}

export interface AdminResponse {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export type AdminHandler = (request: AdminRequest) => AdminResponse | Promise<AdminResponse>;

export interface AdminHttpOptions {
  /** For messages: `extension:zpages`. */
  readonly component: string;
  readonly listeners: ListenerPool;
  readonly address: ListenAddress;
  readonly handler: AdminHandler;
  /** What a handler threw; the client gets a bare 500. */
  readonly onError: (error: unknown) => void;
  /**
   * Refuse requests whose Host is not a loopback name, the bound host or one of these, and requests that another site's
   * page sends. Undefined: no check, for endpoints that only tell numbers.
   */
  readonly allowedHosts?: readonly string[];
  readonly tls?: ServerTlsOptions;
  /** Who may come in; others get status 401, or 503 where that can not be found out at the moment. */
  readonly authentication?: ListenerAuthentication;
  /** Asked after authentication; who is over a limit gets status 429. */
  readonly middleware?: ServerMiddleware;
  /** Headers of every answer. */
  readonly responseHeaders?: Readonly<Record<string, string>>;
  /** 0 or absent: the server's own bounds below. */
  readonly readHeaderTimeoutMs?: number;
  readonly readTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
  /** From the end of a request's head to the end of its answer; 0 or absent: the server's own bound, of the answer alone. */
  readonly writeTimeoutMs?: number;
  readonly keepAlive?: boolean;
  /** Of answers that clients have not read yet; those who read least are cut off beyond it. */
  readonly maxUnreadBytes?: number;
}

export interface AdminHttp {
  /** The addresses really bound. */
  readonly bound: readonly string[];
  /** Other certificates for new connections; nothing where the server has no TLS. */
  setSecureContext(context: SecureContextOptions): void;
  /** Takes no new connection, lets answers under way finish, and cuts what is left when `deadline` aborts. */
  stop(deadline: AbortSignal): Promise<void>;
}

/** Bounds where the configuration sets none: these servers are for people and probes, nobody needs minutes. */
const HEADER_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const IDLE_TIMEOUT_MS = 60_000;
/** Of an answer once it is there: a profile may take its minutes, reading it may not. */
const ANSWER_TIMEOUT_MS = 60_000;
/** A page is larger only where one alone is, and then there is one. */
const MAX_UNREAD_BYTES = 64 << 20;
const MAX_HEADER_BYTES = 16 << 10;
const MAX_CONNECTIONS = 256;
/** No endpoint takes a body; a small one is read and dropped, so that clients that send one get their answer. */
const MAX_BODY_BYTES = 64 << 10;

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1']);

/** Opens the address and serves. Fails with LISTEN_FAILED. */
export async function startAdminHttp(options: AdminHttpOptions): Promise<AdminHttp> {
  const allows = options.allowedHosts && hostRule(options.allowedHosts, options.address);
  const sockets = new Set<Socket>();
  let stopping = false;
  const answers = new AnswersUnderWay(
    options.writeTimeoutMs || ANSWER_TIMEOUT_MS,
    options.maxUnreadBytes ?? MAX_UNREAD_BYTES,
  );
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    response.on('error', () => undefined);
    if (options.writeTimeoutMs) cutAfter(options.writeTimeoutMs, request.socket, response);
    serve(options, allows, request).then(
      (result) => answer(request, response, result, { answers, headers: options.responseHeaders, close: stopping }),
      (error: unknown) => {
        options.onError(error);
        const result = text(500, 'internal error\n');
        answer(request, response, result, { answers, headers: options.responseHeaders, close: true });
      },
    );
  };
  const server = await makeServer(options, onRequest);
  const handshakes = options.tls && new Handshakes(server);
  const accept = (socket: Socket): void => {
    if (stopping || sockets.size >= MAX_CONNECTIONS) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    handshakes?.begin(socket);
    server.emit('connection', socket);
  };
  let listening: Listening;
  try {
    listening = await options.listeners.claim(options.component, options.address, accept);
  } catch (error) {
    server.close();
    throw error;
  }
  // Answers carry `connection: close` from here on, so that busy connections end too.
  const stop = async (deadline: AbortSignal): Promise<void> => {
    stopping = true;
    handshakes?.cut();
    await stopServer({ server, listening, sockets }, deadline);
  };
  return {
    bound: listening.bound,
    stop,
    setSecureContext(context): void {
      if ('setSecureContext' in server && typeof server.setSecureContext === 'function')
        server.setSecureContext(context);
    },
  };
}

export function text(status: number, body: string): AdminResponse {
  return { status, type: 'text/plain; charset=utf-8', body };
}

export function json(status: number, value: unknown): AdminResponse {
  return { status, type: 'application/json', body: JSON.stringify(value) };
}

export const NOT_FOUND: AdminResponse = text(404, '404 page not found\n');

async function makeServer(
  options: AdminHttpOptions,
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server> {
  const requestTimeout = options.readTimeoutMs || REQUEST_TIMEOUT_MS;
  const http = {
    headersTimeout: Math.min(options.readHeaderTimeoutMs || HEADER_TIMEOUT_MS, requestTimeout),
    requestTimeout,
    keepAliveTimeout: options.idleTimeoutMs || IDLE_TIMEOUT_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    connectionsCheckingInterval: 1_000,
  };
  // node:https is loaded only where it is needed.
  const server = options.tls
    ? (await import('node:https')).createServer({ ...http, ...options.tls }, onRequest)
    : createServer(http, onRequest);
  admitOnly(server, options.tls?.named);
  // The server never listens itself; only this makes node:http enforce its timeouts.
  server.emit('listening');
  server.maxRequestsPerSocket = options.keepAlive === false ? 1 : 0;
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
  });
  server.on('tlsClientError', () => undefined);
  return server;
}

async function serve(
  options: AdminHttpOptions,
  allows: HostRule | undefined,
  request: IncomingMessage,
): Promise<AdminResponse> {
  const { method = 'GET', headers } = request;
  const target = request.url ?? '/';
  if (!target.startsWith('/')) return text(400, 'expected a path as the request target\n');
  const refusal = allows && checkOrigin(allows, method, headers);
  if (refusal) return text(403, refusal);
  const query = target.indexOf('?');
  const search = query === -1 ? '' : target.slice(query + 1);
  const auth = options.authentication && (await authenticate(options.authentication, headers, search));
  if (auth && 'status' in auth) return auth;
  const over = options.middleware && overLimit(options.middleware, auth, request);
  if (over) return { ...text(429, `${over.message}\n`), headers: { ...over.headers, 'retry-after': seconds(over) } };
  const refused = await dropBody(request);
  if (refused) return refused;
  const path = decodePath(query === -1 ? target : target.slice(0, query));
  if (path === undefined) return text(400, 'the path is not valid percent-encoding\n');
  return options.handler({
    method,
    path,
    query: new URLSearchParams(search),
    headers,
  });
}

/** Bodies are not counted: none is kept. */
function overLimit(
  middleware: ServerMiddleware,
  auth: ReadonlyMap<string, unknown> | undefined,
  request: IncomingMessage,
): OverLimit | undefined {
  const account = middleware.enter(auth, certificateClient(request.socket));
  return account instanceof OverLimit ? account : account.take(0, 0);
}

function seconds({ retryAfterMs }: OverLimit): string {
  return String(Math.ceil(retryAfterMs / 1_000));
}

/** What is known of a client that may come in; an answer for others. */
async function authenticate(
  authentication: ListenerAuthentication,
  headers: IncomingMessage['headers'],
  query: string,
): Promise<ReadonlyMap<string, unknown> | AdminResponse> {
  try {
    return await authentication.check(headers, query);
  } catch (error) {
    if (error instanceof Refused) {
      return { ...text(503, `${error.message}\n`), headers: { 'retry-after': '1' } };
    }
    const message = error instanceof Unauthenticated ? error.message : 'authentication failed';
    return { ...text(401, `${message}\n`), headers: { 'www-authenticate': authentication.challenge } };
  }
}

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** Reads the body away; a refusal where it is larger than any of these endpoints needs. */
function dropBody(request: IncomingMessage): Promise<AdminResponse | undefined> {
  if (request.complete) return Promise.resolve(undefined);
  const tooLarge = text(413, `a request body here has at most ${MAX_BODY_BYTES} bytes\n`);
  return new Promise((resolve, reject) => {
    let bytes = 0;
    request.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > MAX_BODY_BYTES) resolve(tooLarge);
    });
    request.once('end', () => resolve(undefined));
    request.once('error', reject);
    request.once('close', () => resolve(undefined));
  });
}

/** Whether a host name (lower case, no port, no brackets) may be used to reach the server. */
type HostRule = (host: string) => boolean;

function hostRule(configured: readonly string[], address: ListenAddress): HostRule {
  const bound = address.transport === 'unix' ? undefined : splitEndpoint(address.endpoint)?.host;
  const names = new Set([...LOOPBACK_NAMES, ...configured.map((name) => name.toLowerCase())]);
  if (bound) names.add(bound.toLowerCase());
  // Who listens on all addresses may be reached by each of them; a foreign name that resolves to one is still refused.
  const onAllAddresses = bound === '' || bound === '0.0.0.0' || bound === '::';
  return (host) => names.has(host) || (onAllAddresses && isIP(host) !== 0);
}

/**
 * Why the request is refused. A page of another site can reach a loopback port in two ways: by a name of its own that
 * resolves to 127.0.0.1 (then Host shows that name), or by a request to the real address (then Origin or Sec-Fetch-Site
 * shows the other site). Programs send neither header and pass.
 */
function checkOrigin(allows: HostRule, method: string, headers: IncomingMessage['headers']): string | undefined {
  const host = hostOf(`http://${headers.host ?? ''}`);
  if (host === undefined || !allows(host)) {
    return `host "${printable(headers.host ?? '')}" is not allowed here; add it to allowed_hosts if it should be\n`;
  }
  const { origin } = headers;
  if (origin !== undefined) {
    const from = hostOf(origin);
    // The port counts too: another program's page on this machine is another site.
    if (from === undefined || !allows(from) || new URL(origin).host !== headers.host?.toLowerCase()) {
      return `requests from pages of "${printable(origin)}" are not allowed here\n`;
    }
  }
  const site = headers['sec-fetch-site'];
  const fromElsewhere = site === 'cross-site' || site === 'same-site';
  // A link from another site may lead here (a plain navigation), but nothing else may come from there.
  const isNavigation = headers['sec-fetch-mode'] === 'navigate' && (method === 'GET' || method === 'HEAD');
  if (fromElsewhere && !isNavigation) return 'requests from pages of other sites are not allowed here\n';
  return undefined;
}

function hostOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname } = new URL(url);
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

function printable(value: string): string {
  return value.slice(0, 200).replaceAll(/[^\x21-\x7e]/g, '?');
}

function cutAfter(timeoutMs: number, socket: Socket, response: ServerResponse): void {
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  response.once('close', () => clearTimeout(timer));
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  result: AdminResponse,
  how: {
    readonly answers: AnswersUnderWay;
    readonly headers: Readonly<Record<string, string>> | undefined;
    readonly close: boolean;
  },
): void {
  if (response.destroyed || response.headersSent) return;
  const body = typeof result.body === 'string' ? Buffer.from(result.body) : result.body;
  response.writeHead(result.status, {
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    ...how.headers,
    ...result.headers,
    'content-type': result.type,
    'content-length': body.length,
    ...(how.close || !request.complete ? { connection: 'close' } : {}),
  });
  if (request.method === 'HEAD') response.end();
  else how.answers.send(response, body);
}

async function stopServer(
  open: { readonly server: Server; readonly listening: Listening; readonly sockets: ReadonlySet<Socket> },
  deadline: AbortSignal,
): Promise<void> {
  await open.listening.release();
  open.server.closeIdleConnections();
  const closed = [...open.sockets].map(
    (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
  );
  const cut = (): void => {
    for (const socket of open.sockets) socket.destroy();
  };
  // Connections that never sent a byte wait for nothing.
  for (const socket of open.sockets) if (socket.bytesRead === 0) socket.destroy();
  if (deadline.aborted) cut();
  else deadline.addEventListener('abort', cut, { once: true });
  await Promise.all(closed);
  deadline.removeEventListener('abort', cut);
  open.server.close();
}
