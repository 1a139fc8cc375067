// The page as text: the Prometheus text format 0.0.4 and OpenMetrics 1.0, as prometheus/common v0.71 expfmt writes them.

import { type EscapingScheme, exposedName, isLegacyName } from '../../proto/prometheus/exposed-names.ts';
import { type Exemplar, readExemplars } from './exemplars.ts';
import { floatText, openMetricsFloatText } from '../../proto/prometheus/number-text.ts';
import type { Page } from './page-writer.ts';
import type { Family, Series } from './series-store.ts';
import type { HistogramValue } from '../../proto/prometheus/accumulated-values.ts';

/** Text is turned into bytes in parts of about this size. */
const PART_LENGTH = 64 << 10;

export class TextPage implements Page {
  bytes = 0;
  readonly #isOpenMetrics: boolean;
  readonly #scheme: EscapingScheme;
  readonly #hasTimestamps: boolean;
  readonly #parts: Buffer[] = [];
  readonly #number: (value: number) => string;
  #text = '';
  #name = '';

  constructor(options: { isOpenMetrics: boolean; scheme: EscapingScheme; hasTimestamps: boolean }) {
    this.#isOpenMetrics = options.isOpenMetrics;
    this.#scheme = options.scheme;
    this.#hasTimestamps = options.hasTimestamps;
    this.#number = options.isOpenMetrics ? openMetricsFloatText : floatText;
  }

  beginFamily(family: Family, name: string): void {
    this.#name = name;
    let shown = name;
    let { type }: { type: string } = family;
    if (this.#isOpenMetrics && type === 'counter') {
      if (name.endsWith('_total')) shown = name.slice(0, -'_total'.length);
      else type = 'unknown';
    }
    const quoted = nameText(shown);
    const help = this.#isOpenMetrics ? escapedValue(family.help) : escapedHelp(family.help);
    this.#text += `# HELP ${quoted} ${help}\n# TYPE ${quoted} ${type}\n`;
  }

  addSeries(series: Series): void {
    const labels = this.#labelsOf(series);
    const end = this.#timestamp(series);
    const { value } = series;
    switch (value.kind) {
      case 'number':
        this.#line('', labels, '', this.#number(value.value) + end + this.#lastExemplar(series));
        break;
      case 'summary':
        for (let index = 0; index < value.quantiles.length; index += 2) {
          // Safe: quantiles and values come by turns.
          const quantile = this.#number(value.quantiles[index] as number);
          const text = this.#number(value.quantiles[index + 1] as number);
          this.#line('', labels, `quantile="${quantile}"`, text + end);
        }
        this.#sumAndCount(value, labels, end);
        break;
      case 'histogram':
        this.#buckets(value, labels, end, this.#exemplars(series));
        this.#sumAndCount(value, labels, end);
        break;
      default:
        // Text has no native histograms: what is left is their sum and count.
        this.#line('_bucket', labels, 'le="+Inf"', this.#count(value.count) + end);
        this.#sumAndCount(value, labels, end);
    }
    if (this.#text.length >= PART_LENGTH) this.#flush();
  }

  endFamily(): void {
    this.#name = '';
  }

  finish(): Buffer {
    if (this.#isOpenMetrics) this.#text += '# EOF\n';
    this.#flush();
    return Buffer.concat(this.#parts, this.bytes);
  }

  #buckets(value: HistogramValue, labels: string, end: string, exemplars: readonly Exemplar[]): void {
    const { bounds, counts } = value;
    const last = bounds.length - 1;
    let below = 0;
    for (const [index, bound] of bounds.entries()) {
      below += counts[index] ?? 0;
      const above = index === 0 ? -Infinity : (bounds[index - 1] ?? 0);
      const exemplar = exemplars.findLast((one) => one.value <= bound && one.value > above);
      const text = this.#count(below) + end + exemplarText(exemplar);
      this.#line('_bucket', labels, `le="${this.#number(bound)}"`, text);
    }
    if (bounds[last] === Infinity) return;
    const exemplar = exemplars.findLast((one) => last < 0 || one.value > (bounds[last] ?? 0));
    this.#line('_bucket', labels, 'le="+Inf"', this.#count(value.count) + end + exemplarText(exemplar));
  }

  #sumAndCount(value: { readonly sum: number; readonly count: number }, labels: string, end: string): void {
    this.#line('_sum', labels, '', this.#number(value.sum) + end);
    this.#line('_count', labels, '', this.#count(value.count) + end);
  }

  /** `labels` and `more` are what stands between the braces. */
  #line(suffix: string, labels: string, more: string, rest: string): void {
    const name = this.#name + suffix;
    const pairs = labels === '' || more === '' ? labels + more : `${labels},${more}`;
    if (isLegacyName(name)) this.#text += pairs === '' ? `${name} ${rest}\n` : `${name}{${pairs}} ${rest}\n`;
    else this.#text += `{${nameText(name)}${pairs === '' ? '' : `,${pairs}`}} ${rest}\n`;
  }

  /** A count is an integer in OpenMetrics, a float like any other in the older format. */
  #count(count: number): string {
    return this.#isOpenMetrics ? integerText(count) : floatText(count);
  }

  #timestamp({ timeUnixNano }: Series): string {
    if (!this.#hasTimestamps || timeUnixNano === 0n) return '';
    const milliseconds = timeUnixNano / 1_000_000n;
    return this.#isOpenMetrics ? ` ${openMetricsFloatText(Number(milliseconds) / 1000)}` : ` ${milliseconds}`;
  }

  #exemplars({ exemplars, value }: Series): readonly Exemplar[] {
    return this.#isOpenMetrics && exemplars ? readExemplars(exemplars, value.kind) : [];
  }

  #lastExemplar(series: Series): string {
    return series.family.type === 'counter' ? exemplarText(this.#exemplars(series).at(-1)) : '';
  }

  #labelsOf(series: Series): string {
    if (series.labelTextScheme !== this.#scheme) {
      series.labelText = labelsText(series.labels, this.#scheme);
      series.labelTextScheme = this.#scheme;
    }
    return series.labelText;
  }

  #flush(): void {
    const part = Buffer.from(this.#text);
    this.#text = '';
    this.#parts.push(part);
    this.bytes += part.length;
  }
}

/** Of names that are alike once escaped the first is shown: two would make the whole page invalid. */
function labelsText(labels: readonly string[], scheme: EscapingScheme): string {
  const pairs = new Map<string, string>();
  for (let index = 0; index < labels.length; index += 2) {
    // Safe: names and values come by turns.
    const name = nameText(exposedName(labels[index] as string, scheme));
    if (!pairs.has(name)) pairs.set(name, `${name}="${escapedValue(labels[index + 1] as string)}"`);
  }
  return [...pairs.values()].join(',');
}

function exemplarText(exemplar: Exemplar | undefined): string {
  if (!exemplar || exemplar.labels.length === 0) return '';
  const { value, timeUnixNano } = exemplar;
  const seconds = openMetricsFloatText(Number(timeUnixNano) / 1e9);
  return ` # {${labelsText(exemplar.labels, 'allow-utf-8')}} ${openMetricsFloatText(value)} ${seconds}`;
}

function integerText(count: number): string {
  return Number.isSafeInteger(count) ? String(count) : String(BigInt(count));
}

function nameText(name: string): string {
  return isLegacyName(name) ? name : `"${escapedValue(name)}"`;
}

function escapedHelp(text: string): string {
  return /[\\\n]/.test(text) ? text.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`) : text;
}

function escapedValue(text: string): string {
  return /[\\\n"]/.test(text) ? escapedHelp(text).replaceAll('"', String.raw`\"`) : text;
}
