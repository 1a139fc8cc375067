// Answers in remote write's words: what is to be sent again has a status from 500 on, or 429; everything else is final.

import { Refused, Rejected } from '../../pipeline/delivery.ts';
import { Unauthenticated } from '../../pipeline/transport/authentication.ts';
import { BodyCorrupt, BodyTooLarge, NoMemoryForBody } from '../../pipeline/transport/body-errors.ts';
import type { BodyRefusal, HttpResponse } from '../../pipeline/transport/http-server.ts';
import { WRITTEN_HEADERS } from '../../proto/prometheus/remote-write/fields.ts';
import { MalformedProto } from '../../proto/wire.ts';

/** What a sender is told to wait when the refusal has no opinion. */
const DEFAULT_RETRY_MS = 1_000;
const TEXT = 'text/plain; charset=utf-8';

export interface Written {
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
}

export const NOTHING_WRITTEN: Written = { samples: 0, histograms: 0, exemplars: 0 };

function writtenHeaders({ samples, histograms, exemplars }: Written): Record<string, string> {
  return {
    [WRITTEN_HEADERS.samples]: String(samples),
    [WRITTEN_HEADERS.histograms]: String(histograms),
    [WRITTEN_HEADERS.exemplars]: String(exemplars),
  };
}

export function success(written: Written): HttpResponse {
  return { status: 204, headers: writtenHeaders(written), body: '' };
}

/** Some or all of it was not taken, for good. */
export function invalid(written: Written, problem: string): HttpResponse {
  return { status: 400, headers: { ...writtenHeaders(written), 'content-type': TEXT }, body: `${problem}\n` };
}

export function failure(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
  retryAfterMs?: number,
): HttpResponse {
  const retry = retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) };
  return { status, headers: { ...headers, ...retry, 'content-type': TEXT }, body: `${message}\n` };
}

export function refusalOf(refusal: BodyRefusal): HttpResponse {
  switch (refusal.kind) {
    case 'too_slow':
      return failure(408, `the body came slower than ${refusal.bytesPerS} bytes a second`);
    case 'no_memory':
      return failure(503, 'no memory for more data in flight', {}, DEFAULT_RETRY_MS);
    case 'over_limit': {
      const { message, retryAfterMs, headers } = refusal.over;
      return failure(429, message, headers, retryAfterMs);
    }
    default:
      return tooLarge(`the body is larger than the limit of ${refusal.limitBytes} bytes`);
  }
}

/** What went wrong before or after the body was converted. Nothing of it was written. */
export function answerTo(error: unknown, challenge: string): HttpResponse {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof BodyTooLarge) return tooLarge(message);
  if (error instanceof NoMemoryForBody) return refusalOf({ kind: 'no_memory' });
  if (error instanceof Unauthenticated) return failure(401, message, { 'www-authenticate': challenge });
  const nothing = writtenHeaders(NOTHING_WRITTEN);
  if (error instanceof Refused) return failure(503, message, nothing, error.retryAfterMs ?? DEFAULT_RETRY_MS);
  if (error instanceof Rejected && error.kind === 'too_large') return tooLarge(message);
  if (error instanceof MalformedProto || error instanceof BodyCorrupt || error instanceof Rejected) {
    return failure(400, message, nothing);
  }
  return failure(500, message);
}

function tooLarge(message: string): HttpResponse {
  const how = 'raise max_request_body_size or send fewer samples at once (max_samples_per_send)';
  return failure(413, `${message}; ${how}`, writtenHeaders(NOTHING_WRITTEN));
}
