// Answers in remote write's words: what is to be sent again has a status from 500 on, or 429; everything else is final.

import type { HttpFailure } from '../../pipeline/transport/http-failure.ts';
import type { HttpResponse } from '../../pipeline/transport/http-server.ts';
import { WRITTEN_HEADERS } from '../../proto/prometheus/remote-write/fields.ts';

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

/** A request of which nothing was written: the counts say so where it got as far as its body. */
export function nothingWritten({ status, message }: HttpFailure): HttpResponse {
  const counts = status === 400 || status === 413 || status === 503 ? writtenHeaders(NOTHING_WRITTEN) : {};
  const how =
    status === 413 ? '; raise max_request_body_size or send fewer samples at once (max_samples_per_send)' : '';
  return { status, headers: { ...counts, 'content-type': TEXT }, body: `${message}${how}\n` };
}
