// How listeners ask an authenticator extension about a request.

import type { IncomingHttpHeaders } from 'node:http';
import type { ComponentContext } from '../component.ts';
import { AgentError } from '../errors.ts';

/** What an extension that authenticates clients offers. */
export interface ServerAuthenticator {
  /** What is known about the client; fails with an Error whose message may be shown to the client. */
  authenticate(headers: IncomingHttpHeaders): Promise<ReadonlyMap<string, unknown>>;
}

function isAuthenticator(extension: unknown): extension is ServerAuthenticator {
  return typeof extension === 'object' && extension !== null && 'authenticate' in extension;
}

type Check = (
  headers: IncomingHttpHeaders,
  asError: (reason: string) => Error,
) => Promise<ReadonlyMap<string, unknown>>;

/** The check for a listener, or undefined where no authenticator is configured. Fails when the extension can not authenticate. */
export function serverAuthenticator(id: string | undefined, context: ComponentContext): Check | undefined {
  if (id === undefined) return undefined;
  const extension = context.extension(id);
  if (!isAuthenticator(extension)) {
    throw new AgentError(
      'AUTHENTICATOR_MISSING',
      `auth::authenticator names ${id}, which is not a running authenticator`,
      {
        component: `${context.kind}:${context.id}`,
        mend: `configure ${id} under extensions and list it in service::extensions`,
      },
    );
  }
  return async (headers, asError) => {
    try {
      return await extension.authenticate(headers);
    } catch (error) {
      throw asError(error instanceof Error ? error.message : 'authentication failed');
    }
  };
}
