// The configuration most tests of a whole agent need: OTLP in over both protocols, one exporter for all signals.

export interface PipelineOptions {
  readonly grpcPort: number;
  readonly httpPort: number;
  /** Added to `protocols.grpc` and `protocols.http`. */
  readonly grpc?: object;
  readonly http?: object;
  /** Processors of every pipeline, in order, with their settings. */
  readonly processors?: Readonly<Record<string, object>>;
  /** The exporter's id and settings. */
  readonly exporter: string;
  readonly settings: object;
}

export function pipelines(options: PipelineOptions): object {
  const { exporter, processors = {} } = options;
  const pipeline = { receivers: ['otlp'], processors: Object.keys(processors), exporters: [exporter] };
  return {
    receivers: {
      otlp: {
        protocols: {
          grpc: { endpoint: `127.0.0.1:${options.grpcPort}`, ...options.grpc },
          http: { endpoint: `127.0.0.1:${options.httpPort}`, ...options.http },
        },
      },
    },
    processors,
    exporters: { [exporter]: options.settings },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: pipeline, metrics: pipeline, logs: pipeline },
    },
  };
}
