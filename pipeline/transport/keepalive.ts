// HTTP/2 keep-alive for both ends of a connection.

import type { Http2Session } from 'node:http2';

const DEFAULT_TIMEOUT_MS = 20_000;
const PAYLOAD = Buffer.alloc(8);

const FAREWELL_MS = 30_000;

/**
 * Ends a session half a minute after its peer has said GOAWAY: calls under way have that long. Node keeps one for ever, also
 * when the peer is gone, where a call was open and an error of the protocol followed; and it sends no pings after a GOAWAY.
 */
export function endAfterGoaway(session: Http2Session): void {
  session.once('goaway', () => {
    const timer = setTimeout(() => session.destroy(), FAREWELL_MS).unref();
    session.once('close', () => clearTimeout(timer));
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
  session.ping(PAYLOAD, () => {
    clearTimeout(giveUp);
    answered?.();
  });
}
