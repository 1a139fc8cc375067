// Declares bearertokenauth: a fixed token in a header, checked by listeners and sent by exporters.

import { defineExtension } from '../../pipeline/component.ts';
import { BearerTokenAuth } from './bearer-token-auth.ts';
import { config } from './config.ts';

export default defineExtension({
  type: 'bearertokenauth',
  stability: 'beta',
  summary: 'A token in the Authorization header: listeners check it, exporters send it.',
  config,
  example: `bearertokenauth:
  token: \${env:AGENT_TOKEN}
`,
  runsInCopies: () => true,
  create: (settings, context) => new BearerTokenAuth(settings, context),
});
