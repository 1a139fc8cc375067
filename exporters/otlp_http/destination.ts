// One attempt to deliver a batch over OTLP/HTTP, and what the answer means (OTLP specification, "OTLP/HTTP response").

import { joinChunks, withChunks, type Batch } from '../../pipeline/batch.ts';
import type { ComponentContext } from '../../pipeline/component.ts';
import { Refused, type Rejected } from '../../pipeline/delivery.ts';
import { AgentError } from '../../pipeline/errors.ts';
import type { Attempt, Destination } from '../../pipeline/sending/exporter.ts';
import {
  checkPartialSuccess,
  checkRequestSize,
  failureOfCall,
  rejectedByDestination,
} from '../../pipeline/sending/otlp-outcome.ts';
import { withoutPasswords } from '../../pipeline/passwords-in-urls.ts';
import { SIGNALS, type Signal } from '../../pipeline/signal.ts';
import {
  authorizeBatch,
  clientAuthenticator,
  type ClientAuthenticator,
  type RequestHeaders,
} from '../../pipeline/transport/client-authentication.ts';
import { compress, type Encoding } from '../../pipeline/transport/compression.ts';
import type { HttpAnswer, HttpClient } from '../../pipeline/transport/http-client.ts';
import { configuredHeaders, httpConnections, retryAfterOf } from '../../pipeline/transport/http-endpoint.ts';
import { endAnsweredRequest, endFailedRequest, HttpClientSpans } from '../../pipeline/transport/http-spans.ts';
import type { Dialer } from '../../pipeline/transport/target.ts';
import { VERSION } from '../../pipeline/version.ts';
import { decodePartialSuccess, type PartialSuccess } from '../../proto/export-response.ts';
import { protoToJson } from '../../proto/json/encode.ts';
import { partialSuccessFromJson, statusFromJson } from '../../proto/json/status.ts';
import { HTTP_PATHS, MAX_RESPONSE_BYTES } from '../../proto/otlp/endpoints.ts';
import { internTexts } from '../../proto/otlp/profile-interning.ts';
import { decodeStatus } from '../../proto/status.ts';
import type { OtlpHttpExporterConfig } from './config.ts';

/** Exactly these may be retried. */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

interface Endpoint {
  /** For messages. */
  readonly url: string;
  readonly path: string;
  readonly client: HttpClient;
  /** Of every request. */
  readonly headers: Readonly<RequestHeaders>;
}

export class HttpDestination implements Destination {
  readonly #config: OtlpHttpExporterConfig;
  readonly #context: ComponentContext;
  readonly #encoding: Encoding;
  /** The name of the encoding on the wire; undefined for none. */
  readonly #encodingName: string | undefined;
  readonly #endpoints: Partial<Record<Signal, Endpoint>> = {};
  readonly #clients = new Map<string, HttpClient>();
  readonly #dialers: Dialer[] = [];
  #authenticator: ClientAuthenticator | undefined;
  readonly #spans: HttpClientSpans | undefined;
  /** Why the exporter can not start. */
  #problem: AgentError | undefined;

  constructor(config: OtlpHttpExporterConfig, context: ComponentContext) {
    this.#config = config;
    this.#context = context;
    this.#spans = context.spans && new HttpClientSpans(context.spans);
    const { compression } = config;
    this.#encodingName =
      compression === '' || compression === 'none' ? undefined : compression === 'zlib' ? 'deflate' : compression;
    this.#encoding = this.#encodingName === undefined ? 'identity' : (this.#encodingName as Encoding); // the schema's enum has no others
    for (const signal of SIGNALS) {
      const url = urlFor(config, signal, context.id);
      if (url instanceof AgentError) this.#problem ??= url;
      else if (url) {
        this.#endpoints[signal] = {
          url: withoutPasswords(url.href),
          path: url.pathname + url.search,
          client: this.#clientFor(url),
          headers: this.#headersFor(url),
        };
      }
    }
  }

  /** Fails with URL_INVALID, AUTHENTICATOR_MISSING or TLS_MATERIAL. */
  async start(): Promise<void> {
    if (this.#problem) throw this.#problem;
    this.#authenticator = clientAuthenticator(this.#config.auth, this.#context);
    for (const dialer of this.#dialers) await dialer.start();
  }

  stop(): Promise<void> {
    for (const dialer of this.#dialers) dialer.close();
    for (const client of this.#clients.values()) client.close();
    return Promise.resolve();
  }

  async refresh(): Promise<void> {
    for (const dialer of this.#dialers) await dialer.refresh();
  }

  mergeable(batch: Batch): boolean {
    return batch.signal !== 'profiles' && !this.#wireFits(batch);
  }

  mayShare(one: Batch, other: Batch): boolean {
    return this.#authenticator?.mayShare(one.context, other.context) ?? true;
  }

  async send(given: Batch, attempt: Attempt): Promise<void> {
    const batch = this.#asSent(given);
    const endpoint = this.#endpoints[batch.signal];
    if (!endpoint) {
      const setting = `${batch.signal}_endpoint`;
      throw rejectedByDestination(`no endpoint for ${batch.signal}; set endpoint or ${setting}`, batch.items);
    }
    checkRequestSize(batch);
    const isJson = this.#config.encoding === 'json';
    let { chunks, bytes } = batch;
    if (isJson || this.#encodingName !== undefined) {
      const body = await this.#bodyOf(batch, isJson);
      chunks = [body];
      bytes = body.length;
    }
    let headers = endpoint.headers;
    if (this.#authenticator) {
      const changed = { ...headers };
      const later = authorizeBatch(this.#authenticator, changed, batch);
      if (later) await attempt.race(later);
      headers = changed;
    }
    const spanned = attempt.span && this.#spans?.start(batch.signal, endpoint.url, attempt.span.context);
    if (spanned) headers = { ...headers, ...spanned.headers };
    const call = endpoint.client.post(endpoint.path, chunks, bytes, headers);
    attempt.onCancel((reason) => call.cancel(reason));
    let answer: HttpAnswer;
    try {
      answer = await call.answer;
    } catch (error) {
      if (spanned) endFailedRequest(spanned, error);
      throw failureOfCall(error, endpoint.url, batch);
    }
    if (spanned) endAnsweredRequest(spanned, answer.status);
    if (answer.status === 401 && (await this.#authenticator?.renew?.(headers))) {
      throw new Refused(`${endpoint.url} did not take the credentials; there are new ones`);
    }
    if (answer.status < 200 || answer.status > 299) throw this.#failureOf(endpoint, answer, batch);
    checkPartialSuccess(partialSuccessOf(answer), endpoint.url, batch, this.#context.log);
  }

  /** Profiles keep the texts of attributes in their string table, as a collector sends them. */
  #asSent(batch: Batch): Batch {
    if (batch.signal !== 'profiles' || this.#wireFits(batch)) return batch;
    return withChunks(batch, batch.chunks.map(internTexts), batch.items);
  }

  #wireFits(batch: Batch): boolean {
    return this.#config.encoding === 'proto' && batch.wire !== undefined && batch.wire.encoding === this.#encoding;
  }

  async #bodyOf(batch: Batch, isJson: boolean): Promise<Uint8Array> {
    if (batch.wire && this.#wireFits(batch)) return batch.wire.body;
    const joined = joinChunks(batch);
    const plain = isJson ? Buffer.from(protoToJson(batch.signal, joined)) : joined;
    const { level } = this.#config.compression_params;
    return compress(this.#encoding, plain, level === 0 ? undefined : level);
  }

  #failureOf(endpoint: Endpoint, answer: HttpAnswer, batch: Batch): Refused | Rejected {
    const status = isJsonAnswer(answer) ? statusFromJson(answer.body) : decodeStatus(answer.body);
    const said = status?.message ? `: ${status.message}` : '';
    const reason = `${endpoint.url} answered ${answer.status}${said}`;
    if (!RETRYABLE.has(answer.status)) return rejectedByDestination(reason, batch.items);
    const retryAfterMs = retryAfterOf(answer.headers['retry-after'], this.#context.now()) ?? status?.retryDelayMs;
    return new Refused(reason, retryAfterMs === undefined ? {} : { retryAfterMs });
  }

  #headersFor(url: URL): Readonly<RequestHeaders> {
    return {
      'user-agent': `genesis-agent/${VERSION}`,
      ...configuredHeaders(url, this.#config.headers),
      'content-type': this.#config.encoding === 'json' ? 'application/json' : 'application/x-protobuf',
      ...(this.#encodingName === undefined ? {} : { 'content-encoding': this.#encodingName }),
    };
  }

  /** Endpoints on one host share connections. */
  #clientFor(url: URL): HttpClient {
    const known = this.#clients.get(url.origin);
    if (known) return known;
    const { client, dialer } = httpConnections(url, this.#config, this.#context, MAX_RESPONSE_BYTES);
    this.#dialers.push(dialer);
    this.#clients.set(url.origin, client);
    return client;
  }
}

/**
 * Where a signal goes. The collector's `validate` passes whatever Go can parse, such as a host without a scheme, and fails
 * when it sends; so such a URL is a problem of the start, and only what Go refuses fails here, with URL_INVALID.
 */
function urlFor(config: OtlpHttpExporterConfig, signal: Signal, id: string): URL | AgentError | undefined {
  const own = config[`${signal}_endpoint`];
  if (own === '' && config.endpoint === '') return undefined;
  const text = own === '' ? config.endpoint.replace(/\/+$/, '') + HTTP_PATHS[signal] : own;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  const problem = new AgentError('URL_INVALID', `${JSON.stringify(text)} is not a URL to send ${signal} to`, {
    component: `exporter:${id}`,
    mend: 'write it with its scheme, such as endpoint: http://localhost:4318',
  });
  if (goRefuses(text)) throw problem;
  return problem;
}

/** What net/url's `Parse` refuses of texts that are no http URL. */
function goRefuses(text: string): boolean {
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(text) || /%(?![0-9a-f]{2})/i.test(text)) return true;
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/s.exec(text);
  if (!scheme) return (text.split('/')[0] ?? '').includes(':');
  const host = /^\/\/([^/?#]*)/.exec(scheme[2] ?? '')?.[1];
  return host !== undefined && (/[\s<>"^`{|}\\]/.test(host) || /:[^\]]*[^0-9\]][^\]]*$/.test(host.replace(/^.*@/, '')));
}

function isJsonAnswer(answer: HttpAnswer): boolean {
  return (answer.headers['content-type'] ?? '').startsWith('application/json');
}

function partialSuccessOf(answer: HttpAnswer): PartialSuccess | undefined {
  if (answer.body.length === 0) return undefined;
  return isJsonAnswer(answer) ? partialSuccessFromJson(answer.body) : decodePartialSuccess(answer.body);
}
