// Every component there is, by kind and type. Each loads only when it is asked for; a test holds this list equal to the
// folders and to what the declarations say of themselves.

import type { ComponentKind, Declaration } from '../pipeline/component.ts';
import type { ComponentRegistry } from '../pipeline/config/sections.ts';

interface Entry {
  /** Older spellings. */
  readonly aliases?: readonly string[];
  readonly load: () => Promise<{ readonly default: unknown }>;
}

type Entries = Readonly<Record<string, Entry>>;

export const COMPONENTS: Readonly<Record<ComponentKind, Entries>> = {
  receiver: {
    host_metrics: { aliases: ['hostmetrics'], load: () => import('../receivers/host_metrics/index.ts') },
    nop: { load: () => import('../receivers/nop/index.ts') },
    otlp: { load: () => import('../receivers/otlp/index.ts') },
    prometheus: { load: () => import('../receivers/prometheus/index.ts') },
    prometheus_remote_write: {
      aliases: ['prometheusremotewrite'],
      load: () => import('../receivers/prometheus_remote_write/index.ts'),
    },
  },
  processor: {
    attributes: { load: () => import('../processors/attributes/index.ts') },
    batch: { load: () => import('../processors/batch/index.ts') },
    cumulative_to_delta: {
      aliases: ['cumulativetodelta'],
      load: () => import('../processors/cumulative_to_delta/index.ts'),
    },
    delta_to_cumulative: {
      aliases: ['deltatocumulative'],
      load: () => import('../processors/delta_to_cumulative/index.ts'),
    },
    filter: { load: () => import('../processors/filter/index.ts') },
    groupbyattrs: { load: () => import('../processors/groupbyattrs/index.ts') },
    memory_limiter: { load: () => import('../processors/memory_limiter/index.ts') },
    probabilistic_sampler: { load: () => import('../processors/probabilistic_sampler/index.ts') },
    redaction: { load: () => import('../processors/redaction/index.ts') },
    resource: { load: () => import('../processors/resource/index.ts') },
    resource_detection: {
      aliases: ['resourcedetection'],
      load: () => import('../processors/resource_detection/index.ts'),
    },
  },
  exporter: {
    debug: { load: () => import('../exporters/debug/index.ts') },
    file: { load: () => import('../exporters/file/index.ts') },
    nop: { load: () => import('../exporters/nop/index.ts') },
    otlp_grpc: { aliases: ['otlp'], load: () => import('../exporters/otlp_grpc/index.ts') },
    otlp_http: { aliases: ['otlphttp'], load: () => import('../exporters/otlp_http/index.ts') },
    prometheus: { load: () => import('../exporters/prometheus/index.ts') },
    prometheus_remote_write: {
      aliases: ['prometheusremotewrite'],
      load: () => import('../exporters/prometheus_remote_write/index.ts'),
    },
  },
  connector: {
    count: { load: () => import('../connectors/count/index.ts') },
    forward: { load: () => import('../connectors/forward/index.ts') },
  },
  extension: {
    basicauth: { load: () => import('../extensions/basicauth/index.ts') },
    bearertokenauth: { load: () => import('../extensions/bearertokenauth/index.ts') },
    file_storage: { load: () => import('../extensions/file_storage/index.ts') },
    headers_setter: { load: () => import('../extensions/headers_setter/index.ts') },
    health_check: { load: () => import('../extensions/health_check/index.ts') },
    healthcheckv2: { load: () => import('../extensions/healthcheckv2/index.ts') },
    oauth2client: { load: () => import('../extensions/oauth2client/index.ts') },
    oidc: { load: () => import('../extensions/oidc/index.ts') },
    pprof: { load: () => import('../extensions/pprof/index.ts') },
    tenant_limits: { load: () => import('../extensions/tenant_limits/index.ts') },
    zpages: { load: () => import('../extensions/zpages/index.ts') },
  },
};

/** The type in its current spelling; undefined for one that is not here. */
export function canonicalType(kind: ComponentKind, name: string): string | undefined {
  const entries = COMPONENTS[kind];
  if (Object.hasOwn(entries, name)) return name;
  return Object.keys(entries).find((type) => entries[type]?.aliases?.includes(name));
}

export const registry: ComponentRegistry = {
  async find(kind, typeName) {
    const type = canonicalType(kind, typeName);
    const entry = type === undefined ? undefined : COMPONENTS[kind][type];
    if (!entry) return undefined;
    // Every index.ts exports a declaration; the suite that runs over all components checks it.
    return (await entry.load()).default as Declaration;
  },
  known: (kind) => Object.keys(COMPONENTS[kind]),
};
