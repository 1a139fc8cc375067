// Declares headers_setter: headers of outgoing requests, from the configuration or from the request that brought the data.

import { defineExtension } from '../../pipeline/component.ts';
import { config } from './config.ts';
import { HeadersSetter } from './headers-setter.ts';

export default defineExtension({
  type: 'headers_setter',
  stability: 'alpha',
  summary: "Sets headers of exporters' requests, fixed ones or from the request that brought the data.",
  config,
  example: `headers_setter:
  headers:
    - key: X-Scope-OrgID
      action: upsert
      from_context: x-tenant
      default_value: shared
`,
  runsInCopies: () => true,
  create: (settings, context) => new HeadersSetter(settings, context),
});
