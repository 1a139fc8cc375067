// The settings of the resource_detection processor.

import { z } from 'zod';
import { compileRe2 } from '../../pipeline/regexp.ts';
import { deprecated, nonNegativeDuration } from '../../pipeline/schema.ts';
import { backoffShape } from '../../pipeline/settings/exporter-helper.ts';
import { attributeSwitches, type AttributeDefinitions } from './attribute-switches.ts';
import { AZURE_ATTRIBUTES } from './azure.ts';
import { CONTAINER_ATTRIBUTES } from './container.ts';
import type { AttributeSwitches } from './detected.ts';
import { DOCKER_ATTRIBUTES } from './docker.ts';
import { EC2_ATTRIBUTES } from './ec2.ts';
import { GCP_ATTRIBUTES } from './gcp.ts';
import { KUBERNETES_ATTRIBUTES } from './kubernetes.ts';
import { HEROKU_ATTRIBUTES, LAMBDA_ATTRIBUTES } from './platform-variables.ts';
import { PROCESS_ATTRIBUTES } from './process.ts';

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
  readonly resource_attributes: AttributeSwitches<SystemAttribute>;
}

export const DETECTORS = [
  'env',
  'system',
  'process',
  'container',
  'docker',
  'k8s',
  'ec2',
  'gcp',
  'azure',
  'lambda',
  'heroku',
] as const;
export type DetectorName = (typeof DETECTORS)[number];

/** The collector's that are not built here. */
const NOT_HERE = [
  'akamai',
  'aks',
  'alibaba_ecs',
  'azureappservice',
  'azurecontainerapps',
  'consul',
  'digitalocean',
  'dynatrace',
  'ecs',
  'eks',
  'elastic_beanstalk',
  'hetzner',
  'ibmcloud_classic',
  'ibmcloud_vpc',
  'k8s_api',
  'k8snode',
  'kubeadm',
  'nova',
  'openshift',
  'oraclecloud',
  'scaleway',
  'tencent_cvm',
  'upcloud',
  'vultr',
] as const;

function unavailable(name: string): string {
  const known = `expected one of ${DETECTORS.join(', ')}`;
  const quoted = JSON.stringify(name);
  if (!NOT_HERE.some((one) => one === name)) return `${quoted} is no detector; ${known}`;
  if (name === 'k8s_api' || name === 'k8snode') {
    return `${quoted} is a detector of the collector's that is not available here; k8s reads what the downward API hands the pod`;
  }
  return `${quoted} is a detector of the collector's that is not available here; ${known}, or say it in OTEL_RESOURCE_ATTRIBUTES`;
}

/** Where the collector has `elasticbeanstalk` for the settings of `elastic_beanstalk`. */
const SECTIONS_NOT_HERE = NOT_HERE.filter((name) => name !== 'dynatrace').map((name) =>
  name === 'elastic_beanstalk' ? 'elasticbeanstalk' : name,
);

const sectionsNotHere = Object.fromEntries(
  SECTIONS_NOT_HERE.map((name) => [
    name,
    z
      .unknown()
      .refine(() => false, "are the settings of one of the collector's detectors that is not available here")
      .optional()
      .describe('Not available here.'),
  ]),
);

const failOnMissing = deprecated(z.boolean().default(false), 'use fail_on_missing_metadata of the processor.');

function attributesOnly<Definitions extends AttributeDefinitions>(definitions: Definitions, what: string) {
  return z
    .strictObject({ resource_attributes: attributeSwitches(definitions) })
    .prefault({ resource_attributes: {} })
    .describe(what);
}

function patterns(what: string) {
  return z
    .array(
      z.string().superRefine((pattern, context) => {
        try {
          compileRe2(pattern);
        } catch (error) {
          context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
        }
      }),
    )
    .default([])
    .describe(what);
}

/** The collector's defaults, which are not those of exporters. */
const retry = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Whether a detector that failed is asked again.'),
    ...backoffShape({ initialInterval: '1s', multiplier: 2 }),
    max_elapsed_time: nonNegativeDuration()
      .prefault('0s')
      .describe('How long all attempts together may take; 0: as long as timeout.'),
  })
  .prefault({})
  .describe('What to do when a detector fails. The start waits meanwhile.');

const detectorName = z
  .string()
  .transform((text, context): DetectorName => {
    const name = DETECTORS.find((one) => one === text.trim());
    if (name !== undefined) return name;
    context.issues.push({ code: 'custom', input: text, message: unavailable(text.trim()) });
    return z.NEVER;
  })
  .meta({ enum: [...DETECTORS] });

export const config = z
  .strictObject({
    detectors: z
      .array(detectorName)
      .min(1)
      .default(['env'])
      .describe(
        'Who is asked, all at once: of an attribute the first answer in this order counts. Unless written: env.',
      ),
    override: z.boolean().default(true).describe('Whether attributes that a resource has already are replaced.'),
    timeout: nonNegativeDuration()
      .prefault('5s')
      .describe('How long detection may take at the start; with retry::max_elapsed_time, each attempt.'),
    refresh_interval: nonNegativeDuration().prefault('0s').describe('How often to look again; 0: only at the start.'),
    fail_on_missing_metadata: z
      .boolean()
      .default(false)
      .describe('Whether a detector whose platform or service is not there fails, and thereby the start.'),
    retry,
    system: z
      .strictObject({
        hostname_sources: z
          .array(z.enum(HOSTNAME_SOURCES))
          .default(['dns', 'os'])
          .transform((list) => (list.length > 0 ? list : (['dns', 'os'] satisfies HostnameSource[])))
          .describe(
            'Where host.name comes from, the first that knows it: dns (/etc/hosts, then the canonical name), os, cname, lookup (the name of its address).',
          ),
        resource_attributes: attributeSwitches(SYSTEM_ATTRIBUTES),
      })
      .prefault({ resource_attributes: {} })
      .describe('The system the agent runs on.'),
    process: attributesOnly(
      PROCESS_ATTRIBUTES,
      "The agent's own process; unless override is false, also in place of what applications say of theirs.",
    ),
    container: attributesOnly(CONTAINER_ATTRIBUTES, 'The container the agent runs in, from /proc.'),
    docker: attributesOnly(
      DOCKER_ATTRIBUTES,
      'What Docker says, over /var/run/docker.sock or where DOCKER_HOST points (unix:// or tcp://).',
    ),
    k8s: z
      .strictObject({
        directory: z
          .string()
          .startsWith('/', 'must begin with /')
          .default('/etc/podinfo')
          .describe('Where a volume of the downward API is mounted, with files name, namespace and uid.'),
        resource_attributes: attributeSwitches(KUBERNETES_ATTRIBUTES),
      })
      .prefault({ resource_attributes: {} })
      .describe(
        "The agent's pod, from variables such as K8S_POD_NAME, K8S_POD_UID, K8S_NAMESPACE, K8S_NODE_NAME (also with MY_ or without a prefix) that its manifest fills from the downward API, or from files.",
      ),
    ec2: z
      .strictObject({
        tags: patterns('Which tags of the instance become ec2.tag.…: patterns of RE2.'),
        tags_from_imds: z
          .boolean()
          .default(false)
          .describe("Read tags from the instance's metadata, where they have been let into it."),
        max_attempts: z.int().min(1).default(3).describe('How often a service that is overloaded is asked.'),
        max_backoff: nonNegativeDuration().prefault('20s').describe('The longest wait in between.'),
        fail_on_missing_metadata: failOnMissing,
        resource_attributes: attributeSwitches(EC2_ATTRIBUTES),
      })
      .refine(({ tags, tags_from_imds: fromMetadata }) => tags.length === 0 || fromMetadata, {
        path: ['tags'],
        message: 'are read from the metadata only: set tags_from_imds: true (the API of EC2 is not asked here)',
      })
      .prefault({ resource_attributes: {} })
      .describe('An instance of Amazon EC2.'),
    gcp: z
      .strictObject({
        labels: z
          .array(z.string())
          .refine((labels) => labels.length === 0, 'are not available here: they take calls of the Compute API')
          .default([])
          .describe('Not available here.'),
        resource_attributes: attributeSwitches(GCP_ATTRIBUTES),
      })
      .prefault({ resource_attributes: {} })
      .describe("Google's cloud."),
    azure: z
      .strictObject({
        tags: patterns('Which tags of the machine become azure.tag.…: patterns of RE2.'),
        resource_attributes: attributeSwitches(AZURE_ATTRIBUTES),
      })
      .prefault({ resource_attributes: {} })
      .describe('A virtual machine of Azure.'),
    lambda: attributesOnly(LAMBDA_ATTRIBUTES, 'AWS Lambda, from its environment.'),
    heroku: attributesOnly(HEROKU_ATTRIBUTES, 'Heroku, from its environment.'),
    ...sectionsNotHere,
  })
  .refine(({ timeout, retry: { enabled, max_elapsed_time: most } }) => !enabled || timeout > 0 || most > 0, {
    path: ['timeout'],
    message: 'must be longer than 0, or retry::max_elapsed_time must be, so that detection ends',
  });

export type ResourceDetectionConfig = z.output<typeof config>;
