// Declares cumulative_to_delta.

import { defineProcessor } from '../../pipeline/component.ts';
import { config } from './config.ts';
import { CumulativeToDelta } from './processor.ts';

export default defineProcessor({
  type: 'cumulative_to_delta',
  aliases: ['cumulativetodelta'],
  signals: { metrics: 'beta' },
  summary: 'Makes deltas of cumulative monotonic sums, histograms and exponential histograms.',
  config,
  example: `cumulative_to_delta:
  include:
    match_type: regexp
    metrics: ["^http\\\\."]
  initial_value: drop
`,
  create: (settings, context, _signal, next) => new CumulativeToDelta(settings, context, next),
});
