// The agent's own metrics as plain numbers: counting is an addition, everything else happens when somebody looks.

import assert from 'node:assert/strict';
import type { BoundCounter, BoundHistogram, MetricLevel, MetricOptions } from '../telemetry.ts';

/** What `service.telemetry.metrics.level` may say. */
export type TelemetryLevel = 'none' | MetricLevel;

/** Series kept at most. Labels come from the configuration, so only a mistake gets near; more count, but are not shown. */
const MAX_SERIES = 20_000;

const RANK: Readonly<Record<TelemetryLevel, number>> = { none: 0, basic: 1, normal: 2, detailed: 3 };

export type Labels = Readonly<Record<string, string>>;

/** A series' owner is whoever bound it; the series goes when its last owner does. */
type Owner = object;

abstract class Series {
  readonly labels: Labels;
  readonly owners = new Set<Owner>();

  constructor(labels: Labels) {
    this.labels = labels;
  }
}

export class CounterSeries extends Series implements BoundCounter {
  value = 0;

  add(value: number): void {
    this.value += value;
  }
}

export class HistogramSeries extends Series implements BoundHistogram {
  readonly bounds: readonly number[];
  /** Per bucket, not cumulative; the last one is above all bounds. */
  readonly counts: number[];
  sum = 0;
  count = 0;

  constructor(labels: Labels, bounds: readonly number[]) {
    super(labels);
    this.bounds = bounds;
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  record(value: number): void {
    const { bounds, counts } = this;
    let index = 0;
    // A bound belongs to its bucket (less or equal), as in OpenTelemetry and Prometheus.
    while (index < bounds.length && value > (bounds[index] ?? 0)) index += 1;
    counts[index] = (counts[index] ?? 0) + 1;
    this.sum += value;
    this.count += 1;
  }
}

/** Instances that share a series (one processor in two pipelines) add up. */
export class GaugeSeries extends Series {
  readonly reads = new Map<Owner, () => number>();

  /** NaN where an owner's function throws. */
  value(): number {
    let sum = 0;
    for (const read of this.reads.values()) {
      try {
        sum += read();
      } catch {
        return Number.NaN;
      }
    }
    return sum;
  }
}

export type AnySeries = CounterSeries | HistogramSeries | GaugeSeries;

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly unit: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly series: ReadonlyMap<string, AnySeries>;
  /** The instrumentation scope, where the name no longer tells it. */
  readonly scope?: string;
}

/** What `service.telemetry.metrics.views` do, seen from the store. */
export interface MetricViews {
  /** The buckets a histogram is counted in; `given` are those its component asks for. */
  boundsFor(options: MetricOptions, given: readonly number[]): readonly number[];
  apply(families: readonly Family[]): readonly Family[];
}

interface OpenFamily extends Family {
  readonly series: Map<string, AnySeries>;
}

/** A family as another thread tells it: plain values. */
export interface FamilyPart extends Omit<Family, 'series'> {
  readonly series: readonly SeriesPart[];
}

export type SeriesPart =
  | { readonly labels: Labels; readonly value: number }
  | Pick<HistogramSeries, 'labels' | 'bounds' | 'counts' | 'sum' | 'count'>;

export class MetricStore {
  readonly #families = new Map<string, OpenFamily>();
  readonly #rank: number;
  #size = 0;
  /** By thread, what it told last. */
  readonly #parts = new Map<number, readonly FamilyPart[]>();
  /** Asks other threads for their parts; awaited by whoever is about to read `families`. */
  gather: () => Promise<void> = () => Promise.resolve();

  readonly #views: MetricViews | undefined;

  /** Metrics above `level` are counted nowhere and shown nowhere. */
  constructor(level: TelemetryLevel, views?: MetricViews) {
    this.#rank = RANK[level];
    this.#views = views;
  }

  counter(owner: Owner, options: MetricOptions, labels: Labels): CounterSeries {
    const series = this.#bind('counter', options, labels, CounterSeries, () => new CounterSeries(labels));
    series.owners.add(owner);
    return series;
  }

  histogram(owner: Owner, options: MetricOptions, labels: Labels, bounds: readonly number[]): HistogramSeries {
    const counted = this.#views?.boundsFor(options, bounds) ?? bounds;
    const make = (): HistogramSeries => new HistogramSeries(labels, counted);
    const series = this.#bind('histogram', options, labels, HistogramSeries, make);
    series.owners.add(owner);
    return series;
  }

  gauge(owner: Owner, options: MetricOptions, labels: Labels, read: () => number): void {
    const series = this.#bind('gauge', options, labels, GaugeSeries, () => new GaugeSeries(labels));
    series.owners.add(owner);
    series.reads.set(owner, read);
  }

  /** A counter whose value is somewhere else, such as the process's CPU time. */
  observedCounter(owner: Owner, options: MetricOptions, labels: Labels, read: () => number): void {
    const series = this.#bind('counter', options, labels, GaugeSeries, () => new GaugeSeries(labels));
    series.owners.add(owner);
    series.reads.set(owner, read);
  }

  /** Forgets the series that only `owner` had bound. */
  release(owner: Owner): void {
    for (const [name, family] of this.#families) {
      for (const [key, series] of family.series) {
        if (!series.owners.delete(owner)) continue;
        if (series instanceof GaugeSeries) series.reads.delete(owner);
        if (series.owners.size > 0) continue;
        family.series.delete(key);
        this.#size -= 1;
      }
      if (family.series.size === 0) this.#families.delete(name);
    }
  }

  /** By name; what other threads told is added to the series of the same name and labels. */
  families(): readonly Family[] {
    const families = this.#parts.size === 0 ? this.#families : this.#withParts();
    return [...families.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** What readers get: the families as the views say. */
  shown(): readonly Family[] {
    const families = this.families();
    return this.#views?.apply(families) ?? families;
  }

  /** Replaces what `thread` told before. */
  setPart(thread: number, families: readonly FamilyPart[]): void {
    this.#parts.set(thread, families);
  }

  /** This store's own series, to be told to another thread. */
  part(): readonly FamilyPart[] {
    return [...this.#families.values()].map(({ name, help, unit, type, series }) => ({
      name,
      help,
      unit,
      type,
      series: [...series.values()].map((one) => partOf(one)),
    }));
  }

  #withParts(): ReadonlyMap<string, Family> {
    const merged = new Map<string, OpenFamily>();
    for (const families of [this.part(), ...this.#parts.values()]) {
      for (const { series, ...family } of families) {
        let open = merged.get(family.name);
        if (!open) {
          open = { ...family, series: new Map() };
          merged.set(family.name, open);
        }
        for (const part of series) addPart(open.series, part);
      }
    }
    return merged;
  }

  #bind<S extends AnySeries>(
    type: Family['type'],
    options: MetricOptions,
    labels: Labels,
    kind: abstract new (...args: never[]) => S,
    make: () => S,
  ): S {
    if (RANK[options.level ?? 'basic'] > this.#rank) return make();
    let family = this.#families.get(options.name);
    if (!family) {
      family = { name: options.name, help: options.help, unit: options.unit ?? '', type, series: new Map() };
      this.#families.set(options.name, family);
    }
    assert.equal(family.type, type, `metric ${options.name} is bound as ${type} and as ${family.type}`);
    const key = labelKey(labels);
    const known = family.series.get(key);
    if (known) {
      assert(known instanceof kind, `metric ${options.name} is bound in two ways`);
      return known;
    }
    const series = make();
    if (this.#size >= MAX_SERIES) return series;
    family.series.set(key, series);
    this.#size += 1;
    return series;
  }
}

export function partOf(series: AnySeries): SeriesPart {
  const { labels } = series;
  if (series instanceof GaugeSeries) return { labels, value: series.value() };
  if (series instanceof CounterSeries) return { labels, value: series.value };
  const { bounds, counts, sum, count } = series;
  return { labels, bounds, counts, sum, count };
}

/** Adds the part to the series with its labels; with `replaces` it takes the place of what was there. */
export function addPart(into: Map<string, AnySeries>, part: SeriesPart, replaces = false): void {
  const key = labelKey(part.labels);
  const known = replaces ? undefined : into.get(key);
  if ('value' in part) {
    const sum = known instanceof CounterSeries ? known : new CounterSeries(part.labels);
    sum.value += part.value;
    into.set(key, sum);
    return;
  }
  const sum = known instanceof HistogramSeries ? known : new HistogramSeries(part.labels, part.bounds);
  for (const [index, count] of part.counts.entries()) sum.counts[index] = (sum.counts[index] ?? 0) + count;
  sum.sum += part.sum;
  sum.count += part.count;
  into.set(key, sum);
}

function labelKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
