// Keeps a token fresh: fetched when first needed, again before it expires, never twice at a time.

import type { ComponentContext, Extension } from '../../pipeline/component.ts';
import { Refused } from '../../pipeline/delivery.ts';
import type { Token } from '../../pipeline/transport/oauth2-answer.ts';
import {
  CurrentCredentials,
  type ClientAuthenticator,
  type RequestHeaders,
} from '../../pipeline/transport/client-authentication.ts';
import type { OAuth2ClientConfig } from './config.ts';
import { TokenRequest } from './token-request.ts';

/** A token that is about to expire would be refused on its way. */
const EXPIRY_MARGIN_MS = 10_000;
/** After a failure the authorization server is left alone for this long. */
const RETRY_AFTER_MS = 1_000;
/** A token that is refused when it is this young is not the problem: another one would be refused as well. */
const YOUNG_MS = 10_000;

export class OAuth2Client implements Extension, ClientAuthenticator {
  readonly needsTls = true;
  readonly #config: OAuth2ClientConfig;
  readonly #context: ComponentContext;
  readonly #request: TokenRequest;
  readonly #current = new CurrentCredentials();
  #token: Token | undefined;
  /** When a new token should be fetched, and when the old one can not be used any more. */
  #renewAtMs = 0;
  #expiresAtMs = 0;
  #fetchedAtMs = 0;
  #fetching: Promise<Token> | undefined;
  #failure: Refused | undefined;
  #notBeforeMs = 0;

  constructor(config: OAuth2ClientConfig, context: ComponentContext) {
    this.#config = config;
    this.#context = context;
    this.#request = new TokenRequest(config, `extension:${context.id}`, context.now);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    await this.#fetching?.catch(() => undefined);
  }

  authorize(headers: RequestHeaders): void | Promise<void> {
    const now = this.#context.steadyNow();
    const token = this.#token;
    if (token && now < this.#expiresAtMs) {
      // Its failure is said in the log; until the old token expires nobody has to wait for a new one.
      if (now >= this.#renewAtMs && now >= this.#notBeforeMs) this.#fetch().catch(() => undefined);
      headers['authorization'] = token.header;
      return undefined;
    }
    if (this.#failure && now < this.#notBeforeMs) throw this.#failure;
    return this.#fetch().then((fresh) => {
      headers['authorization'] = fresh.header;
    });
  }

  /** A token may be withdrawn before it expires. */
  renew(refused: Readonly<RequestHeaders>): Promise<boolean> {
    const given = refused['authorization'];
    if (given === this.#token?.header && this.#context.steadyNow() - this.#fetchedAtMs >= YOUNG_MS) {
      this.#token = undefined;
      this.#current.set(undefined);
    }
    return Promise.resolve(this.#current.isOutdated(given));
  }

  mayShare(): boolean {
    return true;
  }

  #fetch(): Promise<Token> {
    this.#fetching ??= this.#request
      .fetch()
      .then(
        (token) => this.#keep(token),
        (error: unknown) => this.#failed(error),
      )
      .finally(() => {
        this.#fetching = undefined;
      });
    return this.#fetching;
  }

  #keep(token: Token): Token {
    const now = this.#context.steadyNow();
    const { lifetimeMs = Number.POSITIVE_INFINITY } = token;
    this.#token = token;
    this.#current.set(token.header);
    this.#fetchedAtMs = now;
    this.#expiresAtMs = now + lifetimeMs - Math.min(EXPIRY_MARGIN_MS, lifetimeMs / 10);
    // A token that lives shorter than the buffer must not be fetched anew for every request.
    this.#renewAtMs =
      now + lifetimeMs - Math.min(Math.max(this.#config.expiry_buffer, EXPIRY_MARGIN_MS), lifetimeMs / 2);
    if (this.#failure) this.#context.log.info({}, 'The authorization server gives tokens again');
    this.#failure = undefined;
    this.#notBeforeMs = 0;
    return token;
  }

  #failed(error: unknown): never {
    const reason = error instanceof Error ? error.message : String(error);
    const { origin, pathname } = new URL(this.#config.token_url);
    this.#context.log.warn({ endpoint: origin + pathname, error: reason }, 'Fetching a token failed');
    this.#failure = new Refused(`${this.#context.id} could not fetch a token: ${reason}`, { cause: error });
    this.#notBeforeMs = this.#context.steadyNow() + RETRY_AFTER_MS;
    throw this.#failure;
  }
}
