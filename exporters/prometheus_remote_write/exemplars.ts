// Exemplars as remote write has them: the ids of trace and span and, while there is room, the attributes.

import { AttributesView } from '../../proto/otlp/attributes.ts';
import { MessageView, RepeatedField } from '../../proto/otlp/message-view.ts';
import { valueText } from '../../proto/otlp/value-text.ts';
import { compareTexts } from '../../proto/prometheus/remote-write/writer.ts';

export interface Exemplar {
  /** Names and values by turns, sorted. */
  readonly labels: readonly string[];
  readonly value: number;
  readonly timeMs: number;
}

/** Field numbers of `Exemplar` in OTLP. */
const EXEMPLAR = { time: 2, asDouble: 3, spanId: 4, traceId: 5, asInt: 6, attributes: 7 } as const;

/** Characters of an exemplar's labels, names and values together (OpenMetrics 1.0). */
const MAX_CHARACTERS = 128;
/** Of one point; SDKs keep a few per bucket. */
const MAX_EXEMPLARS = 256;

const field = new RepeatedField();
const message = new MessageView();
const attributes = new AttributesView();

/** Those of a point, in their order. */
export function exemplarsOf(point: MessageView, exemplarsField: number): Exemplar[] {
  const found: Exemplar[] = [];
  field.reset(point.bytes, point.repeatedStart(exemplarsField), point.repeatedEnd(exemplarsField), exemplarsField);
  while (found.length < MAX_EXEMPLARS && field.next()) {
    message.bind(field.bytes, field.start, field.stop);
    const isInt =
      message.has(EXEMPLAR.asInt) && message.repeatedEnd(EXEMPLAR.asInt) > message.repeatedEnd(EXEMPLAR.asDouble);
    found.push({
      labels: labelsOf(),
      value: isInt ? message.sfixed64AsNumber(EXEMPLAR.asInt) : message.doubleField(EXEMPLAR.asDouble),
      timeMs: message.nanosAsMillis(EXEMPLAR.time),
    });
  }
  return found;
}

function labelsOf(): readonly string[] {
  const ids = new Map<string, string>();
  const traceId = message.hexField(EXEMPLAR.traceId);
  const spanId = message.hexField(EXEMPLAR.spanId);
  if (/[^0]/.test(traceId)) ids.set('trace_id', traceId);
  if (/[^0]/.test(spanId)) ids.set('span_id', spanId);
  const all = new Map(ids);
  attributes.bind(message, EXEMPLAR.attributes);
  while (attributes.next()) {
    const key = attributes.entry.key();
    if (!all.has(key)) all.set(key, valueText(attributes.entry.value));
  }
  let characters = 0;
  for (const [name, value] of all) characters += charactersOf(name) + charactersOf(value);
  const labels = characters <= MAX_CHARACTERS ? all : ids;
  return [...labels].toSorted(([a], [b]) => compareTexts(a, b)).flat();
}

function charactersOf(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
