// One attempt to deliver a batch over OTLP/gRPC, and what the answer means (OTLP specification, "OTLP/gRPC response").

import { joinChunks, type Batch } from '../../pipeline/batch.ts';
import type { ComponentContext } from '../../pipeline/component.ts';
import { Refused, type Rejected } from '../../pipeline/delivery.ts';
import type { Attempt, Destination } from '../../pipeline/sending/exporter.ts';
import {
  checkPartialSuccess,
  checkRequestSize,
  failureOfCall,
  rejectedByDestination,
} from '../../pipeline/sending/otlp-outcome.ts';
import {
  authorizeBatch,
  clientAuthenticator,
  type ClientAuthenticator,
  type RequestHeaders,
} from '../../pipeline/transport/client-authentication.ts';
import { compress, type Encoding } from '../../pipeline/transport/compression.ts';
import { GrpcClient, type GrpcAnswer, type GrpcRequest } from '../../pipeline/transport/grpc-client.ts';
import { endAnsweredCall, endFailedCall, GrpcClientSpans } from '../../pipeline/transport/grpc-spans.ts';
import { GRPC_STATUS, grpcStatusName } from '../../pipeline/transport/grpc-status.ts';
import { Dialer, grpcTarget } from '../../pipeline/transport/target.ts';
import { VERSION } from '../../pipeline/version.ts';
import { decodePartialSuccess } from '../../proto/export-response.ts';
import { GRPC_METHODS, MAX_RESPONSE_BYTES } from '../../proto/otlp/endpoints.ts';
import { decodeStatus } from '../../proto/status.ts';
import type { OtlpGrpcExporterConfig } from './config.ts';

/** Codes that always may be retried; RESOURCE_EXHAUSTED only when the server says when. */
const RETRYABLE: ReadonlySet<number> = new Set([
  GRPC_STATUS.CANCELLED,
  GRPC_STATUS.DEADLINE_EXCEEDED,
  GRPC_STATUS.ABORTED,
  GRPC_STATUS.OUT_OF_RANGE,
  GRPC_STATUS.UNAVAILABLE,
  GRPC_STATUS.DATA_LOSS,
]);

export class GrpcDestination implements Destination {
  readonly #config: OtlpGrpcExporterConfig;
  readonly #context: ComponentContext;
  readonly #encoding: Encoding;
  /** The name of the encoding on the wire; undefined for none. */
  readonly #encodingName: string | undefined;
  readonly #dialer: Dialer;
  readonly #client: GrpcClient;
  readonly #spans: GrpcClientSpans | undefined;
  /** Who is called, for spans. */
  readonly #authority: string;
  readonly #isSecure: boolean;
  readonly #headers: RequestHeaders;
  #authenticator: ClientAuthenticator | undefined;

  constructor(config: OtlpGrpcExporterConfig, context: ComponentContext) {
    this.#config = config;
    this.#context = context;
    const { compression } = config;
    this.#encodingName = compression === '' || compression === 'none' ? undefined : compression;
    this.#encoding = encodingFor(compression);
    const target = grpcTarget(config.endpoint);
    this.#spans = context.spans && new GrpcClientSpans(context.spans);
    this.#authority = target.authority;
    const isSecure = target.secure ?? !config.tls.insecure;
    this.#isSecure = isSecure;
    this.#headers = {
      'user-agent': config.user_agent || `genesis-agent/${VERSION}`,
      ...Object.fromEntries(config.headers.map(({ name, value }) => [name.toLowerCase(), value])),
    };
    this.#dialer = new Dialer({
      target,
      tls: isSecure ? config.tls : undefined,
      alpn: 'h2',
      component: `exporter:${context.id}`,
      onChange: () => this.#client.reconnect(),
      onFailure: (error) => context.log.error({ error: String(error) }, 'Reading TLS files again failed'),
    });
    this.#client = new GrpcClient({
      connect: this.#dialer.connect,
      authority: config.authority || config.tls.server_name_override || target.authority,
      secure: isSecure,
      // An authenticator's headers take the place of configured ones, so they are put together for each call.
      headers: config.auth ? {} : this.#headers,
      maxResponseBytes: MAX_RESPONSE_BYTES,
      ...(config.keepalive
        ? { keepalive: { timeMs: config.keepalive.time, timeoutMs: config.keepalive.timeout } }
        : {}),
    });
  }

  /** Fails with AUTHENTICATOR_MISSING, CREDENTIALS_NEED_TLS or TLS_MATERIAL. */
  async start(): Promise<void> {
    this.#authenticator = clientAuthenticator(this.#config.auth, this.#context, { insecureGrpc: !this.#isSecure });
    await this.#dialer.start();
  }

  async stop(): Promise<void> {
    this.#dialer.close();
    await this.#client.close();
  }

  refresh(): Promise<void> {
    return this.#dialer.refresh();
  }

  mergeable(batch: Batch): boolean {
    // Profiles index a dictionary of their own; a compressed form that can go on as it is should.
    return batch.signal !== 'profiles' && !this.#wireFits(batch);
  }

  mayShare(one: Batch, other: Batch): boolean {
    return this.#authenticator?.mayShare(one.context, other.context) ?? true;
  }

  async send(batch: Batch, attempt: Attempt): Promise<void> {
    checkRequestSize(batch);
    const made = this.#requestOf(batch);
    const request = made instanceof Promise ? await made : made;
    const ready = this.#authenticator ? await this.#authorized(this.#authenticator, request, batch, attempt) : request;
    const spanned = attempt.span && this.#spans?.start(batch.signal, request.path, attempt.span.context);
    const call = this.#client.call(spanned ? { ...ready, headers: { ...ready.headers, ...spanned.headers } } : ready);
    attempt.onCancel((reason) => call.cancel(reason));
    let answer: GrpcAnswer;
    try {
      answer = await call.answer;
    } catch (error) {
      if (spanned) endFailedCall(spanned, error);
      throw failureOfCall(error, this.#config.endpoint, batch);
    }
    if (spanned) endAnsweredCall(spanned, answer, this.#authority);
    if (answer.status === GRPC_STATUS.UNAUTHENTICATED && (await this.#authenticator?.renew?.(ready.headers ?? {}))) {
      throw new Refused(`${this.#config.endpoint} did not take the credentials; there are new ones`);
    }
    if (answer.status !== GRPC_STATUS.OK) throw this.#failureOf(answer, batch);
    checkPartialSuccess(decodePartialSuccess(answer.body), this.#config.endpoint, batch, this.#context.log);
  }

  async #authorized(
    authenticator: ClientAuthenticator,
    request: GrpcRequest,
    batch: Batch,
    attempt: Attempt,
  ): Promise<GrpcRequest> {
    const credentials: RequestHeaders = {};
    const later = authorizeBatch(authenticator, credentials, batch);
    if (later) await attempt.race(later);
    return { ...request, headers: { ...this.#headers, ...credentials } };
  }

  #wireFits(batch: Batch): boolean {
    return batch.wire !== undefined && batch.wire.encoding === this.#encoding;
  }

  #requestOf(batch: Batch): GrpcRequest | Promise<GrpcRequest> {
    const path = GRPC_METHODS[batch.signal];
    const encoding = this.#encodingName;
    if (encoding === undefined) return { path, chunks: batch.chunks, bytes: batch.bytes };
    if (batch.wire && this.#wireFits(batch)) {
      const { body } = batch.wire;
      return { path, chunks: [body], bytes: body.length, encoding };
    }
    return compress(this.#encoding, joinChunks(batch)).then((body) => ({
      path,
      chunks: [body],
      bytes: body.length,
      encoding,
    }));
  }

  #failureOf(answer: GrpcAnswer, batch: Batch): Refused | Rejected {
    const reason = `${this.#config.endpoint} answered ${grpcStatusName(answer.status)}: ${answer.message || 'no message'}`;
    const retryAfterMs = answer.details ? decodeStatus(answer.details)?.retryDelayMs : undefined;
    const isExhausted = answer.status === GRPC_STATUS.RESOURCE_EXHAUSTED;
    if (RETRYABLE.has(answer.status) || (isExhausted && retryAfterMs !== undefined)) {
      return new Refused(reason, retryAfterMs === undefined ? {} : { retryAfterMs });
    }
    return rejectedByDestination(reason, batch.items);
  }
}

/** gRPC's snappy is the framed format. */
function encodingFor(compression: OtlpGrpcExporterConfig['compression']): Encoding {
  switch (compression) {
    case '':
    case 'none':
      return 'identity';
    case 'snappy':
      return 'x-snappy-framed';
    case 'zlib':
      return 'deflate';
    default:
      return compression;
  }
}
