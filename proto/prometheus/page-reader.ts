// A page of metrics as a target exposes it, read entry by entry in the order in which it is written: the same words for
// every format, in the manner of prometheus/prometheus model/textparse.

export type FamilyType =
  | 'unknown'
  | 'counter'
  | 'gauge'
  | 'histogram'
  | 'gaugehistogram'
  | 'summary'
  | 'info'
  | 'stateset';

/** Text 0.0.4 and 1.0.0; OpenMetrics; `io.prometheus.client.MetricFamily` messages, each after its length. */
export type PageFormat = 'text' | 'openmetrics' | 'protobuf';

/** What `next` came to. */
export type PageEntry = 'type' | 'help' | 'unit' | 'sample' | 'histogram' | 'end';

/** Of a label: where name and value begin and end, and a sum of LABEL_NAME_ESCAPED and LABEL_VALUE_ESCAPED. */
export const LABEL_STRIDE = 5;
export const LABEL_NAME_ESCAPED = 1;
export const LABEL_VALUE_ESCAPED = 2;

/** An exemplar; its labels as texts, names and values by turns. */
export interface PageExemplar {
  readonly labels: readonly string[];
  readonly value: number;
  /** NaN where it has none. */
  readonly timestampMs: number;
}

/** Buckets of one sign: runs of neighbours, and how many observations each bucket has. */
export interface NativeBuckets {
  /** Pairs: buckets left out before the run (for the first: the index it begins at), and its length. */
  readonly spans: readonly number[];
  readonly counts: readonly number[];
}

/** A native histogram (Prometheus' model/histogram), counts not as differences. */
export interface NativeHistogram {
  /** -4 to 8; -53 for custom buckets. */
  readonly schema: number;
  readonly count: number;
  readonly sum: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly positive: NativeBuckets;
  readonly negative: NativeBuckets;
  /** Upper bounds of custom buckets, without +Inf. */
  readonly customValues: readonly number[];
  readonly isGauge: boolean;
}

/**
 * Reads a page. Fields say something of the entry that `next` returned last; ranges are positions in `bytes`, which may be
 * another array after every `next`.
 */
export interface PageReader {
  readonly bytes: Uint8Array;
  /** Fails with PageError where the page can not be read further. */
  next(): PageEntry;

  /** Of type, help and unit: the family's name, without quotes. */
  readonly familyStart: number;
  readonly familyEnd: number;
  readonly familyType: FamilyType;
  /** Of help and unit, escapes resolved. */
  text(): string;

  /** Of samples and histograms: the name, without quotes. */
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly isNameEscaped: boolean;
  /** Name and labels as they are written: what tells the series from others of the page. */
  readonly seriesStart: number;
  readonly seriesEnd: number;
  readonly labelCount: number;
  /** LABEL_STRIDE numbers per label. */
  readonly labels: Int32Array;
  /** Of samples. */
  readonly value: number;
  /** Milliseconds since the epoch; NaN where there is none. */
  readonly timestampMs: number;
  /** When the series began, milliseconds since the epoch; NaN where the sample does not say so itself. */
  readonly createdMs: number;
  readonly hasExemplar: boolean;
  exemplars(): readonly PageExemplar[];
  /** Of histograms. */
  histogram(): NativeHistogram;

  /** Texts of ranges, with escapes resolved where they have any. */
  string(start: number, end: number, isEscaped: boolean): string;
  /** For people: where the last entry was. */
  place(): string;
}

/** A page that can not be read, or not further. */
export class PageError extends Error {
  override readonly name = 'PageError';
}

/** Where the target does not say what it sends, or something unknown: the format to take, from `fallback_scrape_protocol`. */
export function pageFormat(contentType: string, fallback: PageFormat | undefined): PageFormat {
  const mediaType = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  switch (mediaType) {
    case 'text/plain':
      return 'text';
    case 'application/openmetrics-text':
      return 'openmetrics';
    case 'application/vnd.google.protobuf':
      return 'protobuf';
    default: {
      if (fallback) return fallback;
      const said = mediaType === '' ? 'no Content-Type' : `Content-Type ${JSON.stringify(contentType)}`;
      throw new PageError(
        `the target answers with ${said}, and fallback_scrape_protocol does not say how to read that; expected text/plain, application/openmetrics-text or application/vnd.google.protobuf`,
      );
    }
  }
}
