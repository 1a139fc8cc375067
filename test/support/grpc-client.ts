// A gRPC client of @grpc/grpc-js on raw bytes, for tests of our server by a peer of other people.

import grpc from '@grpc/grpc-js';
import { decodeStatus, type RpcStatus } from '../../proto/status.ts';

export const TRACE_EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

export interface GrpcAnswer {
  readonly code: grpc.status;
  readonly message: string;
  readonly body: Buffer | undefined;
  /** The google.rpc.Status of `grpc-status-details-bin`. */
  readonly details: RpcStatus | undefined;
  readonly detailBytes: Buffer | undefined;
  /** What else the answer to a failed call said in its metadata. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface GrpcQuestion {
  readonly path?: string;
  readonly body: Uint8Array;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly deadlineMs?: number;
  /** Called with the call under way, to cancel it. */
  readonly started?: (call: grpc.ClientUnaryCall) => void;
}

export class GrpcTestClient implements Disposable {
  readonly #client: grpc.Client;

  /** `at` is a port of this machine, or `host:port`. */
  constructor(at: number | string, options: grpc.ClientOptions = {}) {
    this.#client = new grpc.Client(typeof at === 'number' ? `127.0.0.1:${at}` : at, grpc.credentials.createInsecure(), {
      'grpc.max_send_message_length': -1,
      ...options,
    });
  }

  call(question: GrpcQuestion): Promise<GrpcAnswer> {
    const metadata = new grpc.Metadata();
    for (const [key, value] of Object.entries(question.metadata ?? {})) metadata.set(key, value);
    return new Promise((resolve) => {
      const call = this.#client.makeUnaryRequest(
        question.path ?? TRACE_EXPORT,
        (body: Uint8Array) => Buffer.from(body),
        (bytes) => bytes,
        question.body,
        metadata,
        { deadline: Date.now() + (question.deadlineMs ?? 10_000) },
        (error, body) => resolve(error ? failure(error) : success(body)),
      );
      question.started?.(call);
    });
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

function success(body: Buffer | undefined): GrpcAnswer {
  return { code: grpc.status.OK, message: '', body, details: undefined, detailBytes: undefined, metadata: {} };
}

function failure(error: grpc.ServiceError): GrpcAnswer {
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  const detailBytes = Buffer.isBuffer(bytes) ? bytes : undefined;
  return {
    code: error.code,
    message: error.details,
    body: undefined,
    details: detailBytes ? decodeStatus(detailBytes) : undefined,
    detailBytes,
    metadata: error.metadata.getMap(),
  };
}
