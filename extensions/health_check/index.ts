// health_check: tells a probe over HTTP whether the agent is available.

import { defineExtension } from '../../pipeline/component.ts';
import { HealthCheck } from '../../pipeline/health/extension.ts';
import { config } from './config.ts';

export default defineExtension({
  type: 'health_check',
  stability: 'alpha',
  summary:
    'Answers 200 while the agent is available and 503 while it starts or stops; with use_v2 by component status.',
  config,
  example: 'health_check:\n  endpoint: 0.0.0.0:13133\n',
  create: (settings, context) => new HealthCheck(settings, context),
});
