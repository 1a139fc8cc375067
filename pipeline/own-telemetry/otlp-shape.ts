// The parts that the agent's own metrics, logs and spans have in common in the shape @opentelemetry/otlp-transformer reads.

import type { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { OWN_SCOPE_NAME } from './instruments.ts';
import type { OwnResource } from './settings.ts';

type Resource = Parameters<typeof ProtobufMetricsSerializer.serializeRequest>[0]['resource'];

export const OWN_SCOPE = { name: OWN_SCOPE_NAME };

/** Seconds and nanoseconds. */
export function hrTime(unixMs: number): [number, number] {
  const seconds = Math.floor(unixMs / 1000);
  return [seconds, Math.round((unixMs - seconds * 1000) * 1e6)];
}

export function otlpResource(resource: OwnResource): Resource {
  const made: Resource = {
    attributes: { ...resource },
    merge: (other) => other ?? made,
    getRawAttributes: () => Object.entries(resource),
  };
  return made;
}
