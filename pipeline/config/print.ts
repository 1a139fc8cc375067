// The effective configuration for people: every key with its default, as YAML or JSON, secrets as [REDACTED].

import { Scalar, stringify } from 'yaml';
import type { z } from 'zod';
import { WholeDouble } from '../config-value.ts';
import { withoutPasswords } from '../passwords-in-urls.ts';
import type { AgentConfiguration, ConfiguredComponent } from './configuration.ts';
import { defaultOf, isMarked, keysOf, stepInto } from './schema-walk.ts';
import { serviceSettings } from './service.ts';

export const REDACTED = '[REDACTED]';

export interface PrintOptions {
  readonly format?: 'yaml' | 'json';
  /** Show secrets. */
  readonly unredacted?: boolean;
}

export function printConfiguration(configuration: AgentConfiguration, options: PrintOptions = {}): string {
  const effective = effectiveConfiguration(configuration, options.unredacted === true);
  return options.format === 'json'
    ? `${JSON.stringify(effective, undefined, 2)}\n`
    : stringify(effective, { lineWidth: 0 });
}

/** The configuration as plain values, in the form it is written in (durations as text), defaults filled in. */
function effectiveConfiguration(configuration: AgentConfiguration, unredacted = false): Record<string, unknown> {
  const section = (components: ReadonlyMap<string, ConfiguredComponent>): Record<string, unknown> =>
    Object.fromEntries(
      [...components.values()].map(({ id, declaration, raw }) => [id, fill([declaration.config], raw, unredacted)]),
    );
  return {
    extensions: section(configuration.extensions),
    receivers: section(configuration.receivers),
    processors: section(configuration.processors),
    exporters: section(configuration.exporters),
    connectors: section(configuration.connectors),
    service: effectiveService(configuration.service, unredacted),
  };
}

/** The section with its references in the spelling that the components are printed in. */
function effectiveService(service: AgentConfiguration['service'], unredacted: boolean): Record<string, unknown> {
  const pipelines = [...service.pipelines].map(([id, { receivers, processors, exporters }]) => [
    id,
    { receivers, processors, exporters },
  ]);
  return {
    ...Object(fill([serviceSettings], service.raw, unredacted)),
    extensions: service.extensions,
    pipelines: Object.fromEntries(pipelines),
  };
}

type Schemas = readonly z.core.$ZodType[];

function fill(schemas: Schemas, value: unknown, unredacted: boolean): unknown {
  if (typeof value === 'string') {
    if (unredacted) return value;
    return value !== '' && isMarked(schemas, 'writeOnly') ? REDACTED : withoutPasswords(value);
  }
  if (Array.isArray(value)) return value.map((item, index) => fill(stepInto(schemas, index), item, unredacted));
  if (value instanceof WholeDouble) return withPoint(value.value);
  const keys = keysOf(schemas);
  // A bare section means its defaults.
  if (value === null && keys.length > 0) return fill(schemas, {}, unredacted);
  if (typeof value !== 'object' || value === null) return value;
  const filled = new Map<string, unknown>();
  for (const key of new Set([...keys, ...Object.keys(value)])) {
    const inner = stepInto(schemas, key);
    const given: unknown = Object.hasOwn(value, key) ? Reflect.get(value, key) : defaultOf(inner);
    if (given !== undefined) filled.set(key, fill(inner, given, unredacted));
  }
  return Object.fromEntries(filled);
}

/** A number that YAML writes as a float; JSON has no such distinction. */
function withPoint(value: number): Scalar {
  const scalar = new Scalar(value);
  scalar.minFractionDigits = 1;
  return scalar;
}
