// How listeners ask an authenticator extension about a request.

import type { IncomingHttpHeaders } from 'node:http';
import type { ComponentContext } from '../component.ts';
import { Refused } from '../delivery.ts';
import { AgentError } from '../errors.ts';

/** The client is not who it should be. The message goes to the client, so it holds nothing that helps a stranger. */
export class Unauthenticated extends Error {
  override readonly name = 'Unauthenticated';
}

/** What an extension that authenticates clients offers. */
export interface ServerAuthenticator {
  /** How to authenticate, for the `WWW-Authenticate` header: `Bearer`, `Basic realm="genesis-agent"`. */
  readonly challenge: string;
  /**
   * What is known about the client. Fails with Unauthenticated, or with Refused where that can not be found out at the
   * moment, so that the client tries again.
   */
  authenticate(headers: IncomingHttpHeaders): Promise<ReadonlyMap<string, unknown>>;
  /**
   * The same at once, where the client may come in and nothing has to be asked or computed for long; undefined in every
   * other case. A request that need not wait is cheaper: its body is read as it comes.
   */
  known?(headers: IncomingHttpHeaders): ReadonlyMap<string, unknown> | undefined;
}

/** The authenticator as a listener uses it. */
export interface ListenerAuthentication {
  readonly challenge: string;
  /** As `ServerAuthenticator.authenticate`; `query` is the part of the URL after the question mark. */
  check(headers: IncomingHttpHeaders, query?: string): Promise<ReadonlyMap<string, unknown>>;
  /** As `ServerAuthenticator.known`. */
  readonly known?: ((headers: IncomingHttpHeaders) => ReadonlyMap<string, unknown> | undefined) | undefined;
}

interface AuthenticationSettings {
  readonly authenticator: string;
  /** Query parameters handed on as if they were headers. */
  readonly request_params?: readonly string[];
}

export function isServerAuthenticator(extension: unknown): extension is ServerAuthenticator {
  return typeof extension === 'object' && extension !== null && 'authenticate' in extension;
}

/** The check for a listener, or undefined where no authenticator is configured. Fails when the extension can not authenticate. */
export function serverAuthenticator(
  settings: AuthenticationSettings | undefined,
  context: Pick<ComponentContext, 'id' | 'kind' | 'log' | 'metrics' | 'extension'>,
): ListenerAuthentication | undefined {
  if (settings === undefined) return undefined;
  const { authenticator: id, request_params: params = [] } = settings;
  const extension = context.extension(id);
  if (!isServerAuthenticator(extension)) {
    const problem = extension === undefined ? 'which is not running' : 'which does not authenticate clients';
    throw new AgentError('AUTHENTICATOR_MISSING', `auth::authenticator names ${id}, ${problem}`, {
      component: `${context.kind}:${context.id}`,
      mend:
        extension === undefined
          ? `configure ${id} under extensions and list it in service::extensions`
          : 'name an extension for listeners, such as basicauth with htpasswd, bearertokenauth or oidc',
    });
  }
  const failures = context.metrics.counter({
    name: 'genesis_listener_unauthenticated_requests',
    help: 'Requests of clients that could not be authenticated.',
  });
  return {
    challenge: extension.challenge,
    // Parameters of a query take part in `check` only.
    known: params.length === 0 ? extension.known?.bind(extension) : undefined,
    async check(headers, query = '') {
      try {
        return await extension.authenticate(params.length === 0 ? headers : withParameters(headers, params, query));
      } catch (error) {
        if (error instanceof Refused) throw error;
        failures.add(1);
        if (error instanceof Unauthenticated) {
          context.log.warn({ authenticator: id, reason: error.message }, 'A client was not authenticated');
          throw error;
        }
        context.log.error({ authenticator: id, error: String(error) }, 'The authenticator failed');
        throw new Unauthenticated('authentication failed');
      }
    },
  };
}

/**
 * The check for a listener that is open before the extensions run: the authenticator is looked up for each request, and
 * nobody comes in while it is not there.
 */
export function lateServerAuthenticator(
  settings: AuthenticationSettings,
  context: Parameters<typeof serverAuthenticator>[1],
): ListenerAuthentication {
  let extension: unknown;
  let authentication: ListenerAuthentication | undefined;
  const find = (): ListenerAuthentication | undefined => {
    const now = context.extension(settings.authenticator);
    if (now !== extension || !authentication) {
      authentication = isServerAuthenticator(now) ? serverAuthenticator(settings, context) : undefined;
      extension = now;
    }
    return authentication;
  };
  return {
    get challenge() {
      return find()?.challenge ?? 'Bearer';
    },
    async check(headers, query) {
      const found = find();
      if (!found) throw new Refused('the authenticator of this port is not running');
      return found.check(headers, query);
    },
  };
}

function withParameters(headers: IncomingHttpHeaders, names: readonly string[], query: string): IncomingHttpHeaders {
  if (query === '') return headers;
  const given = new URLSearchParams(query);
  const more: IncomingHttpHeaders = { ...headers };
  for (const name of names) {
    const value = given.get(name);
    if (value !== null) more[name.toLowerCase()] = value;
  }
  return more;
}
