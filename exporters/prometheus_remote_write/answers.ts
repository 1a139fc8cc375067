// What a destination's answer to one request means (Prometheus' remote write specifications 1.0 and 2.0, "Retries & Backoff"
// and "Required Written Response Headers").

import type { HttpAnswer } from '../../pipeline/transport/http-client.ts';
import { retryAfterOf } from '../../pipeline/transport/http-endpoint.ts';
import { V2_MESSAGE, type RemoteWriteMessage, WRITTEN_HEADERS } from '../../proto/prometheus/remote-write/fields.ts';
import { decodeUtf8 } from '../../proto/otlp/text.ts';

export type Verdict =
  | { readonly kind: 'taken' }
  /** For good: this share of the request, above 0, was not written. */
  | { readonly kind: 'rejected'; readonly share: number; readonly reason: string }
  | { readonly kind: 'again'; readonly reason: string; readonly retryAfterMs: number | undefined }
  /** The destination does not know 2.0. */
  | { readonly kind: 'older'; readonly reason: string };

/** Samples, histograms and exemplars of a request, or those of it that were written. */
export interface Amounts {
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
}

/** So much of what a destination says is passed on. */
const MAX_WORDS = 1024;

/** What 2.0's headers say was written; undefined where none of them is there. */
export function writtenOf(answer: HttpAnswer): Amounts | undefined {
  const amounts = {
    samples: amountOf(answer, WRITTEN_HEADERS.samples),
    histograms: amountOf(answer, WRITTEN_HEADERS.histograms),
    exemplars: amountOf(answer, WRITTEN_HEADERS.exemplars),
  };
  const { samples, histograms, exemplars } = amounts;
  if (samples === undefined && histograms === undefined && exemplars === undefined) return undefined;
  return { samples: samples ?? 0, histograms: histograms ?? 0, exemplars: exemplars ?? 0 };
}

export function verdictOf(
  answer: HttpAnswer,
  request: Amounts & { readonly protocol: RemoteWriteMessage },
  options: { readonly url: string; readonly nowMs: number },
): Verdict {
  const { status } = answer;
  const words = decodeUtf8(answer.body, 0, Math.min(answer.body.length, MAX_WORDS)).trim();
  const reason = `${options.url} answered ${status}${words === '' ? '' : `: ${words}`}`;
  const isV2 = request.protocol === V2_MESSAGE;
  const written = isV2 ? writtenOf(answer) : undefined;
  if (status >= 200 && status <= 299) {
    if (!isV2) return { kind: 'taken' };
    // A receiver of 1.0 alone may take 2.0 for an empty request.
    if (!written) return { kind: 'older', reason: `${reason}, without saying what was written` };
    const share = unwrittenShare(request, written);
    return share === 0
      ? { kind: 'taken' }
      : {
          kind: 'rejected',
          share,
          reason: `${reason}, and wrote ${written.samples + written.histograms} samples only`,
        };
  }
  if (status === 415 && isV2) return { kind: 'older', reason };
  if (status === 429 || status >= 500) {
    return { kind: 'again', reason, retryAfterMs: retryAfterOf(answer.headers['retry-after'], options.nowMs) };
  }
  // What was written in spite of the refusal is no loss; without a word nothing of it counts as written.
  return { kind: 'rejected', share: (written && unwrittenShare(request, written)) || 1, reason };
}

function unwrittenShare(sent: Amounts, written: Amounts): number {
  const all = sent.samples + sent.histograms;
  const lost = all - Math.min(sent.samples, written.samples) - Math.min(sent.histograms, written.histograms);
  return all === 0 ? 0 : lost / all;
}

function amountOf({ headers }: HttpAnswer, name: string): number | undefined {
  const text = headers[name];
  return typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : undefined;
}
