// From a configured endpoint to a place to dial.

import type { TlsClientSettings } from '../settings/tls.ts';
import { connector, proxyFor, type Connector } from './dial.ts';
import { loadClientTls, TlsReloader, type ClientTlsOptions } from './tls.ts';

/** Where to connect. */
export interface Target {
  /** A host name, an address without brackets, or the path of a Unix socket. */
  readonly host: string;
  /** Undefined for a Unix socket. */
  readonly port: number | undefined;
  /** For `:authority` and the Host header. */
  readonly authority: string;
  /** Whether the endpoint's scheme asks for TLS; undefined where it has none. */
  readonly secure: boolean | undefined;
}

const CONNECT_TIMEOUT_MS = 20_000;

/** `host:port`, `dns:///host:port`, `dns://server/host:port`, `unix:///path`, with `http://` or `https://` in front or not. */
export function grpcTarget(endpoint: string): Target {
  const unix = /^unix:(?:\/\/)?(.+)$/.exec(endpoint);
  if (unix) return { host: unix[1] ?? '', port: undefined, authority: 'localhost', secure: undefined };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(endpoint);
  let address = endpoint;
  let secure: boolean | undefined;
  if (scheme) {
    const [, name = '', rest = ''] = scheme;
    if (name === 'http' || name === 'https') {
      secure = name === 'https';
      address = rest.replace(/\/.*$/, '');
    } else address = rest.slice(rest.indexOf('/') + 1);
  }
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(address);
  const host = match?.[1] ?? match?.[2] ?? address;
  return { host: host === '' ? 'localhost' : host, port: Number(match?.[3] ?? 443), authority: address, secure };
}

/** The base of an HTTP URL. */
export function httpTarget(url: URL): Target {
  const secure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { host, port: url.port ? Number(url.port) : secure ? 443 : 80, authority: url.host, secure };
}

export interface DialerOptions {
  readonly target: Target;
  /** Undefined connects in plain text. */
  readonly tls: TlsClientSettings | undefined;
  readonly alpn: 'h2' | 'http/1.1';
  /** Overrides the environment's choice. */
  readonly proxy?: URL | undefined;
  readonly component: string;
  /** Told when certificates have changed, so that the next connection uses them. */
  readonly onChange: () => void;
  readonly onFailure: (error: unknown) => void;
}

/** Opens connections to one target with its TLS files kept fresh. */
export class Dialer {
  readonly #options: DialerOptions;
  #tls: ClientTlsOptions | undefined;
  #reloader: TlsReloader<ClientTlsOptions> | undefined;

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  /** Fails with an AgentError when TLS files can not be used. */
  async start(): Promise<void> {
    const { tls: settings, component } = this.#options;
    if (!settings) return;
    const load = (): Promise<ClientTlsOptions> => loadClientTls(settings, component);
    this.#tls = await load();
    this.#reloader = new TlsReloader(this.#tls, settings.reload_interval, load, {
      changed: (tls) => {
        this.#tls = tls;
        this.#options.onChange();
      },
      failed: this.#options.onFailure,
    });
  }

  readonly connect: Connector = connector(() => {
    const { target, alpn } = this.#options;
    const proxy =
      this.#options.proxy ??
      (target.port === undefined
        ? undefined
        : proxyFor(target.host, target.port, this.#options.tls !== undefined, process.env));
    return {
      host: target.host,
      ...(target.port === undefined ? {} : { port: target.port }),
      ...(this.#tls ? { tls: { ...this.#tls, ALPNProtocols: [alpn] } } : {}),
      ...(proxy ? { proxy } : {}),
      timeoutMs: CONNECT_TIMEOUT_MS,
    };
  });

  async refresh(): Promise<void> {
    await this.#reloader?.refresh();
  }

  close(): void {
    this.#reloader?.close();
  }
}
