// Declares the forward connector: it joins pipelines of the same signal.

import { z } from 'zod';
import { defineConnector } from '../../pipeline/component.ts';
import { Rejected } from '../../pipeline/delivery.ts';

export default defineConnector({
  type: 'forward',
  pairs: {
    traces: { traces: 'beta' },
    metrics: { metrics: 'beta' },
    logs: { logs: 'beta' },
    profiles: { profiles: 'alpha' },
  },
  summary: 'Hands data on from one pipeline to others of the same signal.',
  config: z.strictObject({}),
  example: 'forward:\n',
  runsInCopies: () => true,
  create: (_config, _context, outputs) => ({
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    consume: (batch) => {
      const next = outputs[batch.signal];
      if (next) return next.consume(batch);
      return Promise.reject(new Rejected(`no pipeline takes ${batch.signal} from here`, { count: batch.items }));
    },
  }),
});
