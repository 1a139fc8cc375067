// OTLP over HTTP: protobuf and JSON by content type, on configurable paths. Every error has a google.rpc.Status as its
// body, in the encoding of the request (OTLP specification, "OTLP/HTTP response").

import type { IncomingHttpHeaders } from 'node:http';
import type { ComponentContext, Outputs } from '../../pipeline/component.ts';
import { Refused, Rejected } from '../../pipeline/delivery.ts';
import { httpServerKeepAlive } from '../../pipeline/settings/http-server.ts';
import {
  serverAuthenticator,
  Unauthenticated,
  type ListenerAuthentication,
} from '../../pipeline/transport/authentication.ts';
import { BodyCorrupt, BodyTooLarge, NoMemoryForBody } from '../../pipeline/transport/body-errors.ts';
import { bothSay } from '../../pipeline/transport/client-certificate.ts';
import { Cors } from '../../pipeline/transport/cors.ts';
import { decompress, encodingOf, type Encoding } from '../../pipeline/transport/compression.ts';
import { metadataOf } from '../../pipeline/transport/request-metadata.ts';
import { GRPC_STATUS } from '../../pipeline/transport/grpc-status.ts';
import { GrowingCharge } from '../../pipeline/transport/growing-charge.ts';
import {
  HttpServer,
  type BodyRefusal,
  type HttpRequest,
  type HttpResponse,
  type HttpServerOptions,
} from '../../pipeline/transport/http-server.ts';
import { HttpServerSpans } from '../../pipeline/transport/http-spans.ts';
import { serverMiddleware, type ServerMiddleware } from '../../pipeline/transport/middleware.ts';
import { Served } from '../../pipeline/transport/served.ts';
import type { ServerTlsOptions } from '../../pipeline/transport/tls.ts';
import { encodePartialSuccess } from '../../proto/export-response.ts';
import { JsonError, jsonToProto } from '../../proto/json/decode.ts';
import { partialSuccessToJson, statusToJson } from '../../proto/json/status.ts';
import { encodeStatus } from '../../proto/status.ts';
import type { OtlpHttpConfig } from './config.ts';

import { intakesFor, PartlyRejected, type Intake } from './intake.ts';

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';
type ContentType = typeof PROTOBUF | typeof JSON_TYPE;

/** What a sender is told to wait, in seconds, when the refusal has no opinion. */
const DEFAULT_RETRY_MS = 1_000;

const OK_PROTOBUF: HttpResponse = { status: 200, headers: { 'content-type': PROTOBUF }, body: new Uint8Array(0) };
const OK_JSON: HttpResponse = { status: 200, headers: { 'content-type': JSON_TYPE }, body: '{}' };
const NO_METADATA: ReadonlyMap<string, readonly string[]> = new Map();

/** A request that ends with this answer. */
class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly status: number;
  readonly code: number;
  readonly retryAfterMs: number | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: number,
    message: string,
    retryAfterMs?: number,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.headers = headers;
    this.status = status;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

export class OtlpHttpListener {
  readonly #config: OtlpHttpConfig;
  readonly #context: ComponentContext;
  readonly #intakes: ReadonlyMap<string, Intake>;
  readonly #accepted: ReadonlySet<Encoding>;
  readonly #cors: Cors | undefined;
  readonly #extraHeaders: readonly (readonly [string, string])[];
  readonly #authenticated = new WeakMap<IncomingHttpHeaders, ReadonlyMap<string, unknown>>();
  #authentication: ListenerAuthentication | undefined;
  #middleware: ServerMiddleware | undefined;
  readonly #served: Served;

  constructor(config: OtlpHttpConfig, context: ComponentContext, outputs: Outputs) {
    this.#config = config;
    this.#context = context;
    const paths = {
      traces: config.traces_url_path,
      metrics: config.metrics_url_path,
      logs: config.logs_url_path,
      profiles: config.profiles_url_path,
    };
    this.#intakes = new Map(
      [...intakesFor(context, outputs, 'http')].map(([signal, intake]) => [paths[signal], intake]),
    );
    this.#accepted = new Set(config.compression_algorithms.flatMap((name) => encodingOf(name) ?? []));
    this.#cors = config.cors ? new Cors(config.cors) : undefined;
    this.#extraHeaders = config.response_headers.map(({ name, value }) => [name.toLowerCase(), value]);
    this.#served = new Served(context, {
      address: config,
      tls: config.tls,
      make: (tls) => new HttpServer(this.#options(tls)),
      sentence: 'Receiving OTLP over HTTP',
    });
  }

  async start(): Promise<void> {
    this.#authentication = serverAuthenticator(this.#config.auth, this.#context);
    this.#middleware = serverMiddleware(this.#config.middlewares, this.#context);
    await this.#served.start();
  }

  stop(deadline: AbortSignal): Promise<void> {
    return this.#served.stop(deadline);
  }

  refresh(): Promise<void> {
    return this.#served.refresh();
  }

  #options(tls: ServerTlsOptions | undefined): HttpServerOptions {
    const config = this.#config;
    const keepAlive = httpServerKeepAlive(config, 0);
    const middleware = this.#middleware;
    return {
      service: {
        head: (method, path, headers, query) => this.#head(method, path, headers, query),
        enter:
          middleware && ((headers, certificate) => middleware.enter(this.#authenticated.get(headers), certificate)),
        handle: (request) => this.#handle(request),
        refuse: (refusal, headers) => this.#finish(refusalOf(refusal), headers),
      },
      maxBodyBytes: config.max_request_body_size,
      admission: this.#context.admission,
      ...(tls ? { tls } : {}),
      readTimeoutMs: config.read_timeout,
      writeTimeoutMs: config.write_timeout,
      readHeaderTimeoutMs: config.read_header_timeout,
      idleTimeoutMs: keepAlive.idleTimeoutMs,
      keepAlive: keepAlive.enabled,
      spans: this.#context.spans && new HttpServerSpans(this.#context.spans, this.#intakes.keys()),
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
      (error: unknown) => this.#finish(asFailure(error), headers),
    );
  }

  #refuseHead(method: string, path: string, headers: IncomingHttpHeaders): HttpResponse | undefined {
    const failure = this.#headFailure(method, path, headers);
    return failure && this.#finish(failure, headers);
  }

  #headFailure(method: string, path: string, headers: IncomingHttpHeaders): HttpFailure | undefined {
    if (!this.#intakes.has(path)) {
      const known = [...this.#intakes.keys()].join(', ');
      return new HttpFailure(404, GRPC_STATUS.UNIMPLEMENTED, `nothing is served at ${path}; OTLP goes to ${known}`);
    }
    if (method !== 'POST') return new HttpFailure(405, GRPC_STATUS.UNIMPLEMENTED, `OTLP uses POST, not ${method}`);
    if (contentTypeOf(headers) === undefined) {
      const seen = headers['content-type'] ?? '';
      const message = `content-type "${seen}" is not supported; use ${PROTOBUF} or ${JSON_TYPE}`;
      return new HttpFailure(415, GRPC_STATUS.INVALID_ARGUMENT, message);
    }
    const encoding = encodingOf(headers['content-encoding']);
    if (encoding === undefined || !this.#accepted.has(encoding)) {
      const message = `content-encoding "${headers['content-encoding']}" is not supported; use one of ${[...this.#accepted].join(', ')}`;
      return new HttpFailure(400, GRPC_STATUS.INVALID_ARGUMENT, message);
    }
    return undefined;
  }

  async #handle(request: HttpRequest): Promise<HttpResponse> {
    const { headers } = request;
    try {
      const isJson = contentTypeOf(headers) === JSON_TYPE;
      const intake = this.#intakes.get(request.path);
      if (!intake) throw new HttpFailure(404, GRPC_STATUS.UNIMPLEMENTED, `nothing is served at ${request.path}`);
      await this.#take(intake, request, isJson);
      return this.#withHeaders(isJson ? OK_JSON : OK_PROTOBUF, headers);
    } catch (error) {
      if (error instanceof PartlyRejected)
        return this.#partial(error, intakeSignal(this.#intakes, request.path), headers);
      return this.#finish(asFailure(error), headers);
    }
  }

  async #take(intake: Intake, request: HttpRequest, isJson: boolean): Promise<void> {
    const { headers, body, account } = request;
    const { admission } = this.#context;
    const encoding = encodingOf(headers['content-encoding']) ?? 'identity';
    const limit = this.#config.max_request_body_size;
    // The body as it came is charged by the server; what it grows to is charged here.
    const growing = new GrowingCharge(admission, body.length);
    let grown = 0;
    try {
      const plain = encoding === 'identity' ? body : await decompress(encoding, body, limit, growing);
      const bytes = isJson ? jsonToProto(intake.signal, plain) : plain;
      grown = bytes === body ? 0 : bytes.length;
      if (grown > 0) {
        admission.acquire(grown);
        account?.hold(grown);
      }
      growing.release();
      const auth = bothSay(request.certificate, this.#authenticated.get(headers));
      const client = {
        metadata: this.#config.include_metadata ? metadataOf(headers) : NO_METADATA,
        ...(request.address === undefined ? {} : { address: request.address }),
        ...(auth ? { auth } : {}),
        ...(account ? { account } : {}),
        ...(request.span ? { span: request.span } : {}),
      };
      const wire = !isJson && (encoding === 'gzip' || encoding === 'zstd') ? { encoding, body } : undefined;
      await intake.take(bytes, client, wire);
    } finally {
      growing.release();
      if (grown > 0) {
        admission.release(grown);
        account?.release(grown);
      }
    }
  }

  #partial(error: PartlyRejected, signal: Intake['signal'], headers: IncomingHttpHeaders): HttpResponse {
    const isJson = contentTypeOf(headers) === JSON_TYPE;
    const body = isJson
      ? partialSuccessToJson(signal, error.count, error.message)
      : encodePartialSuccess(error.count, error.message);
    return this.#withHeaders(
      { status: 200, headers: { 'content-type': isJson ? JSON_TYPE : PROTOBUF }, body },
      headers,
    );
  }

  #finish(failure: HttpFailure, headers: IncomingHttpHeaders): HttpResponse {
    const type = contentTypeOf(headers) ?? JSON_TYPE;
    const status = {
      code: failure.code,
      message: failure.message,
      ...(failure.retryAfterMs === undefined ? {} : { retryDelayMs: failure.retryAfterMs }),
    };
    const extra: Record<string, string> = { ...failure.headers, 'content-type': type };
    if (failure.status === 405) extra['allow'] = 'POST';
    if (failure.status === 401) extra['www-authenticate'] = this.#authentication?.challenge ?? 'Bearer';
    if (failure.retryAfterMs !== undefined) extra['retry-after'] = String(Math.ceil(failure.retryAfterMs / 1000));
    const body = type === JSON_TYPE ? statusToJson(status) : encodeStatus(status);
    return this.#withHeaders({ status: failure.status, headers: extra, body }, headers);
  }

  #withHeaders(response: HttpResponse, request: IncomingHttpHeaders): HttpResponse {
    const cors = this.#cors?.headersFor(request);
    if (!cors && this.#extraHeaders.length === 0) return response;
    return { ...response, headers: { ...response.headers, ...cors, ...Object.fromEntries(this.#extraHeaders) } };
  }
}

function intakeSignal(intakes: ReadonlyMap<string, Intake>, path: string): Intake['signal'] {
  return intakes.get(path)?.signal ?? 'traces';
}

function contentTypeOf(headers: IncomingHttpHeaders): ContentType | undefined {
  const header = headers['content-type'];
  if (header === PROTOBUF || header === JSON_TYPE) return header;
  const [media] = (header ?? '').split(';');
  const type = media?.trim().toLowerCase();
  return type === PROTOBUF || type === JSON_TYPE ? type : undefined;
}

function refusalOf(refusal: BodyRefusal): HttpFailure {
  if (refusal.kind === 'too_slow') {
    const message = `the body came slower than ${refusal.bytesPerS} bytes a second`;
    return new HttpFailure(408, GRPC_STATUS.DEADLINE_EXCEEDED, message);
  }
  if (refusal.kind === 'no_memory') {
    return new HttpFailure(503, GRPC_STATUS.UNAVAILABLE, 'no memory for more data in flight', DEFAULT_RETRY_MS);
  }
  if (refusal.kind === 'over_limit') {
    const { message, retryAfterMs, headers } = refusal.over;
    return new HttpFailure(429, GRPC_STATUS.RESOURCE_EXHAUSTED, message, retryAfterMs, headers);
  }
  return tooLarge(`the body is larger than the limit of ${refusal.limitBytes} bytes`);
}

function tooLarge(message: string): HttpFailure {
  return new HttpFailure(
    413,
    GRPC_STATUS.RESOURCE_EXHAUSTED,
    `${message}; raise max_request_body_size or send smaller batches`,
  );
}

/** A failure in HTTP's words. */
function asFailure(error: unknown): HttpFailure {
  if (error instanceof HttpFailure) return error;
  if (error instanceof BodyTooLarge) return tooLarge(error.message);
  if (error instanceof NoMemoryForBody) return refusalOf({ kind: 'no_memory' });
  if (error instanceof Unauthenticated) return new HttpFailure(401, GRPC_STATUS.UNAUTHENTICATED, error.message);
  if (error instanceof Refused) {
    return new HttpFailure(503, GRPC_STATUS.UNAVAILABLE, error.message, error.retryAfterMs ?? DEFAULT_RETRY_MS);
  }
  if (error instanceof Rejected && error.kind === 'too_large') return tooLarge(error.message);
  const isBadData = error instanceof BodyCorrupt || error instanceof JsonError;
  const message = error instanceof Error ? error.message : String(error);
  if (isBadData || (error instanceof Rejected && error.kind === 'invalid')) {
    return new HttpFailure(400, GRPC_STATUS.INVALID_ARGUMENT, message);
  }
  return new HttpFailure(500, GRPC_STATUS.INTERNAL, message);
}
