// Declares the probabilistic sampler.

import { defineProcessor } from '../../pipeline/component.ts';
import { config } from './config.ts';
import { ProbabilisticSampler } from './sampler.ts';

export default defineProcessor({
  type: 'probabilistic_sampler',
  signals: { traces: 'beta', logs: 'alpha' },
  summary: 'Keeps a share of traces or log records, the same ones in every agent, and notes the share in them.',
  config,
  example: `probabilistic_sampler:
  mode: proportional
  sampling_percentage: 10
`,
  runsInCopies: () => true,
  create: (settings, context, signal, next) => new ProbabilisticSampler(settings, context, signal, next),
});
