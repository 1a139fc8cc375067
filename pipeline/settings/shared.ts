// Keys that HTTP and gRPC have in common: authentication, middlewares, compression, addresses.

import { z } from 'zod';
import { componentId, endpoint, nonNegativeDuration } from '../schema.ts';

/** `auth`: which extension authenticates. */
export const authSettings = z.strictObject({
  authenticator: componentId().describe('The id of the extension that authenticates.'),
});

export const middlewares = z
  .array(z.strictObject({ id: componentId().describe('The id of the extension.') }))
  .default([])
  .describe('Extensions asked about each request after authentication, such as tenant_limits; outermost first.');

/** Every compression a client can be told to use; empty and `none` mean none. */
export const compression = z.enum(['', 'none', 'gzip', 'zstd', 'snappy', 'x-snappy-framed', 'zlib', 'deflate']);

/** Address of a listener. */
export function listenShape(defaultEndpoint: string) {
  return {
    endpoint: endpoint()
      .default(defaultEndpoint)
      .describe('Where to listen: host:port, [v6]:port, :port for all addresses, or a path for unix.'),
    transport: z
      .enum(['tcp', 'tcp4', 'tcp6', 'unix'])
      .default('tcp')
      .describe('The kind of socket; tcp4 and tcp6 bind one address family only.'),
    dialer: z
      .strictObject({
        timeout: nonNegativeDuration().prefault('0s').describe('Accepted for compatibility; listeners do not dial.'),
      })
      .prefault({})
      .describe('Accepted for compatibility.'),
  };
}

/** How large a request may be where the configuration does not say: what the OTLP specification recommends. */
export const DEFAULT_MAX_REQUEST_MIB = 64;
