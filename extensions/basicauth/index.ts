// Declares basicauth: a name and a password, checked by listeners or sent by exporters.

import { defineExtension } from '../../pipeline/component.ts';
import { BasicAuthClient } from './client.ts';
import { config } from './config.ts';
import { BasicAuthServer } from './server.ts';

export default defineExtension({
  type: 'basicauth',
  stability: 'beta',
  summary: 'A name and a password: listeners check them against htpasswd entries, exporters send them.',
  config,
  example: `basicauth/server:
  htpasswd:
    inline: agent:$2y$05$R0dMGzPPDHiSBpJFDCCzXeeHtwGGrvBLPqeiB0wGjbAqKUHbMkUBy
`,
  runsInCopies: () => true,
  create: (settings, context) => {
    // The schema lets exactly one of the two through.
    const { htpasswd, client_auth: client } = settings;
    if (htpasswd) return new BasicAuthServer(htpasswd, context);
    if (client) return new BasicAuthClient(client, context);
    throw new Error('the configuration was validated, yet it has neither htpasswd nor client_auth');
  },
});
