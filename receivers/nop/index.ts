// Declares the nop receiver: it never receives anything.

import { z } from 'zod';
import { defineReceiver } from '../../pipeline/component.ts';

export default defineReceiver({
  type: 'nop',
  signals: { traces: 'beta', metrics: 'beta', logs: 'beta', profiles: 'alpha' },
  summary: 'Receives nothing; for pipelines that are fed by nobody yet.',
  config: z.strictObject({}),
  example: 'nop:\n',
  runsInCopies: () => true,
  create: () => ({ start: () => Promise.resolve(), stop: () => Promise.resolve() }),
});
