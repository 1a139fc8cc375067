// Metrics of a serialised export request, or of a line of the collector's file exporter, as a flat list that two sides can
// be compared by.

import { decodeMessage } from '../../proto/objects.ts';

export interface FlatPoint {
  readonly resource: Readonly<Record<string, unknown>>;
  readonly scope: string;
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly type: string;
  readonly isMonotonic: boolean;
  readonly temporality: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly isInteger: boolean;
  readonly value: number;
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
}

interface KeyValue {
  readonly key: string;
  readonly value?: Readonly<Record<string, unknown>>;
}

interface Data {
  readonly aggregationTemporality?: number;
  readonly isMonotonic?: boolean;
  readonly dataPoints?: readonly {
    readonly attributes?: readonly KeyValue[];
    readonly asInt?: unknown;
    readonly asDouble?: number;
    readonly startTimeUnixNano?: bigint | string;
    readonly timeUnixNano?: bigint | string;
  }[];
}

interface Request {
  readonly resourceMetrics?: readonly {
    readonly resource?: { readonly attributes?: readonly KeyValue[] };
    readonly scopeMetrics?: readonly {
      readonly scope?: { readonly name?: string };
      readonly metrics?: readonly (Readonly<Record<string, unknown>> & {
        readonly name: string;
        readonly description?: string;
        readonly unit?: string;
      })[];
    }[];
  }[];
}

/** Points of gauges and sums. */
export function flatPoints(bytes: Uint8Array): FlatPoint[] {
  return flatPointsOf(decodeMessage('ExportMetricsServiceRequest', bytes));
}

/** The same of OTLP/JSON or a decoded message. */
export function flatPointsOf(request: object): FlatPoint[] {
  const points: FlatPoint[] = [];
  // The official messages' shape.
  for (const { resource, scopeMetrics = [] } of (request as Request).resourceMetrics ?? []) {
    for (const { scope, metrics = [] } of scopeMetrics) {
      for (const metric of metrics) {
        const type = metric['sum'] === undefined ? 'gauge' : 'sum';
        const data = metric[type] as Data;
        for (const point of data.dataPoints ?? []) {
          points.push({
            resource: record(resource?.attributes),
            scope: scope?.name ?? '',
            name: metric.name,
            description: metric.description ?? '',
            unit: metric.unit ?? '',
            type,
            isMonotonic: data.isMonotonic ?? false,
            temporality: data.aggregationTemporality ?? 0,
            attributes: record(point.attributes),
            isInteger: point.asDouble === undefined,
            value: Number(point.asDouble ?? point.asInt),
            startTimeUnixNano: String(point.startTimeUnixNano ?? 0),
            timeUnixNano: String(point.timeUnixNano),
          });
        }
      }
    }
  }
  return points;
}

function record(attributes: readonly KeyValue[] = []): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value = {} }) => {
      const [one] = Object.values(value);
      return [key, typeof one === 'bigint' ? String(one) : one];
    }),
  );
}

/** What tells a point from others: name and attributes. */
export function identity({ name, attributes, resource }: FlatPoint): string {
  return JSON.stringify([name, sorted(attributes), sorted(resource)]);
}

function sorted(values: Readonly<Record<string, unknown>>): unknown {
  return Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
