// How exporters ask an extension for the credentials of a request.

import type { Batch, ClientContext } from '../batch.ts';
import type { ComponentContext } from '../component.ts';
import { Refused, Rejected } from '../delivery.ts';
import { AgentError } from '../errors.ts';

/** Lower-case names. */
export type RequestHeaders = Record<string, string>;

/** A client's data can never be given credentials, whenever it is tried. */
export class CanNotAuthorize extends Error {
  override readonly name = 'CanNotAuthorize';
}

/** What an extension that authenticates requests offers. */
export interface ClientAuthenticator {
  /** Whether what it adds is a secret that gRPC sends over TLS only. */
  readonly needsTls: boolean;
  /**
   * Adds to, changes or takes from the headers of one request for data of `client`; at once where nothing has to be
   * fetched. Fails with Refused when the credentials can not be had for now, with CanNotAuthorize when never.
   */
  authorize(headers: RequestHeaders, client: ClientContext): void | Promise<void>;
  /**
   * The destination did not take these headers for good ones. Whether the next ones will be others (a new token, a file
   * that has changed), so that the same data can be tried again.
   */
  renew?(refused: Readonly<RequestHeaders>): Promise<boolean>;
  /** Whether requests for data of the two get the same headers, so that the data may share one. */
  mayShare(one: ClientContext, other: ClientContext): boolean;
}

/** Tells refused credentials that others have taken the place of from those that are still the only ones. */
export class CurrentCredentials {
  #now: string | undefined;
  #before: string | undefined;

  /** Undefined while there are none. */
  set(value: string | undefined): void {
    if (value === this.#now) return;
    this.#before = this.#now ?? this.#before;
    this.#now = value;
  }

  isOutdated(value: string | undefined): boolean {
    return value !== undefined && value === this.#before && value !== this.#now;
  }
}

function isClientAuthenticator(extension: unknown): extension is ClientAuthenticator {
  return typeof extension === 'object' && extension !== null && 'authorize' in extension;
}

/**
 * The authenticator of an exporter, or undefined where none is configured. `insecureGrpc` refuses one whose secrets a
 * gRPC client would send in plain text. Fails with AUTHENTICATOR_MISSING or CREDENTIALS_NEED_TLS.
 */
export function clientAuthenticator(
  settings: { readonly authenticator: string } | undefined,
  context: Pick<ComponentContext, 'id' | 'kind' | 'extension'>,
  options: { readonly key?: string; readonly insecureGrpc?: boolean } = {},
): ClientAuthenticator | undefined {
  if (settings === undefined) return undefined;
  const { authenticator: id } = settings;
  const { key = 'auth::authenticator', insecureGrpc = false } = options;
  const extension = context.extension(id);
  const component = `${context.kind}:${context.id}`;
  if (!isClientAuthenticator(extension)) {
    const problem = extension === undefined ? 'which is not running' : 'which does not authenticate requests';
    throw new AgentError('AUTHENTICATOR_MISSING', `${key} names ${id}, ${problem}`, {
      component,
      mend:
        extension === undefined
          ? `configure ${id} under extensions and list it in service::extensions`
          : 'name an extension for clients, such as basicauth with client_auth, bearertokenauth, oauth2client or headers_setter',
    });
  }
  if (insecureGrpc && extension.needsTls) {
    throw new AgentError(
      'CREDENTIALS_NEED_TLS',
      `${id} gives secrets, and this gRPC client has no TLS to send them over`,
      {
        component,
        mend: 'use TLS (tls::insecure: false), or otlp_http, which leaves that to you',
      },
    );
  }
  return extension;
}

/** Puts the credentials for a batch among the headers, at once or later. Fails with Refused or Rejected. */
export function authorizeBatch(
  authenticator: ClientAuthenticator,
  headers: RequestHeaders,
  batch: Batch,
): void | Promise<void> {
  try {
    return authenticator.authorize(headers, batch.context)?.catch((error: unknown) => {
      throw deliveryFailure(error, batch);
    });
  } catch (error) {
    throw deliveryFailure(error, batch);
  }
}

function deliveryFailure(error: unknown, batch: Batch): Refused | Rejected {
  if (error instanceof Refused) return error;
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof CanNotAuthorize
    ? new Rejected(message, { count: batch.items, kind: 'invalid', cause: error })
    : new Refused(`no credentials: ${message}`, { cause: error });
}
