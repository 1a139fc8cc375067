// Which resource attributes become labels: the collector's settings and patterns, of every exporter of Prometheus' kind.

import { z } from 'zod';
import { deprecated } from '../schema.ts';

const patterns = z.array(z.string()).default([]);

const resourceLabels = z.strictObject({
  included: patterns.describe('Resource attributes to add, by name; * and ? are wildcards.'),
  excluded: patterns.describe('Resource attributes to leave out; alone, it adds all others.'),
  enabled: z.boolean().default(false).describe('Add all resource attributes.'),
  exclude_service_attributes: z
    .boolean()
    .default(false)
    .describe('Leave out service.name, service.namespace and service.instance.id, which are job and instance already.'),
});

type ResourceLabelSettings = z.output<typeof resourceLabels>;

/** The keys of an exporter's configuration. Use them with `checkResourceLabels`. */
export function resourceLabelShape() {
  return {
    resource_to_telemetry_conversion: deprecated(resourceLabels.prefault({}), 'use resource_constant_labels.'),
    resource_constant_labels: resourceLabels
      .prefault({})
      .describe('Which resource attributes become labels of every series of the resource.'),
  };
}

interface ResourceLabelKeys {
  readonly resource_to_telemetry_conversion: ResourceLabelSettings;
  readonly resource_constant_labels: ResourceLabelSettings;
}

/** Refuses what the collector refuses. */
export function checkResourceLabels(settings: ResourceLabelKeys, context: z.RefinementCtx): void {
  const refuse = (key: string, message: string): void => context.addIssue({ code: 'custom', path: [key], message });
  const { resource_constant_labels: constant, resource_to_telemetry_conversion: older } = settings;
  if (constant.enabled || constant.exclude_service_attributes) {
    refuse(
      'resource_constant_labels',
      'write included and excluded here; enabled and exclude_service_attributes are of resource_to_telemetry_conversion',
    );
  }
  if (isSet(constant) && isSet(older)) {
    refuse('resource_to_telemetry_conversion', 'write resource_constant_labels only; this is its older spelling');
  }
  if ((older.enabled || older.exclude_service_attributes) && older.included.length + older.excluded.length > 0) {
    refuse(
      'resource_to_telemetry_conversion',
      'enabled and exclude_service_attributes do not go together with included and excluded',
    );
  }
}

function isSet({ included, excluded, enabled, exclude_service_attributes: excludes }: ResourceLabelSettings): boolean {
  return enabled || excludes || included.length > 0 || excluded.length > 0;
}

const SERVICE_KEYS: ReadonlySet<string> = new Set(['service.name', 'service.namespace', 'service.instance.id']);

export type ResourceLabelRule = (key: string) => boolean;

/** Undefined where no attribute becomes a label. */
export function resourceLabelRuleOf(settings: ResourceLabelKeys): ResourceLabelRule | undefined {
  return (
    resourceLabelRule(settings.resource_constant_labels) ?? resourceLabelRule(settings.resource_to_telemetry_conversion)
  );
}

/** One section's rule. */
export function resourceLabelRule(settings: ResourceLabelSettings): ResourceLabelRule | undefined {
  const { included, excluded, enabled, exclude_service_attributes: withoutService } = settings;
  if (included.length > 0 || excluded.length > 0) {
    const wanted = included.map(matcherOf);
    const unwanted = excluded.map(matcherOf);
    return (key) =>
      !unwanted.some((matches) => matches(key)) && (wanted.length === 0 || wanted.some((matches) => matches(key)));
  }
  if (!enabled) return undefined;
  return withoutService ? (key) => !SERVICE_KEYS.has(key) : () => true;
}

/** * is any text, ? any one character. Walks the pattern with one place to go back to, so that no pattern is slow. */
function matcherOf(pattern: string): (key: string) => boolean {
  if (!/[*?]/.test(pattern)) return (key) => key === pattern;
  const wanted = Array.from(pattern);
  return (key) => {
    const text = Array.from(key);
    let at = 0;
    let star = -1;
    let starAt = 0;
    for (let index = 0; index < text.length;) {
      if (wanted[at] === '*') {
        star = at++;
        starAt = index;
      } else if (at < wanted.length && (wanted[at] === '?' || wanted[at] === text[index])) {
        at += 1;
        index += 1;
      } else if (star >= 0) {
        at = star + 1;
        index = ++starAt;
      } else return false;
    }
    while (wanted[at] === '*') at += 1;
    return at === wanted.length;
  };
}
