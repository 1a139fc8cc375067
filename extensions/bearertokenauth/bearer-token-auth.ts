// Tokens from the configuration or from a file that is read again when it changes, for listeners and exporters.

import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ComponentContext, Extension } from '../../pipeline/component.ts';
import { Refused } from '../../pipeline/delivery.ts';
import { Unauthenticated, type ServerAuthenticator } from '../../pipeline/transport/authentication.ts';
import {
  CurrentCredentials,
  type ClientAuthenticator,
  type RequestHeaders,
} from '../../pipeline/transport/client-authentication.ts';
import { digestOfSecret, isOneOf } from '../../pipeline/transport/same-secret.ts';
import { secretText, WatchedFile } from '../../pipeline/watched-file.ts';
import type { BearerTokenConfig } from './config.ts';

const NOTHING_KNOWN: ReadonlyMap<string, unknown> = new Map();

export class BearerTokenAuth implements Extension, ServerAuthenticator, ClientAuthenticator {
  readonly challenge: string;
  readonly needsTls = true;
  readonly #config: BearerTokenConfig;
  readonly #context: ComponentContext;
  /** Lower-case. */
  readonly #header: string;
  readonly #file: WatchedFile<readonly string[]> | undefined;
  readonly #stopping = new AbortController();
  readonly #current = new CurrentCredentials();
  #waiting: Promise<void> | undefined;
  /** Header values. */
  #first: string | undefined;
  #digests: readonly Buffer[] = [];

  constructor(config: BearerTokenConfig, context: ComponentContext) {
    this.#config = config;
    this.#context = context;
    this.#header = config.header.toLowerCase();
    this.challenge = config.scheme === '' ? 'Bearer' : config.scheme;
    const { tokens, token, filename } = config;
    // As in contrib: a list of tokens wins over the file, the file over a single token.
    if (tokens.length > 0) this.#use(tokens);
    else if (filename === '') this.#use([token]);
    else {
      this.#file = new WatchedFile({
        path: filename,
        key: 'filename',
        component: `extension:${context.id}`,
        parse: tokensIn,
        onChange: (read) => this.#use(read),
        onFailure: (error) => context.log.error({ error: String(error) }, 'Reading the token file failed'),
      });
    }
  }

  /** Fails with CREDENTIALS_FILE. */
  async start(): Promise<void> {
    const { filename, token, tokens, retry_on_failure: retry, wait_for_token_file: waits } = this.#config;
    if (filename !== '' && (token !== '' || tokens.length > 0)) {
      const ignored = tokens.length > 0 ? 'filename' : 'token';
      this.#context.log.warn({ ignored }, 'Tokens are configured in two ways; one is ignored');
    }
    if (!this.#file) return;
    if (!retry.enabled) return this.#file.start();
    const reading = this.#readWithRetries(this.#file);
    if (waits) return reading;
    this.#waiting = reading.catch((error: unknown) => {
      this.#context.log.error({ error: String(error) }, 'Reading the token file failed for good');
      this.#context.status('PermanentError', 'the token file could not be read');
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#file?.close();
    await this.#waiting;
  }

  async refresh(): Promise<void> {
    await this.#file?.refresh();
  }

  authenticate(headers: IncomingHttpHeaders): Promise<ReadonlyMap<string, unknown>> {
    const given = headers[this.#header];
    const value = Array.isArray(given) ? given[0] : given;
    if (value === undefined || value === '') {
      return Promise.reject(new Unauthenticated(`missing or empty authorization header: ${this.#config.header}`));
    }
    if (this.#digests.length === 0) return Promise.reject(this.#notReadYet());
    return isOneOf(this.#digests, value)
      ? Promise.resolve(NOTHING_KNOWN)
      : Promise.reject(new Unauthenticated('provided authorization does not match expected scheme or token'));
  }

  known(headers: IncomingHttpHeaders): ReadonlyMap<string, unknown> | undefined {
    const value = headers[this.#header];
    return typeof value === 'string' && isOneOf(this.#digests, value) ? NOTHING_KNOWN : undefined;
  }

  authorize(headers: RequestHeaders): void {
    if (this.#first === undefined) throw this.#notReadYet();
    headers[this.#header] = this.#first;
  }

  async renew(refused: Readonly<RequestHeaders>): Promise<boolean> {
    // What is wrong with the file is said in the log already.
    await this.#file?.refresh().catch(() => undefined);
    return this.#current.isOutdated(refused[this.#header]);
  }

  mayShare(): boolean {
    return true;
  }

  #use(tokens: readonly string[]): void {
    const { scheme } = this.#config;
    const values = scheme === '' ? tokens : tokens.map((token) => `${scheme} ${token}`);
    this.#first = values[0];
    this.#current.set(this.#first);
    this.#digests = values.map(digestOfSecret);
    if (this.#file?.value)
      this.#context.log.info({ filename: this.#config.filename }, 'Tokens were read from the file');
  }

  #notReadYet(): Refused {
    return new Refused(`${this.#context.id} has not read its token file yet`);
  }

  async #readWithRetries(file: WatchedFile<readonly string[]>): Promise<void> {
    const { max_retries: maxRetries, interval } = this.#config.retry_on_failure;
    const { signal } = this.#stopping;
    for (let tries = 1; !signal.aborted; tries += 1) {
      try {
        return await file.start();
      } catch (error) {
        if (maxRetries > 0 && tries > maxRetries) throw error;
        this.#context.log.warn({ error: String(error), tries, intervalMs: interval }, 'Waiting for the token file');
      }
      await sleep(interval, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** The first word of every line that has one. */
function tokensIn(text: string): readonly string[] {
  return secretText(text)
    .split('\n')
    .flatMap((line) => line.trim().split(/\s+/)[0] || []);
}
