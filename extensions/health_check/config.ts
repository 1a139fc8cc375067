// The configuration of health_check. The collector refuses `http` and `grpc` here unless a feature gate is on; here
// `use_v2: true` is enough.

import type { z } from 'zod';
import { healthCheckSettings } from '../../pipeline/health/settings.ts';

export const config = healthCheckSettings.superRefine((settings, context) => {
  for (const key of ['http', 'grpc'] as const) {
    if (settings.use_v2 || settings[key] === undefined) continue;
    context.addIssue({ code: 'custom', path: [key], message: 'belongs to the status of components; add use_v2: true' });
  }
});

export type HealthCheckConfig = z.output<typeof config>;
