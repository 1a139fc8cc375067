// Settings of a gRPC client: the collector's configgrpc.ClientConfig.

import { z } from 'zod';
import { defaultSection, duration, endpoint, nullableSection, opaquePairs } from '../schema.ts';
import { authSettings, compression, middlewares } from './shared.ts';
import { tlsClientSettings } from './tls.ts';

function keepalive(timeDefault: string) {
  return z.strictObject({
    time: duration().prefault(timeDefault).describe('Ping a silent server after this; 0 means never.'),
    timeout: duration()
      .prefault(timeDefault)
      .describe('Close the connection when a ping is not answered within this; 0 means 20s.'),
    permit_without_stream: z.boolean().default(false).describe('Ping also while no call is open.'),
  });
}

export interface GrpcClientDefaults {
  readonly compression?: 'gzip' | '';
  readonly writeBufferSizeBytes?: number;
  /** Whether pings are on without a `keepalive` section. Default true. */
  readonly keepalive?: boolean;
}

/** The keys of a gRPC client; a few defaults differ by component. Use it with `checkGrpcClient`. */
export function grpcClientShape(defaults: GrpcClientDefaults = {}) {
  return {
    endpoint: endpoint()
      .default('')
      .describe('Where to send: host:port, dns:///host:port, unix:///path; http:// or https:// in front is accepted.'),
    compression: compression.default(defaults.compression ?? '').describe('Compression of requests.'),
    tls: tlsClientSettings.prefault({}).describe('TLS, on unless insecure.'),
    keepalive: (defaults.keepalive === false
      ? nullableSection(keepalive('0s'))
      : defaultSection(keepalive('10s'))
    ).describe('Pings to the server.'),
    read_buffer_size: z.int().default(0).describe('Read buffer in bytes; 0 means the default.'),
    write_buffer_size: z
      .int()
      .default(defaults.writeBufferSizeBytes ?? 0)
      .describe('Write buffer in bytes; 0 means the default.'),
    wait_for_ready: z.boolean().default(false).describe('Wait for a connection in place of failing at once.'),
    headers: opaquePairs().prefault({}).describe('Headers sent with every request.'),
    user_agent: z
      .string()
      .default('')
      .describe('The user-agent header; the name and version of this program where empty.'),
    balancer_name: z
      .enum(['', 'round_robin', 'pick_first'])
      .default('round_robin')
      .describe('How calls are spread over the addresses of the endpoint.'),
    authority: z.string().default('').describe('The :authority header, where it is not that of the endpoint.'),
    auth: nullableSection(authSettings).describe('Authentication of the requests.'),
    middlewares: middlewares.describe('Accepted for compatibility; without effect.'),
  };
}

/** Checks the endpoint: a unix path, or an address that ends in a port. */
export function checkGrpcClient(settings: { readonly endpoint: string }, context: z.RefinementCtx): void {
  const problem = endpointProblem(settings.endpoint);
  if (problem !== undefined) context.addIssue({ code: 'custom', path: ['endpoint'], message: problem });
}

/** The settings of a gRPC client. */
export function grpcClientSettings(defaults: GrpcClientDefaults = {}) {
  return z.strictObject(grpcClientShape(defaults)).superRefine(checkGrpcClient);
}

export type GrpcClientSettings = z.output<ReturnType<typeof grpcClientSettings>>;

function endpointProblem(text: string): string | undefined {
  if (text.startsWith('unix://')) return text === 'unix://' ? 'the path of the unix socket is missing' : undefined;
  const address = grpcAddress(text);
  if (address === '') return undefined;
  const match = /^(?:\[[^\]]*\]|[^:[\]]*):(.*)$/.exec(address);
  if (!match) return `${JSON.stringify(text)} has no port; expected host:port, such as localhost:4317`;
  return /^[-+]?\d+$/.test(match[1] ?? '')
    ? undefined
    : `${JSON.stringify(match[1])} is not a port; expected host:port, such as localhost:4317`;
}

/** The address in an endpoint: `dns://authority/host:port` and `https://host:port` as `host:port`. */
export function grpcAddress(text: string): string {
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/s.exec(text);
  if (!match) return text;
  const [, scheme = '', rest = ''] = match;
  if (scheme === 'http' || scheme === 'https') return rest;
  const slash = rest.indexOf('/');
  return slash < 0 ? '' : rest.slice(slash + 1);
}
