// healthcheckv2: tells probes over HTTP and gRPC how the components and pipelines are.

import { defineExtension } from '../../pipeline/component.ts';
import { HealthCheck } from '../../pipeline/health/extension.ts';
import { config } from './config.ts';

export default defineExtension({
  type: 'healthcheckv2',
  stability: 'development',
  summary: 'Serves the status of the agent, its pipelines and components over HTTP and as a gRPC health service.',
  config,
  example: 'healthcheckv2:\n  use_v2: true\n  http:\n    endpoint: localhost:13133\n',
  create: (settings, context) => new HealthCheck(settings, context),
});
