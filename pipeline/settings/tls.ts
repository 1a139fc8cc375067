// TLS settings of listeners and clients: the keys, defaults and rules of the collector's configtls.

import { z } from 'zod';
import { nonNegativeDuration, opaque } from '../schema.ts';

/** The TLS versions, and their names in node:tls. */
export const TLS_VERSIONS = { '1.0': 'TLSv1', '1.1': 'TLSv1.1', '1.2': 'TLSv1.2', '1.3': 'TLSv1.3' } as const;

const version = z.enum(['', '1.0', '1.1', '1.2', '1.3']);

const tpm = z.strictObject({
  enabled: z.literal(false).default(false).describe('Keys in a trusted platform module are not available here.'),
  path: z.string().default('').describe('Path of the TPM device.'),
  owner_auth: opaque().default('').describe('Owner authorisation of the TPM.'),
  auth: opaque().default('').describe('Authorisation of the key.'),
});

/** What clients and servers have in common. */
const tlsShape = {
  ca_file: z.string().default('').describe('Path of the CA certificates that verify the other side, PEM.'),
  ca_pem: opaque().default('').describe('The CA certificates themselves, PEM; instead of ca_file.'),
  include_system_ca_certs_pool: z
    .boolean()
    .default(false)
    .describe('Also trust the CA certificates of the system, besides ca_file or ca_pem.'),
  cert_file: z.string().default('').describe('Path of the own certificate chain, PEM.'),
  cert_pem: opaque().default('').describe('The own certificate chain itself, PEM; instead of cert_file.'),
  key_file: z.string().default('').describe('Path of the private key, PEM.'),
  key_pem: opaque().default('').describe('The private key itself, PEM; instead of key_file.'),
  min_version: version.default('').describe('The lowest TLS version to accept; 1.2 where empty.'),
  max_version: version.default('').describe('The highest TLS version to accept; the highest known where empty.'),
  cipher_suites: z
    .array(z.string())
    .default([])
    .describe('Cipher suites for TLS 1.2 and below, by their IANA names; a safe list where empty.'),
  include_insecure_cipher_suites: z
    .boolean()
    .default(false)
    .describe('Allow cipher_suites to name suites that are known to be insecure.'),
  curve_preferences: z
    .array(z.enum(['P256', 'P384', 'P521', 'X25519', 'X25519MLKEM768']))
    .default([])
    .describe('Curves for the key exchange, best first; all of these where empty.'),
  reload_interval: nonNegativeDuration()
    .prefault('0s')
    .describe('How often the certificate files are read again; 0 reads them again only on a reload.'),
  tpm: tpm.prefault({}).describe('Keys in a trusted platform module.'),
};

type CommonTls = z.output<z.ZodObject<typeof tlsShape>>;

function checkTls(tls: CommonTls, context: z.RefinementCtx): void {
  const refuse = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
  for (const part of ['ca', 'cert', 'key'] as const) {
    if (tls[`${part}_file`] !== '' && tls[`${part}_pem`] !== '') {
      refuse(`${part}_pem`, `give either ${part}_file or ${part}_pem, not both`);
    }
  }
  const hasCert = tls.cert_file !== '' || tls.cert_pem !== '';
  const hasKey = tls.key_file !== '' || tls.key_pem !== '';
  if (hasCert && !hasKey) refuse('key_file', 'a certificate needs its private key: give key_file or key_pem');
  if (hasKey && !hasCert) refuse('cert_file', 'a private key needs its certificate: give cert_file or cert_pem');
  if (tls.max_version !== '' && tls.max_version < (tls.min_version || '1.2')) {
    refuse('max_version', `max_version ${tls.max_version} is below min_version ${tls.min_version || '1.2'}`);
  }
}

/** `tls` of a client: always on unless `insecure`. */
export const tlsClientSettings = z
  .strictObject({
    ...tlsShape,
    insecure: z.boolean().default(false).describe('Do not use TLS at all.'),
    insecure_skip_verify: z
      .boolean()
      .default(false)
      .describe('Use TLS but do not verify the certificate of the server.'),
    server_name_override: z
      .string()
      .default('')
      .describe('The name to ask for and to verify, where it is not that of the endpoint.'),
  })
  .superRefine(checkTls);

/** `tls` of a listener: its presence turns TLS on. */
export const tlsServerSettings = z
  .strictObject({
    ...tlsShape,
    client_ca_file: z
      .string()
      .default('')
      .describe('Path of the CA certificates that client certificates must be signed with; turns mutual TLS on.'),
    client_allowed_sans: z
      .array(z.string())
      .default([])
      .describe(
        'Which client certificates may come in, by a DNS name, e-mail address, IP address or URI among their subject alternative names; all that client_ca_file has signed where empty. Not in the collector.',
      ),
    client_ca_file_reload: z.boolean().default(false).describe('Read client_ca_file again when it changes.'),
  })
  .superRefine((tls, context) => {
    checkTls(tls, context);
    if (tls.cert_file === '' && tls.cert_pem === '' && tls.key_file === '' && tls.key_pem === '') {
      context.addIssue({
        code: 'custom',
        path: ['cert_file'],
        message: 'a listener with TLS needs a certificate and its key: give cert_file and key_file',
      });
    }
    if (tls.client_allowed_sans.length > 0 && tls.client_ca_file === '') {
      context.addIssue({
        code: 'custom',
        path: ['client_allowed_sans'],
        message: 'names in certificates mean something only with client_ca_file, which verifies them',
      });
    }
  });

export type TlsClientSettings = z.output<typeof tlsClientSettings>;
export type TlsServerSettings = z.output<typeof tlsServerSettings>;
