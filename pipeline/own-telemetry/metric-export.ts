// The periodic reader: the metric store as OTLP, serialised by @opentelemetry/otlp-transformer, every interval.

import { JsonMetricsSerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import type { ComponentLogger } from '../telemetry.ts';
import { type AnySeries, type Family, GaugeSeries, HistogramSeries, type MetricStore } from './metric-store.ts';
import { scopeNameOf } from './instruments.ts';
import { makeOwnExporter } from './own-exporter.ts';
import type { Running } from './running.ts';
import { hrTime, otlpResource } from './otlp-shape.ts';
import type { MetricReaderSettings, OwnResource } from './settings.ts';

type ResourceMetrics = Parameters<typeof ProtobufMetricsSerializer.serializeRequest>[0];
type MetricData = ResourceMetrics['scopeMetrics'][number]['metrics'][number];
type HistogramData = Extract<MetricData, { readonly dataPoints: { readonly value: { readonly buckets: object } }[] }>;
type SumData = Extract<MetricData, { readonly isMonotonic: boolean }>;
type GaugeData = Exclude<Extract<MetricData, { readonly dataPoints: { readonly value: number }[] }>, SumData>;

const DEFAULT_INTERVAL_MS = 60_000;
const DEFAULT_TIMEOUT_MS = 30_000;

// oxlint-disable typescript/no-unsafe-enum-assignment -- the SDK's enums are not part of the transformer's interface.
// Safe: the SDK's numbers for kinds of data, temporality and values; they are fixed by its releases.
const HISTOGRAM = 0 as HistogramData['dataPointType'];
const GAUGE = 2 as GaugeData['dataPointType'];
const SUM = 3 as SumData['dataPointType'];
const CUMULATIVE = 1 as MetricData['aggregationTemporality'];
const DOUBLE = 1 as MetricData['descriptor']['valueType'];
// oxlint-enable typescript/no-unsafe-enum-assignment

export interface MetricExportOptions {
  readonly store: MetricStore;
  readonly resource: OwnResource;
  readonly startedUnixMs: number;
  readonly now: () => number;
  readonly log: ComponentLogger;
}

/** Fails with TELEMETRY_EXPORT or TLS_MATERIAL. */
export async function startMetricExport(
  settings: NonNullable<MetricReaderSettings['periodic']>,
  options: MetricExportOptions,
): Promise<Running> {
  const exporter = await makeOwnExporter('metrics', settings.exporter, 'service::telemetry::metrics::readers');
  const serializer = exporter.form === 'json' ? JsonMetricsSerializer : ProtobufMetricsSerializer;
  const timeoutMs = Math.min(exporter.timeoutMs, settings.timeout ?? DEFAULT_TIMEOUT_MS);
  const sendOnce = async (): Promise<void> => {
    try {
      await options.store.gather();
      const body = serializer.serializeRequest(otlpMetrics(options));
      if (body) await exporter.send(body, timeoutMs);
    } catch (error) {
      options.log.warn({ error, endpoint: exporter.name }, "The agent's own metrics could not be exported.");
    }
  };
  let sending: Promise<void> | undefined;
  const send = (): Promise<void> => {
    // A destination slower than the interval is not sent to twice at once.
    sending ??= sendOnce().finally(() => {
      sending = undefined;
    });
    return sending;
  };
  const timer = setInterval(() => void send(), settings.interval ?? DEFAULT_INTERVAL_MS).unref();
  return {
    async stop(deadline): Promise<void> {
      clearInterval(timer);
      await untilAborted(
        send().then(() => exporter.close()),
        deadline,
      );
    },
  };
}

/** Waits for `work`, but not past the deadline. */
export function untilAborted(work: Promise<void>, deadline: AbortSignal): Promise<void> {
  if (deadline.aborted) return Promise.resolve();
  return new Promise((resolve, reject) => {
    deadline.addEventListener('abort', () => resolve(), { once: true });
    work.then(resolve, reject);
  });
}

/** The store's present values, cumulative since the start. */
export function otlpMetrics(options: Omit<MetricExportOptions, 'log'>): ResourceMetrics {
  const times = { startTime: hrTime(options.startedUnixMs), endTime: hrTime(options.now()) };
  const scopes = new Map<string, MetricData[]>();
  for (const family of options.store.shown()) {
    const scope = family.scope ?? scopeNameOf(family.name);
    const metrics = scopes.get(scope) ?? [];
    metrics.push(metricOf(family, times));
    scopes.set(scope, metrics);
  }
  const scopeMetrics = [...scopes].map(([name, metrics]) => ({ scope: { name }, metrics }));
  return { resource: otlpResource(options.resource), scopeMetrics };
}

interface Times {
  readonly startTime: [number, number];
  readonly endTime: [number, number];
}

function metricOf(family: Family, times: Times): MetricData {
  const descriptor = { name: family.name, description: family.help, unit: family.unit, valueType: DOUBLE };
  const common = { descriptor, aggregationTemporality: CUMULATIVE };
  const series = [...family.series.values()];
  if (family.type === 'histogram') {
    const dataPoints = series.filter((one) => one instanceof HistogramSeries).map((one) => histogramPoint(one, times));
    return { ...common, dataPointType: HISTOGRAM, dataPoints };
  }
  const dataPoints = series
    .map((one) => ({ ...times, attributes: { ...one.labels }, value: numberOf(one) }))
    .filter(({ value }) => !Number.isNaN(value));
  if (family.type === 'gauge') return { ...common, dataPointType: GAUGE, dataPoints };
  return { ...common, dataPointType: SUM, isMonotonic: true, dataPoints };
}

function numberOf(series: AnySeries): number {
  if (series instanceof GaugeSeries) return series.value();
  return series instanceof HistogramSeries ? Number.NaN : series.value;
}

function histogramPoint(series: HistogramSeries, times: Times): HistogramData['dataPoints'][number] {
  return {
    ...times,
    attributes: { ...series.labels },
    value: {
      buckets: { boundaries: [...series.bounds], counts: [...series.counts] },
      sum: series.sum,
      count: series.count,
    },
  };
}
