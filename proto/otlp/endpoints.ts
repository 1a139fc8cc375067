// Where OTLP requests go: gRPC methods and default HTTP paths (OTLP specification; the service definitions in proto/opentelemetry).

import type { OtlpSignal } from './signals.ts';

export const GRPC_METHODS: Readonly<Record<OtlpSignal, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  profiles: '/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export',
};

export const HTTP_PATHS: Readonly<Record<OtlpSignal, string>> = {
  traces: '/v1/traces',
  metrics: '/v1/metrics',
  logs: '/v1/logs',
  profiles: '/v1development/profiles',
};

/** What the specification recommends as the largest request, before and after compression, and the largest answer. */
export const MAX_REQUEST_BYTES = 64 << 20;
export const MAX_RESPONSE_BYTES = 4 << 20;
