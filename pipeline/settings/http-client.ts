// Settings of an HTTP client: the collector's confighttp.ClientConfig.

import { z } from 'zod';
import { deprecated, duration, endpoint, nullableSection, opaquePairs } from '../schema.ts';
import { authSettings, compression, middlewares } from './shared.ts';
import { tlsClientSettings } from './tls.ts';

const keepalive = z.strictObject({
  enabled: z.boolean().default(true).describe('Set to false to open a connection for every request.'),
  idle_conn_timeout: duration()
    .optional()
    .describe('Close an idle connection after this; 90s where unset, 0 means never.'),
  max_idle_conns: z.int().optional().describe('The most idle connections; 100 where unset, 0 means without limit.'),
  max_idle_conns_per_host: z.int().optional().describe('The most idle connections per host; 0 means 2.'),
});

export interface HttpClientDefaults {
  readonly compression?: 'gzip' | '';
  /** A duration; `0s` means none. */
  readonly timeout?: string;
  readonly writeBufferSizeBytes?: number;
}

/** The keys of an HTTP client; a few defaults differ by component. Use it with `checkHttpClient`. */
export function httpClientShape(defaults: HttpClientDefaults = {}) {
  return {
    endpoint: endpoint().default('').describe('The base URL, e.g. https://localhost:4318.'),
    proxy_url: z.string().default('').describe('The URL of a proxy; that of HTTP_PROXY or HTTPS_PROXY where empty.'),
    tls: tlsClientSettings.prefault({}).describe('TLS for https URLs.'),
    read_buffer_size: z.int().default(0).describe('Read buffer in bytes; 0 means the default.'),
    write_buffer_size: z
      .int()
      .default(defaults.writeBufferSizeBytes ?? 0)
      .describe('Write buffer in bytes; 0 means the default.'),
    timeout: duration()
      .prefault(defaults.timeout ?? '0s')
      .describe('For one request, answer included; 0 means without limit.'),
    headers: opaquePairs().prefault({}).describe('Headers sent with every request.'),
    auth: nullableSection(authSettings).describe('Authentication of the requests.'),
    compression: compression.default(defaults.compression ?? '').describe('Compression of request bodies.'),
    compression_params: z
      .strictObject({
        level: z.int().default(0).describe('-1 to 9 for gzip, zlib and deflate, any for zstd; 0 means the default.'),
      })
      .prefault({})
      .describe('Details of the compression.'),
    max_conns_per_host: z.int().default(0).describe('The most connections per host; 0 means without limit.'),
    http2_read_idle_timeout: duration()
      .prefault('0s')
      .describe('Ping a silent HTTP/2 server after this; 0 means never.'),
    http2_ping_timeout: duration()
      .prefault('0s')
      .describe('Close an HTTP/2 connection when a ping is not answered within this; 0 means 15s.'),
    cookies: nullableSection(z.strictObject({})).describe('Keep cookies between requests.'),
    force_attempt_http2: z.boolean().default(true).describe('Use HTTP/2 where the server offers it.'),
    keepalive: keepalive.optional().describe('Reuse of connections.'),
    idle_conn_timeout: deprecated(duration().optional(), 'use keepalive::idle_conn_timeout.'),
    max_idle_conns: deprecated(z.int().optional(), 'use keepalive::max_idle_conns.'),
    max_idle_conns_per_host: deprecated(z.int().optional(), 'use keepalive::max_idle_conns_per_host.'),
    disable_keep_alives: deprecated(z.boolean().default(false), 'use keepalive::enabled.'),
    middlewares: middlewares.describe('Accepted for compatibility; without effect.'),
  };
}

interface KeepAliveKeys {
  readonly keepalive?: z.output<typeof keepalive> | undefined;
  readonly idle_conn_timeout?: number | undefined;
  readonly max_idle_conns?: number | undefined;
  readonly max_idle_conns_per_host?: number | undefined;
  readonly disable_keep_alives: boolean;
}

interface CheckedKeys extends KeepAliveKeys {
  readonly compression: z.output<typeof compression>;
  readonly compression_params: { readonly level: number };
}

/** Checks the compression level, and refuses the older keys for the reuse of connections beside the newer section. */
export function checkHttpClient(settings: CheckedKeys, context: z.RefinementCtx): void {
  const { level } = settings.compression_params;
  if (!levelFits(settings.compression, level)) {
    context.addIssue({
      code: 'custom',
      path: ['compression_params', 'level'],
      message: `level ${level} is not one of ${settings.compression}`,
    });
  }
  if (!settings.keepalive) return;
  for (const key of [
    'idle_conn_timeout',
    'max_idle_conns',
    'max_idle_conns_per_host',
    'disable_keep_alives',
  ] as const) {
    if (settings[key]) {
      context.addIssue({
        code: 'custom',
        path: [key],
        message: 'this is an older spelling; write it in keepalive only',
      });
    }
  }
}

function levelFits(algorithm: z.output<typeof compression>, level: number): boolean {
  switch (algorithm) {
    case 'gzip':
    case 'zlib':
    case 'deflate':
      // -2 is Go's HuffmanOnly.
      return level >= -2 && level <= 9;
    case 'snappy':
    case 'x-snappy-framed':
      return level === 0;
    default:
      return true;
  }
}

/** The settings of an HTTP client. */
export function httpClientSettings(defaults: HttpClientDefaults = {}) {
  return z.strictObject(httpClientShape(defaults)).superRefine(checkHttpClient);
}

export type HttpClientSettings = z.output<ReturnType<typeof httpClientSettings>>;

/** The reuse of connections, from the section or from the older keys. 0 idle ms means never, 0 connections no limit. */
export function httpClientKeepAlive(settings: KeepAliveKeys): {
  readonly enabled: boolean;
  readonly idleTimeoutMs: number;
  readonly maxIdleConnections: number;
  readonly maxIdleConnectionsPerHost: number;
} {
  const { keepalive: section } = settings;
  return {
    enabled: section?.enabled ?? !settings.disable_keep_alives,
    idleTimeoutMs: section?.idle_conn_timeout ?? settings.idle_conn_timeout ?? 90_000,
    maxIdleConnections: section?.max_idle_conns ?? settings.max_idle_conns ?? 100,
    maxIdleConnectionsPerHost: section?.max_idle_conns_per_host ?? settings.max_idle_conns_per_host ?? 0,
  };
}
