// Counts the items of an OTLP request by hopping over length prefixes: resource, scope, item; for metrics down to the
// data points. Looks into no item, so it costs nanoseconds per item and says nothing about what lies inside one.

import type { OtlpSignal } from './signals.ts';
import { LENGTH_DELIMITED, ProtoReader, skipLengthDelimited } from '../wire.ts';

/**
 * The number of items (spans, data points, log records, profile samples) in a serialised `Export…ServiceRequest`.
 * Throws `MalformedProto` when the structure down to the items is broken.
 */
export function countItems(signal: OtlpSignal, bytes: Uint8Array): number {
  let count = 0;
  requestReader.reset(bytes);
  while (requestReader.next()) {
    if (requestReader.field !== 1) continue;
    requestReader.expect(LENGTH_DELIMITED);
    resourceReader.reset(bytes, requestReader.start, requestReader.stop);
    while (resourceReader.next()) {
      if (resourceReader.field !== 2) continue;
      resourceReader.expect(LENGTH_DELIMITED);
      count += countInScope(signal, bytes, resourceReader.start, resourceReader.stop);
    }
  }
  return count;
}

const requestReader = new ProtoReader();
const resourceReader = new ProtoReader();
const scopeReader = new ProtoReader();
const metricReader = new ProtoReader();
const reader = new ProtoReader();

/** Field 2 of a scope message is the repeated span, log record, metric or profile. */
function countInScope(signal: OtlpSignal, bytes: Uint8Array, start: number, end: number): number {
  if (signal === 'traces' || signal === 'logs') return countOccurrences(bytes, start, end, 2);
  let count = 0;
  scopeReader.reset(bytes, start, end);
  while (scopeReader.next()) {
    if (scopeReader.field !== 2) continue;
    scopeReader.expect(LENGTH_DELIMITED);
    count +=
      signal === 'metrics'
        ? countDataPoints(bytes, scopeReader.start, scopeReader.stop)
        : countOccurrences(bytes, scopeReader.start, scopeReader.stop, 2);
  }
  return count;
}

/** Data points of the metric at [start, end). Its data is a oneof: should it be there more than once, the last one counts. */
function countDataPoints(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  metricReader.reset(bytes, start, end);
  while (metricReader.next()) {
    if (!isMetricData(metricReader.field)) continue;
    metricReader.expect(LENGTH_DELIMITED);
    count = countOccurrences(bytes, metricReader.start, metricReader.stop, 1);
  }
  return count;
}

/** Gauge, sum, histogram, exponential histogram, summary. */
export function isMetricData(field: number): boolean {
  return field === 5 || field === 7 || (field >= 9 && field <= 11);
}

/** How often the length-delimited `field` (below 16) occurs in the message at [start, end): the loop where the time goes. */
function countOccurrences(bytes: Uint8Array, start: number, end: number, field: number): number {
  const tag = (field << 3) | LENGTH_DELIMITED;
  let count = 0;
  let pos = start;
  while (pos < end) {
    // Safe: pos < end <= bytes.length.
    if ((bytes[pos] as number) === tag) {
      pos = skipLengthDelimited(bytes, pos + 1, end);
      count++;
      continue;
    }
    reader.reset(bytes, pos, end);
    reader.next();
    if (reader.field === field) {
      reader.expect(LENGTH_DELIMITED);
      count++;
    }
    pos = reader.pos;
  }
  return count;
}
