// Declares tenant_limits: what each tenant may send, by who authentication says it is.

import { defineExtension } from '../../pipeline/component.ts';
import { config } from './config.ts';
import { TenantLimits } from './tenant-limits.ts';

export default defineExtension({
  type: 'tenant_limits',
  stability: 'alpha',
  summary:
    'Limits for tenants at listeners that name it under `middlewares`: requests and bytes a second, bytes in flight, and a fair part of the memory. Who a tenant is comes from authentication, never from a header. Limits are those of the agent, with any number of `service.workers`, and what was used counts on after a reload.',
  config,
  example: `tenant_limits:
  default:
    requests_per_second: 100
    bytes_per_second: 10000000
  tenants:
    team-a:
      bytes_per_second: 50000000
      weight: 5
`,
  runsInCopies: () => true,
  create: (settings, context) => new TenantLimits(settings, context),
});
