// Declares the memory limiter.

import { defineProcessor } from '../../pipeline/component.ts';
import { config } from './config.ts';
import { MemoryLimiter } from './memory-limiter.ts';

export default defineProcessor({
  type: 'memory_limiter',
  signals: { traces: 'beta', metrics: 'beta', logs: 'beta', profiles: 'alpha' },
  summary: 'Refuses data, to be tried again, while the agent uses too much memory.',
  config,
  example: `memory_limiter:
  check_interval: 1s
  limit_mib: 256
`,
  runsInCopies: () => true,
  create: (settings, context, signal, next) => new MemoryLimiter(settings, context, signal, next),
});
