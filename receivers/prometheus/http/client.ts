// The HTTP client of a job: one GET with its credentials, redirects followed as Prometheus does, the body bounded and
// decompressed.

import type { IncomingMessage } from 'node:http';
import type { Admission } from '../../../pipeline/admission.ts';
import { BodyTooLarge } from '../../../pipeline/transport/body-errors.ts';
import { decompress } from '../../../pipeline/transport/compression.ts';
import { GrowingCharge } from '../../../pipeline/transport/growing-charge.ts';
import type { HttpSettings } from '../http-settings.ts';
import { Connections, type Cancellation } from './connections.ts';
import { Credentials } from './credentials.ts';
import { readBody, type Body } from './response-body.ts';
import { TokenSource } from './token.ts';

const MAX_REDIRECTS = 10;
/** Timers hold no more; a longer one would go off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** A redirect's own body is read to keep the connection, if it is no longer than this. */
const MAX_DRAINED_BYTES = 64 * 1024;

export interface HttpClientOptions {
  readonly settings: HttpSettings;
  /** `receiver:prometheus`. */
  readonly component: string;
  readonly userAgent: string;
  /** Of connecting, and of asking for a token. */
  readonly connectTimeoutMs: number;
  readonly admission: Admission;
  readonly steadyNow: () => number;
  /** Told why certificates that have changed can not be used. */
  readonly onFailure: (error: unknown) => void;
}

export interface GetOptions {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Of the body, before and after decompression; what is larger fails with BodyTooLarge. */
  readonly limitBytes: number;
  /** How large the body was the last time, as it came over the wire; 0 where unknown. */
  readonly expectedBytes?: number;
}

export interface Answer {
  readonly status: number;
  /** `404 Not Found`. */
  readonly statusText: string;
  readonly contentType: string;
  /** Empty unless the status is 200. */
  readonly body: Uint8Array;
  /** The body's size as it came over the wire. */
  readonly wireBytes: number;
  /** Gives the body's memory back; to be called once it has been worked with, however that went. */
  release(): void;
}

/** No answer within the time that was given. */
export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #connections: Connections;
  readonly #token: TokenSource | undefined;
  readonly #credentials: Credentials;
  /** Of requests under way. */
  readonly #aborts = new Set<(reason: Error) => void>();

  /** Fails with START_FAILED for settings that can not be used. */
  constructor(options: HttpClientOptions) {
    const { settings, component, connectTimeoutMs, onFailure, steadyNow, admission, userAgent } = options;
    this.#options = options;
    this.#connections = new Connections({
      tls: settings.tls,
      proxy: settings.proxy,
      connectTimeoutMs,
      component,
      onFailure,
    });
    if (settings.oauth2) {
      this.#token = new TokenSource({
        settings: settings.oauth2,
        component,
        timeoutMs: connectTimeoutMs,
        admission,
        userAgent,
        steadyNow,
        onFailure,
      });
    }
    this.#credentials = new Credentials(settings, this.#token, component, steadyNow);
  }

  /** Fails with TLS_MATERIAL where certificates can not be used. */
  async start(): Promise<void> {
    await this.#connections.start();
    await this.#token?.start();
  }

  /** Reads certificates again. */
  async refresh(): Promise<void> {
    await this.#connections.refresh();
    await this.#token?.refresh();
  }

  close(): void {
    for (const abort of this.#aborts) abort(new Error('the agent stops'));
    this.#connections.close();
    this.#token?.close();
  }

  /**
   * Fails with TimedOut, BodyTooLarge, NoMemoryForBody, BodyCorrupt, or with what kept the request from being answered;
   * an answer with another status than 200 is no failure.
   */
  async get(url: URL, options: GetOptions): Promise<Answer> {
    const cancel: { reason: Error | undefined; onAbort: Cancellation['onAbort'] } = {
      reason: undefined,
      onAbort: undefined,
    };
    const abort = (reason: Error): void => {
      cancel.reason = reason;
      cancel.onAbort?.(reason);
    };
    this.#aborts.add(abort);
    const { timeoutMs } = options;
    const timer = setTimeout(
      () => abort(new TimedOut(`no answer within ${timeoutMs} ms`)),
      Math.min(timeoutMs, LONGEST_TIMER_MS),
    );
    const charge = new GrowingCharge(this.#options.admission, 0);
    try {
      const response = await this.#follow(url, options, cancel);
      cancel.onAbort = (reason) => response.destroy(reason);
      return await answerOf(response, options, charge);
    } catch (error) {
      charge.release();
      throw cancel.reason ?? error;
    } finally {
      clearTimeout(timer);
      this.#aborts.delete(abort);
    }
  }

  /** The first answer that is no redirect. */
  async #follow(url: URL, options: GetOptions, cancel: Cancellation): Promise<IncomingMessage> {
    let at = url;
    let isOtherHost = false;
    for (let redirects = 0; ; redirects++) {
      const headers: Record<string, string | string[]> = { 'user-agent': this.#options.userAgent, ...options.headers };
      await this.#credentials.add(headers, isOtherHost);
      const response = await this.#connections.send({ method: 'GET', url: at, headers }, cancel);
      if (!this.#options.settings.followRedirects || !isRedirect(response.statusCode)) return response;
      discard(response);
      const next = locationOf(response, at);
      if (redirects === MAX_REDIRECTS) throw new Error(`stopped after ${MAX_REDIRECTS} redirects`);
      // Not back either: who was sent away may be sent anywhere. And no secret goes on in plain text.
      isOtherHost ||= next.host !== at.host || (at.protocol === 'https:' && next.protocol !== 'https:');
      at = next;
    }
  }
}

async function answerOf(response: IncomingMessage, options: GetOptions, charge: GrowingCharge): Promise<Answer> {
  const { statusCode: status = 0, statusMessage = '' } = response;
  const answer = {
    status,
    statusText: `${status} ${statusMessage}`.trim(),
    contentType: response.headers['content-type'] ?? '',
  };
  if (status !== 200) {
    discard(response);
    return { ...answer, body: new Uint8Array(0), wireBytes: 0, release: () => charge.release() };
  }
  const encoding = response.headers['content-encoding'] || 'identity';
  if (encoding !== 'gzip' && encoding !== 'identity') {
    response.destroy();
    throw new Error(`the answer has the content encoding ${JSON.stringify(encoding)}, which was not asked for`);
  }
  const { limitBytes, expectedBytes = 0 } = options;
  // What does not compress grows a little by it.
  const wireLimit = encoding === 'gzip' ? limitBytes + Math.ceil(limitBytes / 1000) + 64 : limitBytes;
  const wire = await readBody(response, { limitBytes: wireLimit, expectedBytes, charge });
  const wireBytes = wire.bytes.length;
  if (encoding === 'identity') return { ...answer, body: wire.bytes, wireBytes, release: releaseOf(wire, charge) };
  try {
    const body = await decompress('gzip', wire.bytes, limitBytes, charge);
    if (body.length > limitBytes) throw new BodyTooLarge(limitBytes);
    return { ...answer, body, wireBytes, release: () => charge.release() };
  } finally {
    wire.free();
  }
}

function releaseOf(body: Body, charge: GrowingCharge): () => void {
  return () => {
    body.free();
    charge.release();
  };
}

function isRedirect(status: number | undefined): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

function locationOf(response: IncomingMessage, from: URL): URL {
  const { location } = response.headers;
  if (location === undefined) throw new Error(`the answer ${response.statusCode} has no Location`);
  if (!URL.canParse(location, from.href)) throw new Error(`the answer ${response.statusCode} leads to no URL`);
  const to = new URL(location, from.href);
  if (to.protocol !== 'http:' && to.protocol !== 'https:') {
    throw new Error(
      `the answer ${response.statusCode} leads to a URL of the kind ${to.protocol}, which is not followed`,
    );
  }
  return to;
}

/** Reads and forgets a short body, so that the connection can be used again; ends the connection otherwise. */
function discard(response: IncomingMessage): void {
  const length = Number(response.headers['content-length'] ?? Number.POSITIVE_INFINITY);
  // A server that promised little and sends no end of it meets node:http, which stops at what was promised.
  response.on('error', () => undefined);
  if (length <= MAX_DRAINED_BYTES) response.resume();
  else response.destroy();
}
