// The metric store in the Prometheus text format, through prom-client's registry: families are handed to it when somebody
// scrapes. Names and labels are those the collector prints.

import Registry from 'prom-client/lib/registry.js';
import type { Metric, Registry as PromRegistry } from 'prom-client';
import { OWN_SCOPE_NAME, scopeNameOf } from './instruments.ts';
import { type Family, GaugeSeries, HistogramSeries, type Labels, type MetricStore } from './metric-store.ts';
import type { OwnResource, PrometheusSettings } from './settings.ts';

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores';

/** The unit suffixes of OpenTelemetry's Prometheus compatibility rules, for the units used here. */
const UNIT_SUFFIX: ReadonlyMap<string, string> = new Map([
  ['s', 'seconds'],
  ['ms', 'milliseconds'],
  ['By', 'bytes'],
]);

interface Value {
  readonly metricName: string;
  readonly labels: Record<string, string>;
  readonly value: number;
}

export class PrometheusText {
  readonly #store: MetricStore;
  readonly #resource: OwnResource;
  readonly #constant: Labels;
  readonly #suffixes: boolean;
  readonly #saysScope: boolean;

  constructor(store: MetricStore, resource: OwnResource, settings: PrometheusSettings) {
    this.#store = store;
    this.#resource = resource;
    // As in the collector, one of the two alone does nothing.
    this.#suffixes = settings.without_type_suffix === false || settings.without_units === false;
    const constant: Record<string, string> = {};
    const filter = settings.with_resource_constant_labels;
    if (filter) {
      for (const [name, value] of Object.entries(resource)) {
        const isIncluded = !filter.included?.length || filter.included.includes(name);
        if (isIncluded && filter.excluded?.includes(name) !== true) constant[labelName(name)] = value;
      }
    }
    this.#constant = constant;
    this.#saysScope = settings.without_scope_info === false;
  }

  async render(): Promise<string> {
    await this.#store.gather();
    const registry = new Registry();
    let unreadable = 0;
    for (const family of this.#store.shown()) {
      const values = this.#values(family);
      const readable = values.filter(({ value }) => !Number.isNaN(value));
      unreadable += values.length - readable.length;
      register(registry, this.#name(family), family, readable);
    }
    register(
      registry,
      'promhttp_metric_handler_errors_total',
      { help: 'Total number of internal errors encountered by the promhttp metric handler.', type: 'counter' },
      [
        { metricName: 'promhttp_metric_handler_errors_total', labels: { cause: 'encoding' }, value: 0 },
        { metricName: 'promhttp_metric_handler_errors_total', labels: { cause: 'gathering' }, value: unreadable },
      ],
    );
    register(registry, 'target_info', { help: 'Target metadata', type: 'gauge' }, [
      { metricName: 'target_info', labels: sortedLabels(this.#resource), value: 1 },
    ]);
    return registry.metrics();
  }

  #name(family: Family): string {
    const name = family.name.replaceAll(/[^a-zA-Z0-9_:]/g, '_');
    if (!this.#suffixes) return name;
    const unit = UNIT_SUFFIX.get(family.unit);
    const withUnit = unit && !name.split('_').includes(unit) ? `${name}_${unit}` : name;
    return family.type === 'counter' && !withUnit.endsWith('_total') ? `${withUnit}_total` : withUnit;
  }

  #scopeOf(family: Family): Labels {
    const name = family.scope ?? scopeNameOf(family.name);
    // The collector's own scopes have no version.
    const version = name === OWN_SCOPE_NAME ? (this.#resource['service.version'] ?? '') : '';
    return { otel_scope_name: name, otel_scope_schema_url: '', otel_scope_version: version };
  }

  #values(family: Family): Value[] {
    const name = this.#name(family);
    const values: Value[] = [];
    const common = this.#saysScope ? { ...this.#constant, ...this.#scopeOf(family) } : this.#constant;
    for (const series of family.series.values()) {
      const labels = sortedLabels({ ...series.labels, ...common });
      if (series instanceof HistogramSeries) addHistogram(values, name, series, labels);
      else {
        const value = series instanceof GaugeSeries ? series.value() : series.value;
        values.push({ metricName: name, labels, value });
      }
    }
    return values;
  }
}

function addHistogram(values: Value[], name: string, series: HistogramSeries, labels: Record<string, string>): void {
  let below = 0;
  for (const [index, bound] of series.bounds.entries()) {
    below += series.counts[index] ?? 0;
    values.push({ metricName: `${name}_bucket`, labels: { ...labels, le: String(bound) }, value: below });
  }
  values.push(
    { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: series.count },
    { metricName: `${name}_sum`, labels, value: series.sum },
    { metricName: `${name}_count`, labels, value: series.count },
  );
}

function labelName(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9_]/g, '_');
}

function sortedLabels(labels: Labels): Record<string, string> {
  const entries = Object.entries(labels).map(([name, value]) => [labelName(name), value] as const);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function register(
  registry: PromRegistry,
  name: string,
  family: Pick<Family, 'help' | 'type'>,
  values: readonly Value[],
): void {
  const metric = { name, getForPromString: () => ({ name, help: family.help, type: family.type, values }) };
  // Safe: of a metric, prom-client's registry uses the name and `getForPromString`; the classes' other methods are for
  // counting, which happens elsewhere.
  registry.registerMetric(metric as unknown as Metric);
}
