// The pull reader: `/metrics` in the Prometheus text format, on :8888 by default.

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type AdminHttp, type AdminResponse, NOT_FOUND, startAdminHttp, text } from '../admin-http.ts';
import type { ListenerPool } from '../listen.ts';
import type { ListenerAuthentication } from '../transport/authentication.ts';
import { loadServerTls, TlsReloader, type ServerTlsOptions } from '../transport/tls.ts';
import type { MetricStore } from './metric-store.ts';
import { PROMETHEUS_CONTENT_TYPE, PrometheusText } from './prometheus-text.ts';
import type { OwnResource, PrometheusSettings } from './settings.ts';

const compress = promisify(gzip);
const COMPONENT = 'service:telemetry';
/** Below this a compressed answer saves nothing. */
const MIN_GZIP_BYTES = 1400;

/** Fails with LISTEN_FAILED or TLS_MATERIAL. */
export async function startMetricsEndpoint(options: {
  readonly settings: PrometheusSettings;
  readonly listeners: ListenerPool;
  readonly store: MetricStore;
  readonly resource: OwnResource;
  readonly authentication?: ListenerAuthentication;
  readonly onError: (error: unknown) => void;
}): Promise<AdminHttp> {
  const { host, port, tls: tlsSettings } = options.settings;
  const load = tlsSettings && ((): Promise<ServerTlsOptions> => loadServerTls(tlsSettings, COMPONENT));
  const tls = await load?.();
  const page = new PrometheusText(options.store, options.resource, options.settings);
  // `[::1]` and `::1` both name the same host.
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  const server = await startAdminHttp({
    component: COMPONENT,
    ...(tls ? { tls } : {}),
    ...(options.authentication ? { authentication: options.authentication } : {}),
    listeners: options.listeners,
    address: { endpoint: bare.includes(':') ? `[${bare}]:${port}` : `${bare}:${port}`, transport: 'tcp' },
    onError: options.onError,
    handler: ({ method, path, headers }) => {
      if (path !== '/metrics') return NOT_FOUND;
      if (method !== 'GET' && method !== 'HEAD') return text(405, 'expected GET\n');
      return answer(page, /\bgzip\b/.test(headers['accept-encoding'] ?? ''));
    },
  });
  if (!load || !tls) return server;
  const reloader = new TlsReloader(tls, tlsSettings.reload_interval, load, {
    changed: (fresh) => server.setSecureContext(fresh),
    failed: options.onError,
  });
  return {
    ...server,
    async stop(deadline) {
      reloader.close();
      await server.stop(deadline);
    },
  };
}

async function answer(page: PrometheusText, gzipped: boolean): Promise<AdminResponse> {
  const body = await page.render();
  if (!gzipped || body.length < MIN_GZIP_BYTES) return { status: 200, type: PROMETHEUS_CONTENT_TYPE, body };
  const headers = { 'content-encoding': 'gzip' };
  return { status: 200, type: PROMETHEUS_CONTENT_TYPE, body: await compress(body), headers };
}
