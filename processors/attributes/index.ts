// Declares the attributes processor.

import { defineProcessor } from '../../pipeline/component.ts';
import { AttributesProcessor } from './attributes.ts';
import { config } from './config.ts';

export default defineProcessor({
  type: 'attributes',
  signals: { traces: 'beta', metrics: 'beta', logs: 'beta' },
  summary: 'Sets, deletes, hashes and converts attributes of spans, data points and log records.',
  config,
  example: `attributes:
  include:
    match_type: strict
    services: [shop]
  actions:
    - key: environment
      value: production
      action: insert
    - key: user.email
      action: hash
`,
  runsInCopies: () => true,
  create: (settings, context, signal, next) => new AttributesProcessor(settings, context, signal, next),
});
