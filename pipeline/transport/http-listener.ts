// A receiver's requests over HTTP, from its settings: who may come in (authentication, middlewares, CORS), where to and how,
// what is known of the client, and an answer for every failure. What a body means is the service's business.

import type { IncomingHttpHeaders } from 'node:http';
import type { ClientContext } from '../batch.ts';
import type { ComponentContext } from '../component.ts';
import { httpServerKeepAlive, type HttpServerSettings } from '../settings/http-server.ts';
import { serverAuthenticator, type ListenerAuthentication } from './authentication.ts';
import { bothSay } from './client-certificate.ts';
import { encodingOf, type Encoding } from './compression.ts';
import { Cors } from './cors.ts';
import { failureOf, HttpFailure, refusalOf } from './http-failure.ts';
import { HttpServer, type HttpRequest, type HttpResponse, type HttpServerOptions } from './http-server.ts';
import { HttpServerSpans } from './http-spans.ts';
import { serverMiddleware, type ServerMiddleware } from './middleware.ts';
import { metadataOf } from './request-metadata.ts';
import { Served } from './served.ts';
import type { ServerTlsOptions } from './tls.ts';

const NO_METADATA: ReadonlyMap<string, readonly string[]> = new Map();

/** What a receiver does with requests that reach it: all of them POST, to one of its paths. */
export interface ListenerService {
  /** Asked before the body is read: why content of this kind is not taken. */
  refuseContent(headers: IncomingHttpHeaders): HttpFailure | undefined;
  /** The answer to a request. May fail with anything. */
  take(request: HttpRequest): Promise<HttpResponse>;
  /** Whether an error of `take` is the sender's fault: 400 and not 500. */
  isInvalid(error: unknown): boolean;
  /** A failure in the protocol's words. Its headers, and those its status asks for, are added by the listener. */
  answer(failure: HttpFailure, headers: IncomingHttpHeaders): HttpResponse;
}

export interface HttpListenerOptions {
  readonly service: ListenerService;
  /** What is spoken, within a sentence: "OTLP". */
  readonly protocol: string;
  readonly paths: Iterable<string>;
  /** What is served, for the log: a constant sentence. */
  readonly sentence: string;
}

export class HttpListener {
  /** The compressions that are configured. */
  readonly encodings: ReadonlySet<Encoding>;
  readonly #settings: HttpServerSettings;
  readonly #context: ComponentContext;
  readonly #service: ListenerService;
  readonly #protocol: string;
  readonly #paths: ReadonlySet<string>;
  readonly #cors: Cors | undefined;
  /** Of every answer; undefined where none are configured. */
  readonly #extraHeaders: Readonly<Record<string, string>> | undefined;
  readonly #authenticated = new WeakMap<IncomingHttpHeaders, ReadonlyMap<string, unknown>>();
  readonly #isInvalid: (error: unknown) => boolean;
  readonly #served: Served;
  #authentication: ListenerAuthentication | undefined;
  #middleware: ServerMiddleware | undefined;

  constructor(settings: HttpServerSettings, context: ComponentContext, options: HttpListenerOptions) {
    const { service, protocol, paths, sentence } = options;
    this.#settings = settings;
    this.#context = context;
    this.#service = service;
    this.#protocol = protocol;
    this.#paths = new Set(paths);
    this.#isInvalid = (error) => service.isInvalid(error);
    this.encodings = new Set(settings.compression_algorithms.flatMap((name) => encodingOf(name) ?? []));
    this.#cors = settings.cors ? new Cors(settings.cors) : undefined;
    const extra = settings.response_headers.map(({ name, value }) => [name.toLowerCase(), value] as const);
    this.#extraHeaders = extra.length > 0 ? Object.fromEntries(extra) : undefined;
    this.#served = new Served(context, {
      address: settings,
      tls: settings.tls,
      make: (tls) => new HttpServer(this.#options(tls)),
      sentence,
    });
  }

  /** Fails with AUTHENTICATOR_MISSING, MIDDLEWARE_MISSING, TLS_MATERIAL or LISTEN_FAILED. */
  async start(): Promise<void> {
    this.#authentication = serverAuthenticator(this.#settings.auth, this.#context);
    this.#middleware = serverMiddleware(this.#settings.middlewares, this.#context);
    await this.#served.start();
  }

  stop(deadline: AbortSignal): Promise<void> {
    return this.#served.stop(deadline);
  }

  /** Reads the certificates again. */
  refresh(): Promise<void> {
    return this.#served.refresh();
  }

  /** What goes on with the data of a request about who sent it. */
  clientOf(request: HttpRequest): ClientContext {
    const { headers, address, account, span } = request;
    const auth = bothSay(request.certificate, this.#authenticated.get(headers));
    return {
      metadata: this.#settings.include_metadata ? metadataOf(headers) : NO_METADATA,
      ...(address === undefined ? {} : { address }),
      ...(auth ? { auth } : {}),
      ...(account ? { account } : {}),
      ...(span ? { span } : {}),
    };
  }

  #options(tls: ServerTlsOptions | undefined): HttpServerOptions {
    const settings = this.#settings;
    const keepAlive = httpServerKeepAlive(settings, 0);
    const middleware = this.#middleware;
    return {
      service: {
        head: (method, path, headers, query) => this.#head(method, path, headers, query),
        enter:
          middleware && ((headers, certificate) => middleware.enter(this.#authenticated.get(headers), certificate)),
        handle: (request) => this.#handle(request),
        refuse: (refusal, headers) => this.#fail(refusalOf(refusal), headers),
      },
      maxBodyBytes: settings.max_request_body_size,
      admission: this.#context.admission,
      ...(tls ? { tls } : {}),
      readTimeoutMs: settings.read_timeout,
      writeTimeoutMs: settings.write_timeout,
      readHeaderTimeoutMs: settings.read_header_timeout,
      idleTimeoutMs: keepAlive.idleTimeoutMs,
      keepAlive: keepAlive.enabled,
      spans: this.#context.spans && new HttpServerSpans(this.#context.spans, this.#paths),
    };
  }

  #head(
    method: string,
    path: string,
    headers: IncomingHttpHeaders,
    query: string,
  ): HttpResponse | undefined | Promise<HttpResponse | undefined> {
    const preflight = method === 'OPTIONS' ? this.#cors?.preflight(headers) : undefined;
    if (preflight) return preflight;
    if (!this.#authentication) return this.#refuseHead(method, path, headers);
    const known = this.#authentication.known?.(headers);
    if (known) {
      this.#authenticated.set(headers, known);
      return this.#refuseHead(method, path, headers);
    }
    // A stranger learns nothing, not even which paths there are.
    return this.#authentication.check(headers, query).then(
      (auth) => {
        this.#authenticated.set(headers, auth);
        return this.#refuseHead(method, path, headers);
      },
      (error: unknown) => this.#fail(failureOf(error, this.#isInvalid), headers),
    );
  }

  #refuseHead(method: string, path: string, headers: IncomingHttpHeaders): HttpResponse | undefined {
    const failure = this.#headFailure(method, path, headers);
    return failure && this.#fail(failure, headers);
  }

  #headFailure(method: string, path: string, headers: IncomingHttpHeaders): HttpFailure | undefined {
    if (!this.#paths.has(path)) {
      const known = [...this.#paths].join(', ');
      return new HttpFailure(404, `nothing is served at ${path}; ${this.#protocol} goes to ${known}`);
    }
    if (method !== 'POST') {
      return new HttpFailure(405, `${this.#protocol} uses POST, not ${method}`, { headers: { allow: 'POST' } });
    }
    return this.#service.refuseContent(headers);
  }

  async #handle(request: HttpRequest): Promise<HttpResponse> {
    try {
      return this.#withHeaders(await this.#service.take(request), request.headers);
    } catch (error) {
      return this.#fail(failureOf(error, this.#isInvalid), request.headers);
    }
  }

  #fail(failure: HttpFailure, request: IncomingHttpHeaders): HttpResponse {
    const { status, body, headers } = this.#service.answer(failure, request);
    const all: Record<string, string> = { ...headers, ...failure.headers };
    if (failure.status === 401) all['www-authenticate'] = this.#authentication?.challenge ?? 'Bearer';
    if (failure.retryAfterMs !== undefined) all['retry-after'] = String(Math.ceil(failure.retryAfterMs / 1000));
    return this.#withHeaders({ status, body, headers: all }, request);
  }

  #withHeaders(response: HttpResponse, request: IncomingHttpHeaders): HttpResponse {
    const cors = this.#cors?.headersFor(request);
    if (!cors && !this.#extraHeaders) return response;
    return { ...response, headers: { ...response.headers, ...cors, ...this.#extraHeaders } };
  }
}
