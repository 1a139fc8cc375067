// Verbosity `basic`: how many of what a batch holds, in the collector's words.

import type { Signal } from '../../pipeline/signal.ts';
import type { ProtoObject } from '../../proto/objects.ts';
import { messageIn, messagesIn } from './values.ts';

export function countsOf(signal: Signal, request: ProtoObject): Readonly<Record<string, number>> {
  switch (signal) {
    case 'traces':
      return {
        'resource spans': messagesIn(request, 'resourceSpans').length,
        spans: itemsOf(request, 'resourceSpans', 'scopeSpans', 'spans').length,
      };
    case 'metrics': {
      const metrics = itemsOf(request, 'resourceMetrics', 'scopeMetrics', 'metrics');
      let points = 0;
      for (const metric of metrics) points += dataPointsIn(metric);
      return {
        'resource metrics': messagesIn(request, 'resourceMetrics').length,
        metrics: metrics.length,
        'data points': points,
      };
    }
    case 'logs':
      return {
        'resource logs': messagesIn(request, 'resourceLogs').length,
        'log records': itemsOf(request, 'resourceLogs', 'scopeLogs', 'logRecords').length,
      };
    default: {
      const profiles = itemsOf(request, 'resourceProfiles', 'scopeProfiles', 'profiles');
      return {
        'resource profiles': messagesIn(request, 'resourceProfiles').length,
        'sample records': profiles.reduce((sum, profile) => sum + messagesIn(profile, 'samples').length, 0),
      };
    }
  }
}

function itemsOf(request: ProtoObject, resources: string, scopes: string, items: string): ProtoObject[] {
  return messagesIn(request, resources).flatMap((group) =>
    messagesIn(group, scopes).flatMap((scope) => messagesIn(scope, items)),
  );
}

function dataPointsIn(metric: ProtoObject): number {
  let points = 0;
  for (const kind of ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary']) {
    points += messagesIn(messageIn(metric, kind), 'dataPoints').length;
  }
  return points;
}
