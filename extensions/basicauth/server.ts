// Checks the Authorization header of requests against htpasswd entries.

import type { IncomingHttpHeaders } from 'node:http';
import type { ComponentContext, Extension } from '../../pipeline/component.ts';
import { Unauthenticated, type ServerAuthenticator } from '../../pipeline/transport/authentication.ts';
import { WatchedFile } from '../../pipeline/watched-file.ts';
import type { HtpasswdSettings } from './config.ts';
import { parseHtpasswd, type Htpasswd } from './htpasswd.ts';
import { PasswordCheck } from './password-check.ts';

const SCHEME = 'basic ';

export class BasicAuthServer implements Extension, ServerAuthenticator {
  readonly challenge = 'Basic realm="genesis-agent", charset="UTF-8"';
  readonly #context: ComponentContext;
  readonly #inline: Htpasswd;
  readonly #file: WatchedFile<Htpasswd> | undefined;
  readonly #check = new PasswordCheck();

  constructor(settings: HtpasswdSettings, context: ComponentContext) {
    this.#context = context;
    this.#inline = parseHtpasswd(settings.inline);
    if (settings.file !== '') {
      this.#file = new WatchedFile({
        path: settings.file,
        key: 'htpasswd::file',
        component: `extension:${context.id}`,
        parse: parseHtpasswd,
        onChange: (read) => this.#use(read, 'file'),
        onFailure: (error) => context.log.error({ error: String(error) }, 'Reading the htpasswd file failed'),
      });
    }
  }

  /** Fails with CREDENTIALS_FILE. */
  async start(): Promise<void> {
    this.#use(this.#inline, 'inline');
    await this.#file?.start();
  }

  stop(): Promise<void> {
    this.#file?.close();
    this.#check.close();
    return Promise.resolve();
  }

  async refresh(): Promise<void> {
    await this.#file?.refresh();
  }

  known({ authorization = '' }: IncomingHttpHeaders): ReadonlyMap<string, unknown> | undefined {
    const given = hasScheme(authorization) ? credentialsOf(authorization) : undefined;
    return given && this.#check.remembers(given.username, given.password) ? clientOf(given) : undefined;
  }

  async authenticate(headers: IncomingHttpHeaders): Promise<ReadonlyMap<string, unknown>> {
    const { authorization = '' } = headers;
    if (authorization === '') throw new Unauthenticated('no basic auth provided');
    if (!hasScheme(authorization)) throw new Unauthenticated('invalid authorization scheme prefix');
    const given = credentialsOf(authorization);
    if (!given) throw new Unauthenticated('invalid authorization format');
    const isRight = await this.#check.isRight(given.username, given.password);
    if (!isRight) throw new Unauthenticated('invalid credentials');
    return clientOf(given);
  }

  /** What stands in the configuration wins over the file. */
  #use({ entries, badLines }: Htpasswd, source: 'file' | 'inline'): void {
    if (badLines.length > 0) {
      this.#context.log.warn(
        { source, lines: badLines.join(', ') },
        'Lines of htpasswd that can not be used are left out',
      );
    }
    this.#check.use(source === 'file' ? new Map([...entries, ...this.#inline.entries]) : entries);
  }
}

interface Credentials {
  readonly username: string;
  readonly password: string;
  /** Both, in Base64, as they came. */
  readonly raw: string;
}

function hasScheme(authorization: string): boolean {
  return authorization.slice(0, SCHEME.length).toLowerCase() === SCHEME;
}

/** Undefined where there is no colon. */
function credentialsOf(authorization: string): Credentials | undefined {
  const raw = authorization.slice(SCHEME.length);
  const decoded = Buffer.from(raw, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon === -1 ? undefined : { username: decoded.slice(0, colon), password: decoded.slice(colon + 1), raw };
}

function clientOf({ username, raw }: Credentials): ReadonlyMap<string, unknown> {
  return new Map([
    ['username', username],
    ['raw', raw],
  ]);
}
