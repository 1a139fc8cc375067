// A metric of this receiver: what it is called by the collector and by the semantic conventions, whether it is on, which
// attributes its points carry, and how points that thereby become one are joined.

import { AttributeList, MetricShape, type MetricWriter } from '../../proto/otlp/metric-writer.ts';

export type Conventions = 'collector' | '1.44';

export type AggregationStrategy = 'sum' | 'avg' | 'min' | 'max';

/** What the semantic conventions say where it is not what the collector says. */
export interface ConventionalForm {
  readonly name?: string;
  readonly unit?: string;
  /** Attribute keys: the collector's, then the conventions'. */
  readonly keys?: Readonly<Record<string, string>>;
  /** Attribute values: the collector's, then the conventions'. */
  readonly values?: Readonly<Record<string, string>>;
}

export interface MetricDefinition {
  /** Where it is not the one it is configured by. */
  readonly name?: string;
  readonly description: string;
  readonly unit: string;
  /** `counter` is a monotonic sum, `updown` one that also falls. */
  readonly kind: 'counter' | 'updown' | 'gauge';
  readonly isInteger: boolean;
  /** Whether it is on unless the configuration says otherwise. */
  readonly enabled: boolean;
  /** Keys of its points' attributes, in order. */
  readonly attributes?: readonly string[];
  /** Those it carries unless the configuration says otherwise; absent: all. */
  readonly defaultAttributes?: readonly string[];
  readonly conventional?: ConventionalForm;
}

export type MetricDefinitions = Readonly<Record<string, MetricDefinition>>;

export interface MetricSettings {
  readonly enabled: boolean;
  readonly attributes: readonly string[];
  readonly aggregation_strategy: AggregationStrategy;
}

const BEYOND = 2 ** 63;

/** Distinct combinations of attribute values that are remembered per metric. */
const MAX_LISTS = 4_096;

interface Joined {
  value: number;
  count: number;
}

/** Points are recorded between `open` and `close`; nothing else may be written in between. */
export class HostMetric {
  readonly enabled: boolean;
  readonly #shape: MetricShape;
  readonly #isInteger: boolean;
  readonly #strategy: AggregationStrategy;
  /** Index of the attribute's value, and the key it is written under. */
  readonly #selected: readonly (readonly [index: number, key: string])[];
  readonly #values: Readonly<Record<string, string>>;
  readonly #lists = new Map<string, AttributeList>();
  /** Points by attributes, where some attribute is left out; otherwise points go straight to the writer. */
  readonly #joined: Map<AttributeList, Joined> | undefined;
  #writer: MetricWriter | undefined;

  constructor(name: string, definition: MetricDefinition, settings: MetricSettings, conventions: Conventions) {
    const form = conventions === 'collector' ? {} : (definition.conventional ?? {});
    const keys = definition.attributes ?? [];
    this.enabled = settings.enabled;
    this.#isInteger = definition.isInteger;
    this.#strategy = settings.aggregation_strategy;
    this.#values = form.values ?? {};
    this.#selected = keys.flatMap((key, index): [number, string][] =>
      settings.attributes.includes(key) ? [[index, form.keys?.[key] ?? key]] : [],
    );
    this.#joined = this.#selected.length < keys.length ? new Map() : undefined;
    this.#shape = new MetricShape({
      name: form.name ?? definition.name ?? name,
      description: definition.description,
      unit: form.unit ?? definition.unit,
      type: definition.kind === 'gauge' ? 'gauge' : 'sum',
      isMonotonic: definition.kind === 'counter',
      isInteger: definition.isInteger,
    });
  }

  /** The attributes of points with these values, in the definition's order; equal values give the same object. */
  attributes(...values: readonly (string | bigint)[]): AttributeList {
    let key = '';
    for (const [index] of this.#selected) key += `${values[index] ?? ''}\0`;
    const known = this.#lists.get(key);
    if (known) return known;
    const list = new AttributeList(
      this.#selected.map(([index, name]) => {
        const value = values[index] ?? '';
        return [name, typeof value === 'string' ? (this.#values[value] ?? value) : value] as const;
      }),
    );
    this.#lists.set(key, list);
    return list;
  }

  /** False where the metric is off. */
  open(writer: MetricWriter): boolean {
    if (!this.enabled) return false;
    // Only here, so that equal attributes are one object as long as points are joined.
    if (this.#lists.size >= MAX_LISTS) this.#lists.clear();
    writer.metric(this.#shape);
    this.#writer = writer;
    return true;
  }

  /** What does not fit a signed number of 64 bits can not be said, and is no figure of a host. */
  add(value: number, attributes?: AttributeList): void {
    if (!(Math.abs(value) < BEYOND)) return;
    if (!this.#joined) this.#writer?.number(value, attributes);
    else if (attributes) this.#join(this.#joined, value, attributes);
  }

  close(): void {
    if (this.#joined) {
      for (const [attributes, { value, count }] of this.#joined) {
        const average = this.#isInteger ? Math.trunc(value / count) : value / count;
        const joined = this.#strategy === 'avg' ? average : value;
        if (Math.abs(joined) < BEYOND) this.#writer?.number(joined, attributes);
      }
      this.#joined.clear();
    }
    this.#writer = undefined;
  }

  /** A metric of a single point. */
  write(writer: MetricWriter, value: number, attributes?: AttributeList): void {
    if (!this.open(writer)) return;
    this.add(value, attributes);
    this.close();
  }

  #join(joined: Map<AttributeList, Joined>, value: number, attributes: AttributeList): void {
    const point = joined.get(attributes);
    if (!point) {
      joined.set(attributes, { value, count: 1 });
      return;
    }
    point.count++;
    if (this.#strategy === 'min') point.value = Math.min(point.value, value);
    else if (this.#strategy === 'max') point.value = Math.max(point.value, value);
    else point.value += value;
  }
}

export type HostMetrics<Definitions extends MetricDefinitions> = Readonly<
  Record<keyof Definitions & string, HostMetric>
>;

/** The metrics of a scraper by the collector's names. */
export function hostMetrics<Definitions extends MetricDefinitions>(
  definitions: Definitions,
  settings: Readonly<Record<keyof Definitions & string, MetricSettings>>,
  conventions: Conventions,
): HostMetrics<Definitions> {
  // Safe: the entries are exactly the definitions' keys.
  const names = Object.keys(definitions) as (keyof Definitions & string)[];
  return Object.fromEntries(
    // Safe: as above.
    names.map((name) => [
      name,
      new HostMetric(name, definitions[name] as MetricDefinition, settings[name], conventions),
    ]),
  ) as HostMetrics<Definitions>;
}
