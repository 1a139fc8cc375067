// The reference: protobufjs with the official OTLP files. Slow and right.

import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import type { Signal } from '../../pipeline/signal.ts';

const ROOT_DIR = fileURLToPath(new URL('../../proto/', import.meta.url));

function load(): protobuf.Root {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => join(ROOT_DIR, target);
  const collector = 'opentelemetry/proto/collector';
  root.loadSync(
    [
      `${collector}/trace/v1/trace_service.proto`,
      `${collector}/metrics/v1/metrics_service.proto`,
      `${collector}/logs/v1/logs_service.proto`,
      `${collector}/profiles/v1development/profiles_service.proto`,
    ],
    { keepCase: false },
  );
  root.resolveAll();
  return root;
}

export const root = load();

export const REQUEST_TYPES: Readonly<Record<Signal, protobuf.Type>> = {
  traces: root.lookupType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest'),
  metrics: root.lookupType('opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest'),
  logs: root.lookupType('opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest'),
  profiles: root.lookupType('opentelemetry.proto.collector.profiles.v1development.ExportProfilesServiceRequest'),
};

/** A plain request object (bytes as Uint8Array, 64-bit numbers as decimal strings) as protobuf. */
export function encode(signal: Signal, request: object): Uint8Array {
  const type = REQUEST_TYPES[signal];
  return type.encode(type.fromObject(request)).finish();
}

/** The inverse of `encode`: absent fields stay absent, 64-bit numbers are decimal strings, bytes are Uint8Array, enums numbers. */
export function decode(signal: Signal, bytes: Uint8Array): Record<string, unknown> {
  const type = REQUEST_TYPES[signal];
  // A plain copy, so that bytes fields are plain too and compare equal.
  return type.toObject(type.decode(new Uint8Array(bytes)), {
    longs: String,
    enums: Number,
    defaults: false,
    oneofs: true,
  });
}

/** Absent and default alike, as proto3 has them, but for fields of a oneof and optional ones: equal when nothing is lost. */
export function decodeWithDefaults(signal: Signal, bytes: Uint8Array): Record<string, unknown> {
  const type = REQUEST_TYPES[signal];
  return type.toObject(type.decode(new Uint8Array(bytes)), {
    longs: String,
    enums: Number,
    defaults: true,
    oneofs: true,
  });
}
