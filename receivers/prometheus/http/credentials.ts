// The headers that a client adds to its requests: credentials, and those of `http_headers`. Files are read again when they
// change; what is secret does not follow a redirect to another host.

import type { HttpSettings } from '../http-settings.ts';
import { Secret } from './secret-file.ts';
import type { TokenSource } from './token.ts';

type Headers = Record<string, string | string[]>;

/** What does not leave with a redirect, besides the credentials; as in Prometheus' client. */
const STAYS = new Set([
  'authorization',
  'www-authenticate',
  'cookie',
  'cookie2',
  'proxy-authorization',
  'proxy-authenticate',
]);

export class Credentials {
  readonly #authorization: (() => Promise<string>) | undefined;
  readonly #headers: readonly { readonly name: string; readonly values: readonly Secret[] }[];
  readonly #isEmpty: boolean;

  constructor(settings: HttpSettings, token: TokenSource | undefined, component: string, steadyNow: () => number) {
    const secret = (value: string, file: string, key: string): Secret =>
      new Secret({ value, file }, key, component, steadyNow);
    const { basicAuth, authorization } = settings;
    if (basicAuth) {
      const username = new Secret(basicAuth.username, 'basic_auth::username_file', component, steadyNow);
      const password = new Secret(basicAuth.password, 'basic_auth::password_file', component, steadyNow);
      this.#authorization = async () => {
        const pair = `${await username.read()}:${await password.read()}`;
        return `Basic ${Buffer.from(pair).toString('base64')}`;
      };
    } else if (authorization) {
      const credentials = new Secret(
        authorization.credentials,
        'authorization::credentials_file',
        component,
        steadyNow,
      );
      this.#authorization = async () => `${authorization.type} ${await credentials.read()}`;
    } else if (token) this.#authorization = () => token.header();
    this.#headers = settings.headers.map(({ name, values, secrets, files }) => ({
      name: name.toLowerCase(),
      values: [
        ...[...values, ...secrets].map((value) => secret(value, '', '')),
        ...files.map((file) => secret('', file, `http_headers::${name}::files`)),
      ],
    }));
    this.#isEmpty = !this.#authorization && this.#headers.length === 0;
  }

  /** Adds to the headers of a request. Fails where a file can not be read or no token be had. */
  async add(headers: Headers, isOtherHost: boolean): Promise<void> {
    if (this.#isEmpty) return;
    for (const { name, values } of this.#headers) {
      if (isOtherHost && STAYS.has(name)) continue;
      const texts: string[] = [];
      for (const value of values) texts.push(await value.read());
      // What the client itself says, such as Accept, comes first.
      const own = headers[name];
      if (own !== undefined) texts.unshift(...(typeof own === 'string' ? [own] : own));
      if (texts.length > 0) headers[name] = texts.length === 1 ? (texts[0] ?? '') : texts;
    }
    if (this.#authorization && !isOtherHost) headers['authorization'] = await this.#authorization();
  }
}
