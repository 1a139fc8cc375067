// The HTTP exporter's configuration: the collector's keys and defaults.

import { z } from 'zod';
import { endpoint } from '../../pipeline/schema.ts';
import { exporterHelperShape } from '../../pipeline/settings/exporter-helper.ts';
import { checkHttpClient, httpClientShape } from '../../pipeline/settings/http-client.ts';

function signalEndpoint(signal: string) {
  return endpoint()
    .default('')
    .describe(`The whole URL for ${signal}; where empty, the endpoint with the path that OTLP defines.`);
}

export const config = z
  .strictObject({
    ...exporterHelperShape(),
    ...httpClientShape({ compression: 'gzip', timeout: '30s', writeBufferSizeBytes: 512 * 1024 }),
    traces_endpoint: signalEndpoint('traces'),
    metrics_endpoint: signalEndpoint('metrics'),
    logs_endpoint: signalEndpoint('logs'),
    profiles_endpoint: signalEndpoint('profiles'),
    encoding: z.enum(['proto', 'json']).default('proto').describe('The form of the body.'),
  })
  .superRefine((settings, context) => {
    checkHttpClient(settings, context);
    const { endpoint: base, traces_endpoint: traces, metrics_endpoint: metrics } = settings;
    const { logs_endpoint: logs, profiles_endpoint: profiles } = settings;
    if ([base, traces, metrics, logs, profiles].every((url) => url === '')) {
      context.addIssue({
        code: 'custom',
        path: ['endpoint'],
        message: 'at least one endpoint must be specified, such as endpoint: http://localhost:4318',
      });
    }
  });

export type OtlpHttpExporterConfig = z.output<typeof config>;
