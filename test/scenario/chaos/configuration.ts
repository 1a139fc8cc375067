// The agent's configuration of a plan, and variants of it for reloads.

import type { Plan } from './plan.ts';

export interface Addresses {
  readonly grpc: number;
  readonly http: number;
  readonly side: number;
  readonly metrics: number;
  /** `host:port` of the sink, or of what stands before it. */
  readonly sink: string;
  readonly directory: string;
}

/** Reloads take one of so many; 0 is what the agent starts with. */
export const VARIANTS = 6;

export function configurationOf(plan: Plan, at: Addresses, variant = 0): object {
  const isHttp = plan.protocol === 'http';
  // The same component in its two spellings.
  const type = variant === 5 ? (isHttp ? 'otlphttp' : 'otlp') : isHttp ? 'otlp_http' : 'otlp_grpc';
  const exporter = `${type}/sink`;
  const processors = [
    ...(plan.hasBatchProcessor !== (variant === 3) ? ['batch'] : []),
    ...(variant === 4 ? ['attributes'] : []),
  ];
  return {
    receivers: {
      otlp: { protocols: { grpc: { endpoint: `127.0.0.1:${at.grpc}` }, http: { endpoint: `127.0.0.1:${at.http}` } } },
      'otlp/side': { protocols: { http: { endpoint: `127.0.0.1:${at.side}` } } },
    },
    processors: {
      batch: { timeout: '50ms' },
      attributes: { actions: [{ key: 'chaos', value: variant, action: 'upsert' }] },
    },
    exporters: {
      [exporter]: {
        endpoint: isHttp ? `http://${at.sink}` : at.sink,
        ...(isHttp ? {} : { tls: { insecure: true } }),
        compression: plan.compression,
        timeout: '1s',
        retry_on_failure: { initial_interval: '50ms', max_interval: '300ms', max_elapsed_time: plan.maxElapsedTime },
        sending_queue: {
          storage: 'file_storage',
          queue_size: plan.queueSize,
          num_consumers: variant === 1 ? plan.consumers + 2 : plan.consumers,
          ...(plan.isBatching !== (variant === 2) ? { batch: { flush_timeout: '100ms', min_size: 50 } } : {}),
        },
      },
      nop: {},
    },
    extensions: {
      file_storage: {
        directory: at.directory,
        max_size: plan.maxSize,
        fsync: variant === 2 ? plan.fsync !== true : plan.fsync,
        timeout: '5s',
      },
    },
    service: {
      extensions: ['file_storage'],
      workers: plan.workers,
      telemetry: {
        logs: { level: 'info', sampling: { enabled: false } },
        metrics: { readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: at.metrics } } } }] },
      },
      pipelines: {
        traces: { receivers: ['otlp'], processors, exporters: [exporter] },
        'traces/side': { receivers: ['otlp/side'], exporters: ['nop'] },
      },
    },
  };
}
