// Every series that is shown, by family. Both are bounded; what can not be shown beside what is there already is refused
// with a reason, as Prometheus' client library does when it is scraped.

import { hash } from 'node:crypto';
import type { SeriesValue } from '../../proto/prometheus/accumulated-values.ts';

export type FamilyType = 'counter' | 'gauge' | 'summary' | 'histogram';

/** Why a new series is not shown. */
export type Refusal = 'series_limit' | 'type_conflict' | 'name_collision' | 'duplicate_series';

/** A job and instance, and the labels of its `target_info`, name and value by turns. */
export interface Target {
  readonly key: string;
  labels: readonly string[];
  series: number;
}

export class Series {
  readonly family: Family;
  /** Label names and values by turns, sorted by name. */
  readonly labels: readonly string[];
  readonly key: string;
  /** Names what the series comes from. */
  readonly origin: string;
  readonly value: SeriesValue;
  readonly target: Target | undefined;
  /** Until its first value. */
  isNew = true;
  isGone = false;
  /** Milliseconds on the steady clock. */
  updatedMs = 0;
  timeUnixNano = 0n;
  startTimeUnixNano = 0n;
  /** The point's Exemplar fields as they came. */
  exemplars: Uint8Array | undefined;
  /** The labels as text, and by which escaping scheme. */
  labelText = '';
  labelTextScheme = '';

  constructor(family: Family, made: Pick<NewSeries, 'labels' | 'origin' | 'value'>, key: string, target?: Target) {
    this.family = family;
    this.labels = made.labels;
    this.key = key;
    this.origin = made.origin;
    this.value = made.value;
    this.target = target;
  }
}

export class Family {
  readonly name: string;
  readonly help: string;
  readonly type: FamilyType;
  readonly series = new Map<string, Series>();
  #sorted: Series[] = [];
  #isSorted = true;

  constructor(name: string, help: string, type: FamilyType) {
    this.name = name;
    this.help = help;
    this.type = type;
  }

  add(series: Series): void {
    this.series.set(series.key, series);
    this.#sorted.push(series);
    this.#isSorted = false;
  }

  remove(series: Series): void {
    this.series.delete(series.key);
    this.#isSorted = false;
  }

  /** In the order of Prometheus' client library: by the number of labels, then by their values. */
  sorted(): readonly Series[] {
    if (!this.#isSorted) {
      // What was sorted before stays in order, which makes it cheap to put a few in.
      this.#sorted = this.#sorted.filter(({ isGone }) => !isGone).toSorted(byLabelValues);
      this.#isSorted = true;
    }
    return this.#sorted;
  }
}

/** What a series is made of. */
export interface NewSeries {
  readonly name: string;
  readonly help: string;
  readonly type: FamilyType;
  readonly labels: readonly string[];
  readonly origin: string;
  readonly value: SeriesValue;
  /** `job` and `instance` of the resource; undefined where one is missing. */
  readonly targetKey: string | undefined;
}

/** So long the labels of all series may be, per series that may be kept; never less than the other. */
const LABEL_LENGTH_PER_SERIES = 1_024;
const MIN_LABEL_LENGTH = 16 << 20;

export class SeriesStore {
  readonly families = new Map<string, Family>();
  readonly targets = new Map<string, Target>();
  readonly maxSeries: number;
  readonly #reservedName: string;
  readonly #maxLabelLength: number;
  #labelLength = 0;
  #size = 0;

  /** `reservedName` is no family's: target_info. */
  constructor(maxSeries: number, reservedName: string) {
    this.maxSeries = maxSeries;
    this.#maxLabelLength = Math.max(maxSeries * LABEL_LENGTH_PER_SERIES, MIN_LABEL_LENGTH);
    this.#reservedName = reservedName;
  }

  get size(): number {
    return this.#size;
  }

  /** The series of these labels, made where it is new; a refusal where it can not be shown. */
  obtain(made: NewSeries): Series | Refusal {
    const family = this.families.get(made.name);
    if (family && family.type !== made.type) return 'type_conflict';
    const key = digest(made.labels.join('\u0000'));
    const known = family?.series.get(key);
    if (known) return known.origin === made.origin && known.value.kind === made.value.kind ? known : 'duplicate_series';
    if (!family && this.#collides(made)) return 'name_collision';
    const length = lengthOf(made.labels);
    if (this.#size >= this.maxSeries || this.#labelLength + length > this.#maxLabelLength) return 'series_limit';
    return this.#add(family ?? this.#newFamily(made), made, key, length);
  }

  remove(series: Series): void {
    if (series.isGone) return;
    const { family, target } = series;
    series.isGone = true;
    family.remove(series);
    if (family.series.size === 0) this.families.delete(family.name);
    this.#size -= 1;
    this.#labelLength -= lengthOf(series.labels);
    if (!target) return;
    target.series -= 1;
    if (target.series === 0) this.targets.delete(target.key);
  }

  /** Removes what got its last value before `beforeMs`. */
  expire(beforeMs: number): void {
    for (const family of this.families.values()) {
      for (const series of family.series.values()) if (series.updatedMs < beforeMs) this.remove(series);
    }
  }

  #newFamily({ name, help, type }: NewSeries): Family {
    const family = new Family(name, help, type);
    this.families.set(name, family);
    return family;
  }

  #add(family: Family, made: NewSeries, key: string, length: number): Series {
    const target = made.targetKey === undefined ? undefined : this.#target(made.targetKey);
    const series = new Series(family, made, key, target);
    family.add(series);
    if (target) target.series += 1;
    this.#size += 1;
    this.#labelLength += length;
    return series;
  }

  #target(key: string): Target {
    let target = this.targets.get(key);
    if (!target) this.targets.set(key, (target = { key, labels: [], series: 0 }));
    return target;
  }

  /** Whether the lines of another family could be taken for this one's, or the other way round. */
  #collides({ name, type }: NewSeries): boolean {
    if (name === this.#reservedName) return true;
    for (const suffix of SUFFIXES) {
      if (name.endsWith(suffix)) {
        const base = this.families.get(name.slice(0, -suffix.length))?.type;
        if (base === 'histogram' || (base === 'summary' && suffix !== '_bucket')) return true;
      }
      const hasSuffix = type === 'histogram' || (type === 'summary' && suffix !== '_bucket');
      if (hasSuffix && this.families.has(name + suffix)) return true;
    }
    return false;
  }
}

const SUFFIXES = ['_count', '_sum', '_bucket'] as const;

/** Twenty bytes in place of texts that may be long; nobody can make two alike on purpose. */
export function digest(text: string): string {
  return hash('sha256', text, 'base64').slice(0, 27);
}

function lengthOf(labels: readonly string[]): number {
  let length = 0;
  for (const text of labels) length += text.length;
  return length;
}

function byLabelValues({ labels: a }: Series, { labels: b }: Series): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let index = 1; index < a.length; index += 2) {
    // Safe: both have as many elements.
    const one = a[index] as string;
    const other = b[index] as string;
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}
