// What a batch becomes: resources by their attributes, in them scopes by name and version, in them items, or metrics by name
// and type with their points.

import type { ScopeView } from '../../proto/otlp/envelope.ts';
import { ENVELOPE_FIELDS } from '../../proto/otlp/envelope.ts';
import { METRIC, METRIC_DATA, type MetricView } from '../../proto/otlp/metrics.ts';
import { ProtoReader } from '../../proto/wire.ts';
import { ProtoWriter } from '../../proto/wire-writer.ts';
import { keyOf, type Entry } from './attributes.ts';

/** Fields of `Resource` and `KeyValue`. */
const ATTRIBUTES = 1;
const KEY = 1;
const VALUE = 2;

/** Every group repeats the attributes of its resource; batches that would grow beyond this are refused. */
const MAX_REPEATED_BYTES = 64 << 20;

/** The batch would become too large. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

export interface MetricGroup {
  readonly type: number;
  /** The metric without its data, and the data without its points. */
  readonly header: Uint8Array;
  readonly dataHeader: Uint8Array;
  readonly points: ProtoWriter;
}

export interface ScopeGroup {
  readonly scope: Uint8Array;
  readonly items: ProtoWriter;
  readonly metrics: Map<string, MetricGroup>;
}

export interface ResourceGroup {
  readonly resource: Uint8Array;
  readonly scopes: Map<string, ScopeGroup>;
}

export class Groups {
  readonly #resources = new Map<string, ResourceGroup>();
  #repeatedBytes = 0;

  get size(): number {
    return this.#resources.size;
  }

  /** Throws TooLarge. */
  resource(attributes: readonly Entry[]): ResourceGroup {
    const key = keyOf(attributes);
    let group = this.#resources.get(key);
    if (group === undefined) {
      const resource = encodedResource(attributes);
      this.#repeat(resource.length + key.length);
      group = { resource, scopes: new Map() };
      this.#resources.set(key, group);
    }
    return group;
  }

  /** Throws TooLarge. */
  scope({ scopes }: ResourceGroup, view: ScopeView): ScopeGroup {
    const { name, version, message } = view;
    const key = `${name.length}:${name}${version}`;
    let group = scopes.get(key);
    if (group === undefined) {
      const scope = message.bytes.slice(message.start, message.end);
      this.#repeat(scope.length);
      group = { scope, items: new ProtoWriter(256), metrics: new Map() };
      scopes.set(key, group);
    }
    return group;
  }

  /** Throws TooLarge. */
  metric({ metrics }: ScopeGroup, view: MetricView): MetricGroup {
    const { name, type, message, data } = view;
    const key = `${type} ${name}`;
    let group = metrics.get(key);
    if (group === undefined) {
      const header = without(message.bytes, message.start, message.end, isDataField);
      const dataHeader = without(data.bytes, data.start, data.end, (field) => field === METRIC_DATA.dataPoints);
      this.#repeat(header.length + dataHeader.length);
      group = { type, header, dataHeader, points: new ProtoWriter(256) };
      metrics.set(key, group);
    }
    return group;
  }

  #repeat(bytes: number): void {
    this.#repeatedBytes += bytes;
    if (this.#repeatedBytes > MAX_REPEATED_BYTES) {
      throw new TooLarge(`resources, scopes and metrics would take more than ${MAX_REPEATED_BYTES >> 20} MiB`);
    }
  }

  /** The request. */
  encoded(): Uint8Array {
    const out = new ProtoWriter(64 << 10);
    for (const { resource, scopes } of this.#resources.values()) {
      const resourceMark = out.begin(1, 1 << 14);
      out.bytesField(ENVELOPE_FIELDS.inner, resource);
      for (const { scope, items, metrics } of scopes.values()) {
        const scopeMark = out.begin(ENVELOPE_FIELDS.items, items.length);
        out.bytesField(ENVELOPE_FIELDS.inner, scope);
        out.raw(items.bytes, 0, items.length);
        for (const { type, header, dataHeader, points } of metrics.values()) {
          const metricMark = out.begin(ENVELOPE_FIELDS.items, points.length);
          out.raw(header);
          const dataMark = out.begin(type, points.length);
          out.raw(dataHeader);
          out.raw(points.bytes, 0, points.length);
          out.end(dataMark);
          out.end(metricMark);
        }
        out.end(scopeMark);
      }
      out.end(resourceMark);
    }
    return out.finish();
  }
}

const DATA_FIELDS: ReadonlySet<number> = new Set([
  METRIC.gauge,
  METRIC.sum,
  METRIC.histogram,
  METRIC.exponentialHistogram,
  METRIC.summary,
]);

function isDataField(field: number): boolean {
  return DATA_FIELDS.has(field);
}

/** A message without some of its fields. */
function without(bytes: Uint8Array, start: number, end: number, isLeftOut: (field: number) => boolean): Uint8Array {
  const reader = new ProtoReader();
  const out = new ProtoWriter(64);
  reader.reset(bytes, start, end);
  while (reader.next()) if (!isLeftOut(reader.field)) out.raw(bytes, reader.tagAt, reader.pos);
  return out.finish();
}

function encodedResource(attributes: readonly Entry[]): Uint8Array {
  const out = new ProtoWriter(256);
  for (const { key, value } of attributes) {
    const mark = out.begin(ATTRIBUTES, key.length + value.length);
    out.bytesField(KEY, Buffer.from(key, 'latin1'));
    out.bytesField(VALUE, Buffer.from(value, 'latin1'));
    out.end(mark);
  }
  return out.finish();
}
