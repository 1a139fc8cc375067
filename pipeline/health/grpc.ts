// grpc.health.v1.Health/Check. The service name is a pipeline's, empty for everything.

import type { AdminListener } from '../admin-listener.ts';
import type { ComponentContext } from '../component.ts';
import { Refused } from '../delivery.ts';
import { serverAuthenticator } from '../transport/authentication.ts';
import { GrpcServer } from '../transport/grpc-server.ts';
import { GRPC_STATUS, GrpcError } from '../transport/grpc-status.ts';
import { serverMiddleware } from '../transport/middleware.ts';
import { loadServerTls, type ServerTlsOptions, TlsReloader } from '../transport/tls.ts';
import { LENGTH_DELIMITED, ProtoReader } from '../../proto/wire.ts';
import { type Health, healthOf } from './aggregate.ts';
import { isAvailable, isHealthy } from './responses.ts';
import type { ComponentHealthSettings, HealthGrpcSettings } from './settings.ts';

/** A request is a service name. */
const MAX_MESSAGE_BYTES = 4 << 10;
const MAX_STREAMS = 100;
const SERVING = 1;
const NOT_SERVING = 2;

export interface GrpcHealthOptions {
  readonly context: ComponentContext;
  readonly settings: HealthGrpcSettings;
  readonly rules: ComponentHealthSettings | undefined;
  readonly health: () => Health;
}

/** Fails with LISTEN_FAILED, TLS_MATERIAL, AUTHENTICATOR_MISSING or MIDDLEWARE_MISSING. */
export async function startGrpcHealth(options: GrpcHealthOptions): Promise<AdminListener> {
  const { context, settings } = options;
  const component = `${context.kind}:${context.id}`;
  const authentication = serverAuthenticator(settings.auth, context);
  const { tls: tlsSettings } = settings;
  const load = tlsSettings && ((): Promise<ServerTlsOptions> => loadServerTls(tlsSettings, component, context.log));
  const tls = await load?.();
  const server = new GrpcServer({
    methods: new Map([['/grpc.health.v1.Health/Check', async (message) => checkHealth(message, options)]]),
    maxMessageBytes: MAX_MESSAGE_BYTES,
    maxConcurrentStreams: settings.max_concurrent_streams || MAX_STREAMS,
    admission: context.admission,
    includeMetadata: false,
    ...(tls ? { tls } : {}),
    ...(authentication
      ? { authenticate: (headers) => authentication.check(headers).catch((error: unknown) => throwAsGrpc(error)) }
      : {}),
    middleware: serverMiddleware(settings.middlewares, context),
    keepalive: keepaliveOf(settings),
    retryDetails: () => new Uint8Array(),
  });
  const address = { endpoint: settings.endpoint, transport: settings.transport };
  const listening = await context.listeners.claim(component, address, (socket) => server.accept(socket));
  const reloader =
    load &&
    tls &&
    new TlsReloader(tls, tlsSettings.reload_interval, load, {
      changed: (fresh) => server.setSecureContext(fresh),
      failed: (error) => context.log.error({ error }, 'Reading the TLS files again failed.'),
    });
  return {
    bound: listening.bound,
    setSecureContext: (fresh) => server.setSecureContext(fresh),
    refresh: async () => reloader?.refresh(),
    async stop(deadline): Promise<void> {
      reloader?.close();
      await listening.release();
      await server.stop(deadline);
    },
  };
}

function throwAsGrpc(error: unknown): never {
  const message = error instanceof Error ? error.message : 'authentication failed';
  throw new GrpcError(error instanceof Refused ? GRPC_STATUS.UNAVAILABLE : GRPC_STATUS.UNAUTHENTICATED, message);
}

function keepaliveOf(settings: HealthGrpcSettings) {
  const parameters = settings.keepalive?.server_parameters;
  return {
    maxConnectionIdleMs: parameters?.max_connection_idle ?? 0,
    maxConnectionAgeMs: parameters?.max_connection_age ?? 0,
    maxConnectionAgeGraceMs: parameters?.max_connection_age_grace ?? 0,
    timeMs: parameters?.time || 7_200_000,
    timeoutMs: parameters?.timeout || 20_000,
  };
}

function checkHealth(message: Uint8Array, options: GrpcHealthOptions): Uint8Array {
  const health = healthOf(options.health(), serviceOf(message));
  if (!health) throw new GrpcError(GRPC_STATUS.NOT_FOUND, 'Service not found.');
  const serves = isAvailable(health.status) && isHealthy(health, options.rules, options.context.now());
  // HealthCheckResponse: field 1, status.
  return Uint8Array.of(0x08, serves ? SERVING : NOT_SERVING);
}

/** HealthCheckRequest: field 1, service. */
function serviceOf(message: Uint8Array): string {
  const reader = new ProtoReader(message);
  let service = '';
  while (reader.next()) {
    if (reader.field === 1 && reader.type === LENGTH_DELIMITED) {
      service = Buffer.from(message.subarray(reader.start, reader.stop)).toString('utf8');
    }
  }
  return service;
}
