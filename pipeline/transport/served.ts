// A protocol server on its address: TLS files, the claim on the address, and what a reload does with open connections.

import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import type { ComponentContext } from '../component.ts';
import type { ListenAddress, Listening } from '../listen.ts';
import type { TlsServerSettings } from '../settings/tls.ts';
import { loadServerTls, TlsReloader, type ServerTlsOptions } from './tls.ts';

export interface ProtocolServer {
  accept(socket: Socket): void;
  /** New certificates for new connections. */
  setSecureContext(context: SecureContextOptions): void;
  /** Serves the open connections of a predecessor of the same class from here on. */
  adopt(predecessor: ProtocolServer): void;
  stop(deadline: AbortSignal): Promise<void>;
}

export interface ServedOptions {
  readonly address: ListenAddress;
  readonly tls: TlsServerSettings | undefined;
  /** Makes the server once its certificates are read. */
  readonly make: (tls: ServerTlsOptions | undefined) => ProtocolServer;
  /** What is served, for the log: a constant sentence. */
  readonly sentence: string;
}

export class Served {
  readonly #context: ComponentContext;
  readonly #options: ServedOptions;
  #server: ProtocolServer | undefined;
  #listening: Listening | undefined;
  #reloader: TlsReloader<ServerTlsOptions> | undefined;

  constructor(context: ComponentContext, options: ServedOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** Fails with TLS_MATERIAL or LISTEN_FAILED. */
  async start(): Promise<void> {
    const { address, tls: settings, make, sentence } = this.#options;
    const component = `${this.#context.kind}:${this.#context.id}`;
    const tls = settings ? await loadServerTls(settings, component, this.#context.log) : undefined;
    const server = make(tls);
    this.#server = server;
    if (settings && tls) {
      this.#reloader = new TlsReloader(
        tls,
        settings.reload_interval,
        () => loadServerTls(settings, component, this.#context.log),
        {
          changed: (options) => server.setSecureContext(options),
          failed: (error) => this.#context.log.error({ error: String(error) }, 'Reading TLS files again failed'),
        },
      );
    }
    const accept = (socket: Socket): void => server.accept(socket);
    this.#listening = await this.#context.listeners.claim(component, address, accept, server);
    this.#context.log.info({ endpoint: this.#listening.bound.join(', ') }, sentence);
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#reloader?.close();
    const successor = this.#listening?.successor();
    await this.#listening?.release();
    const server = this.#server;
    if (!server) return;
    // A successor on this address goes on with the open connections: a reload breaks none.
    if (isSameKind(successor, server)) successor.adopt(server);
    else await server.stop(deadline);
  }

  /** Reads the certificates again. */
  async refresh(): Promise<void> {
    await this.#reloader?.refresh();
  }
}

function isSameKind(successor: unknown, server: ProtocolServer): successor is ProtocolServer {
  return typeof successor === 'object' && successor !== null && successor.constructor === server.constructor;
}
