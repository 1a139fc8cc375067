// A gRPC server's answers to calls that fail, from any error.

import http2, { type ServerHttp2Stream } from 'node:http2';
import { encodeStatus } from '../../proto/status.ts';
import { BodyTooLarge } from './body-errors.ts';
import { encodeGrpcMessage, GRPC_STATUS, GrpcError } from './grpc-status.ts';
import type { OverLimit } from './middleware.ts';

/** A trailers-only answer; what the client still sends is not read. */
export function fail(stream: ServerHttp2Stream, error: GrpcError): void {
  if (stream.destroyed || stream.closed || stream.headersSent) return;
  const headers: Record<string, string | number> = {
    ...error.headers,
    ':status': 200,
    'content-type': 'application/grpc',
    'grpc-status': String(error.status),
    'grpc-message': encodeGrpcMessage(error.message),
  };
  if (error.details)
    headers['grpc-status-details-bin'] = Buffer.from(error.details).toString('base64').replace(/=+$/, '');
  stream.respond(headers, { endStream: true });
  if (stream.readableEnded) return;
  // Let the answer out first, then tell a client that is still uploading to stop (RFC 9113 section 8.1).
  stream.resume();
  setImmediate(() => {
    if (!stream.destroyed && !stream.readableEnded) stream.close(http2.constants.NGHTTP2_NO_ERROR);
  });
}

export function respondPlain(stream: ServerHttp2Stream, status: number, message: string): void {
  stream.respond({ ':status': status, 'content-type': 'text/plain' });
  stream.end(`${message}\n`);
  stream.resume();
}

export function tooLarge(length: number, limit: number): GrpcError {
  return new GrpcError(
    GRPC_STATUS.RESOURCE_EXHAUSTED,
    `the message has ${length} bytes, more than the limit of ${limit}; raise max_recv_msg_size_mib or send smaller batches`,
  );
}

/** With RetryInfo, without which OTLP has RESOURCE_EXHAUSTED mean: do not try again. */
export function overLimit({ message, retryAfterMs, headers }: OverLimit): GrpcError {
  const code = GRPC_STATUS.RESOURCE_EXHAUSTED;
  return new GrpcError(code, message, encodeStatus({ code, message, retryDelayMs: retryAfterMs }), headers);
}

/** What went wrong as gRPC says it. */
export function asGrpcError(error: unknown): GrpcError {
  if (error instanceof GrpcError) return error;
  if (error instanceof BodyTooLarge) {
    return new GrpcError(
      GRPC_STATUS.RESOURCE_EXHAUSTED,
      `${error.message}; raise max_recv_msg_size_mib or send smaller batches`,
    );
  }
  const message = error instanceof Error ? error.message : String(error);
  return new GrpcError(GRPC_STATUS.INTERNAL, message);
}
