// The one configuration that both agents run, as an object: printed as JSON it is YAML.

import type { SinkReady } from './sink.ts';
import type { Protocol } from './bodies.ts';

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
  const { ports, sink } = options;
  const processors = options.processors
    ? FOUR_PROCESSORS
    : options.limitMib === undefined
      ? {}
      : { memory_limiter: { check_interval: '1s', limit_mib: options.limitMib } };
  const shared = { compression: options.gzip ? 'gzip' : 'none', sending_queue: options.queue };
  const exporter = options.protocol === 'grpc' ? 'otlp_grpc' : 'otlp_http';
  const settings =
    options.protocol === 'grpc'
      ? { endpoint: `127.0.0.1:${sink.grpcPort}`, tls: { insecure: true }, ...shared }
      : { endpoint: `http://127.0.0.1:${sink.httpPort}`, ...shared };
  return {
    receivers: {
      otlp: {
        protocols: {
          grpc: { endpoint: `127.0.0.1:${ports.grpc}` },
          http: { endpoint: `127.0.0.1:${ports.http}` },
        },
      },
    },
    processors,
    exporters: { [exporter]: settings },
    service: {
      telemetry: {
        metrics: { readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: ports.metrics } } } }] },
      },
      pipelines: { traces: { receivers: ['otlp'], processors: Object.keys(processors), exporters: [exporter] } },
    },
  };
}
