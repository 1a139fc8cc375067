// Turns a message of remote write 2.0 into one of 1.0, for destinations that turn out to know 1.0 only. What 1.0 can not say,
// when a series began and what is said of it, is left out.

import { decodeUtf8 } from '../../otlp/text.ts';
import { malformed, ProtoReader } from '../../wire.ts';
import { ProtoWriter } from '../../wire-writer.ts';
import {
  HISTOGRAM,
  V1_EXEMPLAR,
  V1_LABEL,
  V1_REQUEST,
  V1_SERIES,
  V2_EXEMPLAR,
  V2_REQUEST,
  V2_SAMPLE,
  V2_SERIES,
} from './fields.ts';

/** Throws `MalformedProto` where the message is no such one. */
export function v1FromV2(message: Uint8Array): Uint8Array {
  const symbols: string[] = [];
  const request = new ProtoReader(message);
  while (request.next()) {
    if (request.field === V2_REQUEST.symbols) symbols.push(decodeUtf8(message, request.start, request.stop));
  }
  const writer = new ProtoWriter(message.length * 2);
  request.reset(message);
  while (request.next()) {
    if (request.field !== V2_REQUEST.timeseries) continue;
    const mark = writer.begin(V1_REQUEST.timeseries, (request.stop - request.start) * 2);
    copySeries(message, request.start, request.stop, symbols, writer);
    writer.end(mark);
  }
  return writer.finish();
}

function copySeries(
  bytes: Uint8Array,
  start: number,
  end: number,
  symbols: readonly string[],
  writer: ProtoWriter,
): void {
  const series = new ProtoReader();
  series.reset(bytes, start, end);
  while (series.next()) {
    switch (series.field) {
      case V2_SERIES.labelRefs:
        copyLabels(series, symbols, writer, V1_SERIES.labels);
        break;
      case V2_SERIES.samples:
        copyFields(series, writer, { to: V1_SERIES.samples, without: V2_SAMPLE.startTimestampMs });
        break;
      case V2_SERIES.histograms:
        copyFields(series, writer, { to: V1_SERIES.histograms, without: HISTOGRAM.startTimestampMs });
        break;
      case V2_SERIES.exemplars:
        copyExemplar(series, symbols, writer);
        break;
      default:
    }
  }
}

/** Samples and histograms have the same fields in both versions, but for the one that 1.0 has not. */
function copyFields(from: ProtoReader, writer: ProtoWriter, { to, without }: { to: number; without: number }): void {
  const mark = writer.begin(to, from.stop - from.start);
  const inner = new ProtoReader();
  inner.reset(from.bytes, from.start, from.stop);
  while (inner.next()) if (inner.field !== without) writer.raw(inner.bytes, inner.tagAt, inner.pos);
  writer.end(mark);
}

function copyExemplar(from: ProtoReader, symbols: readonly string[], writer: ProtoWriter): void {
  const mark = writer.begin(V1_SERIES.exemplars, (from.stop - from.start) * 2);
  const inner = new ProtoReader();
  inner.reset(from.bytes, from.start, from.stop);
  while (inner.next()) {
    if (inner.field === V2_EXEMPLAR.labelRefs) copyLabels(inner, symbols, writer, V1_EXEMPLAR.labels);
    // Value and time have the same numbers.
    else writer.raw(inner.bytes, inner.tagAt, inner.pos);
  }
  writer.end(mark);
}

function copyLabels(from: ProtoReader, symbols: readonly string[], writer: ProtoWriter, field: number): void {
  const refs = new ProtoReader();
  const { bytes, stop } = from;
  for (let at = from.start; at < stop;) {
    refs.varintAt(bytes, at, stop);
    const name = symbols[refs.lo] ?? malformed('reference past the table of symbols', at);
    refs.varintAt(bytes, refs.pos, stop);
    const value = symbols[refs.lo] ?? malformed('reference past the table of symbols', at);
    at = refs.pos;
    const mark = writer.begin(field, name.length + value.length + 4);
    writer.stringField(V1_LABEL.name, name);
    writer.stringField(V1_LABEL.value, value);
    writer.end(mark);
  }
}
