// Connections of one HTTP client to any number of hosts: kept alive, plain or TLS, directly or through a proxy. HTTP/1.1 only.

import http from 'node:http';
import type { Duplex } from 'node:stream';
import type { TlsClientSettings } from '../../../pipeline/settings/tls.ts';
import { connector } from '../../../pipeline/transport/dial.ts';
import { loadClientTls, TlsReloader, type ClientTlsOptions } from '../../../pipeline/transport/tls.ts';
import type { ProxySettings } from '../http-settings.ts';
import { proxyAuthorization, ProxyChoice } from './proxy.ts';

/** As Prometheus keeps idle connections. */
const IDLE_MS = 300_000;
const MAX_IDLE_PER_HOST = 1_000;
/** Of an answer; node:http's 16 KiB are short for some who put much into cookies. */
const MAX_HEADER_BYTES = 64 * 1024;
/** Certificates are files that somebody renews now and then. */
const TLS_RELOAD_MS = 10_000;

export interface ConnectionsOptions {
  readonly tls: TlsClientSettings;
  readonly proxy: ProxySettings;
  readonly connectTimeoutMs: number;
  /** `receiver:prometheus`. */
  readonly component: string;
  /** Told why certificates that have changed can not be used; those that were read before stay. */
  readonly onFailure: (error: unknown) => void;
}

export interface Request {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: string;
}

/** Aborts a request with what is to be said of it. */
export interface Cancellation {
  /** Why, once it has been aborted. */
  readonly reason: Error | undefined;
  /** Called when it is aborted; one at a time. */
  onAbort: ((reason: Error) => void) | undefined;
}

export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #proxy: ProxyChoice;
  #tls: ClientTlsOptions | undefined;
  #reloader: TlsReloader<ClientTlsOptions> | undefined;
  readonly #closed = new AbortController();
  readonly #plain: http.Agent;
  #secure: http.Agent;

  /** Fails with START_FAILED for a proxy that can not be used. */
  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#proxy = new ProxyChoice(options.proxy, options.component);
    this.#plain = this.#agent(false);
    this.#secure = this.#agent(true);
  }

  /** Fails with TLS_MATERIAL where a file of `tls_config` can not be used. */
  async start(): Promise<void> {
    const { tls, component, onFailure } = this.#options;
    const load = (): Promise<ClientTlsOptions> => loadClientTls(tls, component);
    this.#tls = await load();
    const hasFiles = tls.ca_file !== '' || tls.cert_file !== '' || tls.key_file !== '';
    this.#reloader = new TlsReloader(this.#tls, hasFiles ? TLS_RELOAD_MS : 0, load, {
      changed: (options) => {
        this.#tls = options;
        const old = this.#secure;
        this.#secure = this.#agent(true);
        for (const sockets of Object.values(old.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
      },
      failed: onFailure,
    });
  }

  async refresh(): Promise<void> {
    await this.#reloader?.refresh();
  }

  close(): void {
    this.#reloader?.close();
    this.#closed.abort();
    this.#plain.destroy();
    this.#secure.destroy();
  }

  /** The answer's headers, its body still to come. Fails as the connection does, or with the reason of the cancellation. */
  async send(request: Request, cancel: Cancellation): Promise<http.IncomingMessage> {
    for (;;) {
      const outcome = await this.#once(request, cancel);
      // A server may close a kept connection just when it is used again; nothing of the request has been taken then.
      if (outcome !== 'stale') return outcome;
    }
  }

  #once(request: Request, cancel: Cancellation): Promise<http.IncomingMessage | 'stale'> {
    const { url } = request;
    const isSecure = url.protocol === 'https:';
    const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
    const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
    const proxy = isSecure ? undefined : this.#proxy.for(host, port, false);
    const headers: Record<string, string | string[]> = { host: url.host, ...request.headers };
    const authorization = proxy && proxyAuthorization(proxy);
    if (authorization !== undefined) headers['proxy-authorization'] = authorization;
    return new Promise((resolve, reject) => {
      if (cancel.reason) {
        reject(cancel.reason);
        return;
      }
      const sent = http.request({
        agent: isSecure ? this.#secure : this.#plain,
        host: proxy ? proxy.hostname : host,
        port: proxy ? proxy.port || 80 : port,
        method: request.method,
        path: proxy ? url.href : url.pathname + url.search,
        headers,
        setHost: false,
        maxHeaderSize: MAX_HEADER_BYTES,
      });
      cancel.onAbort = (reason) => sent.destroy(reason);
      sent.on('response', resolve);
      sent.on('error', (error: NodeJS.ErrnoException) => {
        const isStale = sent.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        if (isStale && !cancel.reason) resolve('stale');
        else reject(error);
      });
      sent.end(request.body);
    });
  }

  #agent(isSecure: boolean): http.Agent {
    const agent = new http.Agent({
      keepAlive: true,
      maxFreeSockets: MAX_IDLE_PER_HOST,
      timeout: IDLE_MS,
      scheduling: 'lifo',
    });
    agent.createConnection = (options, done?: (error: Error | null, stream: Duplex) => void): undefined => {
      const { host, port } = options;
      this.#connect(String(host), Number(port), isSecure).then(
        (socket) => done?.(null, socket),
        // The agent's callback takes an error alone, which its type does not say.
        (error: unknown) => (done as ((error: unknown) => void) | undefined)?.(error),
      );
    };
    return agent;
  }

  #connect(host: string, port: number, isSecure: boolean): Promise<Duplex> {
    const proxy = isSecure ? this.#proxy.for(host, port, true) : undefined;
    const open = connector(() => ({
      host,
      port,
      ...(isSecure ? { tls: { ...this.#tls, ALPNProtocols: ['http/1.1'] } } : {}),
      ...(proxy ? { proxy, proxyHeaders: this.#proxy.connectHeaders() } : {}),
      timeoutMs: this.#options.connectTimeoutMs,
    }));
    return open(this.#closed.signal);
  }
}
