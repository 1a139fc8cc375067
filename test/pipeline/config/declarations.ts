// A few component declarations with the shapes that reading a configuration has to cope with.

import { z } from 'zod';
import {
  defineConnector,
  defineExporter,
  defineExtension,
  defineProcessor,
  defineReceiver,
  type Component,
  type Declaration,
} from '../../../pipeline/component.ts';
import type { ComponentRegistry } from '../../../pipeline/config/sections.ts';
import { deprecated, duration, opaque, opaquePairs, optionalSection } from '../../../pipeline/schema.ts';

const nothing: Component = { start: () => Promise.resolve(), stop: () => Promise.resolve() };
const sink = { ...nothing, consume: () => Promise.resolve() };
const example = '';

const source = defineReceiver({
  type: 'source',
  aliases: ['old_source'],
  summary: 'Gives data.',
  signals: { traces: 'stable', logs: 'stable', metrics: 'stable', profiles: 'alpha' },
  config: z
    .strictObject({
      protocols: z
        .strictObject({
          grpc: optionalSection(
            z.strictObject({ endpoint: z.string().default('localhost:4317'), limit: z.int().default(4) }),
          ),
          http: optionalSection(z.strictObject({ endpoint: z.string().default('localhost:4318') })),
        })
        .prefault({}),
    })
    .superRefine((config, context) => {
      if (!config.protocols.grpc && !config.protocols.http) {
        context.addIssue({ code: 'custom', path: ['protocols'], message: 'at least one protocol is needed' });
      }
    }),
  example,
  create: () => nothing,
});

const shape = defineProcessor({
  type: 'shape',
  summary: 'Changes data.',
  signals: { traces: 'stable', logs: 'stable' },
  config: z.strictObject({
    timeout: duration().prefault('200ms'),
    mode: z.enum(['fast', 'careful']).default('fast'),
    keys: z.array(z.string()).default([]),
    rules: z.record(z.string(), z.strictObject({ on: z.boolean().default(true) })).default({}),
    value: z.union([z.string(), z.number()]).optional(),
    size: deprecated(z.int().optional(), 'use keys.'),
  }),
  example,
  create: () => sink,
});

const target = defineExporter({
  type: 'target',
  aliases: ['aim'],
  summary: 'Takes data.',
  signals: { traces: 'stable', logs: 'stable', metrics: 'stable', profiles: 'alpha' },
  config: z.strictObject({
    endpoint: z.string(),
    token: opaque().default(''),
    headers: opaquePairs().prefault({}),
    port: z.int().min(1).max(65_535).default(80),
  }),
  example,
  create: () => sink,
});

const bridge = defineConnector({
  type: 'bridge',
  summary: 'Makes logs of traces.',
  pairs: { traces: { logs: 'beta' } },
  config: z.strictObject({}),
  example,
  create: () => sink,
});

const helper = defineExtension({
  type: 'helper',
  summary: 'Helps.',
  stability: 'beta',
  config: z.strictObject({ password: opaque().optional() }),
  example,
  create: () => nothing,
});

// The schemas of the five differ; a registry knows them all by what they have in common.
const all = [source, shape, target, bridge, helper] as unknown as readonly Declaration[];

export const testRegistry: ComponentRegistry = {
  find: (kind, name) =>
    Promise.resolve(all.find((each) => each.kind === kind && (each.type === name || each.aliases?.includes(name)))),
  known: (kind) => all.filter((each) => each.kind === kind).map((each) => each.type),
};
