// Requests of a few spans, for tests that need data and do not care which.

import { encode } from '../proto/reference.ts';

/** An `ExportTraceServiceRequest` as a plain object; names are `span 1`, `span 2`, … */
export function spansObject(count: number, service = 'shop'): object {
  return {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
        scopeSpans: [
          {
            scope: { name: 'test' },
            spans: Array.from({ length: count }, (_, index) => ({
              traceId: idOf(16, index + 1),
              spanId: idOf(8, index + 1),
              name: `span ${index + 1}`,
              kind: 2,
              startTimeUnixNano: '1700000000000000000',
              endTimeUnixNano: '1700000000001000000',
            })),
          },
        ],
      },
    ],
  };
}

export function spansMessage(count: number, service = 'shop'): Uint8Array {
  return encode('traces', spansObject(count, service));
}

function idOf(length: number, number: number): Uint8Array {
  const id = Buffer.alloc(length, 7);
  id.writeUInt32BE(number, length - 4);
  return id;
}
