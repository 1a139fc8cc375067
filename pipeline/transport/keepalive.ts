// HTTP/2 keep-alive for both ends of a connection.

import type { Http2Session } from 'node:http2';

const DEFAULT_TIMEOUT_MS = 20_000;
const PAYLOAD = Buffer.alloc(8);

const FAREWELL_PING_MS = 2_000;
const FAREWELL_TIMEOUT_MS = 5_000;

/**
 * Pings a peer that has said GOAWAY, so that its connection ends with it. Node keeps one for ever, also when the peer is
 * gone, where a call was open and an error of the protocol followed.
 */
export function pingAfterGoaway(session: Http2Session): void {
  session.once('goaway', () => {
    const timer = pingEvery(session, FAREWELL_PING_MS, FAREWELL_TIMEOUT_MS);
    session.once('close', () => clearInterval(timer));
  });
}

/** Pings a peer every `timeMs`; destroys the session when a ping stays unanswered for `timeoutMs` (0: 20 s, as in grpc-go). */
export function pingEvery(session: Http2Session, timeMs: number, timeoutMs: number): NodeJS.Timeout {
  return setInterval(() => pingOnce(session, timeoutMs || DEFAULT_TIMEOUT_MS), timeMs).unref();
}

/** Destroys the session when its peer does not answer a ping for `timeoutMs`; `answered` is called when it does. */
export function pingOnce(session: Http2Session, timeoutMs: number, answered?: () => void): void {
  if (session.destroyed) return;
  const giveUp = setTimeout(() => session.destroy(), timeoutMs).unref();
  session.ping(PAYLOAD, (error) => {
    clearTimeout(giveUp);
    // One that could not even be sent says the same.
    if (error) session.destroy();
    else answered?.();
  });
}
