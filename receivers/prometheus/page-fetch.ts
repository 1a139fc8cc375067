// One request for a target's page: what is asked for, how large the answer may be, and why there is none, in words for people.

import { BodyTooLarge } from '../../pipeline/transport/body-errors.ts';
import { acceptHeader } from './accept.ts';
import type { Answer, HttpClient } from './http/client.ts';
import type { ScrapeConfig } from './scrape-config.ts';
import type { ScrapeTarget } from './targets.ts';

/**
 * How large a page may be where `body_size_limit` says nothing: half a million series and more. A target that sends without
 * end must not take the memory that the others need, and a page this large keeps the agent's only thread busy for a second.
 */
export const DEFAULT_BODY_LIMIT_BYTES = 64 << 20;

/** There is no page; `message` says why. */
export class NoPage extends Error {
  override readonly name = 'NoPage';
  /** Prometheus' `scrape_body_size_bytes` then. */
  readonly bodyBytes: number;

  constructor(message: string, options: { readonly bodyBytes?: number; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.bodyBytes = options.bodyBytes ?? 0;
  }
}

export class PageFetch {
  readonly #client: HttpClient;
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;
  readonly #limitBytes: number;
  /** A limit that somebody has set is one that a page must stay below, as in Prometheus. */
  readonly #isLimitSet: boolean;
  #lastWireBytes = 0;

  constructor(client: HttpClient, target: ScrapeTarget, job: ScrapeConfig) {
    this.#client = client;
    this.#url = new URL(target.url);
    this.#timeoutMs = target.timeoutMs;
    this.#isLimitSet = job.bodySizeLimitBytes > 0;
    this.#limitBytes = this.#isLimitSet ? job.bodySizeLimitBytes - 1 : DEFAULT_BODY_LIMIT_BYTES;
    this.#headers = {
      accept: acceptHeader(job.scrapeProtocols, job.metricNameEscapingScheme),
      'accept-encoding': job.enableCompression ? 'gzip' : 'identity',
      'x-prometheus-scrape-timeout-seconds': String(target.timeoutMs / 1_000),
    };
  }

  /** To be released by the caller. Fails with NoPage, or with NoMemoryForBody where the agent has no room for it now. */
  async get(timeoutMs = this.#timeoutMs): Promise<Answer> {
    let answer: Answer;
    try {
      answer = await this.#client.get(this.#url, {
        headers: this.#headers,
        timeoutMs,
        limitBytes: this.#limitBytes,
        expectedBytes: this.#lastWireBytes,
      });
    } catch (error) {
      if (!(error instanceof BodyTooLarge)) throw error;
      const limit = this.#isLimitSet
        ? `body size limit exceeded: the page has to have fewer bytes than body_size_limit, ${this.#limitBytes + 1}`
        : `body size limit exceeded: the page has more than ${this.#limitBytes} bytes; allow more with body_size_limit`;
      throw new NoPage(limit, { bodyBytes: -1, cause: error });
    }
    if (answer.status !== 200) {
      answer.release();
      throw new NoPage(`server returned HTTP status ${answer.statusText}`);
    }
    this.#lastWireBytes = answer.wireBytes;
    return answer;
  }
}
