// The points of a batch with their flags, whatever kind they are.

import type { Batch } from '../../../pipeline/batch.ts';
import { decodeMessage } from '../../../proto/objects.ts';

interface Point {
  readonly flags?: number;
}

interface Request {
  readonly resourceMetrics?: readonly {
    readonly scopeMetrics?: readonly {
      readonly metrics?: readonly (Readonly<Record<string, unknown>> & { readonly name: string })[];
    }[];
  }[];
}

export interface FlaggedPoint {
  readonly name: string;
  readonly flags: number;
}

export function objectOf(batch: Batch): FlaggedPoint[] {
  const found: FlaggedPoint[] = [];
  for (const chunk of batch.chunks) {
    // The official message's shape.
    const request = decodeMessage('ExportMetricsServiceRequest', chunk) as Request;
    for (const { scopeMetrics = [] } of request.resourceMetrics ?? []) {
      for (const { metrics = [] } of scopeMetrics) {
        for (const metric of metrics) {
          for (const kind of ['gauge', 'sum', 'histogram', 'summary', 'exponentialHistogram']) {
            // Every kind has data points.
            const data = metric[kind] as { readonly dataPoints?: readonly Point[] } | undefined;
            for (const { flags = 0 } of data?.dataPoints ?? []) found.push({ name: metric.name, flags });
          }
        }
      }
    }
  }
  return found;
}
