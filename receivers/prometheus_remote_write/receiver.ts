// Remote write over HTTP: head, body, conversion, pipeline, answer.

import type { IncomingHttpHeaders } from 'node:http';
import type { ComponentContext, Outputs, Receiver } from '../../pipeline/component.ts';
import { asDeliveryError, Rejected, type Consumer } from '../../pipeline/delivery.ts';
import { httpServerKeepAlive } from '../../pipeline/settings/http-server.ts';
import type { ReceiverCounters } from '../../pipeline/telemetry.ts';
import { serverAuthenticator, type ListenerAuthentication } from '../../pipeline/transport/authentication.ts';
import { BodyTooLarge, NoMemoryForBody } from '../../pipeline/transport/body-errors.ts';
import { bothSay } from '../../pipeline/transport/client-certificate.ts';
import { decompress, encodingOf, type Encoding } from '../../pipeline/transport/compression.ts';
import { Cors } from '../../pipeline/transport/cors.ts';
import { metadataOf } from '../../pipeline/transport/request-metadata.ts';
import { GrowingCharge } from '../../pipeline/transport/growing-charge.ts';
import {
  HttpServer,
  type HttpRequest,
  type HttpResponse,
  type HttpServerOptions,
} from '../../pipeline/transport/http-server.ts';
import { HttpServerSpans } from '../../pipeline/transport/http-spans.ts';
import { serverMiddleware, type ServerMiddleware } from '../../pipeline/transport/middleware.ts';
import { Served } from '../../pipeline/transport/served.ts';
import type { ServerTlsOptions } from '../../pipeline/transport/tls.ts';
import { VERSION } from '../../pipeline/version.ts';
import { V2_MESSAGE } from '../../proto/prometheus/remote-write/fields.ts';
import { ProtoWriter } from '../../proto/wire-writer.ts';
import { answerTo, failure, invalid, NOTHING_WRITTEN, refusalOf, success, type Written } from './answers.ts';
import type { RemoteWriteReceiverConfig } from './config.ts';
import { contentOf } from './content.ts';
import { Conversion, type Converted } from './conversion.ts';

const PATH = '/api/v1/write';
/** The collector's receiver, whose points these are alike. */
const SCOPE = 'github.com/open-telemetry/opentelemetry-collector-contrib/receiver/prometheusremotewritereceiver';
const NO_METADATA: ReadonlyMap<string, readonly string[]> = new Map();
/** Texts that come once in 2.0 stand at every point of OTLP; more than so many times the largest body is not made of one. */
const MAX_GROWTH = 8;
/** What is converted is charged in steps of this. */
const CHARGED_BYTES = 256 << 10;

export class RemoteWriteReceiver implements Receiver {
  readonly #config: RemoteWriteReceiverConfig;
  readonly #context: ComponentContext;
  readonly #next: Consumer | undefined;
  readonly #counters: ReceiverCounters;
  readonly #accepted: ReadonlySet<Encoding>;
  readonly #cors: Cors | undefined;
  readonly #extraHeaders: Readonly<Record<string, string>>;
  readonly #authenticated = new WeakMap<IncomingHttpHeaders, ReadonlyMap<string, unknown>>();
  readonly #conversion = new Conversion(scopeOf(SCOPE, VERSION));
  readonly #served: Served;
  #authentication: ListenerAuthentication | undefined;
  #middleware: ServerMiddleware | undefined;

  constructor(config: RemoteWriteReceiverConfig, context: ComponentContext, outputs: Outputs) {
    this.#config = config;
    this.#context = context;
    this.#next = outputs.metrics;
    this.#counters = context.metrics.receiver('metrics', 'http');
    this.#accepted = new Set(config.compression_algorithms.flatMap((name) => encodingOf(name) ?? []));
    this.#cors = config.cors ? new Cors(config.cors) : undefined;
    this.#extraHeaders = Object.fromEntries(
      config.response_headers.map(({ name, value }) => [name.toLowerCase(), value]),
    );
    this.#served = new Served(context, {
      address: config,
      tls: config.tls,
      make: (tls) => new HttpServer(this.#options(tls)),
      sentence: 'Receiving remote writes over HTTP',
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
        refuse: (refusal, headers) => this.#answer(refusalOf(refusal), headers),
      },
      maxBodyBytes: config.max_request_body_size,
      admission: this.#context.admission,
      ...(tls ? { tls } : {}),
      readTimeoutMs: config.read_timeout,
      writeTimeoutMs: config.write_timeout,
      readHeaderTimeoutMs: config.read_header_timeout,
      idleTimeoutMs: keepAlive.idleTimeoutMs,
      keepAlive: keepAlive.enabled,
      spans: this.#context.spans && new HttpServerSpans(this.#context.spans, [PATH]),
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
    // A stranger learns nothing, not even which paths there are.
    return this.#authentication.check(headers, query).then(
      (auth) => {
        this.#authenticated.set(headers, auth);
        return this.#refuseHead(method, path, headers);
      },
      (error: unknown) => this.#failed(error, headers),
    );
  }

  #refuseHead(method: string, path: string, headers: IncomingHttpHeaders): HttpResponse | undefined {
    if (path !== PATH) {
      return this.#answer(failure(404, `nothing is served at ${path}; remote write goes to ${PATH}`), headers);
    }
    if (method !== 'POST') {
      return this.#answer(failure(405, `remote write uses POST, not ${method}`, { allow: 'POST' }), headers);
    }
    const content = contentOf(headers, this.#accepted);
    return typeof content === 'string' ? this.#answer(failure(415, content), headers) : undefined;
  }

  async #handle(request: HttpRequest): Promise<HttpResponse> {
    try {
      return this.#answer(await this.#take(request), request.headers);
    } catch (error) {
      return this.#failed(error, request.headers);
    }
  }

  async #take(request: HttpRequest): Promise<HttpResponse> {
    const { headers, body, account } = request;
    const { admission } = this.#context;
    const content = contentOf(headers, this.#accepted);
    if (typeof content === 'string') return failure(415, content);
    const limit = this.#config.max_request_body_size;
    // The body as it came is charged by the server; what it grows to is charged here.
    const growing = new GrowingCharge(admission, body.length);
    let held = 0;
    try {
      const plain = await decompress(content.encoding, body, limit, growing);
      const converted = this.#conversion.convert(plain, content.message === V2_MESSAGE, growthOf(growing, limit));
      held = converted.bytes.length;
      admission.acquire(held);
      account?.hold(held);
      growing.release();
      return await this.#deliver(converted, request);
    } finally {
      growing.release();
      if (held > 0) {
        admission.release(held);
        account?.release(held);
      }
    }
  }

  async #deliver(converted: Converted, request: HttpRequest): Promise<HttpResponse> {
    const { problem, rejected, exemplarsLost, points, bytes } = converted;
    if (exemplarsLost > 0) {
      this.#context.log.debug({ exemplars: exemplarsLost }, 'Exemplars came without a point of their series');
    }
    if (points === 0) {
      this.#rejected(rejected, problem);
      return answerOf(converted, problem);
    }
    const auth = bothSay(request.certificate, this.#authenticated.get(request.headers));
    const context = {
      metadata: this.#config.include_metadata ? metadataOf(request.headers) : NO_METADATA,
      ...(request.address === undefined ? {} : { address: request.address }),
      ...(auth ? { auth } : {}),
      ...(request.span ? { span: request.span } : {}),
    };
    try {
      await this.#next?.consume({ signal: 'metrics', chunks: [bytes], items: points, bytes: bytes.length, context });
    } catch (error) {
      const failed = asDeliveryError(error, points);
      if (!(failed instanceof Rejected)) {
        this.#counters.refused.add(points);
        throw failed;
      }
      this.#counters.failed.add(failed.count);
      this.#counters.accepted.add(Math.max(0, points - failed.count));
      // Which of them were taken is not known: no more is promised than is sure.
      if (failed.count >= points) throw failed;
      return invalid(NOTHING_WRITTEN, `${failed.count} of ${points} points were not taken: ${failed.message}`);
    }
    this.#counters.accepted.add(points);
    this.#rejected(rejected, problem);
    return answerOf(converted, problem);
  }

  /** Counted once the answer is final. The sender is told, and writes it to its own log. */
  #rejected(samples: number, problem: string): void {
    if (samples > 0) this.#counters.failed.add(samples);
    if (problem !== '') this.#context.log.debug({ problem }, 'Some of a remote write can not be taken');
  }

  #failed(error: unknown, headers: IncomingHttpHeaders): HttpResponse {
    return this.#answer(answerTo(error, this.#authentication?.challenge ?? 'Bearer'), headers);
  }

  #answer(response: HttpResponse, request: IncomingHttpHeaders): HttpResponse {
    return {
      ...response,
      headers: { ...response.headers, ...this.#cors?.headersFor(request), ...this.#extraHeaders },
    };
  }
}

function answerOf(written: Written, problem: string): HttpResponse {
  return problem === '' ? success(written) : invalid(written, problem);
}

/** Charges what a request grows to as it grows; stops it beyond its limit or the agent's. */
function growthOf(charge: GrowingCharge, limitBytes: number): (bytes: number) => void {
  let charged = 0;
  return (bytes) => {
    if (bytes <= charged) return;
    if (bytes > limitBytes * MAX_GROWTH) throw new BodyTooLarge(limitBytes * MAX_GROWTH);
    const step = Math.ceil((bytes - charged) / CHARGED_BYTES) * CHARGED_BYTES;
    if (!charge.grow(step)) throw new NoMemoryForBody();
    charged += step;
  };
}

function scopeOf(name: string, version: string): Uint8Array {
  const writer = new ProtoWriter(256);
  writer.stringField(1, name);
  writer.stringField(2, version);
  return writer.finish();
}
