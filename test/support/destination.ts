// Destinations that keep what they are sent: an HTTP server of Node's own, and a gRPC server of @grpc/grpc-js.

import http from 'node:http';
import zlib from 'node:zlib';
import grpc from '@grpc/grpc-js';
import type { Signal } from '../../pipeline/signal.ts';
import { decode } from '../proto/reference.ts';

/** A request as it arrived, decompressed. */
export interface Arrival {
  readonly signal: Signal;
  readonly encoding: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Uint8Array;
}

const HTTP_PATHS: Readonly<Record<string, Signal>> = {
  '/v1/traces': 'traces',
  '/v1/metrics': 'metrics',
  '/v1/logs': 'logs',
  '/v1development/profiles': 'profiles',
};

const GRPC_PATHS: Readonly<Record<Signal, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  profiles: '/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export',
};

const WAIT_MS = 15_000;

/** Where arrivals are kept, and waited for. */
export class Arrivals {
  readonly all: Arrival[] = [];
  readonly #waiting = new Set<() => void>();

  add(arrival: Arrival): void {
    this.all.push(arrival);
    for (const wake of this.#waiting) wake();
  }

  /** The requests of a signal as plain objects. */
  requests(signal: Signal): Record<string, unknown>[] {
    return this.all.filter((arrival) => arrival.signal === signal).map(({ body }) => decode(signal, body));
  }

  /** Resolves once `enough` holds; fails with what there is after a while. */
  async until(enough: (arrivals: Arrivals) => boolean): Promise<void> {
    const timeout = AbortSignal.timeout(WAIT_MS);
    while (!enough(this)) {
      if (timeout.aborted) {
        const seen = this.all.map(({ signal, body }) => `${signal} ${body.length} B`).join(', ');
        throw new Error(`waited ${WAIT_MS} ms in vain; arrived: ${seen || 'nothing'}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.#waiting.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
      this.#waiting.clear();
    }
  }
}

export interface Destination extends AsyncDisposable {
  readonly port: number;
  readonly arrivals: Arrivals;
}

/** What an HTTP destination does instead of answering 200. */
export type HttpBehaviour = (request: http.IncomingMessage, response: http.ServerResponse) => void;

/** Keeps what comes and answers 200, unless `behaviour` takes over. */
export async function httpDestination(behaviour?: HttpBehaviour): Promise<Destination> {
  const arrivals = new Arrivals();
  const server = http.createServer((request, response) => {
    if (behaviour) {
      request.resume();
      behaviour(request, response);
      return;
    }
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const encoding = request.headers['content-encoding'] ?? 'identity';
      const body = decompress(encoding, Buffer.concat(parts));
      const signal = HTTP_PATHS[request.url ?? ''];
      if (signal) arrivals.add({ signal, encoding, headers: request.headers, body });
      response.writeHead(signal ? 200 : 404, { 'content-type': 'application/x-protobuf' });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: portOf(server),
    arrivals,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Takes all four signals; grpc-js decompresses. */
export async function grpcDestination(): Promise<Destination> {
  const arrivals = new Arrivals();
  const server = new grpc.Server({ 'grpc.max_receive_message_length': -1 });
  for (const [signal, path] of Object.entries(GRPC_PATHS) as [Signal, string][]) {
    // Safe: the record's keys are signals.
    const definition: grpc.MethodDefinition<Buffer, Buffer> = {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    };
    server.addService(
      { export: definition },
      {
        export: (call: grpc.ServerUnaryCall<Buffer, Buffer>, answer: grpc.sendUnaryData<Buffer>) => {
          arrivals.add({ signal, encoding: 'grpc', headers: call.metadata.getMap(), body: call.request });
          answer(null, Buffer.alloc(0));
        },
      },
    );
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  return {
    port,
    arrivals,
    [Symbol.asyncDispose]() {
      server.forceShutdown();
      return Promise.resolve();
    },
  };
}

export function portOf(server: { address(): unknown }): number {
  const address = server.address();
  if (typeof address === 'object' && address && 'port' in address && typeof address.port === 'number') {
    return address.port;
  }
  throw new Error('the server does not listen on a port');
}

function same(value: Buffer): Buffer {
  return value;
}

function decompress(encoding: string, body: Buffer): Buffer {
  switch (encoding) {
    case 'identity':
      return body;
    case 'gzip':
      return zlib.gunzipSync(body);
    case 'deflate':
      return zlib.inflateSync(body);
    case 'zstd':
      return zlib.zstdDecompressSync(body);
    default:
      throw new Error(`this destination does not know the encoding ${encoding}`);
  }
}
