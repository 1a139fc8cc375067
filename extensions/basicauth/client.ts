// The name and password that exporters send, from the configuration or from files that are read again when they change.

import type { ComponentContext, Extension } from '../../pipeline/component.ts';
import { AgentError } from '../../pipeline/errors.ts';
import {
  CurrentCredentials,
  type ClientAuthenticator,
  type RequestHeaders,
} from '../../pipeline/transport/client-authentication.ts';
import { secretText, WatchedFile } from '../../pipeline/watched-file.ts';
import type { ClientAuthSettings } from './config.ts';

export class BasicAuthClient implements Extension, ClientAuthenticator {
  readonly needsTls = true;
  readonly #settings: ClientAuthSettings;
  readonly #files: WatchedFile<string>[] = [];
  readonly #username: WatchedFile<string> | undefined;
  readonly #password: WatchedFile<string> | undefined;
  readonly #current = new CurrentCredentials();
  #value = '';

  constructor(settings: ClientAuthSettings, context: ComponentContext) {
    this.#settings = settings;
    const watch = (key: 'username_file' | 'password_file'): WatchedFile<string> | undefined => {
      if (settings[key] === '') return undefined;
      const file = new WatchedFile({
        path: settings[key],
        key: `client_auth::${key}`,
        component: `extension:${context.id}`,
        parse: key === 'username_file' ? userName : secretText,
        onChange: () => this.#compose(),
        onFailure: (error) => context.log.error({ error: String(error) }, 'Reading a credentials file failed'),
      });
      this.#files.push(file);
      return file;
    };
    this.#username = watch('username_file');
    this.#password = watch('password_file');
    this.#compose();
  }

  /** Fails with CREDENTIALS_FILE. */
  async start(): Promise<void> {
    for (const file of this.#files) await file.start();
  }

  stop(): Promise<void> {
    for (const file of this.#files) file.close();
    return Promise.resolve();
  }

  async refresh(): Promise<void> {
    for (const file of this.#files) await file.refresh();
  }

  authorize(headers: RequestHeaders): void {
    headers['authorization'] = this.#value;
  }

  async renew(refused: Readonly<RequestHeaders>): Promise<boolean> {
    // What is wrong with a file is said in the log already.
    for (const file of this.#files) await file.refresh().catch(() => undefined);
    return this.#current.isOutdated(refused['authorization']);
  }

  mayShare(): boolean {
    return true;
  }

  #compose(): void {
    const name = this.#username?.value ?? this.#settings.username;
    const password = this.#password?.value ?? this.#settings.password;
    this.#value = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
    this.#current.set(this.#value);
  }
}

function userName(text: string): string {
  const name = secretText(text);
  if (name.includes(':')) throw new AgentError('CREDENTIALS_FILE', 'a user name must not contain a colon');
  return name;
}
