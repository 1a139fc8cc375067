// Declares delta_to_cumulative.

import { defineProcessor } from '../../pipeline/component.ts';
import { config } from './config.ts';
import { DeltaToCumulative } from './processor.ts';

export default defineProcessor({
  type: 'delta_to_cumulative',
  aliases: ['deltatocumulative'],
  signals: { metrics: 'alpha' },
  summary:
    'Adds deltas of sums, histograms and exponential histograms up to cumulative values. The sums are kept in memory: after a restart, or when they were forgotten, a series begins anew with the start time of its next delta.',
  config,
  example: `delta_to_cumulative:
  max_stale: 5m
  max_streams: 100000
`,
  create: (settings, context, _signal, next) => new DeltaToCumulative(settings, context, next),
});
