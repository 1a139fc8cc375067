// Declares the resource_detection processor.

import { defineProcessor } from '../../pipeline/component.ts';
import { config } from './config.ts';
import { ResourceDetectionProcessor } from './processor.ts';

export default defineProcessor({
  type: 'resource_detection',
  aliases: ['resourcedetection'],
  signals: { traces: 'beta', metrics: 'beta', logs: 'beta', profiles: 'development' },
  summary: 'Finds out about the system, container, pod and cloud the agent runs in, and says it in every resource.',
  config,
  example: `resource_detection:
  detectors: [env, system]
  override: false
  system:
    hostname_sources: [os]
    resource_attributes:
      host.id:
        enabled: true
`,
  runsInCopies: () => true,
  create: (settings, context, signal, next) =>
    new ResourceDetectionProcessor({ config: settings, context, signal, next }),
});
