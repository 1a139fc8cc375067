// An HTTP destination made of an exporter's settings: connections to its host, with TLS, proxy and keep-alive as configured,
// and what answers say about trying again.

import { unescape } from 'node:querystring';
import type { ComponentContext } from '../component.ts';
import { AgentError } from '../errors.ts';
import { httpClientKeepAlive, type HttpClientSettings } from '../settings/http-client.ts';
import type { RequestHeaders } from './client-authentication.ts';
import { HttpClient } from './http-client.ts';
import { Dialer, httpTarget } from './target.ts';

const MAX_CONNECTIONS = 256;

export interface HttpConnections {
  readonly client: HttpClient;
  /** To be started before the first request, and closed after the last. */
  readonly dialer: Dialer;
}

type ConnectionSettings = Parameters<typeof httpClientKeepAlive>[0] &
  Pick<HttpClientSettings, 'tls' | 'proxy_url' | 'max_conns_per_host'>;

/** Fails with URL_INVALID where `proxy_url` is none. */
export function httpConnections(
  url: URL,
  settings: ConnectionSettings,
  context: ComponentContext,
  maxResponseBytes: number,
): HttpConnections {
  const keepAlive = httpClientKeepAlive(settings);
  const dialer = new Dialer({
    target: httpTarget(url),
    tls: url.protocol === 'https:' ? settings.tls : undefined,
    alpn: 'http/1.1',
    proxy: proxyOf(settings.proxy_url, context.id),
    component: `exporter:${context.id}`,
    onChange: () => client.reconnect(),
    onFailure: (error) => context.log.error({ error: String(error) }, 'Reading TLS files again failed'),
  });
  const client = new HttpClient({
    connect: dialer.connect,
    authority: url.host,
    headers: {},
    maxResponseBytes,
    keepAlive: keepAlive.enabled,
    maxIdleConnections: keepAlive.maxIdleConnections || MAX_CONNECTIONS,
    maxConnections: settings.max_conns_per_host || MAX_CONNECTIONS,
    idleTimeoutMs: keepAlive.idleTimeoutMs,
  });
  return { client, dialer };
}

/** As in Go, a name and password in the URL are sent, unless an Authorization header is configured. */
export function configuredHeaders(
  url: URL,
  headers: readonly { readonly name: string; readonly value: string }[],
): RequestHeaders {
  const credentials = `${unescape(url.username)}:${unescape(url.password)}`;
  return {
    ...(url.username === '' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
    ...Object.fromEntries(headers.map(({ name, value }) => [name.toLowerCase(), value])),
  };
}

/** Fails with URL_INVALID. */
function proxyOf(text: string, id: string): URL | undefined {
  if (text === '') return undefined;
  if (URL.canParse(text)) return new URL(text);
  throw new AgentError('URL_INVALID', `${JSON.stringify(text)} is not the URL of a proxy`, {
    component: `exporter:${id}`,
    mend: 'write it with its scheme, such as proxy_url: http://proxy:3128',
  });
}

/** Seconds or an HTTP date (RFC 9110, section 10.2.3), as ms from now. */
export function retryAfterOf(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
