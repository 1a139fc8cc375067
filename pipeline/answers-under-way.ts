// Answers that clients have not read yet: each goes out in pieces as its client reads, all together keep a bounded number
// of bytes, and one that takes too long is cut off. A client that stops reading costs itself its connection, nobody else.

import type { ServerResponse } from 'node:http';

/** Handed to the socket at a time; with TLS so much is kept twice. */
const PIECE_BYTES = 256 << 10;

export class AnswersUnderWay {
  readonly #maxBytes: number;
  readonly #timeoutMs: number;
  /** By how recently their clients took something: who has not for the longest comes first. */
  readonly #open = new Map<ServerResponse, Uint8Array>();
  /** How many answers keep a body: scrapers of one page share it. */
  readonly #keepers = new Map<Uint8Array, number>();
  #bytes = 0;

  /**
   * @param timeoutMs From the beginning of an answer to its end.
   * @param maxBytes Of all bodies that are kept, each counted once. One is always sent, whatever its size.
   */
  constructor(timeoutMs: number, maxBytes: number) {
    this.#timeoutMs = timeoutMs;
    this.#maxBytes = maxBytes;
  }

  /** Bytes of bodies that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Sends the body of a response whose head says its length; cuts off other clients where they keep too much. */
  send(response: ServerResponse, body: Uint8Array): void {
    this.#keep(response, body);
    const timer = setTimeout(() => cut(response), this.#timeoutMs);
    response.once('close', () => {
      clearTimeout(timer);
      this.#release(response);
    });
    let sent = 0;
    const sendMore = (): void => {
      while (body.length - sent > PIECE_BYTES) {
        const isTaken = response.write(body.subarray(sent, sent + PIECE_BYTES));
        sent += PIECE_BYTES;
        if (!isTaken) {
          response.once('drain', goOn);
          return;
        }
      }
      response.end(body.subarray(sent));
    };
    const goOn = (): void => {
      if (!this.#open.delete(response)) return;
      this.#open.set(response, body);
      sendMore();
    };
    sendMore();
  }

  #keep(response: ServerResponse, body: Uint8Array): void {
    this.#open.set(response, body);
    const keepers = this.#keepers.get(body) ?? 0;
    this.#keepers.set(body, keepers + 1);
    if (keepers > 0) return;
    this.#bytes += body.length;
    for (const other of this.#open.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      if (this.#open.get(other) === body) continue;
      this.#release(other);
      cut(other);
    }
  }

  #release(response: ServerResponse): void {
    const body = this.#open.get(response);
    if (!body) return;
    this.#open.delete(response);
    const keepers = (this.#keepers.get(body) ?? 1) - 1;
    if (keepers > 0) {
      this.#keepers.set(body, keepers);
      return;
    }
    this.#keepers.delete(body);
    this.#bytes -= body.length;
  }
}

/** Also where the response still waits behind another on its connection and has no socket of its own. */
function cut(response: ServerResponse): void {
  response.destroy();
  response.req.socket.destroy();
}
