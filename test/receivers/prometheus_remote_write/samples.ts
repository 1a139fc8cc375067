// OTLP points as the series Prometheus has: its labels, its samples. The way back of what the receiver did, written for tests.

import { joinChunks, type Batch } from '../../../pipeline/batch.ts';
import { type FlatMetric, metricsOf, type Point } from './requests.ts';

/** By labels, then by time in ms: the value; of native histograms count and sum. */
export type Samples = Map<string, Map<number, number | string>>;

/** Bounds as JavaScript writes them: Prometheus has `1`, `1.0` and `1e+06`. */
export function attributesText(labels: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(
    sorted.map(([name, value]) => [
      name,
      /^(le|quantile)$/.test(name) && value !== '+Inf' ? String(Number(value)) : value,
    ]),
  );
}

export function seriesOfPoints(batches: readonly Batch[]): Samples {
  const samples: Samples = new Map();
  for (const batch of batches) {
    for (const metric of metricsOf({ bytes: joinChunks(batch), points: batch.items })) {
      for (const point of metric.points) addPoint(samples, metric, point);
    }
  }
  return samples;
}

/** Those of a scope that the series named: the receiver's own says nothing. */
function scopeLabels(scope: FlatMetric['scope']): Record<string, string> {
  if (scope.name?.includes('prometheusremotewritereceiver') === true) return {};
  const labels: Record<string, string> = {};
  if (scope.name !== undefined) labels['otel_scope_name'] = scope.name;
  if (scope.version !== undefined) labels['otel_scope_version'] = scope.version;
  if (scope.url !== undefined) labels['otel_scope_schema_url'] = scope.url;
  for (const { key, value } of scope.attributes ?? []) labels[`otel_scope_${key}`] = value.stringValue;
  return labels;
}

function addPoint(samples: Samples, metric: FlatMetric, point: Point): void {
  const { resource, name } = metric;
  const ms = Number(point['timeUnixNano']) / 1e6;
  const namespace = resource['service.namespace'];
  const service = resource['service.name'] ?? '';
  const base = {
    ...(service === '' ? {} : { job: namespace === undefined ? service : `${namespace}/${service}` }),
    ...(resource['service.instance.id'] === undefined ? {} : { instance: resource['service.instance.id'] }),
    ...scopeLabels(metric.scope),
    ...point.attributes,
  };
  const add = (suffix: string, value: unknown, labels: object = {}): void => {
    const key = attributesText({ __name__: `${name}${suffix}`, ...base, ...labels });
    const series = samples.get(key) ?? new Map<number, number | string>();
    series.set(Math.round(ms), typeof value === 'string' && suffix === '' ? value : Number(value ?? 0));
    samples.set(key, series);
  };
  // What ends a series is no value of it.
  if (point['flags'] === 1) return;
  const { data } = metric;
  if (data === 'gauge' || data === 'sum') {
    add('', point['asDouble']);
    return;
  }
  const count = Number(point['count'] ?? 0);
  const sum = Number(point['sum'] ?? 0);
  if (data === 'exponentialHistogram') {
    add('', `${count} ${sum}`);
    return;
  }
  add('_count', count);
  add('_sum', sum);
  if (data === 'summary') {
    const quantiles = (point['quantileValues'] ?? []) as readonly { quantile?: number; value?: number }[]; // safe: OTLP's
    for (const { quantile = 0, value = 0 } of quantiles) add('', value, { quantile: String(quantile) });
    return;
  }
  const counts = (point['bucketCounts'] ?? []) as readonly string[]; // safe: OTLP's
  const bounds = (point['explicitBounds'] ?? []) as readonly number[]; // safe: OTLP's
  let below = 0;
  for (const [index, bucket] of counts.entries()) {
    below += Number(bucket);
    add('_bucket', below, { le: bounds[index] === undefined ? '+Inf' : String(bounds[index]) });
  }
}
