// Why a request over HTTP is not taken, as a status and a sentence; a receiver puts both into its protocol's words.

import { Refused, Rejected } from '../delivery.ts';
import { Unauthenticated } from './authentication.ts';
import { BodyCorrupt, BodyTooLarge, NoMemoryForBody } from './body-errors.ts';
import type { BodyRefusal } from './http-server.ts';

/** What a sender is told to wait when the refusal has no opinion. */
const DEFAULT_RETRY_MS = 1_000;
const NO_HEADERS: Readonly<Record<string, string>> = {};

export interface HttpFailureOptions {
  readonly retryAfterMs?: number | undefined;
  /** Of the answer, lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A request that ends with this status. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly status: number;
  /** When to try again at the earliest; undefined where the sender is told nothing of it. */
  readonly retryAfterMs: number | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, options: HttpFailureOptions = {}) {
    super(message);
    this.status = status;
    this.retryAfterMs = options.retryAfterMs;
    this.headers = options.headers ?? NO_HEADERS;
  }
}

/** A body that was not read. */
export function refusalOf(refusal: BodyRefusal): HttpFailure {
  switch (refusal.kind) {
    case 'too_slow':
      return new HttpFailure(408, `the body came slower than ${refusal.bytesPerS} bytes a second`);
    case 'no_memory':
      return noMemory();
    case 'over_limit': {
      const { message, retryAfterMs, headers } = refusal.over;
      return new HttpFailure(429, message, { retryAfterMs, headers });
    }
    default:
      return new HttpFailure(413, `the body is larger than the limit of ${refusal.limitBytes} bytes`);
  }
}

/** What went wrong with a request; `isInvalid` knows the receiver's own errors that are the sender's fault. */
export function failureOf(error: unknown, isInvalid: (error: unknown) => boolean): HttpFailure {
  if (error instanceof HttpFailure) return error;
  if (error instanceof NoMemoryForBody) return noMemory();
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof BodyTooLarge) return new HttpFailure(413, message);
  if (error instanceof Unauthenticated) return new HttpFailure(401, message);
  if (error instanceof Refused) {
    return new HttpFailure(503, message, { retryAfterMs: error.retryAfterMs ?? DEFAULT_RETRY_MS });
  }
  if (error instanceof Rejected && error.kind === 'too_large') return new HttpFailure(413, message);
  const isRejected = error instanceof Rejected && error.kind === 'invalid';
  return new HttpFailure(isRejected || error instanceof BodyCorrupt || isInvalid(error) ? 400 : 500, message);
}

function noMemory(): HttpFailure {
  return new HttpFailure(503, 'no memory for more data in flight', { retryAfterMs: DEFAULT_RETRY_MS });
}
