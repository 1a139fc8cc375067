// What writing remote write's two messages has in common: the labels of a series, made once and written often, and the
// interface by which samples become requests.

/** The labels of one series, and what the writers have made of them. */
export class SeriesLabels {
  /** Names and values by turns, sorted by name; `__name__` is one of them. */
  readonly texts: readonly string[];
  /** As 1.0 has them: the Label fields of a TimeSeries. */
  encoded: Uint8Array | undefined;
  /** As 2.0 has them: texts of the table of symbols, by turns as above. */
  symbols: readonly RequestSymbol[] | undefined;

  constructor(texts: readonly string[]) {
    this.texts = texts;
  }
}

/** A text in 2.0's table of symbols; where it stands differs by request. */
export interface RequestSymbol {
  readonly text: string;
  readonly encoded: Uint8Array;
  /** The request that last had it, and its place there. */
  request: number;
  place: number;
}

/** What is said of a metric. */
export interface SeriesMetadata {
  /** One of METRIC_TYPE. */
  readonly type: number;
  readonly help: string;
  readonly unit: string;
}

/**
 * Builds one request after another: `beginSeries`, samples or histograms in the order of time, exemplars, `endSeries`, …,
 * `finish`.
 */
export interface RequestWriter {
  /** Bytes of the request so far. */
  readonly length: number;
  readonly seriesCount: number;
  beginSeries(labels: SeriesLabels, metadata: SeriesMetadata): void;
  /** 0 as `startMs`: unknown. A stale sample ends the series. */
  sample(value: number, isStale: boolean, timestampMs: number, startMs: number): void;
  /** [start, end) of `message` is a Histogram without its start. */
  histogram(message: Uint8Array, start: number, end: number, startMs: number): void;
  /** Label names and values by turns. */
  exemplar(labels: readonly string[], value: number, timestampMs: number): void;
  endSeries(): void;
  /** Takes the series that ended last back, as if it had never been. */
  undoSeries(): void;
  /** The request's bytes, the caller's to keep; the next one begins. */
  finish(): Uint8Array;
}

/** By the bytes of their UTF-8, as Prometheus sorts. */
export function compareTexts(a: string, b: string): number {
  if (ASCII.test(a) && ASCII.test(b)) return a < b ? -1 : a > b ? 1 : 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

// oxlint-disable-next-line no-control-regex
const ASCII = /^[\u0000-\u007f]*$/;
