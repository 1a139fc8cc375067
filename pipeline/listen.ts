// Listening sockets, owned by the engine so that they stay open while a reload replaces the component behind them.

import type { Socket } from 'node:net';

/** Where to listen: `host:port`, `[v6]:port`, `:port` (all addresses), or a path with transport `unix`. */
export interface ListenAddress {
  readonly endpoint: string;
  readonly transport: 'tcp' | 'tcp4' | 'tcp6' | 'unix';
}

/** Takes accepted connections. A protocol server (node:http, node:http2) is given them by `emit('connection', socket)`. */
export type ConnectionHandler = (socket: Socket) => void;

/** A claim on an address. */
export interface Listening {
  /** The addresses really bound, `host:port`; two where `localhost` resolves to both families. */
  readonly bound: readonly string[];
  /** Stop taking new connections. The socket closes unless another component has claimed or claims the address in this reload. */
  release(): Promise<void>;
  /** The server that has taken the address over in a reload, as given to its claim; asked before `release`. */
  successor(): unknown;
}

export interface ListenerPool {
  /**
   * Binds the address, or takes over one that another component still holds: from then on new connections go to
   * `handler`, without a moment in which the port is closed. `localhost` binds 127.0.0.1 and ::1. `server` is shown to
   * the predecessor, which may hand its open connections over to it.
   * Fails with an `AgentError` that names the address, the component and the cause.
   */
  claim(component: string, address: ListenAddress, handler: ConnectionHandler, server?: unknown): Promise<Listening>;
}
