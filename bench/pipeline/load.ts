// Load from h2load, and what it says about the answers.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Protocol } from './bodies.ts';

const exec = promisify(execFile);

const PATHS: Readonly<Record<Protocol, string>> = {
  grpc: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  http: '/v1/traces',
};

export interface LoadOptions {
  readonly protocol: Protocol;
  readonly port: number;
  /** A file of bench/pipeline/bodies.ts. */
  readonly bodyFile: string;
  readonly gzip: boolean;
  readonly seconds: number;
  readonly clients: number;
  /** Concurrent requests per client; HTTP/1.1 has one. */
  readonly streams: number;
  /** TLS, with this bearer token. */
  readonly token?: string;
  /** Requests a second over all clients; as many as get answered unless given. */
  readonly requestsPerSecond?: number;
}

/** Requests by how they were answered. With gRPC a refusal is a 200 as well: its status is in the trailers. */
export interface LoadResult {
  readonly answered: number;
  readonly succeeded: number;
  /** Status 4xx and 5xx. */
  readonly refused: number;
}

export async function load(options: LoadOptions): Promise<LoadResult> {
  const { protocol, gzip, clients, token } = options;
  const args =
    protocol === 'grpc'
      ? ['-m', String(options.streams), '-H', 'content-type: application/grpc', '-H', 'te: trailers']
      : ['--h1', '-H', 'content-type: application/x-protobuf'];
  if (gzip) args.push('-H', protocol === 'grpc' ? 'grpc-encoding: gzip' : 'content-encoding: gzip');
  if (token !== undefined) args.push('-H', `authorization: Bearer ${token}`);
  if (options.requestsPerSecond !== undefined) args.push('--rps', String(options.requestsPerSecond / clients));
  args.push('-c', String(clients), '-D', String(options.seconds), '-d', options.bodyFile);
  const { stdout } = await exec(
    'h2load',
    [...args, `${token === undefined ? 'http' : 'https'}://127.0.0.1:${options.port}${PATHS[protocol]}`],
    {
      maxBuffer: 1 << 24,
    },
  );
  return parse(stdout);
}

function parse(output: string): LoadResult {
  const requests = /requests: \d+ total, \d+ started, (\d+) done, (\d+) succeeded/.exec(output);
  const codes = /status codes: (\d+) 2xx, \d+ 3xx, (\d+) 4xx, (\d+) 5xx/.exec(output);
  if (!requests || !codes) throw new Error(`h2load said something unexpected:\n${output}`);
  return {
    answered: Number(requests[1]),
    succeeded: Number(codes[1]),
    refused: Number(codes[2]) + Number(codes[3]),
  };
}
