// An OAuth 2.0 token by client credentials (RFC 6749, section 4.4): fetched when first needed, again before it expires or when
// its secret has changed, never twice at a time.

import { AgentError } from '../../../pipeline/errors.ts';
import { GrowingCharge } from '../../../pipeline/transport/growing-charge.ts';
import type { Admission } from '../../../pipeline/admission.ts';
import type { SmallAnswer } from '../../../pipeline/transport/fetch-small.ts';
import { formEncoded, isTokenAnswer, tokenIn } from '../../../pipeline/transport/oauth2-answer.ts';
import type { OAuth2Settings } from '../http-settings.ts';
import { Connections, type Cancellation } from './connections.ts';
import { readBody } from './response-body.ts';
import { Secret } from './secret-file.ts';

/** A token that is about to expire would be refused on its way. */
const EXPIRY_MARGIN_MS = 10_000;
const MAX_ANSWER_BYTES = 1 << 20;
/** After a failure the authorization server is left alone for this long. */
const RETRY_AFTER_MS = 1_000;

export interface TokenOptions {
  readonly settings: OAuth2Settings;
  readonly component: string;
  readonly timeoutMs: number;
  readonly admission: Admission;
  readonly userAgent: string;
  readonly steadyNow: () => number;
  readonly onFailure: (error: unknown) => void;
}

export class TokenSource {
  readonly #options: TokenOptions;
  readonly #secret: Secret;
  readonly #connections: Connections;
  readonly #url: URL;
  /** How the server wants name and secret; found out by trying, the header first, as section 2.3.1 prefers it. */
  #style: 'header' | 'parameters' | undefined;
  #header = '';
  #usedSecret = '';
  #expiresAtMs = Number.NEGATIVE_INFINITY;
  #fetching: Promise<string> | undefined;
  #failure: unknown;
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  /** Fails with START_FAILED where the token URL or the proxy can not be used. */
  constructor(options: TokenOptions) {
    const { settings, component, steadyNow, timeoutMs, onFailure } = options;
    this.#options = options;
    if (!URL.canParse(settings.tokenUrl)) {
      throw new AgentError('START_FAILED', `oauth2::token_url ${JSON.stringify(settings.tokenUrl)} is not a URL`, {
        component,
        mend: 'give an http or https URL',
      });
    }
    this.#url = new URL(settings.tokenUrl);
    this.#secret = new Secret(settings.clientSecret, 'oauth2::client_secret_file', component, steadyNow);
    this.#connections = new Connections({
      tls: settings.tls,
      proxy: settings.proxy,
      connectTimeoutMs: timeoutMs,
      component,
      onFailure,
    });
  }

  start(): Promise<void> {
    return this.#connections.start();
  }

  refresh(): Promise<void> {
    return this.#connections.refresh();
  }

  close(): void {
    this.#connections.close();
  }

  /** The value of the Authorization header. Fails with an Error that holds no secret. */
  async header(): Promise<string> {
    const secret = await this.#secret.read();
    const now = this.#options.steadyNow();
    if (secret === this.#usedSecret && now < this.#expiresAtMs) return this.#header;
    if (now < this.#notBeforeMs && !this.#fetching) throw this.#failure;
    this.#fetching ??= this.#fetch(secret)
      .catch((error: unknown) => {
        this.#failure = error;
        this.#notBeforeMs = this.#options.steadyNow() + RETRY_AFTER_MS;
        throw error;
      })
      .finally(() => {
        this.#fetching = undefined;
      });
    return this.#fetching;
  }

  async #fetch(secret: string): Promise<string> {
    const asked = this.#options.steadyNow();
    const answer = await this.#ask(secret);
    const { header, lifetimeMs = Number.POSITIVE_INFINITY } = tokenIn(answer);
    this.#header = header;
    this.#usedSecret = secret;
    this.#expiresAtMs = asked + lifetimeMs - Math.min(EXPIRY_MARGIN_MS, lifetimeMs / 10);
    return this.#header;
  }

  async #ask(secret: string): Promise<SmallAnswer> {
    if (this.#style) return this.#post(secret, this.#style);
    const first = await this.#post(secret, 'header');
    if (isTokenAnswer(first)) {
      this.#style = 'header';
      return first;
    }
    const second = await this.#post(secret, 'parameters');
    if (isTokenAnswer(second)) this.#style = 'parameters';
    return second;
  }

  async #post(secret: string, style: 'header' | 'parameters'): Promise<SmallAnswer> {
    const { settings, admission, timeoutMs, userAgent } = this.#options;
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    if (settings.scopes.length > 0) form.set('scope', settings.scopes.join(' '));
    for (const [name, value] of settings.endpointParams) form.set(name, value);
    const headers: Record<string, string> = {
      'user-agent': userAgent,
      'content-type': 'application/x-www-form-urlencoded',
    };
    if (style === 'header') {
      const credentials = `${formEncoded(settings.clientId)}:${formEncoded(secret)}`;
      headers['authorization'] = `Basic ${Buffer.from(credentials).toString('base64')}`;
    } else {
      form.set('client_id', settings.clientId);
      form.set('client_secret', secret);
    }
    const body = form.toString();
    headers['content-length'] = String(Buffer.byteLength(body));
    const cancel: Cancellation = { reason: undefined, onAbort: undefined };
    const timer = setTimeout(() => {
      cancel.onAbort?.(new Error(`the token endpoint ${this.#url.host} did not answer within ${timeoutMs} ms`));
    }, timeoutMs);
    const charge = new GrowingCharge(admission, 0);
    try {
      const response = await this.#connections.send({ method: 'POST', url: this.#url, headers, body }, cancel);
      cancel.onAbort = (reason) => response.destroy(reason);
      const answer = await readBody(response, { limitBytes: MAX_ANSWER_BYTES, expectedBytes: 0, charge });
      const text = Buffer.from(answer.bytes).toString('utf8');
      answer.free();
      return { status: response.statusCode ?? 0, text };
    } finally {
      charge.release();
      clearTimeout(timer);
    }
  }
}
