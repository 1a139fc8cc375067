// The settings of the resource_detection processor.

import { z } from 'zod';
import { nonNegativeDuration, positiveDuration } from '../../pipeline/schema.ts';

/** Attributes of the system detector, and whether they are on by default, as in the collector. */
export const SYSTEM_ATTRIBUTES = {
  'host.arch': { enabled: false, description: 'The architecture of the processor, such as amd64.' },
  'host.cpu.cache.l2.size': { enabled: false, description: 'The cache of a CPU, in kB as the kernel says it.' },
  'host.cpu.family': { enabled: false, description: 'The family of the CPU.' },
  'host.cpu.model.id': { enabled: false, description: 'The number of the CPU model.' },
  'host.cpu.model.name': { enabled: false, description: 'The name of the CPU model.' },
  'host.cpu.stepping': { enabled: false, description: 'The revision of the CPU.' },
  'host.cpu.vendor.id': { enabled: false, description: 'The maker of the CPU.' },
  'host.id': { enabled: false, description: 'The id of the machine, from /etc/machine-id.' },
  'host.interface': { enabled: false, description: 'The names of the network interfaces.' },
  'host.ip': { enabled: false, description: 'The addresses of the network interfaces but loopback.' },
  'host.mac': { enabled: false, description: 'The hardware addresses of the network interfaces but loopback.' },
  'host.name': { enabled: true, description: 'The name of the host.' },
  'os.build.id': { enabled: false, description: "The build of the system, or the kernel's version." },
  'os.description': { enabled: false, description: 'The system and its kernel in words.' },
  'os.name': { enabled: false, description: 'The distribution, such as debian.' },
  'os.type': { enabled: true, description: 'The kind of system, such as linux.' },
  'os.version': { enabled: false, description: 'The version of the distribution.' },
} as const;

export type SystemAttribute = keyof typeof SYSTEM_ATTRIBUTES;

const HOSTNAME_SOURCES = ['dns', 'os', 'cname', 'lookup'] as const;
export type HostnameSource = (typeof HOSTNAME_SOURCES)[number];

export interface SystemSettings {
  readonly hostname_sources: readonly HostnameSource[];
  readonly resource_attributes: Readonly<Record<SystemAttribute, { readonly enabled: boolean }>>;
}

function systemAttributes() {
  const shape = Object.fromEntries(
    Object.entries(SYSTEM_ATTRIBUTES).map(([name, { enabled, description }]) => [
      name,
      z
        .strictObject({ enabled: z.boolean().default(enabled).describe('Whether it is set.') })
        .prefault({})
        .describe(description),
    ]),
  );
  const section = z.strictObject(shape).prefault({}).describe('What is said of the system.');
  // Safe: the shape has exactly these keys, which fromEntries forgets.
  return section as unknown as z.ZodType<SystemSettings['resource_attributes']>;
}

export const config = z.strictObject({
  detectors: z
    .array(z.enum(['env', 'system'], { error: 'is not a detector that is available here; expected env or system' }))
    .default(['env'])
    .describe('Who is asked, in this order: of an attribute the first answer counts.'),
  override: z.boolean().default(true).describe('Whether attributes that a resource has already are replaced.'),
  timeout: positiveDuration().prefault('5s').describe('How long name servers may take.'),
  refresh_interval: nonNegativeDuration().prefault('0s').describe('How often to look again; 0: only at the start.'),
  fail_on_missing_metadata: z
    .boolean()
    .default(false)
    .describe('Accepted, without effect: the detectors here ask no metadata service.'),
  system: z
    .strictObject({
      hostname_sources: z
        .array(z.enum(HOSTNAME_SOURCES))
        .default(['dns', 'os'])
        .transform((list) => (list.length > 0 ? list : (['dns', 'os'] satisfies HostnameSource[])))
        .describe(
          'Where host.name comes from, the first that knows it: dns (/etc/hosts, then the canonical name), os, cname, lookup (the name of its address).',
        ),
      resource_attributes: systemAttributes(),
    })
    .prefault({ resource_attributes: {} })
    .describe('Settings of the system detector.'),
});

export type ResourceDetectionConfig = z.output<typeof config>;
