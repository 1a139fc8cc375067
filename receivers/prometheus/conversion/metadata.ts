// What a page says of its metric families, and which metric a sample belongs to: the collector's rules
// (prometheusreceiver v0.161, internal/metadata.go and metricfamily.go).

import { METRIC } from '../../../proto/otlp/metrics.ts';
import { withoutSuffixes } from '../../../proto/prometheus/names.ts';
import type { FamilyType } from '../../../proto/prometheus/page-reader.ts';
import { unitOfWords } from '../../../proto/prometheus/units.ts';

/** What a sample is of: a native histogram with exponential or custom buckets, or anything else. */
export type SampleKind = 'classic' | 'exponential' | 'custom';

/** What a sample says of its metric. */
export type Role = 'number' | 'bucket' | 'quantile' | 'count' | 'sum' | 'created' | 'native';

export type DataField =
  | typeof METRIC.gauge
  | typeof METRIC.sum
  | typeof METRIC.histogram
  | typeof METRIC.summary
  | typeof METRIC.exponentialHistogram;

/** A metric as OTLP has it, once per page. */
export interface Metric {
  readonly name: string;
  readonly description: string;
  /** UCUM. */
  readonly unit: string;
  readonly type: FamilyType;
  readonly data: DataField;
  readonly isMonotonic: boolean;
}

export interface Resolved {
  readonly metric: Metric;
  readonly role: Role;
}

interface Family {
  readonly name: string;
  type: FamilyType;
  help: string;
  unit: string;
}

/** Families and names of a page that are known at a time; a family's samples follow it, so that more are rarely asked for. */
const MAX_KNOWN = 10_000;

/** In the order in which they are tried. */
const SUFFIXES = ['_bucket', '_count', '_sum', '_total', '_info', '_created'] as const;

/** What the collector says of the series that a scrape itself makes. */
const REPORTS: readonly Family[] = [
  { name: 'up', type: 'gauge', help: 'The scraping was successful', unit: '' },
  { name: 'scrape_duration_seconds', type: 'gauge', help: 'Duration of the scrape', unit: 'seconds' },
  { name: 'scrape_samples_scraped', type: 'gauge', help: 'The number of samples the target exposed', unit: '' },
  {
    name: 'scrape_series_added',
    type: 'gauge',
    help: 'The approximate number of new series in this scrape',
    unit: '',
  },
  {
    name: 'scrape_samples_post_metric_relabeling',
    type: 'gauge',
    help: 'The number of samples remaining after metric relabeling was applied',
    unit: '',
  },
];

export class Metadata {
  readonly #trimSuffixes: boolean;
  readonly #families = new Map<string, Family>();
  readonly #resolved = new Map<string, Resolved>();
  readonly #metrics = new Map<string, Metric>();

  constructor(trimSuffixes: boolean) {
    this.#trimSuffixes = trimSuffixes;
    this.clear();
  }

  /** Forgets the page. */
  clear(): void {
    this.#resolved.clear();
    this.#metrics.clear();
    this.#families.clear();
    for (const family of REPORTS) this.#families.set(family.name, family);
  }

  setType(name: string, type: FamilyType): void {
    this.#family(name).type = type;
  }

  setHelp(name: string, help: string): void {
    this.#family(name).help = help;
  }

  setUnit(name: string, unit: string): void {
    this.#family(name).unit = unit;
  }

  /** The metric of a sample by its name. */
  resolve(name: string, kind: SampleKind): Resolved {
    const key = kind === 'classic' ? name : `${name}\n${kind}`;
    const known = this.#resolved.get(key);
    if (known) return known;
    const resolved = this.#find(name, kind);
    if (this.#resolved.size >= MAX_KNOWN) {
      this.#resolved.clear();
      this.#metrics.clear();
    }
    this.#resolved.set(key, resolved);
    return resolved;
  }

  #family(name: string): Family {
    const known = this.#families.get(name);
    if (known && !REPORTS.includes(known)) {
      // What was found out so far may be said otherwise from here on.
      this.#resolved.clear();
      this.#metrics.clear();
      return known;
    }
    if (this.#families.size >= MAX_KNOWN) this.clear();
    const family: Family = { name, type: 'unknown', help: '', unit: '' };
    this.#families.set(name, family);
    return family;
  }

  #find(name: string, kind: SampleKind): Resolved {
    const exact = this.#families.get(name);
    if (exact) return this.#of(name, exact, name, kind);
    const normalized = withoutTypeSuffix(name);
    const family = this.#families.get(normalized);
    if (!family) return this.#of(name, { name, type: 'unknown', help: '', unit: '' }, name, kind);
    if (family.type !== 'counter') return this.#of(name, family, normalized, kind);
    return this.#of(name, family, name.endsWith('_created') ? `${normalized}_total` : name, kind);
  }

  #of(sample: string, family: Family, name: string, kind: SampleKind): Resolved {
    const type = kind === 'classic' ? family.type : 'histogram';
    const data = kind === 'exponential' ? METRIC.exponentialHistogram : dataOf(type);
    const key = `${name}\n${data}`;
    let metric = this.#metrics.get(key);
    if (!metric) {
      metric = {
        name: this.#trimSuffixes ? withoutSuffixes(name, data === METRIC.sum, family.unit) : name,
        description: family.help,
        unit: unitOfWords(family.unit),
        type,
        data,
        isMonotonic: type === 'counter',
      };
      this.#metrics.set(key, metric);
    }
    return { metric, role: kind === 'classic' ? roleOf(sample, family.name, data) : 'native' };
  }
}

function withoutTypeSuffix(name: string): string {
  const suffix = SUFFIXES.find((one) => name.endsWith(one) && name !== one);
  return suffix === undefined ? name : name.slice(0, -suffix.length);
}

function dataOf(type: FamilyType): DataField {
  switch (type) {
    case 'counter':
    case 'info':
    case 'stateset':
      return METRIC.sum;
    case 'histogram':
      return METRIC.histogram;
    case 'summary':
      return METRIC.summary;
    default:
      return METRIC.gauge;
  }
}

function roleOf(name: string, family: string, data: DataField): Role {
  if (data === METRIC.gauge) return 'number';
  if (data === METRIC.sum) return name === `${family}_created` ? 'created' : 'number';
  if (name.endsWith('_sum')) return 'sum';
  if (name.endsWith('_count')) return 'count';
  if (name === `${family}_created`) return 'created';
  return data === METRIC.summary ? 'quantile' : 'bucket';
}
