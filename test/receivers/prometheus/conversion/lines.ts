// A request as lines that a person can compare: a line per resource, scope and point.

import { decodeMessage } from '../../../../proto/objects.ts';

interface KeyValue {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}

interface Point {
  readonly attributes?: readonly KeyValue[];
  readonly startTimeUnixNano?: bigint;
  readonly timeUnixNano?: bigint;
  readonly flags?: number;
  readonly asDouble?: number;
  readonly count?: bigint;
  readonly sum?: number;
  readonly bucketCounts?: readonly bigint[];
  readonly explicitBounds?: readonly number[];
  readonly quantileValues?: readonly { readonly quantile?: number; readonly value?: number }[];
  readonly scale?: number;
  readonly zeroCount?: bigint;
  readonly positive?: { readonly offset?: number; readonly bucketCounts?: readonly bigint[] };
  readonly exemplars?: readonly {
    readonly asDouble?: number;
    readonly traceId?: Uint8Array;
    readonly filteredAttributes?: readonly KeyValue[];
  }[];
}

interface Data {
  readonly isMonotonic?: boolean;
  readonly dataPoints?: readonly Point[];
}

interface Request {
  readonly resourceMetrics?: readonly {
    readonly resource?: { readonly attributes?: readonly KeyValue[] };
    readonly scopeMetrics?: readonly {
      readonly scope?: { readonly name?: string; readonly version?: string; readonly attributes?: readonly KeyValue[] };
      readonly metrics?: readonly (Readonly<Record<string, Data>> & {
        readonly name: string;
        readonly description?: string;
        readonly unit?: string;
        readonly metadata?: readonly KeyValue[];
      })[];
    }[];
  }[];
}

const KINDS = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] as const;

/** What the series of a scrape itself are left out of. */
const REPORTS = /^(?:up|scrape_\w+) /;

export function linesOf(request: Uint8Array): string[] {
  // The official message's shape.
  const { resourceMetrics = [] } = decodeMessage('ExportMetricsServiceRequest', request) as unknown as Request;
  const lines: string[] = [];
  for (const { resource, scopeMetrics = [] } of resourceMetrics) {
    lines.push(`resource${texts(resource?.attributes)}`);
    for (const { scope, metrics = [] } of scopeMetrics) {
      lines.push(`scope ${scope?.name ?? ''} ${scope?.version ?? ''}${texts(scope?.attributes)}`);
      for (const metric of metrics) {
        const kind = KINDS.find((one) => metric[one] !== undefined) ?? 'gauge';
        const { isMonotonic, dataPoints = [] } = metric[kind] ?? {};
        const type = metric.metadata?.[0]?.value.stringValue ?? '';
        for (const point of dataPoints) {
          const parts = [
            metric.name,
            `${type}:${isMonotonic === true ? 'monotonic ' : ''}${kind}${texts(point.attributes)}`,
            ...values(point),
          ];
          if (metric.unit) parts.push(`unit ${metric.unit}`);
          if (metric.description) parts.push(`help ${JSON.stringify(metric.description)}`);
          lines.push(parts.join(' '));
        }
      }
    }
  }
  return lines;
}

/** The points that the page itself had, without resources and scopes. */
export function pointsOf(request: Uint8Array): string[] {
  return linesOf(request).filter((line) => !/^(?:resource|scope)[ {]/.test(line) && !REPORTS.test(line));
}

function values(point: Point): string[] {
  const parts: string[] = [];
  if (point.flags === 1) parts.push('stale');
  if (point.asDouble !== undefined) parts.push(String(point.asDouble));
  if (point.count !== undefined) parts.push(`count ${point.count}`);
  if (point.sum !== undefined) parts.push(`sum ${point.sum}`);
  if (point.bucketCounts)
    parts.push(`buckets ${point.bucketCounts.join(',')} to ${(point.explicitBounds ?? []).join(',')}`);
  for (const { quantile = 0, value } of point.quantileValues ?? []) parts.push(`q${quantile}=${value ?? 'none'}`);
  if (point.scale !== undefined) parts.push(`scale ${point.scale} zero ${point.zeroCount ?? 0n}`);
  if (point.positive)
    parts.push(`from ${point.positive.offset ?? 0}: ${(point.positive.bucketCounts ?? []).join(',')}`);
  parts.push(`@${milliseconds(point.timeUnixNano)}`);
  if (point.startTimeUnixNano) parts.push(`since ${milliseconds(point.startTimeUnixNano)}`);
  for (const { asDouble, traceId, filteredAttributes } of point.exemplars ?? []) {
    parts.push(
      `exemplar ${asDouble ?? 0} ${traceId ? Buffer.from(traceId).toString('hex') : ''}${texts(filteredAttributes)}`,
    );
  }
  return parts;
}

function milliseconds(nanoseconds = 0n): string {
  return String(Number(nanoseconds) / 1e6);
}

function texts(attributes: readonly KeyValue[] = []): string {
  return `{${attributes.map(({ key, value }) => `${key}=${value.stringValue ?? ''}`).join(',')}}`;
}
