// One attempt to deliver a batch: its requests, a few at a time, and what comes of each.

import type { Batch } from '../../pipeline/batch.ts';
import type { ComponentContext } from '../../pipeline/component.ts';
import { Refused } from '../../pipeline/delivery.ts';
import { AgentError } from '../../pipeline/errors.ts';
import { withoutPasswords } from '../../pipeline/passwords-in-urls.ts';
import type { Attempt, Destination } from '../../pipeline/sending/exporter.ts';
import { failureOfCall, rejectedByDestination } from '../../pipeline/sending/otlp-outcome.ts';
import {
  authorizeBatch,
  clientAuthenticator,
  type ClientAuthenticator,
  type RequestHeaders,
} from '../../pipeline/transport/client-authentication.ts';
import type { HttpAnswer, HttpCallHandle } from '../../pipeline/transport/http-client.ts';
import { configuredHeaders, type HttpConnections, httpConnections } from '../../pipeline/transport/http-endpoint.ts';
import { endAnsweredRequest, endFailedRequest, HttpClientSpans } from '../../pipeline/transport/http-spans.ts';
import { VERSION as AGENT_VERSION } from '../../pipeline/version.ts';
import {
  CONTENT_TYPE,
  type RemoteWriteMessage,
  V1_MESSAGE,
  VERSION,
  VERSION_HEADER,
} from '../../proto/prometheus/remote-write/fields.ts';
import { verdictOf, writtenOf } from './answers.ts';
import { type RemoteWriteConfig, RESERVED_HEADERS } from './config.ts';
import { Conversion, downgraded, type PackedRequest } from './conversion.ts';
import { DROP_REASONS } from './drop-rules.ts';
import { RemoteWriteMetrics } from './own-metrics.ts';

const MAX_RESPONSE_BYTES = 1 << 20;

/** A batch between its first attempt and its last. */
interface Work {
  /** Not yet taken or refused. */
  readonly left: PackedRequest[];
  rejectedPoints: number;
  rejection: string;
}

export class RemoteWriteDestination implements Destination {
  readonly #config: RemoteWriteConfig;
  readonly #context: ComponentContext;
  readonly #url: URL;
  /** Why the exporter can not start. */
  readonly #problem: AgentError | undefined;
  readonly #shownUrl: string;
  readonly #connections: HttpConnections;
  readonly #headers: Readonly<RequestHeaders>;
  readonly #metadataKeys: readonly string[];
  readonly #parallel: number;
  readonly #conversion: Conversion;
  readonly #works = new WeakMap<Batch, Work>();
  readonly #metrics: RemoteWriteMetrics;
  readonly #spans: HttpClientSpans | undefined;
  #authenticator: ClientAuthenticator | undefined;
  #protocol: RemoteWriteMessage;

  constructor(config: RemoteWriteConfig, context: ComponentContext) {
    const client = config.http ?? config;
    this.#config = config;
    this.#context = context;
    if (config.http && config.endpoint !== '') {
      context.log.warn(
        {},
        'http is configured, so that endpoint and the other keys of the HTTP client beside it do not count',
      );
    }
    this.#url = urlOf(client.endpoint);
    this.#problem = problemOf(client.endpoint, context.id);
    this.#shownUrl = withoutPasswords(this.#url.href);
    this.#connections = httpConnections(this.#url, client, context, MAX_RESPONSE_BYTES);
    this.#headers = withoutReserved(configuredHeaders(this.#url, client.headers));
    this.#metadataKeys = config.include_metadata_keys.map((key) => key.toLowerCase());
    this.#parallel = Math.max(1, config.max_batch_request_parallelism ?? config.remote_write_queue.num_consumers);
    this.#conversion = new Conversion(config);
    this.#protocol = config.protobuf_message;
    this.#metrics = new RemoteWriteMetrics(context.metrics, this.#shownUrl, {
      parallel: this.#parallel,
      deltaSeries: () => this.#conversion.deltaSeries,
    });
    this.#spans = context.spans && new HttpClientSpans(context.spans);
  }

  /** Fails with URL_INVALID, AUTHENTICATOR_MISSING or TLS_MATERIAL. */
  async start(): Promise<void> {
    if (this.#problem) throw this.#problem;
    this.#authenticator = clientAuthenticator((this.#config.http ?? this.#config).auth, this.#context);
    await this.#connections.dialer.start();
  }

  stop(): Promise<void> {
    this.#connections.dialer.close();
    this.#connections.client.close();
    return Promise.resolve();
  }

  async refresh(): Promise<void> {
    await this.#connections.dialer.refresh();
  }

  mergeable(): boolean {
    return true;
  }

  mayShare({ context: one }: Batch, { context: other }: Batch): boolean {
    for (const key of this.#metadataKeys) {
      if (one.metadata.get(key)?.join('\u0000') !== other.metadata.get(key)?.join('\u0000')) return false;
    }
    return this.#authenticator?.mayShare(one, other) ?? true;
  }

  async send(batch: Batch, attempt: Attempt): Promise<void> {
    let work = this.#works.get(batch);
    if (!work) this.#works.set(batch, (work = this.#begin(batch)));
    if (work.left.length > 0) await this.#sendLeft(work, batch, attempt);
    if (work.rejectedPoints === 0) return;
    throw rejectedByDestination(work.rejection, Math.min(Math.ceil(work.rejectedPoints), batch.items));
  }

  #begin(batch: Batch): Work {
    const { requests, dropped } = this.#conversion.convert(batch, this.#protocol, this.#context.steadyNow());
    const component = `exporter:${this.#context.id}`;
    for (const [rule, count] of dropped) {
      const drop = { component, rule, reason: DROP_REASONS[rule], signal: batch.signal, count, intentional: false };
      this.#context.drops.record(drop, batch);
    }
    this.#metrics.converted(requests, dropped.size > 0);
    return { left: [...requests], rejectedPoints: 0, rejection: '' };
  }

  /** Sends what is left, some at a time; fails with the first failure that may be tried again, once none is under way. */
  async #sendLeft(work: Work, batch: Batch, attempt: Attempt): Promise<void> {
    const headers = await this.#headersFor(batch, attempt);
    const waiting = [...work.left];
    const calls = new Set<HttpCallHandle>();
    let failure: Refused | undefined;
    attempt.onCancel((reason) => {
      failure ??= reason;
      for (const call of calls) call.cancel(reason);
    });
    const lane = async (): Promise<void> => {
      for (let request = waiting.shift(); request && !failure; request = waiting.shift()) {
        try {
          await this.#sendOne(request, work, { batch, attempt, headers, calls });
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
          failure ??= error;
        }
      }
    };
    const lanes = Math.min(this.#parallel, waiting.length);
    const ended = await Promise.allSettled(Array.from({ length: lanes }, lane));
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
    if (failure) throw failure;
  }

  /** Until it is taken or rejected, which is noted. Fails with Refused. */
  async #sendOne(given: PackedRequest, work: Work, call: Call): Promise<void> {
    let request = given;
    // What was made before the destination turned out to know 1.0 only.
    if (request.protocol !== V1_MESSAGE && this.#protocol === V1_MESSAGE) request = downgraded(request);
    let answer = await this.#post(request, call);
    let verdict = verdictOf(answer, request, { url: this.#shownUrl, nowMs: this.#context.now() });
    if (verdict.kind === 'older') {
      this.#fallBack(verdict.reason);
      request = downgraded(request);
      answer = await this.#post(request, call);
      verdict = verdictOf(answer, request, { url: this.#shownUrl, nowMs: this.#context.now() });
    }
    if (answer.status === 401 && (await this.#authenticator?.renew?.(call.headers))) {
      throw new Refused(`${this.#shownUrl} did not take the credentials; there are new ones`);
    }
    if (verdict.kind === 'again') {
      const { retryAfterMs } = verdict;
      throw new Refused(verdict.reason, retryAfterMs === undefined ? {} : { retryAfterMs });
    }
    work.left.splice(work.left.indexOf(given), 1);
    if (verdict.kind === 'taken') return;
    const { reason } = verdict;
    if (request.series === 0) {
      this.#context.log.warn({ reason }, 'The destination did not take metadata');
      return;
    }
    const share = verdict.kind === 'rejected' ? verdict.share : 1;
    // A request may hold series only of points that are counted in another one.
    work.rejectedPoints += Math.max(request.points * share, 1);
    work.rejection ||= reason;
  }

  async #post(request: PackedRequest, { batch, attempt, headers: own, calls }: Call): Promise<HttpAnswer> {
    let headers: RequestHeaders = {
      ...own,
      'user-agent': `genesis-agent/${AGENT_VERSION}`,
      'content-type': CONTENT_TYPE[request.protocol],
      'content-encoding': 'snappy',
      [VERSION_HEADER]: VERSION[request.protocol],
    };
    const spanned = attempt.span && this.#spans?.start(batch.signal, this.#shownUrl, attempt.span.context);
    if (spanned) headers = { ...headers, ...spanned.headers };
    const { body } = request;
    const call = this.#connections.client.post(this.#url.pathname + this.#url.search, [body], body.length, headers);
    calls.add(call);
    this.#metrics.sent();
    try {
      const answer = await call.answer;
      if (spanned) endAnsweredRequest(spanned, answer.status);
      const written = request.protocol === V1_MESSAGE ? undefined : writtenOf(answer);
      if (written) this.#metrics.written(written);
      return answer;
    } catch (error) {
      if (spanned) endFailedRequest(spanned, error);
      const failed = failureOfCall(error, this.#shownUrl, batch);
      // An answer that is too long is an answer; what it says can not be known.
      throw failed instanceof Refused ? failed : new Refused(failed.message, { cause: error });
    } finally {
      calls.delete(call);
    }
  }

  /** The destination's own headers, those of the batch's sender that are to go on, and credentials. */
  async #headersFor(batch: Batch, attempt: Attempt): Promise<Readonly<RequestHeaders>> {
    const headers: RequestHeaders = { ...this.#headers };
    for (const key of this.#metadataKeys) {
      const values = batch.context.metadata.get(key);
      if (values && values.length > 0) headers[key] = values.join(', ');
    }
    if (this.#authenticator) {
      const later = authorizeBatch(this.#authenticator, headers, batch);
      if (later) await attempt.race(later);
    }
    return headers;
  }

  #fallBack(reason: string): void {
    if (this.#protocol === V1_MESSAGE) return;
    this.#protocol = V1_MESSAGE;
    this.#context.log.warn(
      { reason },
      'The destination does not know remote write 2.0; until the exporter is started again it gets 1.0',
    );
  }
}

interface Call {
  readonly batch: Batch;
  readonly attempt: Attempt;
  readonly headers: Readonly<RequestHeaders>;
  /** Under way, to be cancelled. */
  readonly calls: Set<HttpCallHandle>;
}

/** The protocol's headers can not be configured, as in the collector. */
function withoutReserved(headers: RequestHeaders): RequestHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !RESERVED_HEADERS.has(name)));
}

/** The collector's `validate` takes a host without a scheme, so that such a URL is a problem of the start. */
function problemOf(endpoint: string, id: string): AgentError | undefined {
  if (URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)) return undefined;
  return new AgentError('URL_INVALID', `${JSON.stringify(endpoint)} is not a URL to write metrics to`, {
    component: `exporter:${id}`,
    mend: 'write it with its scheme, such as endpoint: http://localhost:9090/api/v1/write',
  });
}

function urlOf(endpoint: string): URL {
  return URL.canParse(endpoint) ? new URL(endpoint) : new URL('http://localhost/');
}
