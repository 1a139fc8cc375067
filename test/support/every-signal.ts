// One small batch of each signal, encoded by the reference.

import { batchOf, type Batch } from '../../pipeline/batch.ts';
import type { Signal } from '../../pipeline/signal.ts';
import { encode } from '../proto/reference.ts';
import { logsRequest, tracesRequest } from './requests.ts';

/** What each batch of `EVERY_SIGNAL` holds. */
export const ITEMS = 3;

const TIME = '1700000000000000000';

function metricsRequest(): Uint8Array {
  const dataPoints = [1, 2, 3].map((asDouble) => ({ timeUnixNano: TIME, asDouble }));
  return encode('metrics', {
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'queue.length', gauge: { dataPoints } }] }] }],
  });
}

function profilesRequest(): Uint8Array {
  const samples = [1, 2, 3].map((value) => ({ stackIndex: 0, values: [value] }));
  return encode('profiles', {
    resourceProfiles: [{ scopeProfiles: [{ profiles: [{ timeUnixNano: TIME, samples }] }] }],
    dictionary: { stringTable: [''], stackTable: [{}] },
  });
}

export const EVERY_SIGNAL: Readonly<Record<Signal, Batch>> = {
  traces: batchOf('traces', tracesRequest(ITEMS), ITEMS),
  metrics: batchOf('metrics', metricsRequest(), ITEMS),
  logs: batchOf('logs', logsRequest(ITEMS), ITEMS),
  profiles: batchOf('profiles', profilesRequest(), ITEMS),
};
