// Runs a processor, configured in YAML, on OTLP/JSON, and says what came out.

import type { z } from 'zod';
import { batchOf, joinChunks, type Batch, type ClientContext } from '../../pipeline/batch.ts';
import type { Processor, ProcessorDeclaration } from '../../pipeline/component.ts';
import { decode as decodeSettings } from '../../pipeline/config/decode.ts';
import { parseYaml } from '../../pipeline/config/yaml.ts';
import type { Signal } from '../../pipeline/signal.ts';
import { jsonToProto } from '../../proto/json/decode.ts';
import { countItems } from '../../proto/otlp/count.ts';
import { Collector, testContext, type TestContext } from './context.ts';
import { decode } from '../proto/reference.ts';

export interface Running extends TestContext {
  readonly processor: Processor;
  readonly next: Collector;
}

export function running<S extends z.ZodType>(
  declaration: ProcessorDeclaration<S>,
  yaml: string,
  signal: Signal = 'traces',
): Running {
  const test = testContext({ kind: 'processor', id: declaration.type });
  const next = new Collector();
  const processor = declaration.create(settingsOf(declaration.config, yaml), test.context, signal, next);
  return { ...test, processor, next };
}

/** A component's settings as an agent reads them. Throws all that is wrong with them. */
export function settingsOf<S extends z.ZodType>(schema: S, yaml: string): z.output<S> {
  const { node, errors } = parseYaml(yaml, 'test.yaml');
  const settings = node === undefined ? { errors } : decodeSettings(schema, node, []);
  if ('value' in settings) return settings.value;
  throw new Error(settings.errors.map(String).join('\n'));
}

/** A batch of an OTLP/JSON request. */
export function batchOfJson(signal: Signal, request: object, client?: ClientContext): Batch {
  const bytes = jsonToProto(signal, Buffer.from(JSON.stringify(request)));
  return batchOf(signal, bytes, countItems(signal, bytes), client);
}

/** OTLP/JSON attributes; whole numbers are ints. */
export function attributes(entries: Readonly<Record<string, unknown>>): object[] {
  return Object.entries(entries).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: unknown): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  if (typeof value === 'object' && value !== null) return { kvlistValue: { values: attributes({ ...value }) } };
  return {};
}

/** The decoded request of a batch. */
export function decoded(batch: Batch | undefined): Record<string, unknown> {
  return batch === undefined ? {} : decode(batch.signal, joinChunks(batch));
}

/** Everything called `attributes` in a decoded request, outside in and in order, as plain objects. */
export function allAttributes(batch: Batch | undefined): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  visit(decoded(batch), found);
  return found;
}

function visit(value: unknown, found: Record<string, unknown>[]): void {
  if (Array.isArray(value)) {
    for (const one of value) visit(one, found);
    return;
  }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key !== 'attributes' || !Array.isArray(inner)) visit(inner, found);
    // Safe: the reference decoder gives KeyValue objects here.
    else found.push(Object.fromEntries((inner as KeyValue[]).map((one) => [one.key, plain(one.value)])));
  }
}

interface KeyValue {
  readonly key: string;
  readonly value?: Readonly<Record<string, unknown>>;
}

/** An AnyValue as plain value: ints as bigint, to tell them from doubles. */
function plain(value: Readonly<Record<string, unknown>> | undefined): unknown {
  const { value: kind, ...rest } = value ?? {};
  const content = typeof kind === 'string' ? rest[kind] : undefined;
  if (kind === 'intValue') return BigInt(String(content));
  if (kind === 'arrayValue' || kind === 'kvlistValue') return JSON.stringify(content);
  return content ?? null;
}

/** A decoded request without the empty messages that the collector writes and others leave out, attributes sorted by key. */
export function normalised(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalised);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => !(OFTEN_EMPTY.has(key) && Object.keys(inner ?? {}).length === 0))
      .map(([key, inner]) => [key, key === 'attributes' ? sorted(normalised(inner)) : normalised(inner)]),
  );
}

/** The order of attributes means nothing, and the collector fills the gap of a deleted one with the last. */
function sorted(value: unknown): unknown {
  return Array.isArray(value)
    ? value.toSorted((a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : Number(a.key > b.key)))
    : value;
}

const OFTEN_EMPTY = new Set(['resource', 'scope', 'status', 'attributes', 'sampleType', 'periodType']);
