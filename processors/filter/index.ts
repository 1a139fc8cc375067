// Declares the filter processor.

import { defineProcessor } from '../../pipeline/component.ts';
import { config } from './config.ts';
import { FilterProcessor } from './filter.ts';

export default defineProcessor({
  type: 'filter',
  signals: { traces: 'alpha', metrics: 'alpha', logs: 'alpha', profiles: 'development' },
  summary: 'Drops spans, span events, metrics, data points, log records and profiles for which a condition is true.',
  config,
  example: `filter:
  error_mode: ignore
  traces:
    span:
      - attributes["http.route"] == "/health"
      - resource.attributes["service.name"] == "load-test"
`,
  runsInCopies: () => true,
  create: (settings, context, signal, next) => new FilterProcessor(settings, context, signal, next),
});
