// What an OTLP call comes to, whichever protocol carried it: the specification's rules on size, failure and partial success.

import type { PartialSuccess } from '../../proto/export-response.ts';
import { MAX_REQUEST_BYTES } from '../../proto/otlp/endpoints.ts';
import type { Batch } from '../batch.ts';
import { Refused, Rejected } from '../delivery.ts';
import type { ComponentLogger } from '../telemetry.ts';
import { AnswerTooLarge } from '../transport/grpc-client.ts';

/** Fails with Rejected when the batch is larger than a request may be. */
export function checkRequestSize(batch: Batch): void {
  if (batch.bytes <= MAX_REQUEST_BYTES) return;
  throw new Rejected(`the request has ${batch.bytes} bytes, more than the ${MAX_REQUEST_BYTES} OTLP allows`, {
    count: batch.items,
    kind: 'too_large',
  });
}

/** A call that brought no answer may be made again, unless its answer would be too large again. */
export function failureOfCall(error: unknown, endpoint: string, batch: Batch): Refused | Rejected {
  if (error instanceof Refused) return error;
  if (error instanceof AnswerTooLarge) return rejectedByDestination(error.message, batch.items);
  const message = error instanceof Error ? error.message : String(error);
  return new Refused(`${endpoint}: ${message}`, { cause: error });
}

/** Fails with Rejected when the destination did not take everything; logs what it warns of when it did. */
export function checkPartialSuccess(
  partial: PartialSuccess | undefined,
  endpoint: string,
  batch: Batch,
  log: ComponentLogger,
): void {
  if (!partial) return;
  if (partial.rejected > 0) {
    const count = Math.min(partial.rejected, batch.items);
    throw rejectedByDestination(`${endpoint} rejected ${count} items: ${partial.message}`, count);
  }
  log.warn({ message: partial.message }, 'The destination took everything and warns');
}

export function rejectedByDestination(reason: string, count: number): Rejected {
  return new Rejected(reason, { count, kind: 'destination' });
}
