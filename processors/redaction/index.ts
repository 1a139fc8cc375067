// Declares the redaction processor.

import { defineProcessor } from '../../pipeline/component.ts';
import { config } from './config.ts';
import { RedactionProcessor } from './redaction.ts';

export default defineProcessor({
  type: 'redaction',
  signals: { traces: 'beta', metrics: 'alpha', logs: 'alpha' },
  summary:
    'Removes attributes and masks values by key, by pattern, or by what they look like: of resources, scopes, spans, span events, data points, log records and their bodies. Links and exemplars stay.',
  config,
  example: `redaction:
  allow_all_keys: true
  blocked_key_patterns:
    - password|secret
  blocked_values:
    - "4[0-9]{12}(?:[0-9]{3})?"
  detect: [credit_card, email, token]
  summary: info
`,
  runsInCopies: () => true,
  create: (settings, _context, signal, next) => new RedactionProcessor(settings, signal, next),
});
