// The network between agent and sink, and what can be done to it. Where it is allowed, a network namespace with a pair of
// virtual interfaces, whose far end goes down: packets vanish, as with a pulled cable. Elsewhere, and in half of the seeds,
// a relay of ours that breaks connections, holds them up, or closes them half.

import { execFileSync } from 'node:child_process';
import net from 'node:net';
import { portOf } from '../../support/destination.ts';

export interface Network {
  /** In which the sink is to be started; undefined: where everything else is. */
  readonly namespace: string | undefined;
  /** Where the sink is to listen. */
  readonly sinkHost: string;
  /** Where the agent finds a sink that listens on `port`. */
  reach(port: number): Promise<string>;
  /** From now on nothing goes through, in the way that `kind` names, until `mend`. */
  disturb(kind: 'cut' | 'stall' | 'half-close'): void;
  mend(): void;
  remove(): void;
}

/** Whether this process may make network namespaces; the reason where it may not. */
export function namespacesMissing(): string | undefined {
  const name = `gc${process.pid}t`;
  try {
    ip('netns', 'add', name);
    try {
      ip('-n', name, 'link', 'add', 'name', 'near', 'type', 'veth', 'peer', 'name', 'far');
    } finally {
      ip('netns', 'delete', name);
    }
    return undefined;
  } catch (error) {
    return `no network namespaces here: ${String(error).trim().split('\n').at(-1)}`;
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

export class Veth implements Network {
  readonly namespace = `gc${process.pid}`;
  readonly sinkHost: string;
  readonly #near = `gc${process.pid}n`;
  readonly #far = `gc${process.pid}f`;

  constructor() {
    // Of the addresses for benchmarks (RFC 2544), four of its own for each process.
    const place = (process.pid % 0x7ff0) * 4;
    const net16 = `198.${18 + (place >>> 16)}.${(place >>> 8) & 0xff}`;
    this.sinkHost = `${net16}.${(place & 0xff) + 2}`;
    ip('netns', 'add', this.namespace);
    ip('link', 'add', 'name', this.#near, 'type', 'veth', 'peer', 'name', this.#far, 'netns', this.namespace);
    ip('address', 'add', `${net16}.${(place & 0xff) + 1}/30`, 'dev', this.#near);
    ip('-n', this.namespace, 'address', 'add', `${this.sinkHost}/30`, 'dev', this.#far);
    ip('link', 'set', this.#near, 'up');
    this.mend();
  }

  reach(port: number): Promise<string> {
    return Promise.resolve(`${this.sinkHost}:${port}`);
  }

  disturb(): void {
    ip('-n', this.namespace, 'link', 'set', this.#far, 'down');
  }

  mend(): void {
    ip('-n', this.namespace, 'link', 'set', this.#far, 'up');
  }

  remove(): void {
    ip('netns', 'delete', this.namespace);
  }
}

type Disturbance = 'none' | 'cut' | 'stall' | 'half-close';

export class Relay implements Network {
  readonly namespace = undefined;
  readonly sinkHost = '127.0.0.1';
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  #target = 0;
  #now: Disturbance = 'none';

  constructor() {
    this.#server = net.createServer({ allowHalfOpen: true }, (near) => this.#connect(near));
  }

  async reach(port: number): Promise<string> {
    this.#target = port;
    if (!this.#server.listening) {
      await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    }
    return `127.0.0.1:${portOf(this.#server)}`;
  }

  disturb(kind: 'cut' | 'stall' | 'half-close'): void {
    this.#now = kind;
    for (const socket of this.#sockets) {
      if (kind === 'cut') socket.resetAndDestroy();
      else if (kind === 'stall') socket.pause();
      else socket.end();
    }
  }

  mend(): void {
    this.#now = 'none';
    for (const socket of this.#sockets) socket.resume();
  }

  remove(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #connect(near: net.Socket): void {
    if (this.#now === 'cut') {
      near.resetAndDestroy();
      return;
    }
    const far = net.connect({ port: this.#target, host: this.sinkHost, allowHalfOpen: true });
    this.#pass(near, far);
    this.#pass(far, near);
  }

  #pass(from: net.Socket, to: net.Socket): void {
    this.#sockets.add(from);
    from.on('data', (part: Buffer) => to.write(part));
    from.on('end', () => to.end());
    from.on('error', () => undefined);
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    if (this.#now === 'stall') from.pause();
    else if (this.#now === 'half-close') from.once('connect', () => from.end());
  }
}
