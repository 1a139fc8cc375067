// What the collector calls the instrument behind each metric: views name instruments by kind and by scope.

import type { Family } from './metric-store.ts';

export type InstrumentType =
  | 'counter'
  | 'histogram'
  | 'observable_counter'
  | 'observable_gauge'
  | 'observable_up_down_counter'
  | 'up_down_counter';

/** Gauges that are sums in the collector. */
const UP_DOWN_COUNTERS: ReadonlyMap<string, InstrumentType> = new Map([
  ['otelcol_exporter_in_flight_requests', 'up_down_counter'],
  ['otelcol_processor_batch_metadata_cardinality', 'observable_up_down_counter'],
]);

const CORE = 'go.opentelemetry.io/collector';
const CONTRIB = 'github.com/open-telemetry/opentelemetry-collector-contrib';

/** The scope of metrics that only this agent has. */
export const OWN_SCOPE_NAME = 'genesis-agent';

/** By the beginning of the name; the first that fits. */
const SCOPES: readonly (readonly [string, string])[] = [
  ['otelcol_receiver_', `${CORE}/receiver/receiverhelper`],
  ['otelcol_exporter_', `${CORE}/exporter/exporterhelper`],
  ['otelcol_processor_batch_', `${CORE}/processor/batchprocessor`],
  ['otelcol_processor_memory_limiter_', `${CORE}/processor/memorylimiterprocessor`],
  ['otelcol_processor_filter_', `${CONTRIB}/processor/filterprocessor`],
  ['otelcol_processor_probabilistic_sampler_', `${CONTRIB}/processor/probabilisticsamplerprocessor`],
  ['otelcol_processor_', `${CORE}/processor/processorhelper`],
  ['otelcol_process_', `${CORE}/service`],
];

export function scopeNameOf(metric: string): string {
  return SCOPES.find(([prefix]) => metric.startsWith(prefix))?.[1] ?? OWN_SCOPE_NAME;
}

export function instrumentTypeOf({ name, type }: Pick<Family, 'name' | 'type'>): InstrumentType {
  if (type === 'gauge') return UP_DOWN_COUNTERS.get(name) ?? 'observable_gauge';
  return type === 'counter' && name.startsWith('otelcol_process_') ? 'observable_counter' : type;
}
