// Settings of an HTTP listener: the collector's confighttp.ServerConfig. One default differs: max_request_body_size is
// 64 MiB, as the OTLP specification recommends, where the collector has 20.

import { z } from 'zod';
import { count, deprecated, duration, nullableSection, opaquePairs } from '../schema.ts';
import { authSettings, DEFAULT_MAX_REQUEST_MIB, listenShape, middlewares } from './shared.ts';
import { tlsServerSettings } from './tls.ts';

const cors = z.strictObject({
  allowed_origins: z
    .array(z.string())
    .default([])
    .describe('Origins that may send requests; * stands for any number of characters.'),
  allowed_headers: z
    .array(z.string())
    .default([])
    .describe('Request headers that are allowed besides the simple ones; * allows any.'),
  exposed_headers: z.array(z.string()).default([]).describe('Response headers that a page may read.'),
  max_age: count().default(0).describe('How long a browser may remember a preflight answer, in seconds.'),
});

const httpAuth = z.strictObject({
  ...authSettings.shape,
  request_params: z
    .array(z.string())
    .default([])
    .describe('Query parameters handed to the authenticator as if they were headers.'),
});

const keepalive = z.strictObject({
  enabled: z.boolean().default(true).describe('Set to false to close every connection after its request.'),
  idle_timeout: duration().optional().describe('Close a connection without requests after this; 0 means never.'),
});

/** The compressions a listener accepts where the configuration does not say; the empty one means uncompressed. */
const ACCEPTED_COMPRESSIONS = ['', 'gzip', 'zstd', 'zlib', 'snappy', 'deflate'] as const;

export interface HttpServerDefaults {
  readonly endpoint: string;
  readonly readHeaderTimeout?: string;
  readonly writeTimeout?: string;
}

/** The keys of an HTTP listener. Use it with `checkHttpServer`. */
export function httpServerShape(defaults: HttpServerDefaults) {
  const defaultMaxBytes = DEFAULT_MAX_REQUEST_MIB * 1024 * 1024;
  return {
    ...listenShape(defaults.endpoint),
    tls: nullableSection(tlsServerSettings).describe('Turns TLS on.'),
    cors: nullableSection(cors).describe('Which web pages may send requests (CORS).'),
    auth: nullableSection(httpAuth).describe('Authentication of clients.'),
    max_request_body_size: z
      .int()
      .default(defaultMaxBytes)
      .transform((bytes) => (bytes > 0 ? bytes : defaultMaxBytes))
      .describe('The largest request body in bytes, also when decompressed; 0 means the default.'),
    include_metadata: z
      .boolean()
      .default(false)
      .describe("Keep the request's headers with its data, for processors and exporters."),
    response_headers: opaquePairs().prefault({}).describe('Headers added to every answer.'),
    compression_algorithms: z
      .array(z.enum([...ACCEPTED_COMPRESSIONS, 'x-snappy-framed']))
      .default([...ACCEPTED_COMPRESSIONS])
      .describe('The compressions accepted; the empty one means uncompressed.'),
    read_timeout: duration().prefault('0s').describe('For reading a whole request; 0 means without limit.'),
    read_header_timeout: duration()
      .prefault(defaults.readHeaderTimeout ?? '1m')
      .describe("For reading a request's headers; 0 means read_timeout."),
    write_timeout: duration()
      .prefault(defaults.writeTimeout ?? '30s')
      .describe('From the end of the request headers to the end of the answer; 0 means without limit.'),
    keepalive: keepalive.optional().describe('Reuse of connections.'),
    idle_timeout: deprecated(duration().optional(), 'use keepalive::idle_timeout.'),
    keep_alives_enabled: deprecated(z.boolean().default(true), 'use keepalive::enabled.'),
    middlewares,
  };
}

/** Refuses the older keys for the reuse of connections beside the newer section. */
export function checkHttpServer(settings: KeepAliveKeys, context: z.RefinementCtx): void {
  if (!settings.keepalive) return;
  if ((settings.idle_timeout ?? 0) !== 0) {
    context.addIssue({
      code: 'custom',
      path: ['idle_timeout'],
      message: 'write keepalive::idle_timeout only; this is its older spelling',
    });
  }
  if (!settings.keep_alives_enabled) {
    context.addIssue({
      code: 'custom',
      path: ['keep_alives_enabled'],
      message: 'write keepalive::enabled only; this is its older spelling',
    });
  }
}

/** The settings of an HTTP listener with defaults of a component. */
export function httpServerSettings(defaults: HttpServerDefaults) {
  return z.strictObject(httpServerShape(defaults)).superRefine(checkHttpServer);
}

export type HttpServerSettings = z.output<ReturnType<typeof httpServerSettings>>;

interface KeepAliveKeys {
  readonly keepalive?: z.output<typeof keepalive> | undefined;
  readonly idle_timeout?: number | undefined;
  readonly keep_alives_enabled: boolean;
}

/**
 * The reuse of connections, from the section or from the older keys; `defaultIdleMs` is the component's default.
 * An idle timeout of 0 means that an idle connection stays open.
 */
export function httpServerKeepAlive(
  settings: KeepAliveKeys,
  defaultIdleMs: number,
): { readonly enabled: boolean; readonly idleTimeoutMs: number } {
  return {
    enabled: settings.keepalive?.enabled ?? settings.keep_alives_enabled,
    idleTimeoutMs: settings.keepalive?.idle_timeout ?? settings.idle_timeout ?? defaultIdleMs,
  };
}
