// Holds a page to OpenMetrics 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/), which is stricter than a scrape
// is: Prometheus takes pages that break its rules. For what we expose ourselves, and for people who write exporters.

import { OpenMetricsHistogram } from './openmetrics-histogram.ts';
import { type FamilyType, LABEL_NAME_ESCAPED, LABEL_STRIDE, LABEL_VALUE_ESCAPED, PageError } from './page-reader.ts';
import { TextReader } from './text-reader.ts';

/** Ends of the names that a family's samples can have. */
const SUFFIXES: Readonly<Record<FamilyType, readonly string[]>> = {
  counter: ['_total', '_created'],
  summary: ['', '_count', '_sum', '_created'],
  histogram: ['_count', '_sum', '_bucket', '_created'],
  gaugehistogram: ['_gcount', '_gsum', '_bucket'],
  info: ['_info'],
  stateset: [''],
  gauge: [''],
  unknown: [''],
};

/** Samples that count something: neither NaN nor, except a sum of a gauge histogram, below zero. */
const COUNTING = new Set(['_total', '_sum', '_count', '_bucket', '_gcount', '_gsum']);

/** Of an exemplar's labels together, in characters. */
const MAX_EXEMPLAR_CHARACTERS = 128;

const COMMA = 0x2c;

/** Fails with PageError where the page breaks a rule, or can not be read. */
export function checkOpenMetrics(page: Uint8Array): void {
  new OpenMetricsCheck(page).run();
}

/** The family whose lines are being read. */
interface Family {
  readonly name: string;
  type: FamilyType;
  unit: string;
  /** Kinds of metadata that were there. */
  readonly metadata: Set<string>;
  hasSamples: boolean;
  /** Groups of samples that belong to one point, which must not be interrupted. */
  readonly groups: Set<string>;
  group: string | undefined;
  groupMs: number;
  /** Series of the group at its time. */
  readonly series: Set<string>;
  readonly histogram: OpenMetricsHistogram;
}

class OpenMetricsCheck {
  readonly #page: Uint8Array;
  readonly #reader: TextReader;
  /** Names of families and of the samples that they can have. */
  readonly #names = new Set<string>();
  #family: Family | undefined;

  constructor(page: Uint8Array) {
    this.#page = page;
    this.#reader = new TextReader(page, 'openmetrics');
  }

  run(): void {
    const reader = this.#reader;
    for (;;) {
      const entry = reader.next();
      if (entry === 'end') break;
      if (entry === 'sample') this.#sample();
      else if (entry !== 'histogram') this.#metadata(entry);
    }
    this.#endFamily();
  }

  #metadata(entry: 'type' | 'help' | 'unit'): void {
    const reader = this.#reader;
    const name = reader.string(reader.familyStart, reader.familyEnd, true);
    if (this.#family?.name !== name) this.#beginFamily(name);
    // Safe: there is one now.
    const family = this.#family as Family;
    if (family.hasSamples) this.#fail(`there are samples of ${name} before its metadata`);
    if (family.metadata.has(entry)) this.#fail(`${name} has ${entry.toUpperCase()} twice`);
    family.metadata.add(entry);
    if (entry === 'type') family.type = reader.familyType;
    else if (entry === 'unit') family.unit = reader.text();
  }

  #beginFamily(name: string): void {
    this.#endFamily();
    this.#family = {
      name,
      type: 'unknown',
      unit: '',
      metadata: new Set(),
      hasSamples: false,
      groups: new Set(),
      group: undefined,
      groupMs: NaN,
      series: new Set(),
      histogram: new OpenMetricsHistogram((problem) => this.#fail(problem)),
    };
  }

  #endFamily(): void {
    const family = this.#family;
    if (!family) return;
    family.histogram.end();
    if (family.unit !== '' && (family.type === 'info' || family.type === 'stateset')) {
      this.#fail(`${family.name} has a unit, which an ${family.type} can not have`);
    }
    for (const suffix of ['', ...SUFFIXES[family.type]]) {
      const name = family.name + suffix;
      if (suffix !== '' || !SUFFIXES[family.type].includes('')) this.#claim(name);
    }
    if (SUFFIXES[family.type].includes('')) this.#claim(family.name);
  }

  #claim(name: string): void {
    if (this.#names.has(name)) this.#fail(`the name ${name} clashes with another family's`);
    this.#names.add(name);
  }

  #sample(): void {
    const reader = this.#reader;
    const name = reader.string(reader.nameStart, reader.nameEnd, reader.isNameEscaped);
    if (!this.#hasSample(name)) this.#beginFamily(name);
    // Safe: there is one now.
    const family = this.#family as Family;
    family.hasSamples = true;
    const suffix = name.slice(family.name.length);
    const labels = this.#labels();
    this.#checkLabels(family, suffix, labels);
    this.#checkGroup(family, suffix, name, labels);
    this.#checkValue(family, suffix);
    this.#checkExemplar(family, suffix);
    if (family.type === 'histogram' || family.type === 'gaugehistogram') {
      family.histogram.add(family.group ?? '', reader.timestampMs, suffix, reader.value, labels.get('le'));
    }
  }

  #hasSample(name: string): boolean {
    const family = this.#family;
    return family !== undefined && SUFFIXES[family.type].some((suffix) => family.name + suffix === name);
  }

  #labels(): Map<string, string> {
    const reader = this.#reader;
    const { labels, labelCount } = reader;
    const found = new Map<string, string>();
    for (let at = 0; at < labelCount * LABEL_STRIDE; at += LABEL_STRIDE) {
      const [nameStart = 0, nameEnd = 0, valueStart = 0, valueEnd = 0, flags = 0] = labels.subarray(
        at,
        at + LABEL_STRIDE,
      );
      const name = reader.string(nameStart, nameEnd, (flags & LABEL_NAME_ESCAPED) !== 0);
      if (found.has(name)) this.#fail(`the label ${name} is there twice`);
      found.set(name, reader.string(valueStart, valueEnd, (flags & LABEL_VALUE_ESCAPED) !== 0));
      // After the value come its quote and, before another label only, a comma.
      const isLast = at === (labelCount - 1) * LABEL_STRIDE;
      if (isLast && this.#page[valueEnd + 1] === COMMA && valueEnd + 2 === reader.seriesEnd - 1) {
        this.#fail('there is a comma after the last label');
      }
    }
    return found;
  }

  #checkLabels(family: Family, suffix: string, labels: ReadonlyMap<string, string>): void {
    if (family.type === 'stateset' && !labels.has(family.name)) this.#fail(`a state has no label ${family.name}`);
    if (suffix === '_bucket') {
      const le = labels.get('le');
      const bound = Number(le === '+Inf' ? Infinity : le);
      if (le === undefined || le.trim() === '' || Number.isNaN(bound) || (le !== '+Inf' && !Number.isFinite(bound))) {
        this.#fail(`a bucket has ${le === undefined ? 'no label le' : `the label le=${JSON.stringify(le)}`}`);
      }
    }
    if (family.type === 'summary' && suffix === '') {
      const quantile = labels.get('quantile') ?? '';
      const value = quantile.trim() === '' ? NaN : Number(quantile);
      if (!(value >= 0 && value <= 1)) this.#fail(`a quantile is not between 0 and 1: ${JSON.stringify(quantile)}`);
    }
  }

  /** The samples of a point stand together, and points of a metric in the order of their times. */
  #checkGroup(family: Family, suffix: string, name: string, labels: ReadonlyMap<string, string>): void {
    const { timestampMs } = this.#reader;
    const isOfPoint = (label: string): boolean =>
      !(
        family.type === 'info' ||
        (family.type === 'summary' && suffix === '' && label === 'quantile') ||
        (suffix === '_bucket' && label === 'le') ||
        (family.type === 'stateset' && label === family.name)
      );
    const sorted = [...labels].toSorted(([one], [other]) => (one < other ? -1 : 1));
    const group = JSON.stringify(sorted.filter(([label]) => isOfPoint(label)));
    if (family.group === group) {
      if (Number.isNaN(timestampMs) !== Number.isNaN(family.groupMs)) {
        this.#fail('some samples of a metric have a timestamp and others have none');
      }
      if (timestampMs < family.groupMs && family.type !== 'info') this.#fail('the timestamps of a metric go back');
    } else {
      if (family.groups.has(group)) this.#fail('samples of a metric do not stand together');
      family.series.clear();
    }
    const series = JSON.stringify([name, sorted]);
    if (family.groups.has(group) && family.series.has(series) && Number.isNaN(timestampMs)) {
      this.#fail('a series is there twice');
    }
    family.series.add(series);
    family.groups.add(group);
    family.group = group;
    family.groupMs = timestampMs;
  }

  #checkValue({ type }: Family, suffix: string): void {
    const { value } = this.#reader;
    if (type === 'stateset' && value !== 0 && value !== 1) this.#fail(`a state is ${value}, not 0 or 1`);
    if (type === 'info' && value !== 1) this.#fail(`an info is ${value}, not 1`);
    if (type === 'summary' && suffix === '' && value < 0) this.#fail('a quantile has a value below 0');
    if (!COUNTING.has(suffix)) return;
    if (Number.isNaN(value)) this.#fail(`a value of ${suffix} is NaN`);
    if (value < 0 && suffix !== '_gsum') this.#fail(`a value of ${suffix} is below 0`);
  }

  #checkExemplar({ type }: Family, suffix: string): void {
    const reader = this.#reader;
    if (!reader.hasExemplar) return;
    const isAllowed = suffix === '_bucket' || (type === 'counter' && suffix === '_total');
    if (!isAllowed) this.#fail('only buckets, and counters, have exemplars');
    let characters = 0;
    for (const { labels } of reader.exemplars()) {
      for (const text of labels) characters += Array.from(text.replaceAll(/\\(["\\n])/g, '$1')).length;
    }
    if (characters > MAX_EXEMPLAR_CHARACTERS) {
      this.#fail(`an exemplar's labels have ${characters} characters, and ${MAX_EXEMPLAR_CHARACTERS} are allowed`);
    }
  }

  #fail(problem: string): never {
    throw new PageError(`${this.#reader.place()}: ${problem}`);
  }
}
