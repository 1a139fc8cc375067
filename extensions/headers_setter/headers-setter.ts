// Applies the configured actions to the headers of each request, after those of another authenticator where one is named.

import type { ClientContext } from '../../pipeline/batch.ts';
import type { ComponentContext, Extension } from '../../pipeline/component.ts';
import {
  clientAuthenticator,
  type ClientAuthenticator,
  type RequestHeaders,
} from '../../pipeline/transport/client-authentication.ts';
import { secretText, WatchedFile } from '../../pipeline/watched-file.ts';
import type { HeaderSettings, HeadersSetterConfig } from './config.ts';
import { sourceOf, type HeaderSource } from './sources.ts';

interface HeaderAction {
  /** Lower-case. */
  readonly key: string;
  readonly action: HeaderSettings['action'];
  readonly source: HeaderSource;
}

export class HeadersSetter implements Extension, ClientAuthenticator {
  readonly #config: HeadersSetterConfig;
  readonly #context: ComponentContext;
  readonly #actions: readonly HeaderAction[];
  readonly #files: WatchedFile<string>[] = [];
  #additional: ClientAuthenticator | undefined;

  constructor(config: HeadersSetterConfig, context: ComponentContext) {
    this.#config = config;
    this.#context = context;
    this.#actions = config.headers.map((header) => ({
      key: header.key.toLowerCase(),
      action: header.action,
      source: sourceOf(header, (path, onChange) => this.#watch(path, onChange)),
    }));
  }

  get needsTls(): boolean {
    return this.#additional?.needsTls ?? false;
  }

  /** Fails with CREDENTIALS_FILE or AUTHENTICATOR_MISSING. */
  async start(): Promise<void> {
    const { additional_auth: additional, headers } = this.#config;
    if (additional !== undefined) {
      this.#additional = clientAuthenticator({ authenticator: additional }, this.#context, { key: 'additional_auth' });
    }
    for (const { key, action } of headers) {
      if (action === '') this.#context.log.warn({ key }, 'No action is given for the header; using upsert');
    }
    for (const file of this.#files) await file.start();
  }

  stop(): Promise<void> {
    for (const file of this.#files) file.close();
    return Promise.resolve();
  }

  async refresh(): Promise<void> {
    for (const file of this.#files) await file.refresh();
  }

  authorize(headers: RequestHeaders, client: ClientContext): void | Promise<void> {
    const first = this.#additional?.authorize(headers, client);
    if (first) return first.then(() => this.#apply(headers, client));
    this.#apply(headers, client);
    return undefined;
  }

  async renew(refused: Readonly<RequestHeaders>): Promise<boolean> {
    const isNew = (await this.#additional?.renew?.(refused)) ?? false;
    // What is wrong with a file is said in the log already.
    for (const file of this.#files) await file.refresh().catch(() => undefined);
    return isNew || this.#actions.some(({ key, source }) => source.isOutdated?.(refused[key]) === true);
  }

  mayShare(one: ClientContext, other: ClientContext): boolean {
    if (this.#additional && !this.#additional.mayShare(one, other)) return false;
    for (const { source } of this.#actions) if (source.identity(one) !== source.identity(other)) return false;
    return true;
  }

  #apply(headers: RequestHeaders, client: ClientContext): void {
    for (const { key, action, source } of this.#actions) {
      if (action === 'delete') delete headers[key];
      else if (action === 'insert' && (headers[key] ?? '') !== '') continue;
      else if (action === 'update' && (headers[key] ?? '') === '') continue;
      else headers[key] = source.value(client);
    }
  }

  #watch(path: string, onChange: (value: string) => void): WatchedFile<string> {
    const file = new WatchedFile({
      path,
      key: 'value_file',
      component: `extension:${this.#context.id}`,
      parse: secretText,
      onChange,
      onFailure: (error) => this.#context.log.error({ error: String(error) }, 'Reading a header value again failed'),
    });
    this.#files.push(file);
    return file;
  }
}
