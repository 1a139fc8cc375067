// The configuration of oauth2client: contrib's keys, defaults and rules.

import { z } from 'zod';
import { duration, nonNegativeDuration, opaque } from '../../pipeline/schema.ts';
import { tlsClientSettings } from '../../pipeline/settings/tls.ts';

export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

const SIGNATURES: readonly string[] = ['', 'RS256', 'RS384', 'RS512'];

/** One value or several of the same name; any of them may be a secret. */
const parameters = z
  .record(z.string(), z.union([opaque(), z.array(opaque())]))
  .transform((given) => Object.entries(given).map(([name, value]) => ({ name, values: [value].flat() })));

export const config = z
  .strictObject({
    client_id: z.string().default('').describe('The name of this client at the authorization server.'),
    client_id_file: z.string().default('').describe('A file with it instead, read for every new token.'),
    client_secret: opaque().default('').describe('The secret of this client.'),
    client_secret_file: z.string().default('').describe('A file with it instead, read for every new token.'),
    grant_type: z
      .enum(['', 'client_credentials', JWT_BEARER])
      .default('')
      .describe('How to ask: with the secret (client_credentials, also where empty), or with a signed JWT (RFC 7523).'),
    client_certificate_key: opaque().default('').describe('For the JWT: the private RSA key, PEM.'),
    client_certificate_key_file: z
      .string()
      .default('')
      .describe('For the JWT: a file with the key instead, read for every new token.'),
    client_certificate_key_id: z.string().default('').describe('For the JWT: its kid header.'),
    signature_algorithm: z
      .string()
      .default('')
      .describe('For the JWT: how it is signed: RS256, also where empty, RS384 or RS512.'),
    iss: z.string().default('').describe('For the JWT: the issuer; client_id where empty.'),
    audience: z.string().default('').describe('For the JWT: the audience; token_url where empty.'),
    claims: z.record(z.string(), z.unknown()).default({}).describe('For the JWT: further claims.'),
    endpoint_params: parameters.prefault({}).describe('Further parameters of the request for a token.'),
    token_url: z.string().default('').describe('The token endpoint of the authorization server.'),
    scopes: z.array(z.string()).default([]).describe('The permissions to ask for.'),
    tls: tlsClientSettings.prefault({}).describe('TLS to the authorization server.'),
    timeout: nonNegativeDuration().prefault('0s').describe('For one request for a token; 0 means 30s.'),
    expiry_buffer: duration()
      .prefault('5m')
      .describe('Fetch a new token so long before the old one expires, at most half its lifetime.'),
  })
  .superRefine((settings, context) => {
    const refuse = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    if (settings.client_id === '' && settings.client_id_file === '') {
      refuse('client_id', 'give client_id or client_id_file');
    }
    if (settings.grant_type === JWT_BEARER) {
      if (!SIGNATURES.includes(settings.signature_algorithm)) {
        refuse('signature_algorithm', `must be one of ${SIGNATURES.slice(1).join(', ')}`);
      }
      if (settings.client_certificate_key === '' && settings.client_certificate_key_file === '') {
        refuse('client_certificate_key', 'give client_certificate_key or client_certificate_key_file');
      }
    } else if (settings.client_secret === '' && settings.client_secret_file === '') {
      refuse('client_secret', 'give client_secret or client_secret_file');
    }
    if (settings.token_url === '') refuse('token_url', 'the URL of the token endpoint is missing');
    else if (!/^https?:/.test(settings.token_url) || !URL.canParse(settings.token_url)) {
      refuse('token_url', 'must be an http or https URL');
    }
    const taken = new Set(['scope', ...(settings.grant_type === JWT_BEARER ? ['assertion'] : [])]);
    for (const { name } of settings.endpoint_params) {
      if (!taken.has(name) || (name === 'scope' && settings.scopes.length === 0)) continue;
      refuse('endpoint_params', `can not say ${name}, which is said by other keys`);
    }
  });

export type OAuth2ClientConfig = z.output<typeof config>;
