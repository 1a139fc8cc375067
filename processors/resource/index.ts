// Declares the resource processor.

import { defineProcessor } from '../../pipeline/component.ts';
import { config } from './config.ts';
import { ResourceProcessor } from './resource.ts';

export default defineProcessor({
  type: 'resource',
  signals: { traces: 'beta', metrics: 'beta', logs: 'beta', profiles: 'development' },
  summary: 'Sets, deletes and converts attributes of resources.',
  config,
  example: `resource:
  attributes:
    - key: deployment.environment.name
      value: production
      action: upsert
    - key: process.command_args
      action: delete
`,
  runsInCopies: () => true,
  create: (settings, _context, signal, next) => new ResourceProcessor(settings, signal, next),
});
