// Exemplars: kept as the bytes they came in, read when somebody scrapes. Of an exemplar Prometheus gets the value, the time
// and the trace and span ids.

import { MessageView, RepeatedField } from '../../proto/otlp/message-view.ts';
import { EXPONENTIAL_HISTOGRAM_DATA_POINT, HISTOGRAM_DATA_POINT, NUMBER_DATA_POINT } from '../../proto/otlp/metrics.ts';
import type { SeriesValue } from '../../proto/prometheus/accumulated-values.ts';

export interface Exemplar {
  /** `trace_id` and `span_id`, name and value by turns; those that are there. */
  readonly labels: readonly string[];
  readonly value: number;
  readonly timeUnixNano: bigint;
}

/** Exemplars of one point that are kept. */
const MAX_BYTES = 64 << 10;

/** Field numbers of `Exemplar` in OTLP. */
const TIME = 2;
const AS_DOUBLE = 3;
const SPAN_ID = 4;
const TRACE_ID = 5;
const AS_INT = 6;

const FIELDS: Readonly<Record<SeriesValue['kind'], number>> = {
  number: NUMBER_DATA_POINT.exemplars,
  histogram: HISTOGRAM_DATA_POINT.exemplars,
  exponential: EXPONENTIAL_HISTOGRAM_DATA_POINT.exemplars,
  summary: 0,
};

/** A copy of the point's exemplars; undefined where it has none, or more than is kept. */
export function exemplarBytes(point: MessageView, kind: SeriesValue['kind']): Uint8Array | undefined {
  const field = FIELDS[kind];
  if (field === 0 || !point.has(field)) return undefined;
  const start = point.repeatedStart(field);
  const end = point.repeatedEnd(field);
  return end - start > MAX_BYTES ? undefined : new Uint8Array(point.bytes.subarray(start, end));
}

/** In their order. */
export function readExemplars(bytes: Uint8Array, kind: SeriesValue['kind']): Exemplar[] {
  const found: Exemplar[] = [];
  const field = new RepeatedField();
  const message = new MessageView();
  field.reset(bytes, 0, bytes.length, FIELDS[kind]);
  while (field.next()) {
    message.bind(bytes, field.start, field.stop);
    const labels: string[] = [];
    addId(labels, 'trace_id', message.hexField(TRACE_ID));
    addId(labels, 'span_id', message.hexField(SPAN_ID));
    const isInt = message.has(AS_INT) && message.repeatedEnd(AS_INT) > message.repeatedEnd(AS_DOUBLE);
    const value = isInt ? Number(BigInt.asIntN(64, message.fixed64Field(AS_INT))) : message.doubleField(AS_DOUBLE);
    found.push({ labels, value, timeUnixNano: message.fixed64Field(TIME) });
  }
  return found;
}

function addId(labels: string[], name: string, id: string): void {
  if (/[^0]/.test(id)) labels.push(name, id);
}
