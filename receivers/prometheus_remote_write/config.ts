// The remote-write receiver's configuration: the collector's keys and defaults. Two defaults differ: a request body has at most
// 10 MiB, ten times what Prometheus sends, as converting one keeps the agent from other work; and snappy is the only compression,
// as the protocol has it.

import { z } from 'zod';
import { deprecated } from '../../pipeline/schema.ts';
import { checkHttpServer, httpServerShape } from '../../pipeline/settings/http-server.ts';

const DEFAULT_MAX_BYTES = 10 << 20;

const shape = httpServerShape({ endpoint: 'localhost:9090', readHeaderTimeout: '0s', writeTimeout: '0s' });

export const config = z
  .strictObject({
    ...shape,
    max_request_body_size: z
      .int()
      .default(DEFAULT_MAX_BYTES)
      .transform((bytes) => (bytes > 0 ? bytes : DEFAULT_MAX_BYTES))
      .describe('The largest request body in bytes, also when decompressed; 0 means the default.'),
    compression_algorithms: z
      .array(z.enum(['', 'gzip', 'zstd', 'zlib', 'snappy', 'deflate', 'x-snappy-framed']))
      .default(['snappy'])
      .describe(
        'The compressions accepted. A request that names none is taken for snappy, as Prometheus does; with the empty one, for uncompressed.',
      ),
    time_threshold: deprecated(z.int().optional(), 'the collector reads this key and does nothing with it.'),
  })
  .superRefine(checkHttpServer);

export type RemoteWriteReceiverConfig = z.output<typeof config>;
