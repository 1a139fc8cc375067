// Remote write's messages, decoded by protobufjs and printed so that two senders can be compared.

import protobuf from 'protobufjs';
import {
  type RemoteWriteMessage,
  STALE_NAN_WORDS,
  V1_MESSAGE,
  V2_MESSAGE,
} from '../../../proto/prometheus/remote-write/fields.ts';

/**
 * Stands for the NaN that ends a series wherever a request is an object: an engine need not keep a NaN's bits (ECMA-262,
 * NumericToRawBytes), and V8 does not once code is optimised. Only bytes have the NaN itself.
 */
export const STALE = -1.234567890123e-300;
const STALE_BYTES = Buffer.from(Uint32Array.from(STALE_NAN_WORDS).buffer);
const STAND_IN_BYTES = Buffer.from(Float64Array.of(STALE).buffer);

const HISTOGRAM = `message Histogram { oneof count { uint64 count_int = 1; double count_float = 2; } double sum = 3;
  sint32 schema = 4; double zero_threshold = 5; oneof zero_count { uint64 zero_count_int = 6; double zero_count_float = 7; }
  repeated Span negative_spans = 8; repeated sint64 negative_deltas = 9; repeated double negative_counts = 10;
  repeated Span positive_spans = 11; repeated sint64 positive_deltas = 12; repeated double positive_counts = 13;
  int32 reset_hint = 14; int64 timestamp = 15; repeated double custom_values = 16; int64 start_timestamp = 17; }
message Span { sint32 offset = 1; uint32 length = 2; }`;

const TYPES: Readonly<Record<RemoteWriteMessage, protobuf.Type>> = {
  [V1_MESSAGE]: protobuf
    .parse(
      `syntax = "proto3";
message Request { repeated TimeSeries timeseries = 1; repeated Metadata metadata = 3; }
message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; repeated Exemplar exemplars = 3;
  repeated Histogram histograms = 4; }
message Label { string name = 1; string value = 2; }
message Sample { double value = 1; int64 timestamp = 2; }
message Exemplar { repeated Label labels = 1; double value = 2; int64 timestamp = 3; }
message Metadata { int32 type = 1; string metric_family_name = 2; string help = 4; string unit = 5; }
${HISTOGRAM}`,
      { keepCase: true },
    )
    .root.lookupType('Request'),
  [V2_MESSAGE]: protobuf
    .parse(
      `syntax = "proto3";
message Request { repeated string symbols = 4; repeated TimeSeries timeseries = 5; }
message TimeSeries { repeated uint32 labels_refs = 1; repeated Sample samples = 2; repeated Histogram histograms = 3;
  repeated Exemplar exemplars = 4; Metadata metadata = 5; }
message Sample { double value = 1; int64 timestamp = 2; int64 start_timestamp = 3; }
message Exemplar { repeated uint32 labels_refs = 1; double value = 2; int64 timestamp = 3; }
message Metadata { int32 type = 1; uint32 help_ref = 3; uint32 unit_ref = 4; }
${HISTOGRAM}`,
      { keepCase: true },
    )
    .root.lookupType('Request'),
};

export interface Histogram {
  readonly count_int: string;
  readonly zero_count_int: string;
  readonly zero_threshold: number;
  readonly schema: number;
  readonly timestamp: string;
  readonly custom_values: readonly number[];
  readonly start_timestamp?: string;
  readonly sum: number;
  readonly positive_spans: readonly { offset: number; length: number }[];
  readonly positive_deltas: readonly string[];
  readonly negative_spans: readonly { offset: number; length: number }[];
  readonly negative_deltas: readonly string[];
}

interface Series {
  readonly labels?: readonly { name: string; value: string }[];
  readonly labels_refs?: readonly number[];
  readonly samples: readonly { value: number; timestamp: string; start_timestamp?: string }[];
  readonly histograms: readonly (Histogram & Readonly<Record<string, unknown>>)[];
  readonly exemplars: readonly {
    labels?: readonly { name: string; value: string }[];
    labels_refs?: readonly number[];
    value: number;
    timestamp: string;
  }[];
  readonly metadata?: { type: number; help_ref: number; unit_ref: number };
}

export interface Request {
  readonly symbols?: readonly string[];
  readonly timeseries: readonly Series[];
  readonly metadata?: readonly { type: number; metric_family_name: string; help: string; unit: string }[];
}

export function decodeRequest(protocol: RemoteWriteMessage, message: Uint8Array): Request {
  const type = TYPES[protocol];
  // Safe: the defaults asked for fill in every field of the type.
  return type.toObject(type.decode(exchanged(message, STALE_BYTES, STAND_IN_BYTES)), {
    longs: String,
    defaults: true,
  }) as Request;
}

/** A request of fields as they are called in the .proto files. */
export function encodeRequest(protocol: RemoteWriteMessage, request: object): Uint8Array {
  const type = TYPES[protocol];
  return exchanged(type.encode(type.fromObject(request)).finish(), STAND_IN_BYTES, STALE_BYTES);
}

/** A copy with every double `from` made `to`. */
function exchanged(message: Uint8Array, from: Buffer, to: Buffer): Uint8Array {
  const copy = Buffer.from(message);
  for (let at = copy.indexOf(from); at >= 0; at = copy.indexOf(from, at + to.length)) to.copy(copy, at);
  return new Uint8Array(copy.buffer, copy.byteOffset, copy.length);
}

/**
 * Every series of the requests as a line, sorted: labels, samples, histograms by bucket, exemplars in any order, what is said
 * of it. The same sample twice is one.
 */
export function comparableSeries(requests: readonly Request[]): string[] {
  const lines: string[] = [];
  for (const request of requests) {
    const symbols = request.symbols ?? [];
    for (const series of request.timeseries) {
      const parts = [pairsOf(series, symbols)];
      for (const { value, timestamp, start_timestamp: start } of series.samples) {
        const sample = `${valueText(value)}@${timestamp}${startText(start)}`;
        if (sample !== parts.at(-1)) parts.push(sample);
      }
      for (const histogram of series.histograms) parts.push(histogramText(histogram));
      parts.push(
        ...series.exemplars.map((one) => `# ${pairsOf(one, symbols)} ${one.value}@${one.timestamp}`).toSorted(),
      );
      const { metadata } = series;
      if (request.symbols && metadata) {
        parts.push(`type ${metadata.type} ${JSON.stringify([symbols[metadata.help_ref], symbols[metadata.unit_ref]])}`);
      }
      lines.push(parts.join(' | '));
    }
    for (const one of request.metadata ?? []) {
      lines.push(`METADATA ${one.metric_family_name} ${one.type} ${JSON.stringify([one.help, one.unit])}`);
    }
  }
  return [...new Set(lines)].toSorted();
}

/** Go gives labels in any order where it may; whether ours are sorted is asked elsewhere. */
function pairsOf(
  of: { readonly labels?: Series['labels']; readonly labels_refs?: readonly number[] },
  symbols: readonly string[],
): string {
  const pairs = (of.labels ?? []).map(({ name, value }) => `${name}=${JSON.stringify(value)}`);
  const refs = of.labels_refs ?? [];
  for (let index = 0; index < refs.length; index += 2) {
    pairs.push(`${symbols[refs[index] ?? -1]}=${JSON.stringify(symbols[refs[index + 1] ?? -1])}`);
  }
  return `{${pairs.toSorted().join(',')}}`;
}

function startText(start: string | undefined): string {
  return start === undefined || start === '0' ? '' : ` since ${start}`;
}

/** Go does not write a negative zero. Of NaNs only the one that ends a series is told apart. */
function valueText(value: number): string {
  return value === STALE ? 'STALE' : String(value);
}

/** Of the end of a series only that it is. Buckets by index, since the same ones can be written in different spans; empty ones say nothing. */
function histogramText(histogram: Histogram & Readonly<Record<string, unknown>>): string {
  if (valueText(histogram.sum) === 'STALE')
    return `H STALE@${histogram.timestamp}${startText(histogram.start_timestamp)}`;
  const rest = Object.entries(histogram)
    .filter(([name]) => !/spans|deltas|counts|^sum$|start_timestamp/.test(name))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .toSorted();
  const positive = bucketsOf(histogram.positive_spans, histogram.positive_deltas);
  const negative = bucketsOf(histogram.negative_spans, histogram.negative_deltas);
  const buckets = `positive ${positive} negative ${negative}`;
  return `H ${rest.join(' ')} sum=${valueText(histogram.sum)} ${buckets}${startText(histogram.start_timestamp)}`;
}

function bucketsOf(spans: Histogram['positive_spans'], deltas: readonly string[]): string {
  const filled: string[] = [];
  let index = 0;
  let count = 0n;
  let at = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let left = length; left > 0; left--) {
      count += BigInt(deltas[at++] ?? 0);
      if (count !== 0n) filled.push(`${index}:${count}`);
      index += 1;
    }
  }
  return `[${filled.join(' ')}]`;
}
