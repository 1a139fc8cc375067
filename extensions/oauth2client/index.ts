// Declares oauth2client: tokens of an authorization server for the requests of exporters.

import { defineExtension } from '../../pipeline/component.ts';
import { config } from './config.ts';
import { OAuth2Client } from './oauth2-client.ts';

export default defineExtension({
  type: 'oauth2client',
  stability: 'beta',
  summary: 'Fetches OAuth 2.0 tokens by client credentials and sends them with the requests of exporters.',
  config,
  example: `oauth2client:
  client_id: agent
  client_secret: \${env:OAUTH_CLIENT_SECRET}
  token_url: https://login.example.com/oauth2/token
  scopes: [telemetry.write]
`,
  runsInCopies: () => true,
  create: (settings, context) => new OAuth2Client(settings, context),
});
