// Settings of a gRPC listener: the collector's configgrpc.ServerConfig. One default differs: max_recv_msg_size_mib is
// 64, as the OTLP specification recommends, where the collector has 4.

import { z } from 'zod';
import { count, defaultSection, duration, nullableSection, sizeBytes, sizeMiB } from '../schema.ts';
import { authSettings, DEFAULT_MAX_REQUEST_MIB, listenShape, middlewares } from './shared.ts';
import { tlsServerSettings } from './tls.ts';

const serverParameters = z.strictObject({
  max_connection_idle: duration()
    .prefault('0s')
    .describe('Close a connection without calls after this; 0 means never.'),
  max_connection_age: duration().prefault('0s').describe('Close a connection after this; 0 means never.'),
  max_connection_age_grace: duration()
    .prefault('0s')
    .describe('How long calls may go on after max_connection_age; 0 means without limit.'),
  time: duration().prefault('0s').describe('Ping a silent client after this; 0 means 2h.'),
  timeout: duration()
    .prefault('0s')
    .describe('Close the connection when a ping is not answered within this; 0 means 20s.'),
});

const enforcementPolicy = z.strictObject({
  min_time: duration().prefault('0s').describe('The shortest time between two pings of a client; 0 means 5m.'),
  permit_without_stream: z.boolean().default(false).describe('Allow pings while no call is open.'),
});

const keepalive = z.strictObject({
  server_parameters: defaultSection(serverParameters).describe('When the server pings and closes connections.'),
  enforcement_policy: defaultSection(enforcementPolicy).describe('Which pings of clients are too many.'),
});

/** The keys of a gRPC listener; the endpoint and the read buffer differ by component. */
export function grpcServerShape(defaults: { endpoint: string; readBufferSizeBytes?: number }) {
  return {
    ...listenShape(defaults.endpoint),
    tls: nullableSection(tlsServerSettings).describe('Turns TLS on.'),
    max_recv_msg_size_mib: sizeMiB()
      .default(DEFAULT_MAX_REQUEST_MIB)
      .transform((mib) => mib || DEFAULT_MAX_REQUEST_MIB)
      .describe('The largest request in MiB, also when decompressed; 0 means the default.'),
    max_concurrent_streams: count().default(0).describe('The most open calls per connection; 0 means without limit.'),
    read_buffer_size: sizeBytes()
      .default(defaults.readBufferSizeBytes ?? 0)
      .describe('Read buffer in bytes; 0 means the default.'),
    write_buffer_size: sizeBytes().default(0).describe('Write buffer in bytes; 0 means the default.'),
    keepalive: defaultSection(keepalive).describe('Pings and the age of connections.'),
    auth: nullableSection(authSettings).describe('Authentication of clients.'),
    include_metadata: z
      .boolean()
      .default(false)
      .describe("Keep the request's headers with its data, for processors and exporters."),
    middlewares,
  };
}

/** The settings of a gRPC listener with a default endpoint. */
export function grpcServerSettings(defaults: { endpoint: string; readBufferSizeBytes?: number }) {
  return z.strictObject(grpcServerShape(defaults));
}

export type GrpcServerSettings = z.output<ReturnType<typeof grpcServerSettings>>;
