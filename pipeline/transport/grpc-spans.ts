// Spans of gRPC calls, as served and as made: the names and attributes are those of the collector's gRPC instrumentation.

import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { SIGNALS, type Signal } from '../signal.ts';
import type { ComponentSpans, Span, SpanContext, SpanSource } from '../spans.ts';
import { GRPC_STATUS, grpcStatusName, type GrpcError } from './grpc-status.ts';

const SCOPE = { name: 'go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc' };

/** Of the statuses a server may answer those that are its own failure. */
const SERVER_FAILURES: ReadonlySet<number> = new Set([
  GRPC_STATUS.UNKNOWN,
  GRPC_STATUS.DEADLINE_EXCEEDED,
  GRPC_STATUS.UNIMPLEMENTED,
  GRPC_STATUS.INTERNAL,
  GRPC_STATUS.UNAVAILABLE,
  GRPC_STATUS.DATA_LOSS,
]);

export class GrpcServerSpans {
  readonly #spans: ComponentSpans;
  readonly #source: SpanSource;

  constructor(spans: ComponentSpans) {
    this.#spans = spans;
    this.#source = spans.source(SCOPE);
  }

  start(path: string, headers: IncomingHttpHeaders, stream: ServerHttp2Stream): Span {
    const method = path.slice(1);
    const { localAddress, localPort } = stream.session?.socket ?? {};
    return this.#source.start(method, {
      kind: 'server',
      parent: this.#spans.extract(headers),
      attributes: {
        'rpc.method': method,
        'rpc.system.name': 'grpc',
        ...(localAddress === undefined ? {} : { 'server.address': localAddress }),
        ...(localPort === undefined ? {} : { 'server.port': localPort }),
      },
    });
  }
}

export function endServedCall(span: Span, error?: Pick<GrpcError, 'status' | 'message'>): void {
  const status = error?.status ?? GRPC_STATUS.OK;
  span.set({ 'rpc.response.status_code': grpcStatusName(status) });
  span.end(error && SERVER_FAILURES.has(status) ? error.message : undefined);
}

/** A call as it is about to be made. */
export interface SpannedCall {
  readonly span: Span;
  /** To be sent with it. */
  readonly headers: Readonly<Record<string, string>>;
}

export class GrpcClientSpans {
  readonly #spans: ComponentSpans;
  readonly #sources: ReadonlyMap<Signal, SpanSource>;

  constructor(spans: ComponentSpans) {
    this.#spans = spans;
    this.#sources = new Map(SIGNALS.map((signal) => [signal, spans.source({ ...SCOPE, signal })]));
  }

  start(signal: Signal, path: string, parent: SpanContext): SpannedCall | undefined {
    const method = path.slice(1);
    const span = this.#sources.get(signal)?.start(method, {
      kind: 'client',
      parent,
      attributes: { 'rpc.method': method, 'rpc.system.name': 'grpc' },
    });
    return span && { span, headers: this.#spans.inject(span.context) };
  }
}

/** `authority` (`host:port`) is who answered. */
export function endAnsweredCall(
  { span }: SpannedCall,
  answer: { readonly status: number; readonly message: string },
  authority: string,
): void {
  const [, host = authority, port] = /^(.*):(\d+)$/.exec(authority) ?? [];
  span.set({
    'server.address': host,
    ...(port === undefined ? {} : { 'server.port': Number(port) }),
    'rpc.response.status_code': grpcStatusName(answer.status),
  });
  span.end(answer.status === GRPC_STATUS.OK ? undefined : answer.message);
}

/** Nobody answered, which gRPC calls UNAVAILABLE. */
export function endFailedCall({ span }: SpannedCall, error: unknown): void {
  span.set({ 'rpc.response.status_code': grpcStatusName(GRPC_STATUS.UNAVAILABLE) });
  span.end(error instanceof Error ? error.message : String(error));
}
