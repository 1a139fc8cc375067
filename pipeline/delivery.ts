// The delivery contract: how a batch is handed on, and the two ways it can fail.

import { MalformedProto } from '../proto/wire.ts';
import type { Batch } from './batch.ts';

/**
 * Takes a batch. Resolves when whoever is responsible next has the data (memory queue, durable queue or destination,
 * as configured). Fails with `Refused` or `Rejected` and with nothing else; what else is thrown is a bug, and is
 * treated as `Refused` so that no data is lost by it.
 */
export interface Consumer {
  consume(batch: Batch): Promise<void>;
}

/** Try again later: nothing of the batch was taken. */
export class Refused extends Error {
  override readonly name = 'Refused';
  /** When to try again at the earliest, in ms; undefined when the refuser has no opinion. */
  readonly retryAfterMs: number | undefined;

  constructor(reason: string, options: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(reason, options.cause === undefined ? undefined : { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Never try again: `count` items of the batch can not be taken, ever. The rest, if any, was taken. */
export class Rejected extends Error {
  override readonly name = 'Rejected';
  readonly count: number;
  /** What kind of refusal, for the protocol's answer: bad data (400, INVALID_ARGUMENT) or too large (413, RESOURCE_EXHAUSTED). */
  readonly kind: 'invalid' | 'too_large' | 'destination';

  constructor(reason: string, options: { count: number; kind?: Rejected['kind']; cause?: unknown }) {
    super(reason, options.cause === undefined ? undefined : { cause: options.cause });
    this.count = options.count;
    this.kind = options.kind ?? 'invalid';
  }
}

/** Any thrown value as one of the two. `items` are the batch's: bytes that turn out malformed cost all of them, for good. */
export function asDeliveryError(error: unknown, items: number): Refused | Rejected {
  if (error instanceof Refused || error instanceof Rejected) return error;
  if (error instanceof MalformedProto) return new Rejected(error.message, { count: items, cause: error });
  const reason = error instanceof Error ? error.message : String(error);
  return new Refused(`internal error: ${reason}`, { cause: error });
}
