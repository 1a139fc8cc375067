// The part of a scraper's schema that its metrics' definitions give: which are on, and with which attributes.

import { z } from 'zod';
import type { MetricDefinition, MetricDefinitions, MetricSettings } from './metric.ts';

const STRATEGY = z.enum(['sum', 'avg', 'min', 'max']);

function metricSettings(definition: MetricDefinition) {
  const keys = definition.attributes ?? [];
  const strategy = definition.kind === 'gauge' ? 'avg' : 'sum';
  const enabled = z.boolean().default(definition.enabled).describe('Whether it is on.');
  if (keys.length === 0) {
    return z
      .strictObject({ enabled })
      .transform((settings): MetricSettings => ({ ...settings, attributes: [], aggregation_strategy: strategy }))
      .prefault({})
      .describe(definition.description);
  }
  return z
    .strictObject({
      enabled,
      attributes: z
        .array(z.enum(keys))
        .default([...(definition.defaultAttributes ?? keys)])
        .describe('The attributes its points carry; points that differ in others only become one.'),
      aggregation_strategy: STRATEGY.default(strategy).describe('How points become one.'),
    })
    .prefault({})
    .describe(definition.description);
}

/** `metrics:` of a scraper. */
export function metricsSection<Definitions extends MetricDefinitions>(definitions: Definitions) {
  const shape = Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => [name, metricSettings(definition)]),
  );
  const section = z.strictObject(shape).prefault({}).describe('Metrics to switch on or off, by name.');
  // Safe: the shape has exactly the definitions' keys, which fromEntries forgets.
  return section as unknown as z.ZodType<Readonly<Record<keyof Definitions & string, MetricSettings>>>;
}
