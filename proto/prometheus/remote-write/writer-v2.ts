// Writes io.prometheus.write.v2.Request, the message of remote write 2.0: texts stand once in a table of symbols.

import { ProtoWriter } from '../../wire-writer.ts';
import { HISTOGRAM, V2_EXEMPLAR, V2_METADATA, V2_REQUEST, V2_SAMPLE, V2_SERIES } from './fields.ts';
import { writeTime, writeValue } from './writer-v1.ts';
import type { RequestSymbol, RequestWriter, SeriesLabels, SeriesMetadata } from './writer.ts';

/** Texts that are remembered with their bytes; afterwards they are made anew. */
const REMEMBERED_TEXTS = 200_000;
const REMEMBERED_LENGTH = 32 << 20;

export class WriterV2 implements RequestWriter {
  readonly #series = new ProtoWriter(64 << 10);
  readonly #table = new ProtoWriter(16 << 10);
  /** By text. Labels hold theirs, so that these are mostly for what is new. */
  readonly #symbols = new Map<string, RequestSymbol>();
  #symbolsLength = 0;
  /** The symbols of this request, by place. */
  readonly #placed: RequestSymbol[] = [];
  #request = 1;
  seriesCount = 0;
  #mark = 0;
  #metadata: SeriesMetadata | undefined;
  /** To undo the last series. */
  #lastSeriesAt = 0;
  #lastTableAt = 0;
  #lastPlaced = 0;

  constructor() {
    this.#begin();
  }

  get length(): number {
    return this.#series.length + this.#table.length;
  }

  beginSeries(labels: SeriesLabels, metadata: SeriesMetadata): void {
    const symbols = (labels.symbols ??= labels.texts.map((text) => this.#symbol(text)));
    const writer = this.#series;
    this.#lastSeriesAt = writer.length;
    this.#lastTableAt = this.#table.length;
    this.#lastPlaced = this.#placed.length;
    this.#metadata = metadata;
    this.#mark = writer.begin(V2_REQUEST.timeseries, symbols.length * 2 + SERIES_LENGTH);
    const refs = writer.begin(V2_SERIES.labelRefs, symbols.length * 2);
    for (let index = 0; index < symbols.length; index++) {
      // Safe: index lies within symbols.
      const symbol = symbols[index] as RequestSymbol;
      writer.varint(symbol.request === this.#request ? symbol.place : this.#place(symbol));
    }
    writer.end(refs);
  }

  sample(value: number, isStale: boolean, timestampMs: number, startMs: number): void {
    const writer = this.#series;
    const mark = writer.begin(V2_SERIES.samples);
    writeValue(writer, V2_SAMPLE.value, value, isStale);
    writeTime(writer, V2_SAMPLE.timestampMs, timestampMs);
    if (startMs > 0) writeTime(writer, V2_SAMPLE.startTimestampMs, startMs);
    writer.end(mark);
  }

  histogram(message: Uint8Array, start: number, end: number, startMs: number): void {
    const writer = this.#series;
    const mark = writer.begin(V2_SERIES.histograms, end - start);
    writer.raw(message, start, end);
    if (startMs > 0) writeTime(writer, HISTOGRAM.startTimestampMs, startMs);
    writer.end(mark);
  }

  exemplar(labels: readonly string[], value: number, timestampMs: number): void {
    const writer = this.#series;
    const mark = writer.begin(V2_SERIES.exemplars);
    if (labels.length > 0) {
      const refs = writer.begin(V2_EXEMPLAR.labelRefs);
      for (const text of labels) writer.varint(this.#ref(text));
      writer.end(refs);
    }
    writer.doubleField(V2_EXEMPLAR.value, value);
    writeTime(writer, V2_EXEMPLAR.timestampMs, timestampMs);
    writer.end(mark);
  }

  endSeries(): void {
    const writer = this.#series;
    const { type = 0, help = '', unit = '' } = this.#metadata ?? {};
    const mark = writer.begin(V2_SERIES.metadata);
    if (type > 0) writer.uint32Field(V2_METADATA.type, type);
    if (help !== '') writer.uint32Field(V2_METADATA.helpRef, this.#ref(help));
    if (unit !== '') writer.uint32Field(V2_METADATA.unitRef, this.#ref(unit));
    writer.end(mark);
    writer.end(this.#mark);
    this.seriesCount += 1;
  }

  undoSeries(): void {
    this.#series.length = this.#lastSeriesAt;
    this.#table.length = this.#lastTableAt;
    for (const symbol of this.#placed.splice(this.#lastPlaced)) symbol.request = 0;
    this.seriesCount -= 1;
  }

  finish(): Uint8Array {
    const message = new Uint8Array(this.length);
    message.set(this.#table.view());
    message.set(this.#series.view(), this.#table.length);
    this.#begin();
    return message;
  }

  #begin(): void {
    this.#series.clear();
    this.#table.clear();
    this.#placed.length = 0;
    this.#request += 1;
    this.seriesCount = 0;
    if (this.#symbols.size > REMEMBERED_TEXTS || this.#symbolsLength > REMEMBERED_LENGTH) {
      this.#symbols.clear();
      this.#symbolsLength = 0;
    }
    // The table begins with the empty text.
    this.#ref('');
  }

  #ref(text: string): number {
    const symbol = this.#symbol(text);
    return symbol.request === this.#request ? symbol.place : this.#place(symbol);
  }

  #symbol(text: string): RequestSymbol {
    let symbol = this.#symbols.get(text);
    if (!symbol) {
      symbol = { text, encoded: encoder.encode(text), request: 0, place: 0 };
      this.#symbols.set(text, symbol);
      this.#symbolsLength += text.length;
    }
    return symbol;
  }

  #place(symbol: RequestSymbol): number {
    symbol.request = this.#request;
    symbol.place = this.#placed.length;
    this.#placed.push(symbol);
    this.#table.bytesField(V2_REQUEST.symbols, symbol.encoded);
    return symbol.place;
  }
}

/** A series of one sample without its references has a length of two bytes with them. */
const SERIES_LENGTH = 40;

const encoder = new TextEncoder();
