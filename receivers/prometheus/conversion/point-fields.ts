// Parts of data points that are written from the page's bytes: labels as attributes, times, exemplars.

import type { PageExemplar } from '../../../proto/prometheus/page-reader.ts';
import { LENGTH_DELIMITED } from '../../../proto/wire.ts';
import { type ProtoWriter, varintSize } from '../../../proto/wire-writer.ts';

/** Field numbers of `Exemplar`. */
const EXEMPLAR = { timeUnixNano: 2, asDouble: 3, spanId: 4, traceId: 5, filteredAttributes: 7 } as const;
/** Field numbers of `KeyValue` and `AnyValue.string_value`. */
const KEY = 1;
const VALUE = 2;
const STRING_VALUE = 1;

const TRACE_ID = /^[0-9a-fA-F]{32}$/;
const SPAN_ID = /^[0-9a-fA-F]{16}$/;
const ZEROES = /^0+$/;

/** A label as attribute `field`, name and value as they are in `bytes`. */
export function writeLabel(out: ProtoWriter, field: number, bytes: Uint8Array, labels: Int32Array, at: number): void {
  // Safe: `at` is the first number of a label.
  const nameStart = labels[at] as number;
  const nameEnd = labels[at + 1] as number;
  const valueStart = labels[at + 2] as number;
  const valueEnd = labels[at + 3] as number;
  const nameLength = nameEnd - nameStart;
  const valueLength = valueEnd - valueStart;
  const anyLength = 1 + varintSize(valueLength) + valueLength;
  out.tag(field, LENGTH_DELIMITED);
  out.varint(1 + varintSize(nameLength) + nameLength + 1 + varintSize(anyLength) + anyLength);
  out.tag(KEY, LENGTH_DELIMITED);
  out.varint(nameLength);
  out.raw(bytes, nameStart, nameEnd);
  out.tag(VALUE, LENGTH_DELIMITED);
  out.varint(anyLength);
  out.tag(STRING_VALUE, LENGTH_DELIMITED);
  out.varint(valueLength);
  out.raw(bytes, valueStart, valueEnd);
}

/** Text attributes as repeated field `field`, for what has few of them. */
export function writeTexts(out: ProtoWriter, field: number, texts: Iterable<readonly [string, string]>): void {
  for (const [key, value] of texts) {
    const mark = out.begin(field, key.length + value.length + 6);
    out.stringField(KEY, key);
    const any = out.begin(VALUE, value.length + 2);
    out.stringField(STRING_VALUE, value);
    out.end(any);
    out.end(mark);
  }
}

const TWO_32 = 0x1_0000_0000n;

/** Milliseconds since the epoch as the two words of OTLP's nanoseconds; worked out anew only when they change. */
export class TimeWords {
  #milliseconds = NaN;
  #low = 0;
  #high = 0;

  write(out: ProtoWriter, field: number, milliseconds: number): void {
    if (milliseconds !== this.#milliseconds) {
      const nanoseconds = BigInt.asUintN(64, BigInt(Math.trunc(milliseconds)) * 1_000_000n);
      this.#milliseconds = milliseconds;
      this.#low = Number(nanoseconds % TWO_32);
      this.#high = Number(nanoseconds / TWO_32);
    }
    out.tag(field, 1);
    out.fixed64Words(this.#low, this.#high);
  }
}

/** As repeated field `field`. Ids that are none of OpenTelemetry's stay attributes, as in the collector. */
export function writeExemplars(out: ProtoWriter, field: number, exemplars: readonly PageExemplar[]): void {
  for (const { labels, value, timestampMs } of exemplars) {
    const mark = out.begin(field, 100);
    const milliseconds = Number.isNaN(timestampMs) ? 0 : Math.trunc(timestampMs);
    out.fixed64Field(EXEMPLAR.timeUnixNano, BigInt(milliseconds) * 1_000_000n);
    out.doubleField(EXEMPLAR.asDouble, value);
    const others: [string, string][] = [];
    for (let index = 0; index < labels.length; index += 2) {
      const [name = '', text = ''] = [labels[index], labels[index + 1]];
      const lower = name.toLowerCase();
      if ((lower === 'trace_id' || lower === 'span_id') && text === '') continue;
      if (lower === 'trace_id' && TRACE_ID.test(text) && !ZEROES.test(text)) {
        out.bytesField(EXEMPLAR.traceId, Buffer.from(text, 'hex'));
      } else if (lower === 'span_id' && SPAN_ID.test(text) && !ZEROES.test(text)) {
        out.bytesField(EXEMPLAR.spanId, Buffer.from(text, 'hex'));
      } else others.push([name, text]);
    }
    writeTexts(out, EXEMPLAR.filteredAttributes, others);
    out.end(mark);
  }
}
