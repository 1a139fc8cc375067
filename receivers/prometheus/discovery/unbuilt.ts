// The kinds of service discovery that Prometheus v3.14 has and that are not built here. They are recognised, and checked as
// far as Prometheus does without asking anybody, so that a mistake is called one and the rest is named for what it is.

import { z } from 'zod';
import { prometheusDuration } from '../durations.ts';
import { checkHttp, httpShape } from '../http-settings.ts';
import { checkKubernetes } from './unbuilt-kubernetes.ts';
import { hostProblem, oneOf, required, type Keys, type Problem } from './unbuilt-checks.ts';

interface Kind {
  /** Its own keys, separated by spaces. */
  readonly keys: string;
  /** Whether the keys of an HTTP client stand beside them. */
  readonly http: boolean;
  readonly check?: (keys: Keys) => Problem | undefined;
}

const AWS = 'endpoint region access_key secret_key profile role_arn external_id refresh_interval port';
const CLUSTERS = `${AWS} clusters request_concurrency`;

const KINDS: Readonly<Record<string, Kind>> = {
  aws_sd_configs: {
    keys: `role filters clusters ${AWS}`,
    http: true,
    check: (keys) => oneOf(keys, 'role', ['ec2', 'ecs', 'elasticache', 'lightsail', 'msk', 'rds']),
  },
  ec2_sd_configs: { keys: `${AWS} filters`, http: true, check: filterProblem },
  ecs_sd_configs: { keys: CLUSTERS, http: true },
  elasticache_sd_configs: { keys: CLUSTERS, http: true },
  lightsail_sd_configs: { keys: AWS, http: true },
  msk_sd_configs: { keys: CLUSTERS, http: true },
  rds_sd_configs: { keys: `${CLUSTERS} filters`, http: true },
  azure_sd_configs: {
    keys: 'environment port subscription_id tenant_id client_id client_secret refresh_interval authentication_method resource_group',
    http: true,
    check: azureProblem,
  },
  consul_sd_configs: {
    keys: 'server path_prefix token datacenter namespace partition tag_separator scheme username password allow_stale refresh_interval services tags node_meta filter health_filter',
    http: true,
    check: consulProblem,
  },
  digitalocean_sd_configs: {
    keys: 'refresh_interval port role',
    http: true,
    check: (keys) => ('role' in keys ? oneOf(keys, 'role', ['droplets', 'databases']) : undefined),
  },
  docker_sd_configs: {
    keys: 'host port filters host_networking_host refresh_interval match_first_network',
    http: true,
    check: (keys) => required(keys, 'host'),
  },
  dockerswarm_sd_configs: {
    keys: 'host role port filters refresh_interval',
    http: true,
    check: (keys) => required(keys, 'host') ?? oneOf(keys, 'role', ['services', 'nodes', 'tasks']),
  },
  eureka_sd_configs: {
    keys: 'server refresh_interval',
    http: true,
    check: (keys) => required(keys, 'server') ?? hostProblem(keys, 'server'),
  },
  gce_sd_configs: {
    keys: 'project zone filter refresh_interval port tag_separator',
    http: false,
    check: (keys) => required(keys, 'project', 'zone'),
  },
  hetzner_sd_configs: {
    keys: 'refresh_interval port role label_selector',
    http: true,
    check: (keys) => oneOf(keys, 'role', ['robot', 'hcloud']),
  },
  ionos_sd_configs: {
    keys: 'datacenter_id refresh_interval port',
    http: true,
    check: (keys) => required(keys, 'datacenter_id'),
  },
  kubernetes_sd_configs: {
    keys: 'api_server role kubeconfig_file namespaces selectors attach_metadata',
    http: true,
    check: checkKubernetes,
  },
  kuma_sd_configs: {
    keys: 'server refresh_interval fetch_timeout client_id',
    http: true,
    check: (keys) => required(keys, 'server') ?? hostProblem(keys, 'server'),
  },
  linode_sd_configs: { keys: 'refresh_interval port tag_separator region', http: true },
  marathon_sd_configs: {
    keys: 'servers refresh_interval auth_token auth_token_file',
    http: true,
    check: marathonProblem,
  },
  nerve_sd_configs: { keys: 'servers paths timeout', http: false, check: zookeeperProblem },
  nomad_sd_configs: {
    keys: 'allow_stale namespace refresh_interval region server tag_separator',
    http: true,
  },
  oci_sd_configs: {
    keys: 'auth tenancy user fingerprint key_file key_passphrase key_passphrase_file region compartments port refresh_interval',
    http: true,
    check: (keys) => ('auth' in keys ? oneOf(keys, 'auth', OCI_AUTH) : undefined),
  },
  openstack_sd_configs: {
    keys: 'identity_endpoint username userid password project_name project_id domain_name domain_id application_credential_name application_credential_id application_credential_secret role region refresh_interval port all_tenants tls_config availability',
    http: false,
    check: (keys) =>
      ('availability' in keys ? oneOf(keys, 'availability', ['public', 'internal', 'admin']) : undefined) ??
      oneOf(keys, 'role', ['instance', 'hypervisor', 'loadbalancer']) ??
      required(keys, 'region'),
  },
  outscale_sd_configs: {
    keys: 'endpoint region access_key secret_key secret_key_file refresh_interval port',
    http: true,
    check: (keys) => required(keys, 'region', 'access_key') ?? secretKeyProblem(keys),
  },
  ovhcloud_sd_configs: {
    keys: 'endpoint application_key application_secret consumer_key refresh_interval service',
    http: false,
    check: (keys) =>
      required(keys, 'application_key', 'application_secret', 'consumer_key') ??
      oneOf(keys, 'service', ['dedicated_server', 'vps']),
  },
  puppetdb_sd_configs: {
    keys: 'refresh_interval url query include_parameters port',
    http: true,
    check: (keys) => required(keys, 'url') ?? hostProblem(keys, 'url') ?? required(keys, 'query'),
  },
  scaleway_sd_configs: {
    keys: 'project_id api_url zone access_key secret_key secret_key_file name_filter tags_filter refresh_interval port role',
    http: true,
    check: (keys) =>
      oneOf(keys, 'role', ['instance', 'baremetal']) ??
      required(keys, 'project_id') ??
      secretKeyProblem(keys) ??
      required(keys, 'access_key'),
  },
  serverset_sd_configs: { keys: 'servers paths timeout', http: false, check: zookeeperProblem },
  stackit_sd_configs: {
    keys: 'project refresh_interval port region endpoint service_account_key private_key service_account_key_path private_key_path credentials_file_path',
    http: true,
    check: (keys) => ('endpoint' in keys ? hostProblem(keys, 'endpoint') : undefined),
  },
  triton_sd_configs: {
    keys: 'account role dns_suffix endpoint groups port refresh_interval tls_config version',
    http: false,
    check: (keys) =>
      ('role' in keys ? oneOf(keys, 'role', ['container', 'cn']) : undefined) ??
      required(keys, 'account', 'dns_suffix', 'endpoint'),
  },
  uyuni_sd_configs: {
    keys: 'server username password entitlement separator refresh_interval',
    http: true,
    check: (keys) => required(keys, 'server', 'username', 'password'),
  },
  vultr_sd_configs: { keys: 'refresh_interval port', http: true },
};

const OCI_AUTH = ['api_key', 'instance_principal', 'resource_principal', 'workload_identity'];

function filterProblem(keys: Keys): Problem | undefined {
  const filters = keys['filters'];
  if (!Array.isArray(filters)) return undefined;
  const empty = filters.findIndex((filter: unknown) => {
    const values = typeof filter === 'object' && filter !== null && 'values' in filter ? filter.values : undefined;
    return !Array.isArray(values) || values.length === 0;
  });
  return empty === -1
    ? undefined
    : { key: 'filters', message: `the filter ${empty + 1} has no values; give at least one` };
}

function azureProblem(keys: Keys): Problem | undefined {
  const method = keys['authentication_method'] ?? 'OAuth';
  return (
    required(keys, 'subscription_id') ??
    (method === 'OAuth' ? required(keys, 'tenant_id', 'client_id', 'client_secret') : undefined) ??
    ('authentication_method' in keys
      ? oneOf(keys, 'authentication_method', ['OAuth', 'ManagedIdentity', 'SDK', 'WorkloadIdentity'])
      : undefined)
  );
}

function consulProblem(keys: Keys): Problem | undefined {
  if ('server' in keys && String(keys['server']).trim() === '') return required(keys, 'server');
  if (('username' in keys || 'password' in keys) && 'basic_auth' in keys) {
    return { key: 'basic_auth', message: 'give at most one of username with password and basic_auth' };
  }
  if ('token' in keys && ('authorization' in keys || 'oauth2' in keys)) {
    return { key: 'token', message: 'give at most one of token, authorization and oauth2' };
  }
  return undefined;
}

function marathonProblem(keys: Keys): Problem | undefined {
  const servers = keys['servers'];
  if (!Array.isArray(servers) || servers.length === 0) {
    return { key: 'servers', message: 'needs at least one Marathon server' };
  }
  const token = ['auth_token', 'auth_token_file'].filter((key) => key in keys);
  if (token.length > 1)
    return { key: 'auth_token_file', message: 'give at most one of auth_token and auth_token_file' };
  const other = ['basic_auth', 'bearer_token', 'bearer_token_file', 'authorization'].find((key) => key in keys);
  if (token.length === 0 || other === undefined) return undefined;
  return { key: other, message: `give at most one of ${other} and ${String(token[0])}` };
}

function secretKeyProblem(keys: Keys): Problem | undefined {
  const given = ['secret_key', 'secret_key_file'].filter((key) => key in keys);
  if (given.length === 1) return undefined;
  return { key: 'secret_key', message: 'give exactly one of secret_key and secret_key_file' };
}

function zookeeperProblem(keys: Keys): Problem | undefined {
  for (const key of ['servers', 'paths'] as const) {
    const list = keys[key];
    if (!Array.isArray(list) || list.length === 0) return { key, message: `needs at least one entry in ${key}` };
    const relative = list.findIndex((path: unknown) => !String(path).startsWith('/'));
    if (key === 'paths' && relative !== -1) {
      return { key, message: `${String(list[relative])} does not begin with /` };
    }
  }
  return undefined;
}

const httpKeys = z.strictObject(httpShape).superRefine(checkHttp);

function unbuilt(name: string, kind: Kind) {
  const known = new Set(kind.keys.split(' '));
  const check = (value: Keys, context: z.RefinementCtx): void => {
    const http: Record<string, unknown> = {};
    for (const [key, setting] of Object.entries(value)) {
      if (known.has(key)) continue;
      if (kind.http && key in httpShape) http[key] = setting;
      else context.addIssue({ code: 'custom', path: [key], message: `the key "${key}" is unknown here` });
    }
    for (const issue of httpKeys.safeParse(http).error?.issues ?? []) {
      context.addIssue({ code: 'custom', path: issue.path, message: issue.message });
    }
    for (const key of ['refresh_interval', 'timeout', 'fetch_timeout']) {
      const found = key in value ? prometheusDuration().safeParse(value[key]).error : undefined;
      for (const issue of found?.issues ?? []) {
        context.addIssue({ code: 'custom', path: [key], message: issue.message });
      }
    }
    const problem = kind.check?.(value);
    if (problem) context.addIssue({ code: 'custom', path: [problem.key], message: problem.message });
  };
  const entry = z.preprocess((value, context) => {
    if (value !== null) return value;
    context.issues.push({ code: 'custom', input: value, message: `this entry of ${name} is empty` });
    return z.NEVER;
  }, z.record(z.string(), z.unknown()).superRefine(check));
  return z
    .preprocess((value) => (value === null ? [] : value), z.array(entry))
    .prefault([])
    .meta({ writeOnly: true })
    .describe('Refused: this kind of service discovery is not built here.');
}

type UnbuiltShape = Record<string, ReturnType<typeof unbuilt>>;

export const unbuiltDiscoveryShape: UnbuiltShape = Object.fromEntries(
  Object.entries(KINDS).map(([name, kind]) => [name, unbuilt(name, kind)]),
);

export const UNBUILT_DISCOVERIES: readonly string[] = Object.keys(KINDS);
