// Finds the token in a request and the provider it belongs to, and remembers for a moment which tokens were right.

import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { decodeJwt } from 'jose';
import type { ComponentContext, Extension } from '../../pipeline/component.ts';
import { Unauthenticated, type ServerAuthenticator } from '../../pipeline/transport/authentication.ts';
import { providersOf, type OidcConfig } from './config.ts';
import { Provider, type VerifiedToken } from './provider.ts';

const REMEMBERED = 1_000;
/** A signature is checked again after this at the latest. */
const REMEMBERED_MS = 60_000;

interface Remembered extends VerifiedToken {
  readonly until: number;
}

export class Oidc implements Extension, ServerAuthenticator {
  readonly challenge = 'Bearer';
  readonly #context: ComponentContext;
  readonly #attribute: string;
  readonly #providers: readonly Provider[];
  /** By the digest of the token: nothing here can be used as one. */
  readonly #remembered = new Map<string, Remembered>();

  constructor(config: OidcConfig, context: ComponentContext) {
    this.#context = context;
    this.#attribute = (config.attribute || 'authorization').toLowerCase();
    this.#providers = providersOf(config).map(
      (settings) => new Provider(settings, context, () => this.#remembered.clear()),
    );
  }

  /** Fails with CREDENTIALS_FILE or OIDC_PROVIDER. */
  async start(): Promise<void> {
    for (const provider of this.#providers) await provider.start();
  }

  stop(): Promise<void> {
    for (const provider of this.#providers) provider.close();
    return Promise.resolve();
  }

  async refresh(): Promise<void> {
    for (const provider of this.#providers) await provider.refresh();
  }

  known(headers: IncomingHttpHeaders): ReadonlyMap<string, unknown> | undefined {
    const value = headers[this.#attribute];
    const [, token, more] = typeof value === 'string' ? value.split(' ', 3) : [];
    return token === undefined || more !== undefined ? undefined : this.#recall(digestOf(token));
  }

  async authenticate(headers: IncomingHttpHeaders): Promise<ReadonlyMap<string, unknown>> {
    const given = headers[this.#attribute];
    const value = Array.isArray(given) ? given[0] : given;
    if (value === undefined || value === '') throw new Unauthenticated("authentication didn't succeed");
    const [, token, more] = value.split(' ', 3);
    if (token === undefined || more !== undefined) throw new Unauthenticated('invalid authorization header format');
    const digest = digestOf(token);
    const recalled = this.#recall(digest);
    if (recalled) return recalled;
    const verified = await this.#providerOf(token).verify(token);
    this.#remember(digest, verified);
    return verified.client;
  }

  #providerOf(token: string): Provider {
    let issuer: unknown;
    try {
      issuer = decodeJwt(token).iss;
    } catch {
      throw new Unauthenticated('failed to parse the token');
    }
    const [only] = this.#providers;
    if (this.#providers.length === 1 && only) return only;
    const provider = this.#providers.find(({ settings }) => settings.issuer_url === issuer);
    if (!provider) throw new Unauthenticated('no OIDC provider configured for the issuer of the token');
    return provider;
  }

  #recall(digest: string): ReadonlyMap<string, unknown> | undefined {
    const found = this.#remembered.get(digest);
    return found && this.#context.now() < found.until ? found.client : undefined;
  }

  #remember(digest: string, verified: VerifiedToken): void {
    const until = Math.min(verified.expiresAtMs, this.#context.now() + REMEMBERED_MS);
    this.#remembered.delete(digest);
    this.#remembered.set(digest, { ...verified, until });
    if (this.#remembered.size <= REMEMBERED) return;
    for (const oldest of this.#remembered.keys()) {
      this.#remembered.delete(oldest);
      return;
    }
  }
}

function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}
