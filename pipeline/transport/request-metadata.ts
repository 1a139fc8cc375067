// Request headers as a client's metadata.

import type { IncomingHttpHeaders } from 'node:http';

/** Lower-case keys, pseudo headers left out. */
export function metadataOf(headers: IncomingHttpHeaders): ReadonlyMap<string, readonly string[]> {
  const metadata = new Map<string, readonly string[]>();
  for (const [key, value] of Object.entries(headers)) {
    if (value === undefined || key.startsWith(':')) continue;
    metadata.set(key, Array.isArray(value) ? value : [value]);
  }
  return metadata;
}
