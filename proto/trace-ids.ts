// The trace ids of a batch's first items, so that a drop can be found again by the ids it hit.

import { MalformedProto } from './wire.ts';
import { LogRecordCursor } from './otlp/logs.ts';
import type { OtlpSignal } from './otlp/signals.ts';
import { SpanCursor } from './otlp/spans.ts';

const spans = new SpanCursor();
const logRecords = new LogRecordCursor();

/**
 * Hex trace ids, each once, in order, of spans or log records; at most `max`. Empty for metrics and profiles. Never throws:
 * where bytes are malformed it gives what it found before.
 */
export function sampleTraceIds(batch: { signal: OtlpSignal; chunks: readonly Uint8Array[] }, max: number): string[] {
  const found = new Set<string>();
  if (batch.signal !== 'traces' && batch.signal !== 'logs') return [];
  const cursor = batch.signal === 'traces' ? spans : logRecords;
  try {
    cursor.reset(batch.chunks);
    while (found.size < max && cursor.next()) {
      const id = cursor.item.traceIdHex;
      if (id !== '') found.add(id);
    }
  } catch (error) {
    if (!(error instanceof MalformedProto)) throw error;
  }
  return [...found];
}
