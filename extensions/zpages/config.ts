// The configuration of zpages: the collector's, and which host names may be used to reach it.

import { z } from 'zod';
import { checkHttpServer, httpServerShape } from '../../pipeline/settings/http-server.ts';

export const config = z
  .strictObject({
    ...httpServerShape({ endpoint: 'localhost:55679' }),
    expvar: z
      .strictObject({ enabled: z.boolean().default(false).describe('Serve /debug/expvarz.') })
      .prefault({})
      .describe('Figures of the process as JSON.'),
    allowed_hosts: z
      .array(z.string())
      .default([])
      .describe(
        'Host names, besides localhost and the one in endpoint, under which a client may ask. Needed where the port is reached by another name: a page of a foreign site must not be able to read this port through a name of its own.',
      ),
  })
  .superRefine((settings, context) => {
    checkHttpServer(settings, context);
    if (settings.endpoint !== '') return;
    context.addIssue({ code: 'custom', path: ['endpoint'], message: 'must not be empty' });
  });

export type ZpagesConfig = z.output<typeof config>;
