// Which proxy a request goes through, and how: plain HTTP is asked of the proxy itself, TLS goes through a tunnel.

import { AgentError } from '../../../pipeline/errors.ts';
import { proxyFor } from '../../../pipeline/transport/dial.ts';
import type { ProxySettings } from '../http-settings.ts';

export class ProxyChoice {
  readonly #settings: ProxySettings;
  readonly #url: URL | undefined;

  /** Fails with START_FAILED for a proxy that is none of HTTP. */
  constructor(settings: ProxySettings, component: string) {
    this.#settings = settings;
    this.#url = settings.url === '' ? undefined : parsed(settings.url, component);
  }

  /** The proxy for a destination; undefined for none. Loopback is never proxied by the environment or beside `no_proxy`. */
  for(host: string, port: number, isSecure: boolean): URL | undefined {
    const { fromEnvironment, noProxy } = this.#settings;
    if (fromEnvironment) return proxyFor(host, port, isSecure, process.env);
    if (!this.#url || noProxy === '') return this.#url;
    const url = this.#url.href;
    return proxyFor(host, port, isSecure, { HTTP_PROXY: url, HTTPS_PROXY: url, NO_PROXY: noProxy });
  }

  /** The further headers of CONNECT. */
  connectHeaders(): Record<string, string | string[]> {
    const headers: Record<string, string | string[]> = {};
    for (const [name, values] of this.#settings.connectHeaders) headers[name.toLowerCase()] = [...values];
    return headers;
  }
}

/** `Proxy-Authorization` for a proxy whose URL has a name and a password; undefined for others. */
export function proxyAuthorization(proxy: URL): string | undefined {
  if (proxy.username === '') return undefined;
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

function parsed(text: string, component: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:') return url;
  throw new AgentError('START_FAILED', `proxy_url ${JSON.stringify(text)} is not one of an HTTP proxy`, {
    component,
    mend: 'give a URL that begins with http://; proxies that are spoken to by TLS or SOCKS are not built here',
  });
}
