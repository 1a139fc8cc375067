// The public keys of a provider: found by discovery and fetched again, or read from a file. Keys that are known stay in
// use while the provider can not be reached.

import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import type { ComponentContext } from '../../pipeline/component.ts';
import { Refused } from '../../pipeline/delivery.ts';
import { AgentError } from '../../pipeline/errors.ts';
import { tlsClientSettings } from '../../pipeline/settings/tls.ts';
import { fetchSmall } from '../../pipeline/transport/fetch-small.ts';
import { WatchedFile } from '../../pipeline/watched-file.ts';
import type { ProviderSettings } from './config.ts';

const FETCH_TIMEOUT_MS = 5_000;
/** Keys are fetched again after this, so that withdrawn ones go. */
const MAX_AGE_MS = 10 * 60_000;
/** Neither unknown keys in tokens nor failures make the provider be asked more often. */
const COOL_DOWN_MS = 30_000;
const FAILURE_COOL_DOWN_MS = 2_000;

/** What go-oidc can verify. */
const BY_KEY_TYPE: Readonly<Record<string, readonly string[]>> = {
  RSA: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  EC: ['ES256', 'ES384', 'ES512'],
  OKP: ['EdDSA'],
};
const ALL_ALGORITHMS = Object.values(BY_KEY_TYPE).flat();
/** What OpenID Connect Core says of a provider that names no algorithms it can. */
const DEFAULT_ALGORITHMS: readonly string[] = ['RS256'];

export interface Keys {
  readonly find: JWTVerifyGetKey;
  readonly algorithms: readonly string[];
}

export interface KeySource {
  start(): Promise<void>;
  /** The keys as they are known now. Fails with Refused while there are none. */
  current(): Promise<Keys>;
  /** Whether there are other keys after asking again for one that is not known. */
  askAgain(): Promise<boolean>;
  refresh(): Promise<void>;
  close(): void;
}

export class KeyFile implements KeySource {
  readonly #file: WatchedFile<Keys>;

  constructor(settings: ProviderSettings, context: ComponentContext, onChange: () => void) {
    this.#file = new WatchedFile({
      path: settings.public_keys_file,
      key: 'public_keys_file',
      component: `extension:${context.id}`,
      parse: (text) => keysIn(text, undefined),
      onChange,
      onFailure: (error) => context.log.error({ error: String(error) }, 'Reading the public keys again failed'),
    });
  }

  start(): Promise<void> {
    return this.#file.start();
  }

  current(): Promise<Keys> {
    const { value } = this.#file;
    return value ? Promise.resolve(value) : Promise.reject(new Refused('the public keys have not been read yet'));
  }

  askAgain(): Promise<boolean> {
    return Promise.resolve(false);
  }

  refresh(): Promise<void> {
    return this.#file.refresh();
  }

  close(): void {
    this.#file.close();
  }
}

export class Discovery implements KeySource {
  readonly #settings: ProviderSettings;
  readonly #context: ComponentContext;
  readonly #onChange: () => void;
  #keys: Keys | undefined;
  #text = '';
  #fetchedAtMs = 0;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #fetching: Promise<void> | undefined;

  constructor(settings: ProviderSettings, context: ComponentContext, onChange: () => void) {
    this.#settings = settings;
    this.#context = context;
    this.#onChange = onChange;
  }

  /** Fails with OIDC_PROVIDER where the provider answers something that can not be used; unreachable is for now. */
  async start(): Promise<void> {
    await this.refresh();
  }

  async current(): Promise<Keys> {
    const now = this.#context.steadyNow();
    if (!this.#keys) {
      if (now - this.#triedAtMs >= FAILURE_COOL_DOWN_MS || this.#fetching) {
        await this.#fetch().catch((error: unknown) => this.#unreachable(error));
      }
      if (!this.#keys) throw new Refused('the keys of the OpenID Connect provider are not known yet');
    } else if (now - this.#fetchedAtMs >= MAX_AGE_MS && now - this.#triedAtMs >= COOL_DOWN_MS) {
      // Nobody waits for it.
      this.#fetch().catch((error: unknown) => this.#unreachable(error));
    }
    return this.#keys;
  }

  async askAgain(): Promise<boolean> {
    if (this.#context.steadyNow() - this.#triedAtMs < COOL_DOWN_MS && !this.#fetching) return false;
    const before = this.#keys;
    await this.#fetch().catch((error: unknown) => this.#unreachable(error));
    return this.#keys !== before;
  }

  /** As `start`. */
  async refresh(): Promise<void> {
    try {
      await this.#fetch();
    } catch (error) {
      if (error instanceof AgentError) throw error;
      this.#unreachable(error);
    }
  }

  close(): void {
    this.#keys = undefined;
  }

  #fetch(): Promise<void> {
    this.#triedAtMs = this.#context.steadyNow();
    this.#fetching ??= this.#fetchNow().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetchNow(): Promise<void> {
    const { issuer_url: issuer, ignore_issuer: ignoresIssuer } = this.#settings;
    const document = await this.#document(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    const { issuer: named, jwks_uri: uri, id_token_signing_alg_values_supported: offered } = fieldsOf(document);
    if (named !== issuer && !ignoresIssuer)
      throw this.#unusable(`its document names another issuer: ${printable(named)}`);
    if (typeof uri !== 'string' || !/^https?:/.test(uri) || !URL.canParse(uri)) {
      throw this.#unusable('its document names no jwks_uri');
    }
    const supported = Array.isArray(offered) ? ALL_ALGORITHMS.filter((one) => offered.includes(one)) : [];
    const text = await this.#document(uri);
    this.#fetchedAtMs = this.#context.steadyNow();
    if (text === this.#text) return;
    try {
      this.#keys = keysIn(text, supported.length > 0 ? supported : DEFAULT_ALGORITHMS);
    } catch (error) {
      throw this.#unusable(`its key set: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.#text = text;
    this.#onChange();
  }

  async #document(url: string): Promise<string> {
    const { status, text } = await fetchSmall({
      url: new URL(url),
      tls: tlsClientSettings.parse({ ca_file: this.#settings.issuer_ca_path }),
      timeoutMs: FETCH_TIMEOUT_MS,
      component: `extension:${this.#context.id}`,
    });
    if (status >= 500 || status === 429) throw new Error(`${url} answered ${status}`);
    if (status !== 200) throw this.#unusable(`${url} answered ${status}`);
    return text;
  }

  #unusable(problem: string): AgentError {
    const { issuer_url: issuer } = this.#settings;
    return new AgentError('OIDC_PROVIDER', `the provider ${issuer} can not be used: ${problem}`, {
      component: `extension:${this.#context.id}`,
      mend: 'issuer_url is what stands as "issuer" in the discovery document, to the letter',
    });
  }

  #unreachable(error: unknown): void {
    const { issuer_url: issuer } = this.#settings;
    this.#context.log.warn({ issuer, error: String(error) }, 'The keys of the provider could not be fetched');
  }
}

/** Fails with an Error. `algorithms` undefined: those of the keys. */
function keysIn(text: string, algorithms: readonly string[] | undefined): Keys {
  const { keys } = fieldsOf(text);
  if (!Array.isArray(keys)) throw new Error('it is no JSON Web Key Set');
  const usable = keys.map(fields).filter(({ kty }) => typeof kty === 'string' && Object.hasOwn(BY_KEY_TYPE, kty));
  if (usable.length === 0) throw new Error('it has no key of the types RSA, EC or Ed25519');
  // jose checks each key when it is used.
  const local = createLocalJWKSet({ keys: usable });
  const own = usable.flatMap(({ kty, alg }) => {
    const possible = BY_KEY_TYPE[String(kty)] ?? [];
    return typeof alg === 'string' && possible.includes(alg) ? [alg] : possible;
  });
  return { find: local, algorithms: algorithms ?? [...new Set(own)] };
}

/** Whether the token names a key that is not in the set. */
export function isUnknownKey(error: unknown): boolean {
  return error instanceof errors.JWKSNoMatchingKey;
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    return fields(JSON.parse(text));
  } catch {
    return {};
  }
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function printable(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 200)) : 'none';
}
