// One request for a token: OAuth 2.0 client credentials (RFC 6749, section 4.4) or a signed JWT (RFC 7523, section 2.1).

import { createPrivateKey, randomUUID, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SignJWT } from 'jose';
import { fetchSmall, type SmallAnswer } from '../../pipeline/transport/fetch-small.ts';
import { formEncoded, isTokenAnswer, tokenIn, type Token } from '../../pipeline/transport/oauth2-answer.ts';
import { secretText } from '../../pipeline/watched-file.ts';
import { JWT_BEARER, type OAuth2ClientConfig } from './config.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
const JWT_LIFETIME_SECONDS = 30 * 60;

/** How a server wants the client's name and secret: in the Authorization header, or among the parameters. */
type Style = 'header' | 'parameters';

export class TokenRequest {
  readonly #config: OAuth2ClientConfig;
  readonly #component: string;
  readonly #now: () => number;
  /** Found out by trying, the header first, as RFC 6749, section 2.3.1 prefers it. */
  #style: Style | undefined;

  constructor(config: OAuth2ClientConfig, component: string, now: () => number) {
    this.#config = config;
    this.#component = component;
    this.#now = now;
  }

  /** Fails with an Error that holds no secret. */
  async fetch(): Promise<Token> {
    const answer = this.#config.grant_type === JWT_BEARER ? await this.#byJwt() : await this.#bySecret();
    return tokenIn(answer);
  }

  async #bySecret(): Promise<SmallAnswer> {
    const config = this.#config;
    const id = await given(config.client_id, config.client_id_file, 'client_id_file');
    const secret = await given(config.client_secret, config.client_secret_file, 'client_secret_file');
    const ask = (style: Style): Promise<SmallAnswer> => {
      const form = new URLSearchParams({ grant_type: 'client_credentials' });
      if (config.scopes.length > 0) form.set('scope', config.scopes.join(' '));
      this.#addParameters(form);
      if (style === 'header') {
        const credentials = Buffer.from(`${formEncoded(id)}:${formEncoded(secret)}`).toString('base64');
        return this.#post(form, { authorization: `Basic ${credentials}` });
      }
      form.set('client_id', id);
      form.set('client_secret', secret);
      return this.#post(form, {});
    };
    if (this.#style) return ask(this.#style);
    const first = await ask('header');
    if (isTokenAnswer(first)) {
      this.#style = 'header';
      return first;
    }
    const second = await ask('parameters');
    if (isTokenAnswer(second)) this.#style = 'parameters';
    return second;
  }

  async #byJwt(): Promise<SmallAnswer> {
    const config = this.#config;
    const id = await given(config.client_id, config.client_id_file, 'client_id_file');
    const pem = await given(
      config.client_certificate_key,
      config.client_certificate_key_file,
      'client_certificate_key_file',
    );
    const seconds = Math.floor(this.#now() / 1000);
    const scope = config.scopes.join(' ');
    const claims = {
      iss: config.iss || id,
      sub: id,
      jti: randomUUID(),
      aud: config.audience || config.token_url,
      iat: seconds,
      exp: seconds + JWT_LIFETIME_SECONDS,
      ...(scope === '' ? {} : { scope }),
      ...config.claims,
    };
    const kid = config.client_certificate_key_id;
    const assertion = await new SignJWT(claims)
      .setProtectedHeader({
        alg: config.signature_algorithm || 'RS256',
        typ: 'JWT',
        ...(kid === '' ? {} : { kid }),
      })
      .sign(rsaKey(pem));
    const form = new URLSearchParams({ grant_type: JWT_BEARER, assertion });
    if (scope !== '') form.set('scope', scope);
    this.#addParameters(form);
    return this.#post(form, {});
  }

  #addParameters(form: URLSearchParams): void {
    for (const { name, values } of this.#config.endpoint_params) {
      form.delete(name);
      for (const value of values) form.append(name, value);
    }
  }

  #post(form: URLSearchParams, headers: Readonly<Record<string, string>>): Promise<SmallAnswer> {
    const { token_url: url, tls, timeout } = this.#config;
    return fetchSmall({
      url: new URL(url),
      form,
      headers,
      tls,
      timeoutMs: timeout || DEFAULT_TIMEOUT_MS,
      component: this.#component,
    });
  }
}

async function given(value: string, file: string, key: string): Promise<string> {
  if (file === '') return value;
  try {
    return secretText(await readFile(file, 'utf8'));
  } catch (error) {
    throw new Error(`can not use ${key} ${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function rsaKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // Said below, without what the library shows of the text.
  }
  throw new Error('the key in client_certificate_key is no private RSA key in PEM');
}
