// The engine's listening sockets. A claim on an address another component already holds is stacked on top of it: new
// connections go to the newest claim, and fall back to the older one if the newer is released (a reload that failed).

import { connect, createServer, isIPv6, type Server } from 'node:net';
import { unlink } from 'node:fs/promises';
import { AgentError } from './errors.ts';
import type { ConnectionHandler, ListenAddress, Listening, ListenerPool } from './listen.ts';

/** Connections one address keeps open at most where nobody says less; more are closed as they arrive. */
export const MAX_CONNECTIONS = 16_384;
/** Closed connections are spoken of so often at most. */
const SPEAK_INTERVAL_MS = 10_000;

const BACKLOG = 4096;

interface Claim {
  readonly component: string;
  readonly handler: ConnectionHandler;
  readonly server: unknown;
  /** The reload in which it was made. */
  readonly generation: number;
}

interface OpenAddress {
  readonly servers: readonly Server[];
  readonly bound: readonly string[];
  /** Newest last; it gets the connections. */
  readonly claims: Claim[];
}

/** Splits `host:port`, `[v6]:port` and `:port`; undefined when it is none of them. */
export function splitEndpoint(endpoint: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(endpoint);
  if (!match) return undefined;
  const port = Number(match[3]);
  if (port > 65_535) return undefined;
  return { host: match[1] ?? match[2] ?? '', port };
}

/** The hosts to bind for a configured host; the first must work, the others only where the machine has the family. */
function hostsOf(host: string, transport: ListenAddress['transport']): readonly string[] {
  if (host === 'localhost') {
    if (transport === 'tcp4') return ['127.0.0.1'];
    return transport === 'tcp6' ? ['::1'] : ['127.0.0.1', '::1'];
  }
  // As in Go, an unspecified address means all addresses of both families.
  if (host === '' || host === '0.0.0.0' || host === '::') return transport === 'tcp4' ? ['0.0.0.0'] : ['::'];
  return [host];
}

function isMissingFamily(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT';
}

/** What a further thread gets for an address that only the first one can listen on. */
const NOBODYS: Listening = { bound: [], release: () => Promise.resolve(), successor: () => undefined };

export interface ListenerPoolOptions {
  /**
   * Let several threads listen on one port; the kernel spreads the connections. Addresses that can not be shared so (Unix
   * sockets, ports the kernel chooses) are the first thread's alone: for further ones a claim on them hears of nobody.
   */
  readonly threads?: 'first' | 'further';
  /** Of one address. */
  readonly maxConnections?: number;
  /** Hears now and then that connections to an address had to be closed, and how many since it last heard. */
  readonly onClosed?: (closed: {
    readonly component: string;
    readonly endpoint: string;
    readonly count: number;
  }) => void;
}

export class SharedListenerPool implements ListenerPool {
  readonly #open = new Map<string, Promise<OpenAddress>>();
  readonly #options: ListenerPoolOptions;
  #generation = 0;
  /** Which components the reload under way replaces or removes: only their addresses may be taken over. */
  #isReplaced: (component: string) => boolean = () => false;
  /** Addresses without a claim that stay open until the reload is over. */
  #deferred: Map<string, OpenAddress> | undefined;

  constructor(options: ListenerPoolOptions = {}) {
    this.#options = options;
  }

  async claim(
    component: string,
    address: ListenAddress,
    handler: ConnectionHandler,
    owner?: unknown,
  ): Promise<Listening> {
    const key = `${address.transport} ${address.endpoint}`;
    const shareable = !address.endpoint.endsWith(':0');
    if (this.#options.threads === 'further' && (!shareable || address.transport === 'unix')) return NOBODYS;
    const pending = shareable ? this.#open.get(key) : undefined;
    const claim: Claim = { component, handler, server: owner, generation: this.#generation };
    let opened: OpenAddress;
    if (pending) {
      opened = await pending;
      const holder = opened.claims.at(-1);
      if (holder && (holder.generation === this.#generation || !this.#isReplaced(holder.component))) {
        throw new AgentError('LISTEN_FAILED', `address ${address.endpoint} is already used by ${holder.component}`, {
          component,
          mend: `give ${component} or ${holder.component} another endpoint`,
        });
      }
      this.#deferred?.delete(key);
    } else {
      const opening = this.#listen(component, address);
      if (shareable) this.#open.set(key, opening);
      try {
        opened = await opening;
      } catch (error) {
        if (shareable) this.#open.delete(key);
        throw error;
      }
      for (const server of opened.servers) {
        server.on('connection', (socket) => {
          const current = opened.claims.at(-1);
          if (current) current.handler(socket);
          else socket.destroy();
        });
        this.#speakOfClosed(server, opened, address.endpoint);
      }
    }
    opened.claims.push(claim);
    return {
      bound: opened.bound,
      release: () => this.#release(key, opened, claim),
      successor: () => {
        const newest = opened.claims.at(-1);
        return newest === claim ? undefined : newest?.server;
      },
    };
  }

  /** From here on released addresses stay open, and another component may take over an address, until `endReload`. */
  beginReload(isReplaced: (component: string) => boolean): void {
    this.#deferred ??= new Map();
    this.#generation += 1;
    this.#isReplaced = isReplaced;
  }

  /** Closes the addresses nobody claimed during the reload. */
  async endReload(): Promise<void> {
    const unclaimed = [...(this.#deferred ?? [])];
    this.#deferred = undefined;
    this.#isReplaced = () => false;
    await Promise.all(unclaimed.map(([key, opened]) => this.#close(key, opened)));
  }

  async #release(key: string, opened: OpenAddress, claim: Claim): Promise<void> {
    const index = opened.claims.indexOf(claim);
    if (index === -1) return;
    opened.claims.splice(index, 1);
    if (opened.claims.length > 0) return;
    if (this.#deferred && this.#open.has(key)) this.#deferred.set(key, opened);
    else await this.#close(key, opened);
  }

  async #close(key: string, opened: OpenAddress): Promise<void> {
    const held = this.#open.get(key);
    if (held && (await held) === opened) this.#open.delete(key);
    for (const server of opened.servers) server.close();
  }

  async #listen(component: string, address: ListenAddress): Promise<OpenAddress> {
    if (address.transport === 'unix') return this.#listenUnix(component, address.endpoint);
    const parts = splitEndpoint(address.endpoint);
    if (!parts) {
      throw new AgentError(
        'LISTEN_FAILED',
        `"${address.endpoint}" is not an address to listen on; expected host:port`,
        {
          component,
          mend: 'write it as localhost:4317, 0.0.0.0:4317 or [::1]:4317',
        },
      );
    }
    const servers: Server[] = [];
    let { port } = parts;
    for (const host of hostsOf(parts.host, address.transport)) {
      try {
        const server = await this.#bind({ host, port, ipv6Only: address.transport === 'tcp6' || host === '::1' });
        const bound = server.address();
        if (bound && typeof bound === 'object') port = bound.port;
        servers.push(server);
      } catch (error) {
        // Node's listen errors are ErrnoExceptions.
        const errno = error as NodeJS.ErrnoException;
        if (isMissingFamily(errno) && (servers.length > 0 || parts.host === 'localhost')) continue;
        if (errno.code === 'EAFNOSUPPORT' && host === '::') {
          servers.push(await this.#bindOrExplain(component, address.endpoint, { host: '0.0.0.0', port }));
          continue;
        }
        for (const server of servers) server.close();
        throw explainListen(component, address.endpoint, errno);
      }
    }
    if (servers.length === 0) {
      throw new AgentError('LISTEN_FAILED', `no address of ${address.endpoint} exists on this machine`, { component });
    }
    return { servers, bound: servers.map(boundAddress), claims: [] };
  }

  async #listenUnix(component: string, path: string): Promise<OpenAddress> {
    let server: Server;
    try {
      server = await this.#bind({ path });
    } catch (error) {
      // Node's listen errors are ErrnoExceptions.
      const errno = error as NodeJS.ErrnoException;
      // A socket file left behind by a process that died refuses connections; one in use answers.
      if (errno.code !== 'EADDRINUSE' || (await answers(path))) throw explainListen(component, path, errno);
      await unlink(path);
      server = await this.#bindOrExplain(component, path, { path });
    }
    return { servers: [server], bound: [path], claims: [] };
  }

  async #bindOrExplain(component: string, endpoint: string, where: object): Promise<Server> {
    try {
      return await this.#bind(where);
    } catch (error) {
      // Node's listen errors are ErrnoExceptions.
      throw explainListen(component, endpoint, error as NodeJS.ErrnoException);
    }
  }

  /** Says that connections beyond the limit are closed, not each time it happens. */
  #speakOfClosed(server: Server, opened: OpenAddress, endpoint: string): void {
    const { onClosed } = this.#options;
    if (!onClosed) return;
    let count = 0;
    let spokenMs = Number.NEGATIVE_INFINITY;
    server.on('drop', () => {
      count += 1;
      const nowMs = performance.now();
      if (nowMs - spokenMs < SPEAK_INTERVAL_MS) return;
      onClosed({ component: opened.claims.at(-1)?.component ?? '', endpoint, count });
      count = 0;
      spokenMs = nowMs;
    });
  }

  async #bind(where: object): Promise<Server> {
    const isShared = this.#options.threads !== undefined && !('path' in where);
    // Once a port may be shared, another program's claim on it goes unnoticed: ask first.
    if (this.#options.threads === 'first' && isShared) {
      const probe = await this.#openServer(where);
      await new Promise((resolve) => probe.close(resolve));
    }
    return this.#openServer(isShared ? { ...where, reusePort: true } : where);
  }

  #openServer(where: object): Promise<Server> {
    const server = createServer({ noDelay: true });
    server.maxConnections = this.#options.maxConnections ?? MAX_CONNECTIONS;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ ...where, backlog: BACKLOG }, () => {
        server.off('error', reject);
        // A failing accept (out of descriptors) costs that connection only.
        server.on('error', () => undefined);
        resolve(server);
      });
    });
  }
}

/** Whether somebody accepts connections on a Unix socket. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}

function boundAddress(server: Server): string {
  const address = server.address();
  if (!address) return '';
  if (typeof address === 'string') return address;
  return isIPv6(address.address) ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`;
}

function explainListen(component: string, endpoint: string, error: NodeJS.ErrnoException): AgentError {
  const [reason, mend] =
    error.code === 'EADDRINUSE'
      ? ['another program already listens there', `find it with \`ss -ltnp\`, or set another endpoint for ${component}`]
      : error.code === 'EACCES'
        ? ['this process may not bind it', 'use a port above 1023, or grant CAP_NET_BIND_SERVICE']
        : error.code === 'EADDRNOTAVAIL'
          ? ['this machine has no such address', 'use localhost, 0.0.0.0 or an address that `ip addr` shows']
          : [error.message, undefined];
  return new AgentError('LISTEN_FAILED', `can not listen on ${endpoint}: ${reason}`, {
    component,
    cause: error,
    ...(mend ? { mend } : {}),
  });
}
