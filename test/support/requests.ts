// OTLP requests for tests, made by the reference encoder.

import { batchOf, type Batch } from '../../pipeline/batch.ts';
import { encode } from '../proto/reference.ts';

function attribute(key: string, value: string): object {
  return { key, value: { stringValue: value } };
}

/** A request of `count` spans named `span-0`, `span-1`, … of one service; trace ids count up from `firstTrace`. */
export function tracesRequest(count: number, options: { service?: string; firstTrace?: number } = {}): Uint8Array {
  const { service = 'checkout', firstTrace = 1 } = options;
  const spans = Array.from({ length: count }, (_, index) => {
    const traceId = Buffer.alloc(16);
    traceId.writeUInt32BE(firstTrace + index, 12);
    const spanId = Buffer.alloc(8);
    spanId.writeUInt32BE(firstTrace + index, 4);
    return {
      traceId,
      spanId,
      name: `span-${index}`,
      kind: 2,
      startTimeUnixNano: '1700000000000000000',
      endTimeUnixNano: '1700000000250000000',
      attributes: [attribute('http.route', '/users/{id}')],
    };
  });
  return encode('traces', {
    resourceSpans: [{ resource: { attributes: [attribute('service.name', service)] }, scopeSpans: [{ spans }] }],
  });
}

export function logsRequest(count: number): Uint8Array {
  const logRecords = Array.from({ length: count }, (_, index) => ({
    timeUnixNano: '1700000000000000000',
    severityNumber: 9,
    body: { stringValue: `line ${index}` },
  }));
  return encode('logs', { resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
}

export function tracesBatch(count: number, firstTrace = 1): Batch {
  return batchOf('traces', tracesRequest(count, { firstTrace }), count);
}
