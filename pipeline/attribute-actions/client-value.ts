// `from_context`: what is known of the client that sent a batch, as attribute value.

import { encodeAnyValue } from '../../proto/otlp/encode-value.ts';
import type { ClientContext } from '../batch.ts';

const METADATA = 'metadata.';
const AUTH = 'auth.';

/** The value of `metadata.NAME`, `auth.NAME`, `client.address` or a bare metadata name; several are joined by `;`. */
export function clientValue(client: ClientContext, name: string): Uint8Array | undefined {
  const values = clientValues(client, name);
  return values === undefined || values.length === 0 ? undefined : encodeAnyValue(values.join(';'));
}

function clientValues(client: ClientContext, name: string): readonly string[] | undefined {
  if (name === 'client.address') return [client.address ?? ''];
  if (name.startsWith(AUTH)) {
    const value = client.auth?.get(name.slice(AUTH.length));
    if (typeof value === 'string') return [value];
    return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined;
  }
  const key = name.startsWith(METADATA) ? name.slice(METADATA.length) : name;
  return client.metadata.get(key.toLowerCase());
}
