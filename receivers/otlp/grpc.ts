// OTLP over gRPC.

import type { ComponentContext, Outputs } from '../../pipeline/component.ts';
import { Refused, Rejected } from '../../pipeline/delivery.ts';
import { serverAuthenticator, Unauthenticated } from '../../pipeline/transport/authentication.ts';
import {
  GrpcServer,
  type GrpcCall,
  type GrpcHandler,
  type GrpcServerOptions,
} from '../../pipeline/transport/grpc-server.ts';
import { GrpcServerSpans } from '../../pipeline/transport/grpc-spans.ts';
import { GRPC_STATUS, GrpcError } from '../../pipeline/transport/grpc-status.ts';
import { serverMiddleware } from '../../pipeline/transport/middleware.ts';
import { Served } from '../../pipeline/transport/served.ts';
import type { ServerTlsOptions } from '../../pipeline/transport/tls.ts';
import { encodePartialSuccess } from '../../proto/export-response.ts';
import { GRPC_METHODS } from '../../proto/otlp/endpoints.ts';
import { encodeStatus } from '../../proto/status.ts';
import type { OtlpGrpcConfig } from './config.ts';
import { intakesFor, PartlyRejected, type Intake } from './intake.ts';

/** grpc-go's defaults, where the configuration says 0. */
const DEFAULT_PING_MS = 7_200_000;
const MAX_STREAMS_WHERE_UNSET = 10_000;
/** What a sender is told to wait when the refusal has no opinion. */
const DEFAULT_RETRY_MS = 1_000;
/** A full success is an empty message. */
const EMPTY = new Uint8Array(0);

export class OtlpGrpcListener {
  readonly #config: OtlpGrpcConfig;
  readonly #context: ComponentContext;
  readonly #methods: ReadonlyMap<string, GrpcHandler>;
  readonly #served: Served;

  constructor(config: OtlpGrpcConfig, context: ComponentContext, outputs: Outputs) {
    this.#config = config;
    this.#context = context;
    const intakes = intakesFor(context, outputs, 'grpc');
    this.#methods = new Map([...intakes].map(([signal, intake]) => [GRPC_METHODS[signal], handlerOf(intake)]));
    this.#served = new Served(context, {
      address: config,
      tls: config.tls,
      make: (tls) => new GrpcServer(this.#options(tls)),
      sentence: 'Receiving OTLP over gRPC',
    });
  }

  start(): Promise<void> {
    return this.#served.start();
  }

  stop(deadline: AbortSignal): Promise<void> {
    return this.#served.stop(deadline);
  }

  refresh(): Promise<void> {
    return this.#served.refresh();
  }

  #options(tls: ServerTlsOptions | undefined): GrpcServerOptions {
    const config = this.#config;
    const { server_parameters: parameters } = config.keepalive ?? {};
    const authentication = serverAuthenticator(config.auth, this.#context);
    return {
      methods: this.#methods,
      maxMessageBytes: config.max_recv_msg_size_mib << 20,
      maxConcurrentStreams: config.max_concurrent_streams || MAX_STREAMS_WHERE_UNSET,
      admission: this.#context.admission,
      includeMetadata: config.include_metadata,
      ...(tls ? { tls } : {}),
      ...(authentication
        ? {
            authenticate: (headers) =>
              authentication.known?.(headers) ??
              authentication.check(headers).catch((error: unknown) => throwAsGrpc(error)),
          }
        : {}),
      middleware: serverMiddleware(config.middlewares, this.#context),
      keepalive: {
        maxConnectionIdleMs: parameters?.max_connection_idle ?? 0,
        maxConnectionAgeMs: parameters?.max_connection_age ?? 0,
        maxConnectionAgeGraceMs: parameters?.max_connection_age_grace ?? 0,
        timeMs: parameters?.time || DEFAULT_PING_MS,
        timeoutMs: parameters?.timeout ?? 0,
      },
      spans: this.#context.spans && new GrpcServerSpans(this.#context.spans),
      retryDetails: unavailableDetails,
    };
  }
}

function handlerOf(intake: Intake): GrpcHandler {
  return async (message: Uint8Array, call: GrpcCall) => {
    try {
      await intake.take(message, call.client, call.wire);
      return EMPTY;
    } catch (error) {
      if (error instanceof PartlyRejected) return encodePartialSuccess(error.count, error.message);
      throw asGrpcError(error);
    }
  };
}

/** A delivery failure in gRPC's words (OTLP specification, "OTLP/gRPC response"). */
function asGrpcError(error: unknown): GrpcError {
  if (error instanceof Unauthenticated) return new GrpcError(GRPC_STATUS.UNAUTHENTICATED, error.message);
  if (error instanceof Refused) {
    const details = unavailableDetails(error.message, error.retryAfterMs ?? DEFAULT_RETRY_MS);
    return new GrpcError(GRPC_STATUS.UNAVAILABLE, error.message, details);
  }
  if (error instanceof Rejected && error.kind === 'too_large') {
    return new GrpcError(GRPC_STATUS.RESOURCE_EXHAUSTED, error.message);
  }
  if (error instanceof Rejected && error.kind === 'invalid') {
    const details = encodeStatus({
      code: GRPC_STATUS.INVALID_ARGUMENT,
      message: error.message,
      fieldViolations: [{ field: 'body', description: error.message }],
    });
    return new GrpcError(GRPC_STATUS.INVALID_ARGUMENT, error.message, details);
  }
  return new GrpcError(GRPC_STATUS.INTERNAL, error instanceof Error ? error.message : String(error));
}

function unavailableDetails(message: string, retryAfterMs: number): Uint8Array {
  return encodeStatus({ code: GRPC_STATUS.UNAVAILABLE, message, retryDelayMs: retryAfterMs });
}

function throwAsGrpc(error: unknown): never {
  throw asGrpcError(error);
}
