// Connections whose TLS handshake is under way. No session and no request knows of them, so that nothing else would end
// them at a stop: they would hold it up, or keep the process after it.

import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

export class Handshakes {
  /** By the peer's address and port, by which a connection is known once it is secured. */
  readonly #open = new Map<string, Socket>();

  /** `server` emits `secureConnection` as those of node:tls do. */
  constructor(server: EventEmitter) {
    server.on('secureConnection', (secured: Socket) => this.#open.delete(peerOf(secured)));
  }

  get size(): number {
    return this.#open.size;
  }

  /** A connection was accepted. Peers on Unix sockets have no address: node:tls ends their handshakes, after two minutes. */
  begin(socket: Socket): void {
    if (socket.remotePort === undefined) return;
    const peer = peerOf(socket);
    this.#open.set(peer, socket);
    socket.once('close', () => {
      if (this.#open.get(peer) === socket) this.#open.delete(peer);
    });
  }

  cut(): void {
    for (const socket of this.#open.values()) socket.destroy();
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
