// The configuration of tenant_limits: who a tenant is, what everybody may, and what single tenants may.

import { z } from 'zod';
import { count, sizeBytes } from '../../pipeline/schema.ts';

const MAX_TRACKED = 10_000;

const limits = z.strictObject({
  requests_per_second: z.number().min(0).optional().describe('Requests a second; 0 means without limit.'),
  request_burst: count().optional().describe('Requests that may come at once; absent: as many as come in one second.'),
  bytes_per_second: sizeBytes()
    .optional()
    .describe('Bytes of request bodies a second, as they come over the wire; 0 means without limit.'),
  byte_burst: sizeBytes()
    .optional()
    .describe(
      'Bytes that may come at once; absent: as many as come in one second. A body larger than this is let in when nothing was used before.',
    ),
  bytes_in_flight: sizeBytes()
    .optional()
    .describe('Bytes of requests that are in memory and not answered yet, decompressed; 0 means without limit.'),
  weight: z
    .number()
    .positive()
    .max(1_000_000)
    .optional()
    .describe('The part of the memory limit that is fair, beside those of other tenants; 1 unless given.'),
});

export const config = z
  .strictObject({
    identity: z
      .array(
        z
          .string()
          .min(1, 'must name an attribute')
          // As processors write it.
          .transform((name) => name.replace(/^auth\./, '')),
      )
      .min(1, 'at least one attribute is needed')
      .default(['subject', 'username', 'tls.client.subject'])
      .describe(
        'Which attribute of the authenticator or of the client certificate names the tenant: the first that is there. oidc has subject and claims.NAME, basicauth has username, mTLS has tls.client.subject and tls.client.subject_alternative_names (the first name counts).',
      ),
    default: limits
      .prefault({})
      .describe('What a tenant may that is not listed: each by itself, and all clients without an identity together.'),
    tenants: z
      .record(z.string().min(1, 'a tenant has a name'), limits)
      .default({})
      .describe('Tenants by name; what is absent is as under default.'),
    max_tenants: z
      .int()
      .min(1)
      .max(MAX_TRACKED)
      .default(1000)
      .describe(
        'Tenants that are counted apart; idle ones make room for others, and beyond that new ones are counted together.',
      ),
  })
  .superRefine((settings, context) => {
    const sections: readonly (readonly [readonly string[], LimitSettings])[] = [
      [['default'], settings.default],
      ...Object.entries(settings.tenants).map(([name, one]) => [['tenants', name], one] as const),
    ];
    for (const [path, one] of sections) {
      const refuse = (key: string, rate: string): void =>
        context.addIssue({ code: 'custom', path: [...path, key], message: `means nothing without ${rate}` });
      if (one.request_burst !== undefined && !one.requests_per_second) refuse('request_burst', 'requests_per_second');
      if (one.byte_burst !== undefined && !one.bytes_per_second) refuse('byte_burst', 'bytes_per_second');
    }
    if (Object.keys(settings.tenants).length <= settings.max_tenants) return;
    const message = `must be at least the number of tenants listed, ${Object.keys(settings.tenants).length}`;
    context.addIssue({ code: 'custom', path: ['max_tenants'], message });
  });

export type TenantLimitsConfig = z.output<typeof config>;
type LimitSettings = z.output<typeof limits>;

/** What one tenant may; 0 is without limit. */
export interface Limits {
  readonly requestsPerS: number;
  readonly requestBurst: number;
  readonly bytesPerS: number;
  readonly byteBurst: number;
  readonly bytesInFlight: number;
  readonly weight: number;
}

/** A rate and its burst belong together: who has a rate of its own does not have the default's burst. */
export function limitsOf(own: LimitSettings, fallback: LimitSettings = {}): Limits {
  const requests = own.requests_per_second === undefined ? fallback : own;
  const bytes = own.bytes_per_second === undefined ? fallback : own;
  const requestsPerS = requests.requests_per_second ?? 0;
  const bytesPerS = bytes.bytes_per_second ?? 0;
  return {
    requestsPerS,
    requestBurst: Math.max(1, requests.request_burst ?? requestsPerS),
    bytesPerS,
    byteBurst: bytes.byte_burst ?? bytesPerS,
    bytesInFlight: own.bytes_in_flight ?? fallback.bytes_in_flight ?? 0,
    weight: own.weight ?? fallback.weight ?? 1,
  };
}
