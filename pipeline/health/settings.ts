// The settings of the health check extensions, both generations: contrib's internal/healthcheck configuration.

import { z } from 'zod';
import { nonNegativeDuration } from '../schema.ts';
import { checkHttpServer, httpServerShape } from '../settings/http-server.ts';
import { grpcServerShape } from '../settings/grpc-server.ts';

const NO_TIMEOUTS = { readHeaderTimeout: '0s', writeTimeout: '0s' };
const DEFAULT_HTTP_ENDPOINT = 'localhost:13133';
const DEFAULT_GRPC_ENDPOINT = 'localhost:13132';

const statusPath = z.strictObject({
  enabled: z.boolean().default(true).describe('Serve the status.'),
  path: z.string().default('/status').describe('Where; must start with /.'),
  include_attributes: z
    .boolean()
    .default(false)
    .describe('Accepted for compatibility; components here report no attributes with their status.'),
});

const configPath = z.strictObject({
  enabled: z.boolean().default(false).describe('Serve the effective configuration as JSON, secrets redacted.'),
  path: z.string().default('/config').describe('Where; must start with /.'),
  include_attributes: z.boolean().default(false).describe('Accepted for compatibility.'),
});

const http = z
  .strictObject({
    ...httpServerShape({ endpoint: DEFAULT_HTTP_ENDPOINT, ...NO_TIMEOUTS }),
    status: statusPath.prefault({}).describe('The status of everything or, with ?pipeline=, of one pipeline.'),
    config: configPath.prefault({}).describe('The effective configuration.'),
  })
  .superRefine((settings, context) => {
    checkHttpServer(settings, context);
    for (const key of ['status', 'config'] as const) {
      if (settings[key].enabled) checkPath(settings[key].path, [key, 'path'], context);
    }
    if (settings.endpoint === '')
      context.addIssue({ code: 'custom', path: ['endpoint'], message: 'must not be empty' });
  });

const grpc = z.strictObject(grpcServerShape({ endpoint: DEFAULT_GRPC_ENDPOINT })).superRefine((settings, context) => {
  if (settings.endpoint === '') context.addIssue({ code: 'custom', path: ['endpoint'], message: 'must not be empty' });
});

const componentHealth = z.strictObject({
  include_permanent_errors: z.boolean().default(false).describe('A permanent error of a component is unhealthy (500).'),
  include_recoverable_errors: z
    .boolean()
    .default(false)
    .describe('A recoverable error is unhealthy (500) once it has lasted for recovery_duration.'),
  recovery_duration: nonNegativeDuration()
    .prefault('0s')
    .describe('How long a component may take to recover before it counts as unhealthy.'),
});

/** The keys that health_check and healthcheckv2 share. */
export const healthCheckSettings = z
  .strictObject({
    ...httpServerShape({ endpoint: DEFAULT_HTTP_ENDPOINT, ...NO_TIMEOUTS }),
    path: z.string().default('/').describe('Where the simple check is served (use_v2 off); must start with /.'),
    response_body: z
      .strictObject({
        healthy: z.string().default('').describe('The body of a 200 answer.'),
        unhealthy: z.string().default('').describe('The body of a 503 answer.'),
      })
      .optional()
      .describe('Bodies instead of the JSON of the simple check.'),
    check_collector_pipeline: z
      .strictObject({
        enabled: z.boolean().default(false).describe('Accepted for compatibility.'),
        interval: z.string().default('5m').describe('Accepted for compatibility.'),
        exporter_failure_threshold: z.int().default(5).describe('Accepted for compatibility.'),
      })
      .prefault({})
      .describe('Accepted and ignored, as in the collector.'),
    use_v2: z
      .boolean()
      .default(false)
      .describe('Answer by the status of components (http, grpc) instead of the simple check.'),
    http: http.nullish().describe('The status over HTTP (use_v2).'),
    grpc: grpc.nullish().describe('The status as grpc.health.v1.Health/Check (use_v2); Watch is not offered.'),
    component_health: componentHealth.nullish().describe('Which errors of components make the answer unhealthy.'),
  })
  .superRefine((settings, context) => {
    checkHttpServer(settings, context);
    if (settings.use_v2) {
      // A bare `http:` counts as given.
      if (settings.http === undefined && settings.grpc === undefined) {
        context.addIssue({ code: 'custom', path: ['use_v2'], message: 'needs http or grpc, or both' });
      }
      return;
    }
    checkPath(settings.path, ['path'], context);
    if (settings.endpoint === '')
      context.addIssue({ code: 'custom', path: ['endpoint'], message: 'must not be empty' });
  });

export type HealthCheckSettings = z.output<typeof healthCheckSettings>;
export type HealthHttpSettings = z.output<typeof http>;
export type HealthGrpcSettings = z.output<typeof grpc>;
export type ComponentHealthSettings = z.output<typeof componentHealth>;

/** The defaults of a section that is written without content. */
export const DEFAULT_HEALTH_HTTP: HealthHttpSettings = http.parse({});
export const DEFAULT_HEALTH_GRPC: HealthGrpcSettings = grpc.parse({});

function checkPath(path: string, at: string[], context: z.RefinementCtx): void {
  if (!path.startsWith('/')) context.addIssue({ code: 'custom', path: at, message: `"${path}" must start with /` });
}
