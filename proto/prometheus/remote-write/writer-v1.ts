// Writes prometheus.WriteRequest, the message of remote write 1.0.

import { FIXED64, VARINT } from '../../wire.ts';
import { ProtoWriter } from '../../wire-writer.ts';
import { STALE_NAN_WORDS, V1_EXEMPLAR, V1_LABEL, V1_METADATA, V1_REQUEST, V1_SAMPLE, V1_SERIES } from './fields.ts';
import type { RequestWriter, SeriesLabels, SeriesMetadata } from './writer.ts';

/** A sample's bytes at most, its tag and length included. */
const SAMPLE_BYTES = 22;

export class WriterV1 implements RequestWriter {
  readonly #writer = new ProtoWriter(64 << 10);
  seriesCount = 0;
  #mark = 0;
  #lastSeriesAt = 0;

  get length(): number {
    return this.#writer.length;
  }

  beginSeries(labels: SeriesLabels): void {
    const encoded = (labels.encoded ??= encodeLabels(labels.texts));
    this.#lastSeriesAt = this.#writer.length;
    this.#mark = this.#writer.begin(V1_REQUEST.timeseries, encoded.length + SAMPLE_BYTES);
    this.#writer.raw(encoded);
  }

  sample(value: number, isStale: boolean, timestampMs: number): void {
    const writer = this.#writer;
    const mark = writer.begin(V1_SERIES.samples);
    writeValue(writer, V1_SAMPLE.value, value, isStale);
    writeTime(writer, V1_SAMPLE.timestampMs, timestampMs);
    writer.end(mark);
  }

  histogram(message: Uint8Array, start: number, end: number): void {
    const mark = this.#writer.begin(V1_SERIES.histograms, end - start);
    this.#writer.raw(message, start, end);
    this.#writer.end(mark);
  }

  exemplar(labels: readonly string[], value: number, timestampMs: number): void {
    const writer = this.#writer;
    const mark = writer.begin(V1_SERIES.exemplars, EXEMPLAR_LENGTH);
    writeLabels(writer, V1_EXEMPLAR.labels, labels);
    writer.doubleField(V1_EXEMPLAR.value, value);
    writeTime(writer, V1_EXEMPLAR.timestampMs, timestampMs);
    writer.end(mark);
  }

  endSeries(): void {
    this.#writer.end(this.#mark);
    this.seriesCount += 1;
  }

  undoSeries(): void {
    this.#writer.length = this.#lastSeriesAt;
    this.seriesCount -= 1;
  }

  /** What is said of a family; it may have requests of its own. */
  metadata(familyName: string, { type, help, unit }: SeriesMetadata): void {
    const writer = this.#writer;
    const mark = writer.begin(V1_REQUEST.metadata, familyName.length + help.length + METADATA_LENGTH);
    writer.uint32Field(V1_METADATA.type, type);
    writer.stringField(V1_METADATA.familyName, familyName);
    if (help !== '') writer.stringField(V1_METADATA.help, help);
    if (unit !== '') writer.stringField(V1_METADATA.unit, unit);
    writer.end(mark);
  }

  finish(): Uint8Array {
    const message = this.#writer.finish();
    this.#writer.clear();
    this.seriesCount = 0;
    return message;
  }
}

/** An exemplar with the ids of a span has a length of two bytes. */
const EXEMPLAR_LENGTH = 128;
const METADATA_LENGTH = 16;

function encodeLabels(texts: readonly string[]): Uint8Array {
  const writer = new ProtoWriter(256);
  writeLabels(writer, V1_SERIES.labels, texts);
  return writer.finish();
}

function writeLabels(writer: ProtoWriter, field: number, texts: readonly string[]): void {
  for (let index = 0; index < texts.length; index += 2) {
    const mark = writer.begin(field);
    // Safe: names and values come by turns.
    writer.stringField(V1_LABEL.name, texts[index] as string);
    writer.stringField(V1_LABEL.value, texts[index + 1] as string);
    writer.end(mark);
  }
}

/** A sample's value, or the NaN that ends a series, whose bits have to stay as they are. */
export function writeValue(writer: ProtoWriter, field: number, value: number, isStale: boolean): void {
  if (!isStale) {
    writer.doubleField(field, value);
    return;
  }
  writer.tag(field, FIXED64);
  writer.fixed64Words(STALE_NAN_WORDS[0], STALE_NAN_WORDS[1]);
}

/** Milliseconds since the epoch; times before it are unknown to OpenTelemetry. */
export function writeTime(writer: ProtoWriter, field: number, timestampMs: number): void {
  writer.tag(field, VARINT);
  writer.varintNumber(timestampMs);
}
