// Declares the batch processor.

import { defineProcessor } from '../../pipeline/component.ts';
import { BatchProcessor } from './batch.ts';
import { config } from './config.ts';

export default defineProcessor({
  type: 'batch',
  signals: { traces: 'beta', metrics: 'beta', logs: 'beta', profiles: 'alpha' },
  summary: 'Merges what arrives while earlier data is on its way, so that fewer and larger requests leave.',
  config,
  example: `batch:
  send_batch_size: 8192
  timeout: 200ms
`,
  runsInCopies: () => true,
  create: (settings, context, _signal, next) => new BatchProcessor(settings, context, next),
});
