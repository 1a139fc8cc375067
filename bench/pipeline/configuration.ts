// The one configuration that both agents run, as an object: printed as JSON it is YAML.

import type { SinkReady } from './sink.ts';
import type { Protocol } from './bodies.ts';
import type { Secured, Security } from './security.ts';

/** How the exporter answers for its data: `off` after the destination did, `blocking` once it is in a queue with room. */
export type Queue = 'off' | 'blocking';

export const QUEUES: readonly Queue[] = ['off', 'blocking'];

export interface AgentPorts {
  readonly grpc: number;
  readonly http: number;
  readonly metrics: number;
}

export interface ConfigurationOptions {
  readonly protocol: Protocol;
  readonly gzip: boolean;
  /** memory_limiter, resource, attributes and batch between receiver and exporter. */
  readonly processors: boolean;
  readonly queue: object;
  /** A memory_limiter alone, where there are no other processors. */
  readonly limitMib?: number;
  readonly ports: AgentPorts;
  readonly sink: SinkReady;
  /** Plain text and no authentication unless given. */
  readonly secured?: { readonly where: Secured; readonly by: Security };
}

const QUEUE_SETTINGS: Readonly<Record<Queue, object>> = {
  off: { enabled: false },
  blocking: { block_on_overflow: true },
};

export function queueSettings(queue: Queue): object {
  return QUEUE_SETTINGS[queue];
}

const FOUR_PROCESSORS = {
  memory_limiter: { check_interval: '1s', limit_mib: 512 },
  resource: { attributes: [{ key: 'deployment.environment.name', value: 'production', action: 'upsert' }] },
  attributes: {
    actions: [
      { key: 'cloud.region', value: 'eu-west-1', action: 'upsert' },
      { key: 'user_agent.original', action: 'delete' },
    ],
  },
  batch: {},
};

export function configuration(options: ConfigurationOptions): object {
  const { ports } = options;
  const processors = options.processors
    ? FOUR_PROCESSORS
    : options.limitMib === undefined
      ? {}
      : { memory_limiter: { check_interval: '1s', limit_mib: options.limitMib } };
  const shared = { compression: options.gzip ? 'gzip' : 'none', sending_queue: options.queue };
  const exporter = options.protocol === 'grpc' ? 'otlp_grpc' : 'otlp_http';
  const settings = { ...destinationOf(options), ...shared };
  const security = options.secured?.by;
  return {
    ...(security ? { extensions: security.extensions } : {}),
    receivers: {
      otlp: {
        protocols: {
          grpc: { endpoint: `127.0.0.1:${ports.grpc}`, ...security?.listener },
          http: { endpoint: `127.0.0.1:${ports.http}`, ...security?.listener },
        },
      },
    },
    processors,
    exporters: { [exporter]: settings },
    service: {
      ...(security ? { extensions: Object.keys(security.extensions) } : {}),
      telemetry: {
        metrics: { readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: ports.metrics } } } }] },
      },
      pipelines: { traces: { receivers: ['otlp'], processors: Object.keys(processors), exporters: [exporter] } },
    },
  };
}

function destinationOf({ protocol, sink, secured }: ConfigurationOptions): object {
  const isGrpc = protocol === 'grpc';
  if (secured?.where === 'both') {
    const endpoint = isGrpc ? `127.0.0.1:${sink.secure.grpcPort}` : `https://127.0.0.1:${sink.secure.httpPort}`;
    return { endpoint, ...secured.by.exporter };
  }
  return isGrpc
    ? { endpoint: `127.0.0.1:${sink.grpcPort}`, tls: { insecure: true } }
    : { endpoint: `http://127.0.0.1:${sink.httpPort}` };
}
