// Declares oidc: listeners take the tokens of OpenID Connect providers.

import { defineExtension } from '../../pipeline/component.ts';
import { config } from './config.ts';
import { Oidc } from './oidc.ts';

export default defineExtension({
  type: 'oidc',
  stability: 'beta',
  summary: 'Listeners take the signed tokens (JWT) of OpenID Connect providers; claims are there for processors.',
  config,
  example: `oidc:
  providers:
    - issuer_url: http://localhost:8080/realms/telemetry
      audience: agent
      username_claim: email
`,
  runsInCopies: () => true,
  create: (settings, context) => new Oidc(settings, context),
});
