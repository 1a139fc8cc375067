// Sends one request and sorts its answer as OTLP clients do: taken, to be sent again, or never.

import http from 'node:http';
import http2 from 'node:http2';

export type Outcome = 'accepted' | 'retryable' | 'final';

export interface Sender {
  /** Calls `done` once, with what was said where it is final. */
  send(done: (outcome: Outcome, reason: string) => void): void;
  close(): void;
}

const WINDOW_BYTES = 4 << 20;
/** Room for all requests under way: beyond it node:http2 closes streams itself. */
const SESSION_MEMORY_MB = 512;
/** grpc-status values after which OTLP clients try again (OTLP specification, "Failures"). */
const RETRYABLE_GRPC: ReadonlySet<number> = new Set([1, 4, 10, 11, 14, 15]);
const RESOURCE_EXHAUSTED = 8;
/** And HTTP's (OTLP specification, "Retryable Response Codes"). */
const RETRYABLE_HTTP: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const MAX_SOCKETS = 256;

/** `body` is a gRPC frame. */
export function grpcSender(port: number, body: Buffer, isGzip = false): Sender {
  const session = http2.connect(`http://127.0.0.1:${port}`, {
    settings: { initialWindowSize: WINDOW_BYTES },
    maxSessionMemory: SESSION_MEMORY_MB,
  });
  session.on('error', () => undefined);
  return {
    send(done) {
      if (session.destroyed) {
        done('final', 'the connection has broken');
        return;
      }
      let status: number | undefined;
      let message = '';
      let hasDetails = false;
      const look = (headers: http2.IncomingHttpHeaders): void => {
        if (headers['grpc-status'] === undefined) return;
        status = Number(headers['grpc-status']);
        message = String(headers['grpc-message'] ?? '');
        hasDetails = headers['grpc-status-details-bin'] !== undefined;
      };
      const stream = session.request({
        ':method': 'POST',
        ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        'content-type': 'application/grpc',
        te: 'trailers',
        ...(isGzip ? { 'grpc-encoding': 'gzip' } : {}),
      });
      stream.on('response', look);
      stream.on('trailers', look);
      stream.on('error', (error) => {
        message = error.message;
      });
      stream.on('close', () => {
        const isRetryable =
          status !== undefined && (RETRYABLE_GRPC.has(status) || (status === RESOURCE_EXHAUSTED && hasDetails));
        const outcome = status === 0 ? 'accepted' : isRetryable ? 'retryable' : 'final';
        done(outcome, `grpc-status ${status}: ${message}`);
      });
      stream.resume();
      stream.end(body);
    },
    close: () => session.close(),
  };
}

export function httpSender(port: number, body: Buffer, isGzip = false): Sender {
  const agent = new http.Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  const options: http.RequestOptions = {
    agent,
    host: '127.0.0.1',
    port,
    path: '/v1/traces',
    method: 'POST',
    headers: {
      'content-type': 'application/x-protobuf',
      'content-length': body.length,
      ...(isGzip ? { 'content-encoding': 'gzip' } : {}),
    },
  };
  return {
    send(done) {
      const request = http.request(options, (response) => {
        response.resume();
        response.once('close', () => {
          const { statusCode: status = 0 } = response;
          const isRetryable = RETRYABLE_HTTP.has(status) && response.headers['retry-after'] !== undefined;
          done(status === 200 ? 'accepted' : isRetryable ? 'retryable' : 'final', `status ${status}`);
        });
      });
      request.once('error', (error) => done('final', error.message));
      request.end(body);
    },
    close: () => agent.destroy(),
  };
}
