// HTTP/2 keep-alive for both ends of a connection.

import type { Http2Session } from 'node:http2';

const DEFAULT_TIMEOUT_MS = 20_000;
const PAYLOAD = Buffer.alloc(8);

/** Pings a peer every `timeMs`; destroys the session when a ping stays unanswered for `timeoutMs` (0: 20 s, as in grpc-go). */
export function pingEvery(session: Http2Session, timeMs: number, timeoutMs: number): NodeJS.Timeout {
  return setInterval(() => {
    if (session.destroyed) return;
    const giveUp = setTimeout(() => session.destroy(), timeoutMs || DEFAULT_TIMEOUT_MS).unref();
    session.ping(PAYLOAD, () => clearTimeout(giveUp));
  }, timeMs).unref();
}
