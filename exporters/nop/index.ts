// Declares the nop exporter: it takes everything and does nothing with it.

import { z } from 'zod';
import { defineExporter } from '../../pipeline/component.ts';

export default defineExporter({
  type: 'nop',
  signals: { traces: 'beta', metrics: 'beta', logs: 'beta', profiles: 'alpha' },
  summary: 'Takes everything and does nothing with it; for trying configurations out.',
  config: z.strictObject({}),
  example: 'nop:\n',
  runsInCopies: () => true,
  create: () => ({
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    consume: () => Promise.resolve(),
  }),
});
