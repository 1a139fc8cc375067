// Verifies tokens of one provider: signature, issuer, audience, time; then reads who the client is.

import { errors, jwtVerify, type JWTPayload, type JWTVerifyOptions } from 'jose';
import type { ComponentContext } from '../../pipeline/component.ts';
import { Unauthenticated } from '../../pipeline/transport/authentication.ts';
import type { ProviderSettings } from './config.ts';
import { Discovery, isUnknownKey, KeyFile, type Keys, type KeySource } from './key-set.ts';

/** go-oidc's: clocks may differ by this much where a token is not valid yet. */
const NOT_BEFORE_LEEWAY_SECONDS = 300;
const GOOGLE = 'https://accounts.google.com';

export interface VerifiedToken {
  readonly client: ReadonlyMap<string, unknown>;
  readonly expiresAtMs: number;
}

export class Provider {
  readonly settings: ProviderSettings;
  readonly #context: ComponentContext;
  readonly #keys: KeySource;

  constructor(settings: ProviderSettings, context: ComponentContext, onKeysChanged: () => void) {
    this.settings = settings;
    this.#context = context;
    this.#keys =
      settings.public_keys_file === ''
        ? new Discovery(settings, context, onKeysChanged)
        : new KeyFile(settings, context, onKeysChanged);
  }

  start(): Promise<void> {
    return this.#keys.start();
  }

  refresh(): Promise<void> {
    return this.#keys.refresh();
  }

  close(): void {
    this.#keys.close();
  }

  /** Fails with Unauthenticated, or with Refused while the provider's keys are not known. */
  async verify(token: string): Promise<VerifiedToken> {
    let payload: JWTPayload;
    try {
      payload = await this.#verifyWith(await this.#keys.current(), token);
    } catch (error) {
      if (!isUnknownKey(error) || !(await this.#keys.askAgain())) throw asUnauthenticated(error);
      try {
        payload = await this.#verifyWith(await this.#keys.current(), token);
      } catch (second) {
        throw asUnauthenticated(second);
      }
    }
    const expiresAtMs = (payload.exp ?? 0) * 1000;
    if (expiresAtMs <= this.#context.now()) throw new Unauthenticated('failed to verify token: it has expired');
    return { client: this.#clientOf(payload, token), expiresAtMs };
  }

  async #verifyWith(keys: Keys, token: string): Promise<JWTPayload> {
    const { issuer_url: issuer, audience, ignore_audience: anyAudience, ignore_issuer: anyIssuer } = this.settings;
    const options: JWTVerifyOptions = {
      algorithms: [...keys.algorithms],
      currentDate: new Date(this.#context.now()),
      clockTolerance: NOT_BEFORE_LEEWAY_SECONDS,
      requiredClaims: ['exp'],
      // Google's tokens have had both forms.
      ...(anyIssuer ? {} : { issuer: issuer === GOOGLE ? [GOOGLE, 'accounts.google.com'] : issuer }),
      ...(anyAudience ? {} : { audience }),
    };
    try {
      const { payload } = await jwtVerify(token, keys.find, options);
      return payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      return await verifyWithEach(error, token, options);
    }
  }

  #clientOf(payload: JWTPayload, raw: string): ReadonlyMap<string, unknown> {
    const { username_claim: usernameClaim, groups_claim: groupsClaim } = this.settings;
    const client = new Map<string, unknown>([
      ['subject', usernameClaim === '' ? (payload.sub ?? '') : userIn(payload, usernameClaim)],
      ['membership', groupsClaim === '' ? [] : groupsIn(payload, groupsClaim)],
      ['raw', raw],
    ]);
    for (const [name, value] of Object.entries(payload)) client.set(`claims.${name}`, value);
    return client;
  }
}

/** A token that does not say which key signed it may be signed by any that fits its algorithm. */
async function verifyWithEach(
  candidates: InstanceType<typeof errors.JWKSMultipleMatchingKeys>,
  token: string,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  for await (const key of candidates) {
    try {
      const { payload } = await jwtVerify(token, key, options);
      return payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

function asUnauthenticated(error: unknown): unknown {
  // jose's messages name claims and what is wrong with them, never values.
  return error instanceof errors.JOSEError ? new Unauthenticated(`failed to verify token: ${error.message}`) : error;
}

function userIn(payload: JWTPayload, claim: string): string {
  const value = payload[claim];
  if (value === undefined) throw new Unauthenticated('the token lacks the claim that holds the user name');
  if (typeof value !== 'string') throw new Unauthenticated('the user name in the token is not a text');
  return value;
}

function groupsIn(payload: JWTPayload, claim: string): readonly string[] {
  const value = payload[claim];
  if (value === undefined) throw new Unauthenticated('the token lacks the claim that holds the groups');
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))) : [];
}
