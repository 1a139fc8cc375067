// Counts the items of one resource for the metrics of one kind, by attributes, and writes the sums.

import { compileConditions, type ConditionTest } from '../../ottl/conditions.ts';
import type { Context } from '../../ottl/contexts.ts';
import type { Tools } from '../../ottl/function.ts';
import type { ViewItem } from '../../ottl/views/item.ts';
import { configValue } from '../../pipeline/config-value.ts';
import type { AnyValueView, JsValue } from '../../proto/otlp/any-value.ts';
import { encodeAnyValue } from '../../proto/otlp/encode-value.ts';
import { METRIC, METRIC_DATA, NUMBER_DATA_POINT, TEMPORALITY_DELTA } from '../../proto/otlp/metrics.ts';
import { encodeUtf8 } from '../../proto/otlp/text.ts';
import type { ProtoWriter } from '../../proto/wire-writer.ts';
import type { CountedMetric } from './config.ts';
import { jsValueKey, valueKey } from './value-key.ts';

/** Attributes of an item, of its scope or of its resource: what `find` finds lies in `entry`. */
interface Attributes {
  readonly entry: {
    readonly bytes: Uint8Array;
    readonly valueStart: number;
    readonly valueEnd: number;
    readonly value: AnyValueView;
  };
  find(key: Uint8Array): boolean;
}

interface Dimension {
  readonly key: string;
  readonly utf8: Uint8Array;
  /** For items without the attribute; undefined: they are not counted. */
  readonly fallback: Counted | undefined;
}

/** A value that is counted by. */
interface Counted {
  readonly key: string;
  /** As an AnyValue message. */
  readonly bytes: Uint8Array;
}

interface Definition {
  readonly name: string;
  readonly description: string;
  readonly tests: readonly ConditionTest[];
  readonly dimensions: readonly Dimension[];
  /** By the keys of the attributes' values; at most as many as the batch has items. */
  readonly counts: Map<string, { readonly values: readonly Uint8Array[]; count: number }>;
}

export class Counter {
  readonly #definitions: readonly Definition[];
  #startNano = 0n;
  #endNano = 0n;

  constructor(metrics: Readonly<Record<string, CountedMetric>>, context: Context, tools: Tools) {
    this.#definitions = Object.entries(metrics).map(([name, { description, conditions, attributes }]) => ({
      name,
      description,
      tests: compileConditions(conditions, context, tools),
      dimensions: attributes.map(({ key, default_value: value }) => ({
        key,
        utf8: encodeUtf8(key),
        fallback: fallbackOf(configValue(value)),
      })),
      counts: new Map(),
    }));
  }

  /** Forgets everything: a new resource. */
  begin(): void {
    this.#startNano = this.#endNano = 0n;
    for (const { counts } of this.#definitions) counts.clear();
  }

  get isEmpty(): boolean {
    return this.#definitions.every(({ counts }) => counts.size === 0);
  }

  /** The sums span from the earliest time to the latest; 0 is no time. */
  time(nano: bigint): void {
    if (nano === 0n) return;
    if (this.#startNano === 0n || nano < this.#startNano) this.#startNano = nano;
    if (nano > this.#endNano) this.#endNano = nano;
  }

  /** Counts an item. `attributes` are its own, if it has any. Throws OttlEvaluationError where a condition fails. */
  count(item: ViewItem, attributes: Attributes | undefined): void {
    for (const definition of this.#definitions) this.#countOne(definition, item, attributes);
  }

  #countOne({ dimensions, tests, counts }: Definition, item: ViewItem, attributes: Attributes | undefined): void {
    let key = '';
    const values: Uint8Array[] = [];
    for (const { utf8, fallback } of dimensions) {
      const holder = holderOf(utf8, item, attributes);
      if (holder) {
        const { bytes, valueStart, valueEnd, value } = holder.entry;
        key += valueKey(value);
        values.push(bytes.subarray(valueStart, valueEnd));
      } else if (fallback) {
        key += fallback.key;
        values.push(fallback.bytes);
      } else return;
    }
    if (tests.length > 0 && !anyTrue(tests, item)) return;
    const known = counts.get(key);
    if (known) known.count += 1;
    else counts.set(key, { values, count: 1 });
  }

  /** Writes the metrics into a ScopeMetrics message that the caller has begun. */
  write(writer: ProtoWriter, nowNano: bigint): void {
    const start = this.#startNano === 0n ? nowNano : this.#startNano;
    const end = this.#startNano === 0n ? nowNano : this.#endNano;
    for (const { name, description, dimensions, counts } of this.#definitions) {
      if (counts.size === 0) continue;
      const metric = writer.begin(2);
      writer.stringField(METRIC.name, name);
      writer.stringField(METRIC.description, description);
      const sum = writer.begin(METRIC.sum);
      for (const { values, count } of counts.values()) {
        const point = writer.begin(METRIC_DATA.dataPoints);
        writer.fixed64Field(NUMBER_DATA_POINT.startTimeUnixNano, start);
        writer.fixed64Field(NUMBER_DATA_POINT.timeUnixNano, end);
        writer.fixed64Field(NUMBER_DATA_POINT.asInt, BigInt(count));
        for (const [index, { key }] of dimensions.entries()) {
          const attribute = writer.begin(NUMBER_DATA_POINT.attributes);
          writer.stringField(1, key);
          // Safe: each dimension has a value.
          writer.bytesField(2, values[index] as Uint8Array);
          writer.end(attribute);
        }
        writer.end(point);
      }
      writer.uint32Field(METRIC_DATA.aggregationTemporality, TEMPORALITY_DELTA);
      writer.boolField(METRIC_DATA.isMonotonic, true);
      writer.end(sum);
      writer.end(metric);
    }
  }
}

function fallbackOf(value: JsValue | undefined): Counted | undefined {
  return value === undefined ? undefined : { key: jsValueKey(value), bytes: encodeAnyValue(value) };
}

/** Whose attribute it is: the item's, else its scope's, else its resource's; found in `entry`. */
function holderOf(key: Uint8Array, item: ViewItem, attributes: Attributes | undefined): Attributes | undefined {
  if (attributes?.find(key)) return attributes;
  if (item.scope.attributes.find(key)) return item.scope.attributes;
  return item.resource.attributes.find(key) ? item.resource.attributes : undefined;
}

function anyTrue(tests: readonly ConditionTest[], item: ViewItem): boolean {
  for (const test of tests) if (test(item)) return true;
  return false;
}
