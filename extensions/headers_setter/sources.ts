// Where the value of a header comes from.

import { validateHeaderValue } from 'node:http';
import type { ClientContext } from '../../pipeline/batch.ts';
import { CanNotAuthorize, CurrentCredentials } from '../../pipeline/transport/client-authentication.ts';
import type { WatchedFile } from '../../pipeline/watched-file.ts';
import type { HeaderSettings } from './config.ts';

export interface HeaderSource {
  /** Fails with CanNotAuthorize where the client's data can never be given one. */
  value(client: ClientContext): string;
  /** Equal for clients whose data gets the same value. */
  identity(client: ClientContext): string;
  /** Whether the value is one that another has taken the place of. */
  isOutdated?(value: string | undefined): boolean;
}

export function sourceOf(
  header: HeaderSettings,
  watch: (path: string, onChange: (value: string) => void) => WatchedFile<string>,
): HeaderSource {
  const {
    value,
    value_file: path,
    from_context: name,
    from_attribute: attribute,
    default_value: fallback = '',
  } = header;
  if (value !== undefined) return fixed(() => value);
  if (path !== undefined) {
    const current = new CurrentCredentials();
    const file = watch(path, (read) => current.set(read));
    return { ...fixed(() => file.value ?? ''), isOutdated: (given) => current.isOutdated(given) };
  }
  if (name !== undefined) return fromContext(name, fallback);
  if (attribute !== undefined) return fromAttribute(attribute, fallback);
  return fixed(() => '');
}

function fixed(value: () => string): HeaderSource {
  return { value, identity: () => '' };
}

const AUTH = 'auth.';

/** A header of the sender's request; `auth.NAME` also takes what the authenticator found out, where that is text. */
function fromContext(name: string, fallback: string): HeaderSource {
  const key = name.toLowerCase();
  const attribute = name.startsWith(AUTH) ? name.slice(AUTH.length) : undefined;
  const valuesOf = (client: ClientContext): readonly string[] => {
    const known = attribute === undefined ? undefined : client.auth?.get(attribute);
    if (typeof known === 'string') return [known];
    if (Array.isArray(known) && known.every((one) => typeof one === 'string')) return known;
    return client.metadata.get(key) ?? [];
  };
  return {
    value(client) {
      const values = valuesOf(client);
      if (values.length > 1) {
        throw new CanNotAuthorize(
          `the request had "${name}" ${values.length} times; it can not be said which one to send on`,
        );
      }
      return sendable(values[0] ?? fallback, name);
    },
    identity: (client) => JSON.stringify(valuesOf(client)),
  };
}

function fromAttribute(name: string, fallback: string): HeaderSource {
  const valueOf = (client: ClientContext): string => {
    const value = client.auth?.get(name);
    if (value === undefined || value === null) return fallback;
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
  return { value: (client) => sendable(valueOf(client), name), identity: valueOf };
}

/** A sender must not be able to write further headers, or to make requests fail again and again. */
function sendable(value: string, name: string): string {
  try {
    validateHeaderValue('value', value);
  } catch {
    throw new CanNotAuthorize(`the value of "${name}" can not be sent as a header`);
  }
  return value;
}
