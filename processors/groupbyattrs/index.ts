// Declares groupbyattrs.

import { defineProcessor } from '../../pipeline/component.ts';
import { config } from './config.ts';
import { GroupByAttrs } from './processor.ts';

export default defineProcessor({
  type: 'groupbyattrs',
  signals: { traces: 'beta', metrics: 'beta', logs: 'beta' },
  summary: 'Moves attributes of spans, log records and data points to their resource, and puts together what is alike.',
  config,
  example: `groupbyattrs:
  keys: [host.name]
`,
  runsInCopies: () => true,
  create: (settings, context, signal, next) => new GroupByAttrs(settings, context, signal, next),
});
