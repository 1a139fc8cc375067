// What stands between a listener and what it serves: extensions named under `middlewares`, asked who may go on after
// authentication and before a body is read. One client's requests are counted on one account, so that asking makes nothing.

import type { ComponentContext } from '../component.ts';
import { AgentError } from '../errors.ts';

type Known = ReadonlyMap<string, unknown> | undefined;

/** A request may not go on now. */
export class OverLimit {
  /** For the client: which limit, and how to raise it. */
  readonly message: string;
  /** When to try again at the earliest, in ms. */
  readonly retryAfterMs: number;
  /** Of the answer, lower case. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(message: string, retryAfterMs: number, headers: Readonly<Record<string, string>>) {
    this.message = message;
    this.retryAfterMs = retryAfterMs;
    this.headers = headers;
  }
}

/** What a client's requests are counted on; the same object for many requests. */
export interface RequestAccount {
  /**
   * `bytes` of a body are about to be read, and charged to the agent's memory already; `held` of the same body were taken
   * before. Nothing is taken when it is refused.
   */
  take(bytes: number, held: number): OverLimit | undefined;
  /** `bytes` of a request are in memory besides, such as its body decompressed. Never refused. */
  hold(bytes: number): void;
  /** What one request took and held, in all or in part, is in memory no longer. */
  release(bytes: number): void;
}

/** What an extension that listeners may name under `middlewares` offers. */
export interface ServerMiddleware {
  /**
   * A request is here. `auth` is what the authenticator knows about the client, `certificate` what its verified
   * certificate says; what the request itself says of its sender is not asked.
   */
  enter(auth: Known, certificate: Known): RequestAccount | OverLimit;
}

export function isServerMiddleware(extension: unknown): extension is ServerMiddleware {
  return typeof extension === 'object' && extension !== null && 'enter' in extension;
}

/** The middlewares of a listener as one, undefined where none is configured. Fails with MIDDLEWARE_MISSING. */
export function serverMiddleware(
  settings: readonly { readonly id: string }[],
  context: Pick<ComponentContext, 'id' | 'kind' | 'extension'>,
): ServerMiddleware | undefined {
  const found = settings.map(({ id }) => {
    const extension = context.extension(id);
    if (isServerMiddleware(extension)) return extension;
    const problem = extension === undefined ? 'which is not running' : 'which is no middleware for listeners';
    throw new AgentError('MIDDLEWARE_MISSING', `middlewares names ${id}, ${problem}`, {
      component: `${context.kind}:${context.id}`,
      mend:
        extension === undefined
          ? `configure ${id} under extensions and list it in service::extensions`
          : 'name an extension such as tenant_limits, or take the entry away',
    });
  });
  return found.length > 1 ? new Chain(found) : found[0];
}

/** Several, outermost first: each has to agree. */
class Chain implements ServerMiddleware {
  readonly #links: readonly ServerMiddleware[];

  constructor(links: readonly ServerMiddleware[]) {
    this.#links = links;
  }

  enter(auth: Known, certificate: Known): RequestAccount | OverLimit {
    const accounts: RequestAccount[] = [];
    for (const link of this.#links) {
      const account = link.enter(auth, certificate);
      if (account instanceof OverLimit) return account;
      accounts.push(account);
    }
    return new ChainedAccounts(accounts);
  }
}

class ChainedAccounts implements RequestAccount {
  readonly #accounts: readonly RequestAccount[];

  constructor(accounts: readonly RequestAccount[]) {
    this.#accounts = accounts;
  }

  take(bytes: number, held: number): OverLimit | undefined {
    for (const [index, account] of this.#accounts.entries()) {
      const refusal = account.take(bytes, held);
      if (!refusal) continue;
      for (const before of this.#accounts.slice(0, index)) before.release(bytes);
      return refusal;
    }
    return undefined;
  }

  hold(bytes: number): void {
    for (const account of this.#accounts) account.hold(bytes);
  }

  release(bytes: number): void {
    for (const account of this.#accounts) account.release(bytes);
  }
}
