// The configuration of pprof: contrib's keys, and who may ask.

import { z } from 'zod';
import { endpoint, nonNegativeDuration, nullableSection } from '../../pipeline/schema.ts';
import { authSettings } from '../../pipeline/settings/shared.ts';
import { tlsServerSettings } from '../../pipeline/settings/tls.ts';

export const config = z.strictObject({
  endpoint: endpoint().default('localhost:1777').describe('Where the profiles are served: host:port.'),
  dialer: z
    .strictObject({
      timeout: nonNegativeDuration().prefault('0s').describe('Accepted for compatibility; listeners do not dial.'),
    })
    .prefault({})
    .describe('Accepted for compatibility.'),
  auth: nullableSection(authSettings).describe('Authentication of clients. Not in the collector.'),
  tls: nullableSection(tlsServerSettings).describe('Turns TLS on. Not in the collector.'),
  block_profile_fraction: z.int().default(0).describe('Accepted for compatibility; a Go profile.'),
  mutex_profile_fraction: z.int().default(0).describe('Accepted for compatibility; a Go profile.'),
  save_to_file: z
    .string()
    .default('')
    .describe('Record the CPU profile from start to stop and write it to this file, as .cpuprofile.'),
});

export type PprofConfig = z.output<typeof config>;
