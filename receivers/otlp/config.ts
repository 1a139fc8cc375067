// The OTLP receiver's configuration: the collector's keys and defaults.

import { z } from 'zod';
import { optionalSection } from '../../pipeline/schema.ts';
import { grpcServerSettings } from '../../pipeline/settings/grpc-server.ts';
import { checkHttpServer, httpServerShape } from '../../pipeline/settings/http-server.ts';

function urlPath(defaultPath: string, signal: string) {
  return z
    .string()
    .default(defaultPath)
    .transform((path) => (path.startsWith('/') ? path : `/${path}`))
    .describe(`The path that takes ${signal}.`);
}

const grpc = grpcServerSettings({ endpoint: 'localhost:4317', readBufferSizeBytes: 512 * 1024 });

const http = z
  .strictObject({
    ...httpServerShape({
      endpoint: 'localhost:4318',
      readHeaderTimeout: '0s',
      writeTimeout: '0s',
    }),
    traces_url_path: urlPath('/v1/traces', 'traces'),
    metrics_url_path: urlPath('/v1/metrics', 'metrics'),
    logs_url_path: urlPath('/v1/logs', 'logs'),
    profiles_url_path: urlPath('/v1development/profiles', 'profiles'),
  })
  .superRefine(checkHttpServer);

const protocols = z
  .strictObject({
    grpc: optionalSection(grpc).describe('OTLP over gRPC; off unless the key is there.'),
    http: optionalSection(http).describe('OTLP over HTTP, protobuf and JSON; off unless the key is there.'),
  })
  .refine((value) => value.grpc !== undefined || value.http !== undefined, {
    message: 'at least one protocol is needed; write `grpc:` or `http:` under protocols',
  });

export const config = z.strictObject({
  protocols: protocols.prefault({}).describe('The protocols to serve.'),
});

export type OtlpReceiverConfig = z.output<typeof config>;
export type OtlpGrpcConfig = z.output<typeof grpc>;
export type OtlpHttpConfig = z.output<typeof http>;
