// Declares the count connector.

import { defineConnector } from '../../pipeline/component.ts';
import { config } from './config.ts';
import { CountConnector } from './count.ts';

export default defineConnector({
  type: 'count',
  pairs: {
    traces: { metrics: 'alpha' },
    metrics: { metrics: 'alpha' },
    logs: { metrics: 'alpha' },
    profiles: { metrics: 'alpha' },
  },
  summary:
    'Counts spans, span events, metrics, data points, log records and profiles, all or by conditions and attributes.',
  config,
  example: `count:
  spans:
    server.errors:
      description: Failed server spans.
      conditions:
        - span.kind == SPAN_KIND_SERVER and span.status.code == STATUS_CODE_ERROR
      attributes:
        - key: http.route
          default_value: unknown
`,
  runsInCopies: () => true,
  create: (settings, context, outputs) => new CountConnector(settings, context, outputs),
});
