// Remote-write requests of series as people write them, in either message, and what the receiver makes of them.

import { type RemoteWriteMessage, V1_MESSAGE, V2_MESSAGE } from '../../../proto/prometheus/remote-write/fields.ts';
import { validate } from '../../../proto/otlp/validate.ts';
import { Conversion, type Converted } from '../../../receivers/prometheus_remote_write/conversion.ts';
import { encodeRequest } from '../../exporters/prometheus_remote_write/messages.ts';
import { decode } from '../../proto/reference.ts';

export interface SeriesSpec {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples?: readonly { readonly value: number; readonly ms: number; readonly startMs?: number }[];
  /** Fields as in the .proto files. */
  readonly histograms?: readonly object[];
  readonly exemplars?: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
    readonly ms: number;
  }[];
  readonly type?: number;
  readonly help?: string;
  readonly unit?: string;
}

export function request(message: RemoteWriteMessage, series: readonly SeriesSpec[], metadata: readonly object[] = []) {
  if (message === V1_MESSAGE) {
    const labelsOf = (labels: Readonly<Record<string, string>>): object[] =>
      Object.entries(labels).map(([name, value]) => ({ name, value }));
    return encodeRequest(V1_MESSAGE, {
      timeseries: series.map((one) => ({
        labels: labelsOf(one.labels),
        samples: (one.samples ?? []).map(({ value, ms }) => ({ value, timestamp: ms })),
        histograms: one.histograms ?? [],
        exemplars: (one.exemplars ?? []).map(({ labels, value, ms }) => ({
          labels: labelsOf(labels),
          value,
          timestamp: ms,
        })),
      })),
      metadata,
    });
  }
  const symbols = [''];
  const ref = (text: string): number => {
    const known = symbols.indexOf(text);
    return known === -1 ? symbols.push(text) - 1 : known;
  };
  const refs = (labels: Readonly<Record<string, string>>): number[] => Object.entries(labels).flat().map(ref);
  const timeseries = series.map((one) => ({
    labels_refs: refs(one.labels),
    samples: (one.samples ?? []).map(({ value, ms, startMs = 0 }) => ({
      value,
      timestamp: ms,
      start_timestamp: startMs,
    })),
    histograms: one.histograms ?? [],
    exemplars: (one.exemplars ?? []).map(({ labels, value, ms }) => ({
      labels_refs: refs(labels),
      value,
      timestamp: ms,
    })),
    metadata: { type: one.type ?? 0, help_ref: ref(one.help ?? ''), unit_ref: ref(one.unit ?? '') },
  }));
  return encodeRequest(V2_MESSAGE, { symbols, timeseries });
}

export interface Point {
  readonly attributes: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

export interface FlatMetric {
  readonly resource: Readonly<Record<string, string>>;
  readonly scope: {
    readonly name?: string;
    readonly version?: string;
    readonly url?: string;
    readonly attributes?: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[];
  };
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly promType: string | undefined;
  /** `gauge`, `sum`, … and what is said of all points. */
  readonly data: string;
  readonly temporality: unknown;
  readonly isMonotonic: unknown;
  readonly points: readonly Point[];
}

type Json = Readonly<Record<string, unknown>>;
const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []); // safe: of tests' own making
const json = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {}); // safe: as above
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function attributesOf(value: unknown): Record<string, string> {
  return Object.fromEntries(list(value).map((one) => [text(one['key']), text(json(one['value'])['stringValue'])]));
}

/** Every metric of an OTLP request, once it is found valid. */
export function metricsOf({ bytes, points }: Pick<Converted, 'bytes' | 'points'>): FlatMetric[] {
  const items = validate('metrics', bytes);
  if (items !== points) throw new Error(`${points} points are said to be there, ${items} are`);
  return list(json(decode('metrics', bytes))['resourceMetrics']).flatMap((resource) =>
    list(resource['scopeMetrics']).flatMap((scope) =>
      list(scope['metrics']).map((metric): FlatMetric => {
        const data =
          ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'].find((one) => metric[one] !== undefined) ??
          '';
        const content = json(metric[data]);
        return {
          resource: attributesOf(json(resource['resource'])['attributes']),
          // Safe: the fields of OTLP's scope.
          scope: {
            ...json(scope['scope']),
            ...(scope['schemaUrl'] === undefined ? {} : { url: scope['schemaUrl'] }),
          } as FlatMetric['scope'],
          name: text(metric['name']),
          unit: text(metric['unit']),
          description: text(metric['description']),
          promType: attributesOf(metric['metadata'])['prometheus.type'],
          data,
          temporality: content['aggregationTemporality'],
          isMonotonic: content['isMonotonic'],
          points: list(content['dataPoints']).map((point) => ({
            ...point,
            attributes: attributesOf(point['attributes']),
          })),
        };
      }),
    ),
  );
}

export function conversion(): Conversion {
  return new Conversion(Buffer.from([0x0a, 1, 0x73]));
}

export const ANY_SIZE = (): void => undefined;
